"""`dcae encode`, `dcae decode` and `dcae info`: pictures to files and back."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from dcae.cli.one_line_errors import Failures
from dcae.cli.output_paths import output_paths
from dcae.cli.rectangles import rectangle
from dcae.cli.steps_bar import steps_bar
from dcae.cli.targets import target_of
from dcae.cli.weights import DEFAULT_LMBDA, legal_lmbda
from dcae.codec.bitstream import keep_slices, layout, unpack
from dcae.codec.catalogue import NAME_HELP, open_codec
from dcae.codec.file_info import file_info
from dcae.codec.protocol import Fill, Refined, RefinementStep
from dcae.codec.tiles import TILE_PX, UNTILED_PX
from dcae.files import write_atomically
from dcae.images import MAX_PIXELS, load_image, save_png
from dcae.rd import bpp
from dcae.results import FileInfo
from dcae.shipped_weights import shipped_name

if TYPE_CHECKING:
    from dcae.codec.codec import Codec
    from dcae.codec.fixed_lmbda import FixedLmbdaCodec

_MaxPixels = Annotated[int, typer.Option(min=1, help="The most pixels of a picture that is read or written.")]


def encode(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN", help="Pictures; see above for what is read.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT|DIR", help="A file, or a folder that exists.")],
    model: Annotated[str, typer.Option(help=NAME_HELP)] = "small",
    lmbda: Annotated[
        float | None,
        typer.Option(
            help=f"The trade-off: a larger one gives a larger and better file. Default: {DEFAULT_LMBDA}; "
            "of a folder of weights, the nearest that it has."
        ),
    ] = None,
    num_bytes: Annotated[
        int | None,
        typer.Option("--bytes", metavar="N", help="The largest file of at most N bytes, instead of --lmbda."),
    ] = None,
    rate_bpp: Annotated[
        float | None, typer.Option("--bpp", metavar="R", help="The same, of R bits for each pixel of the picture.")
    ] = None,
    psnr: Annotated[
        float | None, typer.Option(metavar="P", help="The smallest file whose picture has a PSNR of P dB or more.")
    ] = None,
    similarity: Annotated[
        float | None,
        typer.Option("--ms-ssim", metavar="M", help="The same, for an MS-SSIM of M or more; sides of 161 px or more."),
    ] = None,
    refine: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Improve each picture's file by N steps of gradient, such as 30; never a worse file. With `small` a "
            "step takes a second or two a megapixel, and a gigabyte of memory.",
        ),
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="PX",
            help=f"Code pictures larger than a tile in tiles of PX x PX px, which decode alone: a multiple of 64 from "
            f"256, or 0 for none. Default: {TILE_PX} (more for networks that look far), of more than {UNTILED_PX} px.",
        ),
    ] = None,
    max_pixels: _MaxPixels = MAX_PIXELS,
) -> None:
    """Encode pictures: IN.png becomes OUT, or DIR/IN.dcae.

    Read are PNG, JPEG, WEBP, AVIF, GIF, TIFF, BMP, PPM and JPEG2000, with
    sides of 1 to 65535 px and up to 128000000 pixels (--max-pixels).
    Transparent parts are composited over white.
    Memory: about 300 MB a megapixel with `small`; pictures that are cut
    into tiles take less than 2 GB up to 100 megapixels.

    A target (--bytes, --bpp, --psnr, --ms-ssim) takes up to 8 trials. Files
    are never above the target size, and within 1 % under it if the weights
    take any lambda and the picture is not tiny. Out of reach is an error
    that says what can be reached.
    """
    options = {"--bytes": num_bytes, "--bpp": rate_bpp, "--psnr": psnr, "--ms-ssim": similarity}
    target = target_of(options, {"--lmbda": lmbda, "--refine": refine})
    outputs = dict(zip(inputs, output_paths(inputs, out, ".dcae"), strict=True))
    failures = Failures()
    sources = failures.existing(inputs)
    codec = open_codec(model, max_pixels, tile)
    of_one_lmbda = refine is not None and codec.qualities is None  # --lmbda is then what they were trained for
    quality = legal_lmbda(codec, None if of_one_lmbda else lmbda)
    trade_off = _trade_off(lmbda) if of_one_lmbda else None
    for source in sources:
        with failures.of(source):
            image = load_image(source, max_pixels)
            if target is not None:
                reached = target.encode(codec, image)
                data, gained = reached.data, f"; {target.in_words(reached)}"
            elif refine is None:
                with steps_bar("part") as report:
                    data, gained = codec.encode(image, quality, report), ""
            else:
                refined = _refined(codec, image, quality, trade_off, refine)
                data, gained = refined.data, _gained(refined)
            write_atomically(outputs[source], data)
            rate = bpp(len(data), image.shape[1], image.shape[0])
            typer.echo(f"{source} -> {outputs[source]}: {len(data)} bytes, {rate:.4f} bpp{gained}")
    failures.exit_if_any()


def decode(
    inputs: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files that `dcae encode` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT.png|DIR", help="A file, or a folder that exists.")],
    model: Annotated[
        str | None, typer.Option(help=f"{NAME_HELP} Default: the shipped weights that the file names.")
    ] = None,
    slices: Annotated[
        int | None, typer.Option(min=0, help="Decode only the first so many slices; at most as many as the file has.")
    ] = None,
    fill: Annotated[
        Fill,
        typer.Option(help="What stands for slices that are not decoded: what the model expects of them, or zeros."),
    ] = "prediction",
    region: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Decode only the W x H px whose top left corner is at X,Y.",
        ),
    ] = None,
    float32: Annotated[
        bool,
        typer.Option(
            "--float32",
            help="Make the picture in float32: the same on every machine, but for a level in one pixel of a thousand. "
            "Only the published network's is made in bfloat16 without it, where that is faster.",
        ),
    ] = False,
    max_pixels: _MaxPixels = MAX_PIXELS,
) -> None:
    """Decode files to PNG: FILE.dcae becomes OUT.png, or DIR/FILE.png."""
    part = None if region is None else rectangle("--region", region)
    targets = dict(zip(inputs, output_paths(inputs, out, ".png"), strict=True))
    if not out.is_dir() and out.suffix.lower() != ".png":
        raise ValueError(f"{out}: pictures are written as PNG; give a name that ends in .png, or a folder")
    failures = Failures()
    sources = failures.existing(inputs)
    codec_of = cache(lambda name: open_codec(name, max_pixels, float32=float32))
    if model is not None:
        codec_of(model)
    for source in sources:
        with failures.of(source):
            data = source.read_bytes()
            data = data if slices is None else _first_slices(data, slices)
            codec = codec_of(model or _shipped_weights(data))
            with steps_bar("part") as report:
                image = codec.decode(data, fill=fill, region=part, report=report)
            save_png(targets[source], image)
            typer.echo(f"{source} -> {targets[source]}: {image.shape[1]} x {image.shape[0]} px")
    failures.exit_if_any()


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `dcae encode` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what a file says of itself, and where its bytes go."""
    failures = Failures()
    failures.existing([file])
    with failures.of(file):
        facts = file_info(file.read_bytes())
        typer.echo(json.dumps(facts.to_json_dict(), indent=2) if as_json else _table(facts))
    failures.exit_if_any()


