"""`dcae eval`: how many bits, and how good, on a folder of pictures."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import numpy as np
import typer
from numpy.typing import NDArray

from dcae.analysis.baselines import BASELINES, baseline, missing_baselines
from dcae.cli.one_line_errors import BAD_INPUT, Failures
from dcae.cli.processes import Processes, dealt, gathered, is_first, launch
from dcae.cli.weights import legal_lmbda
from dcae.codec.catalogue import NAME_HELP, open_codec
from dcae.codec.protocol import Codec, Interval
from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.images import MAX_PIXELS, load_image
from dcae.results import RDPoint
from dcae.shipped_weights import immutable_name

if TYPE_CHECKING:
    from dcae.analysis.evaluate import BDRate, MeanPoint

P = TypeVar("P", bound=RDPoint)

NUM_LMBDAS = 8
CODEC_HELP = (
    f"dcae (the weights of --model), other weights as --model takes them, {', '.join(BASELINES)}, or "
    "ARCHITECTURE=PATH: a model of CompressAI's zoo with a checkpoint, or a folder of them in the order of their names."
)
"""What `contenders_of` takes, for a user."""
Lmbdas = Annotated[
    list[float] | None,
    typer.Option(
        help=f"May be repeated. Default: {NUM_LMBDAS} from {LMBDA_MIN} to {LMBDA_MAX}; all that a folder has."
    ),
]
"""The option of commands that measure curves: those of DCAE's own."""
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".tif", ".tiff", ".bmp", ".ppm", ".jp2")


@dataclass(frozen=True)
class Contender:
    """A codec with the qualities of its curve, and its settings in words.

    Attributes:
        codec: any of the protocol.
        qualities: those of its curve.
        settings: what belongs beside the curve.
        files: the weights of each quality, where `settings` names files and not what is in them.
    """

    codec: Codec
    qualities: Sequence[float | None]
    settings: str
    files: Mapping[float, Path] = field(default_factory=dict)

    def version(self, quality: float | None) -> str:
        """What decides, with the program itself, which file an image becomes at a quality: settings and weights."""
        if quality is None or quality not in self.files:
            return self.settings
        return f"{self.settings}, weights file {_sha256(self.files[quality])}"


def evaluate_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Pictures; folders in it are not searched.")],
    codec: Annotated[
        list[str], typer.Option(help=f"{CODEC_HELP} May be repeated. BD-rates are against the classical codecs.")
    ] = ["dcae"],  # noqa: B006 (typer copies it)
    model: Annotated[str, typer.Option(help=NAME_HELP)] = "small",
    lmbda: Lmbdas = None,
    out: Annotated[Path, typer.Option(help="Where eval.csv and eval.json go; made if missing.")] = Path("dcae-eval"),
    processes: Processes = None,
) -> None:
    """Measure codecs on a folder of pictures, from real files: bpp, PSNR, MS-SSIM of each and their means, BD-rates.

    MS-SSIM is "n/a" where a side is under 161 px.
    """
    from dcae.analysis.evaluate import AVERAGING, bd_rates, mean_curve, write_results

    failures = Failures()
    pictures = pictures_of(folder)
    if launch(processes):
        return
    contenders = contenders_of(codec, model, lmbda, failures)
    out.mkdir(parents=True, exist_ok=True)
    points = measure(pictures, contenders, failures)
    if not points:
        raise typer.Exit(BAD_INPUT)
    means = mean_curve(points)
    rates = [rate for anchor in contenders if anchor in BASELINES for rate in bd_rates(means, anchor)]
    paths = write_results(out, points, means, rates, {name: entry.settings for name, entry in contenders.items()})
    typer.echo(table(points, means))
    typer.echo(f"{means[0].images} pictures; {AVERAGING}")
    for rate in rates:
        typer.echo(_sentence(rate))
    typer.echo(f"written: {', '.join(paths)}")
    failures.exit_if_any()


