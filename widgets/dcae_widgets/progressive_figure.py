"""A file seen slice by slice, for print: the picture after each slice, and what each of them brings for its bytes.

Knows records and matplotlib. Does not know widgets.
Shapes: H, W image size in px.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from dcae.rd import psnr_db
from dcae.results import PartialPicture
from dcae_widgets.figure_style import BLUE, INK, PAPER, reduced

_COLOURS, _STYLES = (BLUE, "#e07b39"), ("o-", "s:")
_WIDTH_IN, _BELOW_IN, _PICTURE_PX, _HALVED_PX = 6.6, 2.3, 160, 256


def progressive_figure(image: NDArray[np.uint8], fills: Mapping[str, Sequence[PartialPicture]]) -> Figure:
    """The middle of the pictures of each fill in a row, over PSNR against bytes as staircases.

    Args:
        image: uint8, H x W x 3.
        fills: the pictures after 0 slices, 1 and so on, by what stands for the absent ones.
    """
    height, width = _middle(image).shape[:2]
    steps = len(next(iter(fills.values())))
    row_in = min(2.2, (_WIDTH_IN - 0.8) / steps * height / width + 0.4)
    above_in = len(fills) * row_in + 0.2
    figure = Figure(figsize=(_WIDTH_IN, above_in + _BELOW_IN), dpi=110, facecolor=PAPER, layout="constrained")
    subfigures: Any = figure.subfigures(2, 1, height_ratios=(above_in, _BELOW_IN))  # matplotlib types it as one
    above, below = subfigures
    panels: Any = above.subplots(len(fills), steps, squeeze=False)
    above.suptitle("The middle of the photo after each slice", fontsize=10, color=INK)
    for row, (fill, pictures) in zip(panels, fills.items(), strict=True):
        for axes, step in zip(row, pictures, strict=True):
            axes.imshow(reduced(_middle(step.picture), _PICTURE_PX))
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_title(f"{name_of(step.num_slices)}: {psnr_db(image, step.picture):.1f} dB", fontsize=8, color=INK)
        row[0].set_ylabel(fill, fontsize=10, color=INK)
    _draw_stairs(below, image, fills)
    return figure


def name_of(num_slices: int) -> str:
    """What a decoder has after so many slices, in words.

    >>> name_of(0), name_of(1), name_of(2)
    ('z alone', '1 slice', '2 slices')
    """
    return "z alone" if not num_slices else f"{num_slices} slice{'s' if num_slices > 1 else ''}"


def _draw_stairs(figure: SubFigure, image: NDArray[np.uint8], fills: Mapping[str, Sequence[PartialPicture]]) -> None:
    axes: Any = figure.subplots()
    for (fill, pictures), colour, style in zip(fills.items(), _COLOURS, _STYLES, strict=False):
        bytes_after = [step.bytes for step in pictures]
        psnrs = [psnr_db(image, step.picture) for step in pictures]
        axes.plot(bytes_after, psnrs, style, color=colour, drawstyle="steps-post", label=fill, markersize=5)
    for step in next(iter(fills.values())):
        axes.axvline(step.bytes, color=INK, alpha=0.12, linewidth=1, zorder=0)
    axes.set(xlabel="bytes of the file so far", ylabel="PSNR (dB)")
    axes.set_title("What each slice brings", fontsize=10, color=INK)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(frameon=False, title="absent slices", fontsize=9, title_fontsize=9, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)


def _middle(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half of its sides, where that is enough to be seen."""
    height, width = image.shape[:2]
    if min(height, width) < _HALVED_PX:
        return image
    return image[height // 4 : height - height // 4, width // 4 : width - width // 4]
