"""What attention sees, for print: a position's window on the photo and head by head, each head's biases and distance.

Knows records and matplotlib. Does not know widgets.
Shapes: H, W image size in px.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle as Patch
from numpy.typing import NDArray

from dcae.traces import WindowAttentionTrace
from dcae.windows import Rectangle
from dcae_widgets.attention_window import AttentionWindow
from dcae_widgets.figure_style import BLUE, INK, PAPER
from dcae_widgets.heat import DIVERGING, SEQUENTIAL, round_ticks

_MASK, _SEEN = "#5d646c", "#0b6bcb"
_COLOURS, _MARKED = BLUE, "#e07b39"
_COLUMNS, _WIDTH_IN, _PANEL_IN = 6, 9.0, 1.75


def bias_ticks(record: WindowAttentionTrace) -> list[float]:
    """The colour bar of a block's biases, in logits: two round numbers on either side of 0, one scale for all heads."""
    most = round_ticks(float(np.abs(record.relative_position).max()))[-1]
    return [-most, -most / 2, 0.0, most / 2, most]


def key_offsets(relative_position: NDArray[np.floating]) -> NDArray[np.floating]:
    """A bias by where the key lies as seen from the query: (..., 2 p - 1, 2 p - 1), above it in the first rows.

    The record has it by query minus key.

    >>> key_offsets(np.arange(9).reshape(3, 3)).tolist()
    [[8, 7, 6], [5, 4, 3], [2, 1, 0]]
    """
    return relative_position[..., ::-1, ::-1]


def attention_figure(image: NDArray[np.uint8], window: AttentionWindow, name: str) -> Figure:
    """The photo with the window on it beside the heads' distances, over the window and the biases of each head.

    Args:
        image: uint8, H x W x 3.
        window: of one position, in that image; its head is marked.
        name: of the block.
    """
    record = window.record
    heads = len(record.relative_position)
    rows = -(-heads // _COLUMNS)
    heights = (2.7, rows * _PANEL_IN + 0.35, rows * _PANEL_IN + 0.35)
    figure = Figure(figsize=(_WIDTH_IN, sum(heights)), dpi=110, facecolor=PAPER, layout="constrained")
    parts: Any = figure.subfigures(3, 1, height_ratios=heights)  # matplotlib types it as one
    above: Any = parts[0].subplots(1, 2, width_ratios=(1.3, 1))
    _draw_photo(above[0], image, window, name)
    draw_distances(above[1], record, window.head)
    _draw_windows(parts[1], [AttentionWindow(record, head, *_place(window)) for head in range(heads)])
    _draw_biases(parts[2], record)
    return figure


def draw_distances(axes: Axes, record: WindowAttentionTrace, head: int) -> None:
    """Bars of how far each head looks, over a line of how far it would look if it weighed all keys alike."""
    far, even = record.mean_distance * record.position_px, record.windows.even_distance * record.position_px
    colours = [_MARKED if index == head else _COLOURS for index in range(len(far))]
    bars = axes.bar(range(len(far)), far, color=colours, width=0.7)
    axes.bar_label(bars, fmt="%.1f", fontsize=9, label_type="center", color=PAPER)
    axes.axhline(even, color=INK, linestyle=":", linewidth=1.2)
    axes.set_title(f"Mean attention distance (dotted: all keys alike, {even:.1f} px)", fontsize=9, color=INK)
    axes.set(xticks=range(len(far)), ylim=(0, 1.1 * max(even, far.max())))
    axes.set_xlabel("head", fontsize=9)
    axes.set_ylabel("distance (px)", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _place(window: AttentionWindow) -> tuple[int, int, int, int]:
    return window.row, window.column, window.height, window.width


def _draw_photo(axes: Axes, image: NDArray[np.uint8], window: AttentionWindow, name: str) -> None:
    axes.imshow(image, extent=(0, window.width, window.height, 0))
    for piece in window.masked_px:
        _outline(axes, piece, edgecolor=PAPER, facecolor=_MASK, hatch="////", alpha=0.8)
    _outline(axes, window.seen_px, edgecolor=PAPER, linewidth=4)
    _outline(axes, window.seen_px, edgecolor=_SEEN, linewidth=2)
    _outline(axes, window.cell_px, edgecolor="black", facecolor="white", linewidth=1)
    axes.set_title(name, fontsize=9, color=INK, pad=8)
    axes.set(xlim=(0, window.width), ylim=(window.height, 0))
    axes.tick_params(labelsize=8)
    masked = ", grey: masked" if window.masked_px else ""
    axes.set_xlabel(f"px; white: the position, blue: what it sees{masked}", fontsize=8)


def _outline(axes: Axes, piece: Rectangle, **style: Any) -> None:
    top, left, bottom, right = piece
    axes.add_patch(Patch((left, top), right - left, bottom - top, **{"facecolor": "none", **style}))


def _panels(part: SubFigure, count: int, title: str) -> Sequence[Axes]:
    columns = min(count, _COLUMNS)
    panels: Any = part.subplots(-(-count // columns), columns, squeeze=False).ravel()
    for axes in panels[count:]:
        axes.set_axis_off()
    part.suptitle(title, fontsize=9, color=INK)
    return panels


def _draw_windows(part: SubFigure, windows: Sequence[AttentionWindow]) -> None:
    """The window of each head on one scale, in the order in which the network sees it."""
    ticks = max((window.ticks for window in windows), key=lambda ticks: ticks[-1])
    panels = _panels(part, len(windows), "The position's window, as each head weighs it")
    drawn: Any = None
    for axes, window in zip(panels, windows, strict=False):
        percent = np.ma.array(window.percent, mask=~window.seen.reshape(window.percent.shape))
        drawn = axes.imshow(percent, cmap=SEQUENTIAL, vmin=0, vmax=ticks[-1], interpolation="nearest")
        axes.set_facecolor(_MASK)
        row, column = divmod(window.query, percent.shape[1])
        axes.add_patch(Patch((column - 0.5, row - 0.5), 1, 1, facecolor="none", edgecolor="white", linewidth=1.5))
        axes.set_title(f"head {window.head}: {window.distance_px:.1f} px", fontsize=8, color=INK)
        axes.set(xticks=[], yticks=[])
    bar = part.colorbar(drawn, ax=list(panels), pad=0.01, aspect=15, ticks=ticks)
    bar.set_label("% of its attention", fontsize=8, color=INK)
    bar.ax.tick_params(labelsize=8)


def _draw_biases(part: SubFigure, record: WindowAttentionTrace) -> None:
    ticks, reach = bias_ticks(record), record.windows.side - 1
    title = "Relative-position bias of each head, by where the key lies as seen from the query (positions)"
    panels = _panels(part, len(record.relative_position), title)
    drawn: Any = None
    extent = (-reach - 0.5, reach + 0.5, reach + 0.5, -reach - 0.5)
    for head, (axes, bias) in enumerate(zip(panels, key_offsets(record.relative_position), strict=False)):
        drawn = axes.imshow(bias, cmap=DIVERGING, vmin=ticks[0], vmax=ticks[-1], extent=extent, interpolation="nearest")
        axes.set_title(f"head {head}", fontsize=8, color=INK)
        axes.set(xticks=(-reach, 0, reach), yticks=(-reach, 0, reach))
        axes.tick_params(labelsize=7)
    bar = part.colorbar(drawn, ax=list(panels), pad=0.01, aspect=15, ticks=ticks)
    bar.set_label("logits", fontsize=8, color=INK)
    bar.ax.tick_params(labelsize=8)