def pictures_of(folder: Path) -> list[Path]:
    """The pictures of a folder in order of their names, by their suffixes; folders in it are not searched.

    Raises:
        ValueError: it is no folder, or holds none.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not pictures:
        raise ValueError(f"{folder} holds no pictures; looked for {', '.join(_SUFFIXES)}")
    return pictures


def contenders_of(
    names: Sequence[str], model: str, lmbdas: Sequence[float] | None, failures: Failures
) -> dict[str, Contender]:
    """The codecs by the name that their points carry; one that this machine lacks is reported and left out.

    Args:
        names: as `CODEC_HELP` says.
        model: dcae's weights: a name, file or folder, as `--model` takes it.
        lmbdas: of dcae's curve; None for those that the weights are usually measured at.
        failures: takes the reports.

    Raises:
        ValueError: there is no such codec, there are no such weights, or they do not take a lambda.
    """
    contenders: dict[str, Contender] = {}
    for name in dict.fromkeys(names):
        architecture, has_path, path = name.partition("=")
        if name in BASELINES:
            with failures.of(name):
                contender = baseline(name)
                _add(contenders, name, Contender(contender, contender.curve, contender.settings))
        elif name == "dcae" or immutable_name(name) or Path(name).exists():
            _add(contenders, *_dcae(model if name == "dcae" else name, lmbdas))
        elif has_path:
            _add(contenders, f"{architecture}={Path(path).name}", _of_zoo(architecture, Path(path)))
        else:
            lacks = "".join(f"; {lacked} is missing: {reason}" for lacked, reason in missing_baselines().items())
            raise ValueError(f"--codec is {name!r}; legal: {CODEC_HELP}{lacks}")
    return contenders


def _add(contenders: dict[str, Contender], name: str, contender: Contender) -> None:
    """Adds one under its name; the same single model may be named twice.

    Raises:
        ValueError: another one has that name.
    """
    before = contenders.setdefault(name, contender)
    if before is not contender and (before.files or contender.files or before.settings != contender.settings):
        raise ValueError(f"two codecs would be called {name!r} in tables and plots; rename the file or folder of one")


def _of_zoo(architecture: str, path: Path) -> Contender:
    from dcae.analysis.compressai_zoo import ZooCodec
    from dcae.codec.fixed_lmbda import WEIGHTS_SUFFIXES

    files = sorted(file for file in path.iterdir() if file.name.endswith(WEIGHTS_SUFFIXES)) if path.is_dir() else [path]
    codec = ZooCodec(architecture, files)
    return Contender(codec, codec.qualities, codec.settings, dict(zip(codec.qualities, codec.checkpoints, strict=True)))


def _dcae(model: str, lmbdas: Sequence[float] | None) -> tuple[str, Contender]:
    from dcae.codec.fixed_lmbda import FixedLmbdaCodec

    codec = open_codec(model, MAX_PIXELS)
    qualities = [legal_lmbda(codec, lmbda) for lmbda in dict.fromkeys(lmbdas or _curve(codec.qualities))]
    if isinstance(codec, FixedLmbdaCodec):
        files = ", ".join(path.name for path in codec.weights.values())
        words = f"DCAE, one model for each lambda: {files}"
        return Path(model).resolve().name, Contender(codec, qualities, words, codec.weights)
    hash8 = codec.identity[:8]
    name = f"{Path(model).name.split('.')[0].removesuffix(f'-{hash8}')}-{hash8}"
    return name, Contender(codec, qualities, f"DCAE, weights {codec.identity}")


def _curve(legal: Interval | Sequence[float] | None) -> Sequence[float | None]:
    """The lambdas of a curve where the user gives none."""
    if isinstance(legal, Interval):
        return [float(f"{lmbda:.4g}") for lmbda in np.geomspace(LMBDA_MIN, LMBDA_MAX, NUM_LMBDAS)]
    return [None] if legal is None else legal


@cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(pictures: Sequence[Path], contenders: dict[str, Contender], failures: Failures) -> list[RDPoint]:
    """The points of `dcae.analysis.evaluate.rd_points`, as `measure_by` collects them.

    Raises:
        typer.Exit: this is another process than the first of several, which goes on alone.
    """
    from dcae.analysis.evaluate import rd_points

    def points_of(name: str, entry: Contender, image_name: str, image: NDArray[np.uint8]) -> Iterator[RDPoint]:
        return rd_points(name, entry.codec, image_name, image, entry.qualities)

    points = measure_by(points_of, pictures, contenders, failures)
    if not is_first():
        raise typer.Exit
    return points


def measure_by(
    points_of: Callable[[str, Contender, str, NDArray[np.uint8]], Iterator[P]],
    pictures: Sequence[Path],
    contenders: dict[str, Contender],
    failures: Failures,
) -> list[P]:
    """All points, behind a progress bar; a picture that one codec cannot take is left out for all, as means need it.

    Of several processes each measures its part of the pictures, and all of them return all points.

    Args:
        points_of: the points of one codec, by its name, on one image, by its name.
        pictures: files.
        contenders: codecs by name.
        failures: takes the reports; those of all processes are counted.
    """
    from tqdm import tqdm

    points: list[P] = []
    part = dealt(pictures)
    total = len(part) * sum(len(entry.qualities) for entry in contenders.values())
    with tqdm(total=total, unit="file", disable=None if is_first() else True, leave=False) as bar:
        for path in part:
            with failures.of(path):
                image = load_image(path)
                of_this_picture: list[P] = []
                for name, entry in contenders.items():
                    for point in points_of(name, entry, path.name, image):
                        of_this_picture.append(point)
                        bar.update()
                points += of_this_picture
    points, failures.count = gathered(points), sum(gathered([failures.count]))
    places = {path.name: place for place, path in enumerate(pictures)}
    return sorted(points, key=lambda point: places[point.image])


def table(points: Sequence[RDPoint], means: "Sequence[MeanPoint]") -> str:
    """A row for every picture at every quality, then the means, whose picture is "mean", as in the CSV file."""
    rows = [("image", "codec", f"{'quality':>8}  {'bpp':>8}  {'PSNR dB':>8}  {'MS-SSIM':>8}")]
    rows += [(point.image, point.codec, _figures(point)) for point in points]
    for mean in means:
        partial = f"  (MS-SSIM of {mean.ms_ssim_images})" if 0 < mean.ms_ssim_images < mean.images else ""
        rows.append(("mean", mean.codec, _figures(mean) + partial))
    image_width, codec_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{image:{image_width}}  {codec:{codec_width}}  {figures}" for image, codec, figures in rows)


def _figures(row: "RDPoint | MeanPoint") -> str:
    from dcae.analysis.evaluate import UNDEFINED

    ms_ssim = UNDEFINED if row.ms_ssim is None else f"{row.ms_ssim:.5f}"
    return f"{row.quality:8.4g}  {row.bpp:8.4f}  {row.psnr_db:8.3f}  {ms_ssim:>8}"


def _sentence(rate: "BDRate") -> str:
    from dcae.analysis.evaluate import BD_METHOD

    if rate.percent is None or rate.psnr_interval_db is None:
        return f"BD-rate of {rate.codec} against {rate.anchor}: n/a ({rate.reason})"
    low, high = rate.psnr_interval_db
    return (
        f"BD-rate of {rate.codec} against {rate.anchor}: {rate.percent:+.2f} % "
        f"(of the mean curves, {low:.2f} to {high:.2f} dB, {BD_METHOD})"
    )
