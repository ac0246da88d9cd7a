"""A run's two plots: the loss over the steps, and how far the rate-distortion curve has come since the start.

A thin widget around `Plotly.react`, which shares the page's plotly.js with the other plots. Knows what a run's log
says. Does not know files.
"""

import math
from collections.abc import Sequence
from typing import Any

import anywidget
import bjontegaard  # noqa: F401  (`bd_rate` imports it when it is first called, 0.3 s that no run is to lose)
import numpy as np
import traitlets
from numpy.typing import NDArray

from dcae.rd import MIN_BD_POINTS, bd_rate
from dcae_widgets.front_end import front_end
from dcae_widgets.plotly_page import PlotlySender
from dcae_widgets.run_log import HeldOut, Step

MAX_POINTS = 400
"""A curve is drawn with at most so many points; of a longer log each is the mean of some lines."""
MAX_CURVES = 24
"""Of so many measurements at most the rate-distortion curve is drawn: the first, the last, and some between."""


class TrainingCurves(anywidget.AnyWidget):
    """Loss and rate-distortion curves of a run.

    Attributes:
        series: float32 as bytes, row by row: step, training loss, the same smoothed, factor on the learning rate.
        held_out: [step, loss, whether it is the best so far] of each measurement on photos kept out of training.
        curves: dicts of `step` and `points`, a list of [lambda, bpp, PSNR in dB], from the first measurement on.
        start: what the run began with, such as "a block transform"; "" if that is not known.
        verdict: what has come of it, in words; "" before there are two measurements.
    """

    _esm, _css = front_end("training_curves", "plotly_page").values()

    series = traitlets.Bytes().tag(sync=True)
    held_out = traitlets.List().tag(sync=True)
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)
    start = traitlets.Unicode().tag(sync=True)
    verdict = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        PlotlySender(self)

    def show(self, steps: Sequence[Step], held_out: Sequence[HeldOut], start: str) -> None:
        """Shows a log, all in one message.

        Args:
            steps: The lines of steps.
            held_out: The measurements.
            start: As the attribute.
        """
        losses = [[each.step, _finite(each.loss), each.best] for each in held_out]
        with self.hold_sync():
            self.series, self.start = loss_series(steps).tobytes(), start
            if losses != self.held_out:
                self.held_out = losses
                self._show_curves([each for each in held_out if each.points])

    def _show_curves(self, drawn: Sequence[HeldOut]) -> None:
        self.curves = [{"step": each.step, "points": [list(point) for point in each.points]} for each in _some(drawn)]
        self.verdict = verdict(drawn)


def loss_series(steps: Sequence[Step]) -> NDArray[np.float32]:
    """What is drawn of the steps: at most :data:`MAX_POINTS` rows of step, loss, smoothed loss, learning-rate factor.

    The smoothed loss is an exponential mean over about a twentieth of the rows, without the bias of its start.

    Returns:
        float32, rows x 4; a loss that is no number is NaN, and the smoothed one passes over it.
    """
    stride = -(-len(steps) // MAX_POINTS) or 1
    rows = np.array([(each.step, each.loss, 0, each.rate) for each in steps], np.float64).reshape(-1, 4)
    edges = np.arange(0, len(rows), stride)
    if len(edges):
        counts = np.diff([*edges, len(rows)])[:, None]
        rows = np.add.reduceat(rows, edges, axis=0) / counts
    keep = 1 - 1 / max(3.0, len(rows) / 20)
    mean = weight = 0.0
    for row in rows:
        if math.isfinite(row[1]):
            mean, weight = keep * mean + (1 - keep) * row[1], keep * weight + 1 - keep
        row[2] = mean / weight if weight else math.nan
    return rows.astype(np.float32)


def verdict(measurements: Sequence[HeldOut]) -> str:
    """How the last of the measurements compares with the first, in words; "" if there are no two of them."""
    if len(measurements) < 2:
        return ""
    first, last = measurements[0], measurements[-1]
    try:
        anchor, test = ([(bpp, psnr_db) for _, bpp, psnr_db in each.points] for each in (first, last))
        if min(len(anchor), len(test)) >= MIN_BD_POINTS:
            percent = bd_rate(anchor, test)
            change = f"{abs(percent):.1f} % {'fewer' if percent <= 0 else 'more'}"
            return f"{change} bits than at the start, at equal PSNR (BD-rate)"
    except ValueError:
        pass  # curves without a common PSNR, or not monotonous ones, have no such number: the losses are compared
    return f"mean loss {first.loss:.3f} at the start, {last.loss:.3f} at step {last.step:,}"


def _some(measurements: Sequence[HeldOut]) -> list[HeldOut]:
    if len(measurements) <= MAX_CURVES:
        return list(measurements)
    return [measurements[round(place)] for place in np.linspace(0, len(measurements) - 1, MAX_CURVES)]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
