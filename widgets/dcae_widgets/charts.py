"""Static pictures for lessons: photos side by side, where a file's bytes go, rate-distortion curves.

They stand in a notebook without a kernel, in print and on a code host. Knows arrays and records; does not know codecs.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from IPython.display import Image
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from dcae.results import FileInfo

_INK, _PAPER, _GAP_PX, _CAPTION_PX = "#24292f", "#ffffff", 12, 26
_Z_COLOUR, _HEADER_COLOUR = "#e07b39", "#9aa0a6"
_SLICE_COLOURS = ("#0b3c6f", "#1f66a8", "#4a90cf", "#86b8e3", "#bfd9f0")
_CURVE_COLOURS = ("#1f66a8", "#e07b39", "#3a8f5c", "#8a4fa3", "#b03a48")


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
    font = ImageFont.truetype(findfont("DejaVu Sans"), 14)
    widths = [
        max(tile.shape[1], round(font.getlength(caption)) + 4) for caption, tile in zip(images, tiles, strict=True)
    ]
    height = max(tile.shape[0] for tile in tiles) + _CAPTION_PX
    sheet = PillowImage.new("RGB", (sum(widths) + _GAP_PX * (len(tiles) - 1), height), _PAPER)
    draw, left = ImageDraw.Draw(sheet), 0
    for caption, tile, width in zip(images, tiles, widths, strict=True):
        sheet.paste(PillowImage.fromarray(tile), (left, 0))
        draw.text((left + 2, tile.shape[0] + 4), caption, fill=_INK, font=font)
        left += width + _GAP_PX
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return Image(buffer.getvalue(), alt="Pictures side by side: " + "; ".join(images))


def byte_bar(info: FileInfo) -> Image:
    """One bar for a file, divided into z, each slice, and the rest; it adds up to the file."""
    parts = [("z", info.z_bytes, _Z_COLOUR)]
    for index, size in enumerate(info.slice_bytes):
        parts.append((f"slice {index}", size, _SLICE_COLOURS[index % len(_SLICE_COLOURS)]))
    parts.append(("header and other", info.header_bytes + info.other_bytes, _HEADER_COLOUR))
    figure = Figure(figsize=(9, 1.9), dpi=110, facecolor=_PAPER)
    axes = figure.subplots()
    left = 0
    for name, size, colour in parts:
        share = size / info.total_bytes
        axes.barh(0, size, left=left, color=colour, edgecolor=_PAPER, label=f"{name}: {size:,} B ({share:.1%})")
        left += size
    axes.set(xlim=(0, info.total_bytes), yticks=[], xlabel="bytes")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(f"Where the {info.total_bytes:,} bytes of the file go ({info.bpp:.3f} bits a pixel)", color=_INK)
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.38), frameon=False, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    sizes = ", ".join(f"{name} {size} bytes" for name, size, _ in parts)
    return _rendered(figure, f"Stacked bar of a file of {info.total_bytes} bytes: {sizes}")


def rd_curves(curves: Mapping[str, Sequence[tuple[float, float]]], title: str) -> Image:
    """Rate-distortion curves: PSNR in dB over bits a pixel.

    Args:
        curves: Points (bpp, PSNR in dB) by the codec's name.
        title: What was measured.
    """
    figure = Figure(figsize=(7, 4.4), dpi=110, facecolor=_PAPER)
    axes = figure.subplots()
    for index, (name, points) in enumerate(curves.items()):
        rates, distortions = zip(*sorted(points), strict=True)
        axes.plot(rates, distortions, "o-", color=_CURVE_COLOURS[index % len(_CURVE_COLOURS)], label=name, markersize=4)
    axes.set(xlabel="rate (bits a pixel)", ylabel="PSNR (dB)", title=title)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return _rendered(figure, f"{title}. Rate-distortion curves of {', '.join(curves)}")


def _rendered(figure: Figure, alt: str) -> Image:
    buffer = io.BytesIO()
    save: Any = figure.savefig  # matplotlib types its formats as file names
    save(buffer, format="png", bbox_inches="tight")
    return Image(buffer.getvalue(), alt=alt)
