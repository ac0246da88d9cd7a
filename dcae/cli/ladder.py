"""`dcae ladder`: one model against every codec that it is compared with, in one table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from dcae.analysis.baselines import available_baselines, missing_baselines
from dcae.cli.evaluation import CODEC_HELP, Contender, contenders_of, measure, pictures_of
from dcae.cli.one_line_errors import BAD_INPUT, Failures
from dcae.cli.processes import Processes, launch
from dcae.codec.catalogue import NAME_HELP
from dcae.images import load_image
from dcae.kodak import why_not_kodak
from dcae.published_curves import published_curves

if TYPE_CHECKING:
    from dcae.analysis.ladder import Rung
    from dcae.analysis.refining import RefinableCodec


def climb(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Pictures, such as Kodak's 24; folders in it are not searched.")
    ],
    model: Annotated[str, typer.Option(help=NAME_HELP)] = "small",
    codec: Annotated[
        list[str] | None,
        typer.Option(help=f"A rung: {CODEC_HELP} May be repeated. Default: all classical codecs of this machine."),
    ] = None,
    refine: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Measure the model a second time, each file with N steps of refinement, as of `dcae encode`: slow.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where eval.* and ladder.* go; made if missing.")] = Path("dcae-ladder"),
    processes: Processes = None,
) -> None:
    """Measure a model and other codecs on a folder of pictures, from real files, and print the ladder.

    A rung is a codec, and it is climbed when the model's BD-rate against it is below 0. On Kodak's 24 photos
    (`dcae data kodak` brings them), published curves are rungs too. Refinement alone climbs no rung.

    VVenC takes most of the time, up to a minute for each picture of Kodak's.
    """
    from dcae.analysis.evaluate import AVERAGING, BD_METHOD, bd_rates, mean_curve, write_results
    from dcae.analysis.ladder import ladder, ladder_csv, ladder_json, ladder_table, write_ladder

    failures = Failures()
    pictures = pictures_of(folder)
    if launch(processes):
        return
    missing = {} if codec else missing_baselines()
    contenders = contenders_of(["dcae", *(codec or available_baselines())], model, None, failures)
    ours = next(iter(contenders))
    refined = None
    if refine is not None:
        refined = f"{ours}+{refine}"
        contenders[refined] = _refining(contenders[ours], refine)
    out.mkdir(parents=True, exist_ok=True)
    points = measure(pictures, contenders, failures)
    if not points:
        raise typer.Exit(BAD_INPUT)
    means = mean_curve(points)
    settings = {name: contender.settings for name, contender in contenders.items()}
    others = {name: words for name, words in settings.items() if name not in (ours, refined)}
    measured = {point.image for point in points}
    why_not = why_not_kodak(load_image(path) for path in pictures if path.name in measured)
    rungs = ladder(means, ours, others, () if why_not else published_curves().values(), refined)
    rates = [rate for anchor in others for rate in bd_rates(means, anchor)]
    paths = write_results(out, points, means, rates, settings)
    left_out = f"these are not Kodak's 24 photos: {why_not}" if why_not else ""
    paths += write_ladder(out, ladder_csv(rungs), ladder_json(rungs, ours, settings[ours], means[0].images, left_out))
    typer.echo(ladder_table(rungs))
    typer.echo(f"BD-rates of {ours} where both curves have PSNR ({BD_METHOD}); {means[0].images} pictures; {AVERAGING}")
    if refined:
        typer.echo(f"refined: {settings[refined]}; it climbs no rung by itself")
    for line in _remarks(rungs):
        typer.echo(line)
    for name, reason in missing.items():
        typer.echo(f"{name} is left out: {reason}")
    if left_out:
        typer.echo(f"published curves are left out: {left_out}")
    typer.echo(f"written: {', '.join(paths)}")
    failures.exit_if_any()


def _refining(plain: Contender, steps: int) -> Contender:
    """The same weights with refinement."""
    from dcae.analysis.refining import RefiningCodec

    if plain.codec.qualities is None:
        raise ValueError("--refine needs weights that say their lambda: of several, or a folder of one lambda each")
    codec = cast("RefinableCodec", plain.codec)  # as all are that weights make
    return Contender(RefiningCodec(codec, steps), plain.qualities, f"{plain.settings}, {steps} steps of refinement")


def _remarks(rungs: "list[Rung]") -> list[str]:
    """Why rungs have no figure, and what to mind of the others; those of which the same is to be said share a line."""
    remarks: dict[str, list[str]] = {}
    for rung in rungs:
        for words in (rung.rate.reason, rung.note):
            if words:
                remarks.setdefault(words, []).append(rung.name)
    return [f"{', '.join(names)}: {words}" for words, names in remarks.items()]