def _trade_off(lmbda: float | None) -> float:
    """lambda of the loss, for weights that do not say which lambda is theirs."""
    if lmbda is None:
        raise ValueError("--refine needs --lmbda: these weights do not say which lambda they were trained for")
    return lmbda


def _refined(
    codec: "Codec | FixedLmbdaCodec",
    image: NDArray[np.uint8],
    quality: float | None,
    trade_off: float | None,
    steps: int,
) -> Refined:
    """The refined file, made behind a progress bar on a terminal's stderr."""
    from tqdm import tqdm

    with tqdm(total=steps, unit="step", disable=None, leave=False) as bar:

        def show(reached: RefinementStep) -> None:
            bar.set_postfix_str(f"{reached.estimate.total_bytes:.0f} bytes, {reached.psnr_db:.2f} dB", refresh=False)
            bar.update(reached.step - bar.n)

        return codec.open(image).refine(quality, steps, trade_off=trade_off, report=show)


def _gained(refined: Refined) -> str:
    """What a refinement brought, in words."""
    if not refined.improved:
        return f"; {refined.psnr_db:.2f} dB: refinement found nothing better"
    before = f"{refined.plain_bytes} bytes, {refined.plain_psnr_db:.2f} dB before"
    return f"; {refined.psnr_db:.2f} dB ({before})"


def _first_slices(data: bytes, num_slices: int) -> bytes:
    """The file with only its first slices."""
    present = len(layout(data).slice_bytes)
    if num_slices > present:
        raise ValueError(f"--slices is {num_slices}; the file has {present}: must be 0 to {present}")
    return keep_slices(data, num_slices)


def _shipped_weights(data: bytes) -> str:
    """The name of the shipped weights that a file was made with."""
    identity = unpack(data)[0].identity
    name = shipped_name(identity)
    if name is None:
        raise ValueError(f"was made with weights {identity.hex()}, which are not shipped; give them with --model PATH")
    return name


def _table(facts: FileInfo) -> str:
    size = f"{facts.width} x {facts.height} px"
    lines = [("size", size), ("lambda", "fixed" if facts.lmbda is None else f"{facts.lmbda:.4g}")]
    lines += [("model", facts.model)]
    parts = [("header", facts.header_bytes), ("z", facts.z_bytes)]
    parts += [(f"slice {index}", size) for index, size in enumerate(facts.slice_bytes)]
    parts += [("other", facts.other_bytes), ("total", facts.total_bytes)]
    digits = len(str(facts.total_bytes))
    lines += [(part, f"{size:{digits}} bytes  {100 * size / facts.total_bytes:5.1f} %") for part, size in parts]
    lines += [("rate", f"{facts.bpp:.4f} bpp")]
    return "\n".join(f"{name:8}  {value}" for name, value in lines)
