"""What lambda does to the channels, for print: which are silent, how many, and by what they are multiplied.

Knows records and matplotlib. Does not know widgets.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from dcae.gain_curves import GainCurves
from dcae_widgets.charts import part_colour
from dcae_widgets.figure_style import BLUE, INK, ORANGE, PAPER, finish
from dcae_widgets.heat import SEQUENTIAL

LOUD_TITLE, SILENT_TITLE, GAIN_TITLE = "Symbols that are not zero", "Silent channels", "Gain"
SILENT_AXIS, GAIN_AXIS = "channels without a symbol but 0", "gain (1 / quantiser step)"
LMBDA_AXIS = "λ"


def silent_of_slices(curves: GainCurves) -> np.ndarray:
    """How many channels of each slice are silent at each lambda: (slices, L)."""
    return curves.silent.reshape(len(curves.lmbda), curves.num_slices, -1).sum(axis=2).T


def gain_figure(curves: GainCurves, channel: int | None = None) -> Figure:
    """A row of channels for each lambda above, counts and gains over lambda below.

    Args:
        curves: what is drawn.
        channel: whose gain is drawn apart from the others'; None for none.
    """
    figure = Figure(figsize=(10.5, 6.6), dpi=110, facecolor=PAPER, layout="constrained")
    axes: Any = figure.subplot_mosaic([["loud", "loud"], ["silent", "gain"]], height_ratios=(2.6, 4))
    _draw_loud(figure, axes["loud"], curves)
    for index, silent in enumerate(silent_of_slices(curves)):
        colour = part_colour(f"slice {index}")
        axes["silent"].plot(curves.lmbda, silent, "o-", color=colour, markersize=4, label=f"slice {index}")
    _finish(axes["silent"], SILENT_TITLE, SILENT_AXIS)
    low, middle, high = np.percentile(curves.gain, (10, 50, 90), axis=1)
    axes["gain"].fill_between(curves.lmbda, low, high, color=BLUE, alpha=0.2, label="8 of 10 channels")
    axes["gain"].plot(curves.lmbda, middle, "o-", color=BLUE, markersize=4, label="median")
    if channel is not None:
        axes["gain"].plot(curves.lmbda, curves.gain[:, channel], "o--", color=ORANGE, label=f"channel {channel}")
    axes["gain"].set_yscale("log")
    _plain_ticks(axes["gain"].yaxis)
    _finish(axes["gain"], GAIN_TITLE, GAIN_AXIS)
    return figure


def _draw_loud(figure: Figure, axes: Axes, curves: GainCurves) -> None:
    lmbdas, channels = curves.loud.shape
    extent = (0, channels, lmbdas, 0)
    norm = PowerNorm(0.4, 0, 100)  # most channels say something in a few of a hundred symbols
    drawn = axes.imshow(
        100 * curves.loud, cmap=SEQUENTIAL, norm=norm, extent=extent, aspect="auto", interpolation="nearest"
    )
    axes.set_yticks(np.arange(lmbdas) + 0.5, [f"{lmbda:.2g}" for lmbda in curves.lmbda], fontsize=8)
    axes.set(xlabel="channel of y", ylabel="λ")
    for edge in range(1, curves.num_slices):
        axes.axvline(edge * channels / curves.num_slices, color=PAPER, linewidth=0.8)
    axes.set_title(f"{LOUD_TITLE}, slices from left to right", fontsize=10, color=INK)
    figure.colorbar(drawn, ax=axes, pad=0.01, ticks=[0, 1, 5, 20, 50, 100]).set_label("% of a channel's symbols")


def _finish(axes: Axes, title: str, y: str) -> None:
    axes.set_xscale("log")
    _plain_ticks(axes.xaxis)
    finish(axes, title, LMBDA_AXIS, y)


def _plain_ticks(axis: Axis) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 times powers of ten, as they are said."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
