"""`dcae compare`: every point by every measure, kept as it is measured, so that a killed run goes on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from dcae.analysis.baselines import available_baselines, missing_baselines
from dcae.cli.bench import names_in
from dcae.cli.evaluation import CODEC_HELP, Contender, Lmbdas, contenders_of, measure_by, pictures_of, table
from dcae.cli.one_line_errors import BAD_INPUT, Failures
from dcae.cli.processes import Processes, gathered, is_first, launch
from dcae.codec.catalogue import NAME_HELP
from dcae.files import write_atomically

if TYPE_CHECKING:
    from dcae.analysis.comparison import ComparedPoint, Comparer


def compare(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Pictures; folders in it are not searched.")],
    codecs: Annotated[
        list[str] | None,
        typer.Option(
            "--codecs",
            "--codec",
            help=f"Separated by commas, or repeated: {CODEC_HELP} Default: dcae and all classical codecs here.",
        ),
    ] = None,
    model: Annotated[str, typer.Option(help=NAME_HELP)] = "small",
    lmbda: Lmbdas = None,
    out: Annotated[Path, typer.Option(help="Where the tables and what is kept go; made if missing.")] = Path(
        "dcae-compare"
    ),
    processes: Processes = None,
) -> None:
    """Measure codecs on a folder of pictures, from real files, by every measure that this machine has.

    Each point is kept in OUT/cache as it is measured: after a kill, the same command measures only what is missing. A
    picture, codec, weights or measure that has changed is measured anew.

    Written: points.csv and points.parquet (the same table), compare.json (how it was measured), and CODEC.json in
    compressai/ for CompressAI's plots.
    """
    from dcae.analysis.comparison import Comparer
    from dcae.analysis.evaluate import AVERAGING, mean_curve
    from dcae.analysis.measures import available_measures, missing_measures
    from dcae.analysis.point_store import PointStore

    failures = Failures()
    pictures = pictures_of(folder)
    if launch(processes):
        return
    missing = {} if codecs else missing_baselines()
    contenders = contenders_of(_names(codecs), model, lmbda, failures)
    missing |= missing_measures()
    comparer = Comparer(PointStore(out / "cache"), available_measures())
    points = measure_by(_points_of(comparer), pictures, contenders, failures)
    measured, kept = (sum(gathered([count])) for count in (comparer.measured, comparer.found))
    if not is_first():
        raise typer.Exit
    if not points:
        raise typer.Exit(BAD_INPUT)
    paths = _write(out, points, contenders, comparer.measures, missing)
    means = mean_curve(points)
    typer.echo(table([], means))
    typer.echo(f"{means[0].images} pictures; {AVERAGING}")
    for name, reason in missing.items():
        typer.echo(f"{name} is left out: {reason}")
    typer.echo(f"{measured} points measured, {kept} kept from before")
    typer.echo(f"written: {', '.join(map(str, paths))}")
    failures.exit_if_any()


def _names(codecs: Sequence[str] | None) -> list[str]:
    """The codecs that are asked for; a path may have commas in it if it exists."""
    if codecs is None:
        return ["dcae", *available_baselines()]
    names = [name for words in codecs for name in ([words] if Path(words).exists() else names_in(words))]
    if not names:
        raise ValueError(f"--codecs names none; legal: {CODEC_HELP}")
    return names


def _points_of(
    comparer: "Comparer",
) -> "Callable[[str, Contender, str, NDArray[np.uint8]], Iterator[ComparedPoint]]":
    def points_of(name: str, entry: Contender, image_name: str, image: NDArray[np.uint8]) -> "Iterator[ComparedPoint]":
        return comparer.points(name, entry.codec, entry.version, image_name, image, entry.qualities)

    return points_of


def _write(
    out: Path,
    points: "Sequence[ComparedPoint]",
    contenders: Mapping[str, Contender],
    measures: Mapping[str, str],
    missing: Mapping[str, str],
) -> list[Path]:
    """Writes the tables, each whole or not at all; returns their paths."""
    from dcae.analysis.comparison import comparison_csv, comparison_json, comparison_parquet, compressai_json

    settings = {name: contender.settings for name, contender in contenders.items()}
    files = {
        out / "points.csv": comparison_csv(points).encode(),
        out / "points.parquet": comparison_parquet(points),
        out / "compare.json": comparison_json(settings, measures, missing).encode(),
    }
    for name, words in settings.items():
        of_codec = [point for point in points if point.codec == name]
        files[out / "compressai" / f"{name}.json"] = compressai_json(of_codec, words).encode()
    (out / "compressai").mkdir(exist_ok=True)
    for path, data in files.items():
        write_atomically(path, data)
    return list(files)
