"""Where a file's bits lie, for print: the photo, each map as colours on one scale, and the bar of the file's parts.

Knows records and matplotlib. Does not know widgets.
Shapes: H, W image size in px; h, w = H/16, W/16, places of 16 x 16 px.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from dcae.traces import PLACE_PX, RateMap
from dcae_widgets.charts import part_colour
from dcae_widgets.figure_style import INK, PAPER, reduced
from dcae_widgets.heat import SEQUENTIAL, heat_image, round_ticks

_COLUMNS, _PHOTO_PX, _BAR_IN = 4, 640, 1.5


def ticks_of(rates: RateMap) -> list[float]:
    """The colour bar of all maps of a file, in bits a pixel: from 0 to a round number.

    Of the places of all maps together, at most one in 100 costs more than the last.
    """
    return round_ticks(float(np.percentile(rates.total / PLACE_PX**2, 99)))


def heat_map(rates: RateMap, bits: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bits of places as colours of the file's common scale.

    Args:
        rates: whose scale and size.
        bits: (h, w), of one of its maps or of several.

    Returns:
        uint8, H x W x 3.
    """
    return heat_image(bits / PLACE_PX**2, 0, ticks_of(rates)[-1], PLACE_PX, (rates.height, rates.width))


def rate_map_figure(image: NDArray[np.uint8], rates: RateMap) -> Figure:
    """The photo, the total and every map as small multiples on one scale, over the bar of the file's parts.

    Args:
        image: uint8, H x W x 3.
        rates: of that image.
    """
    maps = {"all together": rates.total, **dict(zip(rates.names, rates.bits, strict=True))}
    rows = -(-(len(maps) + 1) // _COLUMNS)
    row_height = min(2.9, 2.45 * rates.height / rates.width + 0.3)
    figure = Figure(figsize=(10.5, rows * row_height + _BAR_IN), dpi=110, facecolor=PAPER, layout="constrained")
    subfigures: Any = figure.subfigures(2, 1, height_ratios=(rows * row_height, _BAR_IN))  # matplotlib types it as one
    above, below = subfigures
    panels = above.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    panels[0].imshow(reduced(image, _PHOTO_PX), extent=(0, rates.width, rates.height, 0))
    panels[0].set_title("the photo", fontsize=10, color=INK)
    ticks, drawn = ticks_of(rates), None
    for axes, (name, bits) in zip(panels[1:], maps.items(), strict=False):
        drawn = _draw_map(axes, rates, bits, ticks[-1])
        axes.set_title(f"{name}: {bits.sum():,.0f} bits", fontsize=10, color=INK)
    bar = above.colorbar(drawn, ax=list(panels), extend="max", shrink=0.9, aspect=30, pad=0.01, ticks=ticks)
    bar.set_label("bits a pixel", color=INK)
    _draw_parts(below, rates)
    return figure


def _draw_map(axes: Axes, rates: RateMap, bits: NDArray[np.float64], top: float) -> Any:
    height, width = (PLACE_PX * side for side in bits.shape)
    extent = (0, width, height, 0)
    drawn = axes.imshow(bits / PLACE_PX**2, cmap=SEQUENTIAL, vmin=0, vmax=top, extent=extent, interpolation="nearest")
    axes.set(xlim=(0, rates.width), ylim=(rates.height, 0))  # places at the end reach beyond the photo
    return drawn


def _draw_parts(figure: SubFigure, rates: RateMap) -> None:
    axes: Any = figure.subplots()
    left, total = 0, rates.file.total_bytes
    for name, size in rates.file.parts:
        label = f"{name}: {size:,} B ({size / total:.1%})"
        axes.barh(0, size, left=left, color=part_colour(name), edgecolor=PAPER, label=label)
        left += size
    axes.set(xlim=(0, total), yticks=[])
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(f"The file: {total:,} bytes ({rates.file.bpp:.3f} bits a pixel)", fontsize=10, color=INK)
    figure.legend(ncols=4, loc="outside lower center", frameon=False, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
