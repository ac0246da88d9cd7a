"""`dcae page`: one photo's codings as one HTML file that needs nothing else."""

import platform
import shlex
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from dcae.cli.output_paths import output_paths
from dcae.cli.rectangles import rectangle
from dcae.codec.catalogue import NAME_HELP, open_codec
from dcae.files import write_atomically
from dcae.images import load_image
from dcae.shipped_weights import immutable_name


def page(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A picture, as `dcae encode` reads them.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT.html|DIR", help="A file, or a folder that exists.")],
    model: Annotated[str, typer.Option(help=f"One model's weights. {NAME_HELP}")] = "small",
    crop: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Show only the W x H px whose top left corner is at X,Y; sides of at most 1024 px. Default: all of "
            "the picture, or the middle of a larger one.",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Of the page. Default: the photo's file name.")] = None,
) -> None:
    """Write a page about one photo: its pictures at 12 lambdas, where the bits are, and curves against other codecs.

    The page is one file of at most 12 MB. It opens from disk in any browser and requests nothing.
    """
    from tqdm import tqdm

    from dcae.analysis.baselines import fast_baselines
    from dcae.analysis.page_record import middle_part, page_codings, page_curve, page_lmbdas
    from dcae.codec.codec import Codec
    from dcae.photo_page import PhotoPage
    from dcae_widgets.page import page_html

    (target,) = output_paths([photo], out, ".html")
    whole = load_image(photo)
    height, width = whole.shape[:2]
    part = middle_part(width, height) if crop is None else _part(crop, width, height)
    left, top, wide, high = part
    image = whole[top : top + high, left : left + wide].copy()
    codec = open_codec(model)
    if not isinstance(codec, Codec):
        raise ValueError(f"{model} is no single model; a page shows one model's codings")
    lmbdas = page_lmbdas(codec.qualities)
    baselines = list(fast_baselines().values())
    with tqdm(total=len(lmbdas) + len(baselines), unit="step", disable=None, leave=False) as bar:
        codings = page_codings(codec, image, lmbdas, bar.update)
        curves = []
        for baseline in baselines:
            curves.append(page_curve(baseline, image))
            bar.update()
    record = PhotoPage(
        title=photo.name if title is None else title,
        image=image,
        part=None if (wide, high) == (width, height) else part,
        source_size=(width, height),
        codings=codings,
        curves=curves,
        made=_made(photo, model, crop, title),
    )
    data = page_html(record).encode()
    write_atomically(target, data)
    typer.echo(f"{photo} -> {target}: {len(data)} bytes, {len(codings)} pictures of {wide} x {high} px")


def _part(crop: str, width: int, height: int) -> tuple[int, int, int, int]:
    """The part that `X,Y,W,H` says, if it lies in the picture and a page can show it."""
    from dcae.analysis.page_record import MAX_SIDE_PX

    top, left, high, wide = rectangle("--crop", crop)
    if not (0 <= left <= width - wide and 0 <= top <= height - high and min(wide, high) >= 1):
        raise ValueError(f"--crop is {crop}; must lie in the picture of {width} x {height} px")
    if max(wide, high) > MAX_SIDE_PX:
        raise ValueError(f"--crop is {wide} x {high} px; sides must be at most {MAX_SIDE_PX} px")
    return left, top, wide, high


def _made(photo: Path, model: str, crop: str | None, title: str | None) -> list[tuple[str, str]]:
    """How the page was made; folders on the user's machine are nobody's business."""
    weights = immutable_name(model) or Path(model).name
    given = {"--crop": crop, "--title": title}
    options = [word for name, value in given.items() if value is not None for word in (name, value)]
    command = shlex.join(["dcae", "page", photo.name, "--model", weights, *options, "-o", "page.html"])
    versions = ", ".join(f"{name} {version(name)}" for name in ("dcae-workbench", "torch", "numpy", "pillow"))
    return [("Weights", weights), ("Command", command), ("Versions", f"Python {platform.python_version()}, {versions}")]
