"""Static pictures for lessons: photos side by side, where a file's bytes go, rate-distortion curves, a coded photo.

They stand in a notebook without a kernel, in print and on a code host. Knows arrays and records; does not know codecs.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import Image
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from dcae.results import FileInfo
from dcae_widgets.figure_style import INK, PAPER, png_of
from dcae_widgets.rd_figure import PrintedCurve, rd_picture

_GAP_PX, _CAPTION_PX = 12, 26
_Z_COLOUR, _HEADER_COLOUR = "#e07b39", "#9aa0a6"
_SLICE_COLOURS = ("#0b3c6f", "#1f66a8", "#4a90cf", "#86b8e3", "#bfd9f0")
_SHEET_PX, _PHOTO_HEIGHT_PX, _SHEET_BYTES, _BAR_PX, _SWATCH_PX = 960, 480, 600_000, 28, 12
_NUMBER_WORDS = {
    "bytes": "{:,.0f} bytes",
    "bpp": "{:.3f} bits a pixel",
    "ratio": "{:.1f} times smaller than raw",
    "psnr_db": "PSNR {}",
    "ms_ssim": "MS-SSIM {:.4f}",
    "encode_s": "encoded in {:.2f} s",
    "decode_s": "decoded in {:.2f} s",
}


def pictures(images: Mapping[str, NDArray[np.uint8]], scale: int = 1) -> Image:
    """Photos side by side, pixel for pixel, each over its caption.

    Args:
        images: uint8, H x W x 3, by caption.
        scale: Whole number that each pixel is enlarged by, in both directions.

    Raises:
        ValueError: if there is no image, or the scale is below 1.
    """
    if not images or scale < 1:
        raise ValueError(f"{len(images)} images at scale {scale}; must be at least 1 of each")
    tiles = [np.repeat(np.repeat(image, scale, axis=0), scale, axis=1) for image in images.values()]
    font = _font(14)
    widths = [
        max(tile.shape[1], round(font.getlength(caption)) + 4) for caption, tile in zip(images, tiles, strict=True)
    ]
    height = max(tile.shape[0] for tile in tiles) + _CAPTION_PX
    sheet = PillowImage.new("RGB", (sum(widths) + _GAP_PX * (len(tiles) - 1), height), PAPER)
    draw, left = ImageDraw.Draw(sheet), 0
    for caption, tile, width in zip(images, tiles, widths, strict=True):
        sheet.paste(PillowImage.fromarray(tile), (left, 0))
        draw.text((left + 2, tile.shape[0] + 4), caption, fill=INK, font=font)
        left += width + _GAP_PX
    return Image(_png(sheet), alt="Pictures side by side: " + "; ".join(images))


def byte_bar(info: FileInfo) -> Image:
    """One bar for a file, divided into z, each slice, and the rest; it adds up to the file."""
    figure = Figure(figsize=(9, 1.9), dpi=110, facecolor=PAPER)
    axes = figure.subplots()
    left = 0
    for name, size in info.parts:
        label = f"{name}: {size:,} B ({size / info.total_bytes:.1%})"
        axes.barh(0, size, left=left, color=part_colour(name), edgecolor=PAPER, label=label)
        left += size
    axes.set(xlim=(0, info.total_bytes), yticks=[], xlabel="bytes")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(f"Where the {info.total_bytes:,} bytes of the file go ({info.bpp:.3f} bits a pixel)", color=INK)
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.38), frameon=False, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    sizes = ", ".join(f"{name} {size} bytes" for name, size in info.parts)
    return _rendered(figure, f"Stacked bar of a file of {info.total_bytes} bytes: {sizes}")


def rd_curves(curves: Mapping[str, Sequence[tuple[float, float | None]]], title: str) -> Image:
    """Rate-distortion curves of whole files: PSNR in dB over bits a pixel.

    A point whose PSNR is infinite, or None, is of an identical picture; it has no place on the plot and is left out.

    Args:
        curves: Points (bpp, PSNR in dB) by the codec's name, in any order; a curve may be empty.
        title: What was measured.
    """
    return rd_picture([PrintedCurve(label=name, points=points, style="file") for name, points in curves.items()], title)


def coding(
    photo: NDArray[np.uint8],
    decoded: NDArray[np.uint8],
    numbers: Mapping[str, float | None],
    parts: Sequence[tuple[str, float]],
    title: str,
    beside: str = "the photo",
) -> Image:
    """A photo beside what its file shows, over the file's numbers in words and one bar of its bytes.

    Both are scaled down alike, to a page's width and until the picture has at most 600 kB; never up.

    Args:
        photo: uint8, H x W x 3.
        decoded: uint8, H x W x 3, of the same size.
        numbers: any of bytes, bpp, ratio, psnr_db, ms_ssim, encode_s and decode_s; None is not known, and left out.
        parts: (name, bytes) of what the file consists of; may be empty.
        title: What was coded, and how.
        beside: What the first of the two pictures is.

    Raises:
        ValueError: the two are not of one size, a number has no such name, or parts are given and have no bytes.
    """
    if photo.shape != decoded.shape:
        raise ValueError(f"photo is {photo.shape}, decoded {decoded.shape}; must be of one size")
    if parts and not sum(size for _, size in parts) > 0:
        raise ValueError(f"parts are {list(parts)}; must have more than 0 bytes together")
    height, width = photo.shape[:2]
    words = _in_words(numbers)
    sizes = [f"{name}: {size:,.0f} bytes" for name, size in parts]
    alt = "; ".join([f"{title}: {beside} beside the decoded picture", *words, *sizes])
    scale = min(1.0, (_SHEET_PX - _GAP_PX) / 2 / width, _PHOTO_HEIGHT_PX / height)
    while True:
        size = (max(1, round(scale * width)), max(1, round(scale * height)))
        both = [PillowImage.fromarray(image).resize(size, PillowImage.Resampling.LANCZOS) for image in (photo, decoded)]
        png = _png(_coding_sheet(dict(zip((beside, "decoded"), both, strict=True)), words, parts, title))
        if len(png) <= _SHEET_BYTES or min(size) == 1:
            return Image(png, alt=alt)
        scale *= 0.98 * math.sqrt(_SHEET_BYTES / len(png))


def _in_words(numbers: Mapping[str, float | None]) -> list[str]:
    if unknown := set(numbers) - set(_NUMBER_WORDS):
        raise ValueError(f"numbers have {', '.join(sorted(unknown))}; legal: {', '.join(_NUMBER_WORDS)}")
    known = [(name, value) for name in _NUMBER_WORDS if (value := numbers.get(name)) is not None]
    return [_NUMBER_WORDS[name].format(_psnr_words(value) if name == "psnr_db" else value) for name, value in known]


def _coding_sheet(
    both: Mapping[str, PillowImage.Image], words: Sequence[str], parts: Sequence[tuple[str, float]], title: str
) -> PillowImage.Image:
    """The title, the two pictures, the numbers, the bar and its legend, from top to bottom."""
    pair = PillowImage.new("RGB", (_SHEET_PX, both["decoded"].height + _CAPTION_PX), PAPER)
    for index, (caption, picture) in enumerate(both.items()):
        left = index * (max(picture.width, 100) + _GAP_PX)
        pair.paste(picture, (left, 0))
        ImageDraw.Draw(pair).text((left, picture.height + 4), caption, fill=INK, font=_font(14))
    total = sum(size for _, size in parts)
    legend = [(f"{name}: {size:,.0f} B ({size / total:.1%})", part_colour(name)) for name, size in parts]
    strips = [_flowing([(title, None)], 17), pair, _flowing([(word, None) for word in words], 14)]
    strips += [_strip_bar(parts), _flowing(legend, 13)] if parts else []
    sheet = PillowImage.new("RGB", (_SHEET_PX, sum(strip.height + 8 for strip in strips)), PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height + 8
    return sheet


def _flowing(items: Sequence[tuple[str, str | None]], size: int) -> PillowImage.Image:
    """Words one after the other, each behind a swatch of its colour if it has one, in as many lines as they need."""
    font, places = _font(size), []
    left, line = 0.0, 0
    for text, colour in items:
        width = font.getlength(text) + (_SWATCH_PX + 6 if colour else 0)
        if left and left + width > _SHEET_PX:
            left, line = 0.0, line + 1
        places.append((round(left), line * (size + 9)))
        left += width + 24
    strip = PillowImage.new("RGB", (_SHEET_PX, (line + 1) * (size + 9)), PAPER)
    draw = ImageDraw.Draw(strip)
    for (text, colour), (x, y) in zip(items, places, strict=True):
        if colour:
            draw.rectangle((x, y + 3, x + _SWATCH_PX - 1, y + 2 + _SWATCH_PX), fill=colour)
        draw.text((x + (_SWATCH_PX + 6 if colour else 0), y), text, fill=INK, font=font)
    return strip


def _strip_bar(parts: Sequence[tuple[str, float]]) -> PillowImage.Image:
    """The sheet's width, divided as the bytes are."""
    strip = PillowImage.new("RGB", (_SHEET_PX, _BAR_PX), PAPER)
    edges = np.cumsum([0, *(size for _, size in parts)])
    pixels = np.rint(edges / edges[-1] * _SHEET_PX).astype(int).tolist()
    for (name, _), left, right in zip(parts, pixels, pixels[1:], strict=False):
        strip.paste(part_colour(name), (left, 0, right, _BAR_PX))
    return strip


def _psnr_words(psnr_db: float | None) -> str:
    return "infinite (identical)" if psnr_db is None or math.isinf(psnr_db) else f"{psnr_db:.2f} dB"


def part_colour(name: str) -> str:
    """The colour of a part of a file, by its name, in every picture of one; common.css has the same.

    >>> part_colour("z"), part_colour("slice 0"), part_colour("header and other")
    ('#e07b39', '#0b3c6f', '#9aa0a6')
    """
    kind, _, index = name.partition(" ")
    if kind == "slice" and index.isdecimal():
        return _SLICE_COLOURS[int(index) % len(_SLICE_COLOURS)]
    return _Z_COLOUR if name == "z" else _HEADER_COLOUR


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont("DejaVu Sans"), size)


def _png(sheet: PillowImage.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _rendered(figure: Figure, alt: str) -> Image:
    return Image(png_of(figure, bbox_inches="tight"), alt=alt)
