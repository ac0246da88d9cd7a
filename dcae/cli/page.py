"""`dcae page`: one photo's codings as one HTML file that needs nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from dcae.analysis.baselines import BASELINES, PAGE_CODECS
from dcae.cli.output_paths import output_paths
from dcae.cli.rectangles import rectangle
from dcae.cli.steps_bar import steps_bar
from dcae.codec.catalogue import NAME_HELP
from dcae.files import write_atomically
from dcae.images import load_image
from dcae.photo_page import MAX_SIDE_PX, Crop, check_inside


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
    codec: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Whose curve stands beside ours: {', '.join(BASELINES)}. May be repeated. Default: "
            f"{', '.join(PAGE_CODECS)}, as far as this machine has them."
        ),
    ] = None,
) -> None:
    """Write a page about one photo: its pictures at 12 lambdas, where the bits are, and curves against other codecs.

    The page is one file of at most 12 MB. It opens from disk in any browser and requests nothing.
    """
    from dcae.analysis.page_record import make_page
    from dcae_widgets.page import page_html

    (target,) = output_paths([photo], out, ".html")
    whole = load_image(photo)
    part = None if crop is None else _part(crop, whole.shape[1], whole.shape[0])
    with steps_bar("step") as report:
        record = make_page(model, whole, photo.name, part, report, title=title, codecs=codec)
    data = page_html(record).encode()
    write_atomically(target, data)
    high, wide = record.image.shape[:2]
    typer.echo(f"{photo} -> {target}: {len(data)} bytes, {len(record.codings)} pictures of {wide} x {high} px")


def _part(crop: str, width: int, height: int) -> Crop:
    """The part that `X,Y,W,H` says, if it lies in the picture and a page can show it."""
    top, left, high, wide = rectangle("--crop", crop)
    check_inside("--crop", (left, top, wide, high), width, height)
    if max(wide, high) > MAX_SIDE_PX:
        raise ValueError(f"--crop is {wide} x {high} px; sides must be at most {MAX_SIDE_PX} px")
    return left, top, wide, high
