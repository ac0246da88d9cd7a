"""The slices of a coding for print: maps of each quantity, what each channel costs, and what one channel draws.

Knows records and matplotlib. Does not know widgets.
Shapes: H, W image size in px.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from dcae.results import ChannelResponse
from dcae.traces import PLACE_PX, Trace
from dcae_widgets.channel_picture import pictures_of
from dcae_widgets.figure_style import BLUE, INK, PAPER
from dcae_widgets.heat import SEQUENTIAL
from dcae_widgets.slice_maps import QUANTITIES, UNITS, common_ranges, elements, slice_maps

_MARK = "#e07b39"
_WIDTH_IN, _BELOW_IN = 7.8, 1.9


def slices_figure(trace: Trace, costs: NDArray[np.floating], response: ChannelResponse) -> Figure:
    """The maps in rows of one scale, over the costs of all channels in their order and the parts of one response.

    Args:
        trace: what was coded.
        costs: bytes of each channel, (M,).
        response: what one of them draws.
    """
    maps = slice_maps(elements(trace), trace.num_slices)
    height, width = trace.image.shape[:2]
    row_in = min(1.6, _WIDTH_IN / (trace.num_slices + 0.9) * height / width + 0.12)
    above_in = len(QUANTITIES) * row_in + 0.3
    figure = Figure(figsize=(_WIDTH_IN, above_in + _BELOW_IN), dpi=110, facecolor=PAPER, layout="constrained")
    subfigures: Any = figure.subfigures(2, 1, height_ratios=(above_in, _BELOW_IN))  # matplotlib types it as one
    above, below = subfigures
    _draw_maps(above, maps, (width, height))
    _draw_channel(below, trace, costs, response)
    return figure


def _draw_maps(figure: SubFigure, maps: NDArray[np.float64], size_px: tuple[int, int]) -> None:
    ranges = common_ranges(maps)
    panels: Any = figure.subplots(*maps.shape[:2], squeeze=False)
    for row, (name, unit) in enumerate(zip(QUANTITIES, UNITS, strict=True)):
        in_row = zip(panels[row], maps[row], ranges[row], strict=True)
        drawn = [_draw_map(axes, values, scale, size_px) for axes, values, scale in in_row]
        panels[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=11, color=INK)
        bar = figure.colorbar(drawn[0], ax=list(panels[row]), extend="max", aspect=9, pad=0.01)
        bar.set_label(unit, fontsize=8, color=INK)
        bar.set_ticks([0, float(ranges[row, 0, 1])])
        bar.ax.tick_params(labelsize=8)
    for index, axes in enumerate(panels[0]):
        axes.set_title(f"slice {index}", fontsize=10, color=INK)


def _draw_map(axes: Axes, values: NDArray[np.float64], scale: NDArray[np.float64], size_px: tuple[int, int]) -> Any:
    low, high = scale
    width, height = size_px
    rows, columns = values.shape
    axes.set(xticks=[], yticks=[])
    drawn = axes.imshow(
        values,
        cmap=SEQUENTIAL,
        vmin=low,
        vmax=high,
        extent=(0, PLACE_PX * columns, PLACE_PX * rows, 0),
        interpolation="nearest",
    )
    axes.set(xlim=(0, width), ylim=(height, 0))  # places at the end reach beyond the photo
    axes.spines[:].set_visible(False)
    return drawn


def _draw_channel(figure: SubFigure, trace: Trace, costs: NDArray[np.floating], response: ChannelResponse) -> None:
    parts = pictures_of(response)
    bars, *panels = figure.subplots(1, 1 + len(parts), width_ratios=(1.3, *(1 for _ in parts)))  # pyright: ignore[reportGeneralTypeIssues]
    order = np.argsort(-costs, kind="stable")
    bars.bar(np.arange(1, len(order) + 1), costs[order], width=1, color=BLUE)
    rank = int(np.flatnonzero(order == response.channel)[0])
    bars.plot(rank + 1, costs[order[rank]], "v", color=_MARK, clip_on=False, label=f"channel {response.channel}")
    bars.legend(frameon=False, fontsize=9)
    bars.locator_params(axis="y", nbins=4)
    bars.set_title("What each channel costs", fontsize=10, color=INK)
    bars.set(xlabel="rank of the channel", ylabel="bytes", xlim=(0.5, len(order) + 0.5))
    bars.spines[["top", "right"]].set_visible(False)
    for axes, (name, picture) in zip(panels, parts.items(), strict=True):
        axes.imshow(picture)
        axes.set_axis_off()
        axes.set_title(name, fontsize=9, color=INK)
    slice_index = response.channel * trace.num_slices // len(costs)
    figure.suptitle(
        f"Channel {response.channel}, of slice {slice_index}: {costs[response.channel]:,.0f} bytes; what it draws, "
        "around grey", fontsize=10, color=INK,
    )  # fmt: skip
