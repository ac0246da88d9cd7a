"""What was foreseen beside what happened, for print: two maps on one scale, and two curves against what is right.

Knows records and matplotlib. Does not know widgets.
Shapes: h, w places of 16 x 16 px.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dcae.calibration import Calibration
from dcae.traces import PLACE_PX
from dcae_widgets.figure_style import BLUE, INK, ORANGE, PAPER, finish
from dcae_widgets.heat import SEQUENTIAL, round_ticks

ERROR_TITLE, BITS_TITLE = "Is the error what σ foresees?", "Is a symbol of 1 bit coded with 1 bit?"
SIGMA_AXIS, ERROR_AXIS = "σ (quantiser steps)", "mean |y − μ| (steps)"
CHARGED_AXIS, FAIR_AXIS = "charged (bits)", "fair: −log₂ of its share (bits)"


def map_ticks(foreseen: NDArray[np.floating], found: NDArray[np.floating]) -> list[float]:
    """The scale of both maps, from 0 to a round number; one place in 200 of each has more at most."""
    return round_ticks(max(float(np.percentile(each, 99.5)) for each in (foreseen, found)))


def hyper_figure(
    foreseen: NDArray[np.floating], found: NDArray[np.floating], of: Calibration, name: str, size_px: tuple[int, int]
) -> Figure:
    """Maps above, curves below.

    Args:
        foreseen: (h, w), mean of |y - mu| that sigma makes one expect.
        found: (h, w), mean of |y - mu|.
        of: the same symbols in groups.
        name: what part of y that is.
        size_px: width and height of the photo.
    """
    height = min(3.4, 4.9 * size_px[1] / size_px[0] + 0.4)
    figure = Figure(figsize=(10.5, height + 3.6), dpi=110, facecolor=PAPER, layout="constrained")
    axes: Any = figure.subplots(2, 2, height_ratios=(height, 3.6))
    ticks, drawn = map_ticks(foreseen, found), None
    for place, values, word in zip(axes[0], (foreseen, found), ("foreseen", "found"), strict=True):
        extent = (0, PLACE_PX * values.shape[1], PLACE_PX * values.shape[0], 0)
        drawn = place.imshow(values, cmap=SEQUENTIAL, vmin=0, vmax=ticks[-1], extent=extent, interpolation="nearest")
        place.set(xlim=(0, size_px[0]), ylim=(size_px[1], 0))
        place.set_axis_off()
        place.set_title(f"mean |y − μ|, {word} ({name})", fontsize=10, color=INK)
    bar: Any = figure.colorbar  # matplotlib types what is drawn as never None
    bar(drawn, ax=list(axes[0]), extend="max", shrink=0.9, ticks=ticks).set_label("quantiser steps")
    _draw_curve(axes[1, 0], of.sigma, of.error, "found", of.sigma, of.expected_error, "a Gaussian of that σ")
    _finish(axes[1, 0], ERROR_TITLE, SIGMA_AXIS, ERROR_AXIS)
    _draw_curve(axes[1, 1], of.charged_bits, of.fair_bits, "found", of.charged_bits, of.charged_bits, "right")
    _finish(axes[1, 1], BITS_TITLE, CHARGED_AXIS, FAIR_AXIS)
    return figure


def _draw_curve(axes: Axes, x: NDArray, y: NDArray, name: str, right_x: NDArray, right_y: NDArray, right: str) -> None:
    axes.plot(x, np.where(y > 0, y, np.nan), "o-", color=BLUE, markersize=4, label=name)
    axes.plot(right_x, right_y, "--", color=ORANGE, label=right)


def _finish(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    finish(axes, title, x, y)
