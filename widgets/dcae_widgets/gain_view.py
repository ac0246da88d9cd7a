"""Which channels fall silent as lambda goes down: gains, and what each channel still says at each lambda.

A composition of plots. Knows a record, of any model that fills it. Does not know networks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from ipywidgets import HTML, SelectionSlider, VBox
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from traitlets import Int, link, validate

from dcae.gain_curves import GainCurves
from dcae_widgets.gain_figure import (
    GAIN_AXIS,
    GAIN_TITLE,
    SILENT_AXIS,
    SILENT_TITLE,
    gain_figure,
    silent_of_slices,
)
from dcae_widgets.plot import Plot, Series
from dcae_widgets.saved_view import ROW, SavedView


class GainView(SavedView):
    """The channels in the order of their cost at one lambda, the gain of the chosen one, and how many are silent.

    Args:
        curves: of one photo.

    Attributes:
        step: which lambda's bars are shown, counted from the lowest.
        channel: the channel that is chosen.

    Raises:
        ValueError: there is no such lambda or channel.
    """

    step = Int(0)
    channel = Int(0)

    def __init__(self, curves: GainCurves):
        self.curves = curves
        self._order = np.argsort(
            -curves.bits[-1], kind="stable"
        )  # one order at all lambdas: bars shrink where they are
        lmbdas = [(f"{lmbda:.4f}", index) for index, lmbda in enumerate(curves.lmbda)]
        slider = SelectionSlider(options=lmbdas, description="λ", layout=BoxLayout(width="100%"))
        axis = {"x_title": "λ", "x_log": True}
        self._bars = Plot(x_title="channels, dearest first", y_title="cost (bits)", choosable=True, height_px=300)
        self._gains = Plot(title=GAIN_TITLE, y_title=GAIN_AXIS, y_log=True, **axis)
        silent = [
            Series(f"slice {index}", curves.lmbda, counts) for index, counts in enumerate(silent_of_slices(curves))
        ]
        counts = Plot(silent, title=SILENT_TITLE, y_title=SILENT_AXIS, **axis)
        self._said = HTML()  # a Label does not break its lines
        left = VBox([slider, self._bars, self._said], layout=BoxLayout(flex="3 1 420px", min_width="0"))
        right = VBox([counts, self._gains], layout=BoxLayout(flex="2 1 340px", min_width="0"))
        super().__init__([left, right], layout=BoxLayout(**ROW))
        link((self, "step"), (slider, "value"))
        self.observe(lambda _: self._show_step(), "step")
        self.observe(lambda _: self._show_channel(), "channel")
        self._bars.observe(self._choose, "chosen")
        self._show_step()
        self.channel = int(self._order[0])
        self._show_channel()

    @validate("step", "channel")
    def _check(self, proposal: Any) -> int:
        name, most = proposal.trait.name, self.curves.gain.shape[proposal.trait.name == "channel"] - 1
        if not 0 <= proposal.value <= most:
            raise ValueError(f"{name} is {proposal.value}; must be 0 to {most}")
        return proposal.value

    def _show_step(self) -> None:
        bits, loud = self.curves.bits[self.step][self._order], self.curves.loud[self.step][self._order]
        said = [
            f"channel {channel}: {cost:,.0f} bits, {share:.1%} of its symbols are not 0"
            for channel, cost, share in zip(self._order, bits, loud, strict=True)
        ]
        lmbda, silent = self.curves.lmbda[self.step], int(self.curves.silent[self.step].sum())
        with self._bars.hold_sync():
            self._bars.title = f"What each channel costs at λ = {lmbda:.4f}"
            self._bars.series = [Series("channels", range(len(bits)), bits, "bar", said)]
        self._said.value = (
            f"{self.curves.bpp[self.step]:.3f} bits a pixel; {silent} of {len(bits)} channels say nothing but 0."
        )

    def _show_channel(self) -> None:
        curves = self.curves
        low, middle, high = np.percentile(curves.gain, (10, 50, 90), axis=1)
        self._gains.series = [
            Series("median", curves.lmbda, middle),
            Series(f"channel {self.channel}", curves.lmbda, curves.gain[:, self.channel]),
            Series("one of ten is below", curves.lmbda, low, dashed=True),
            Series("one of ten is above", curves.lmbda, high, dashed=True),
        ]
        self._bars.chosen = int(np.flatnonzero(self._order == self.channel)[0])

    def _choose(self, change: Any) -> None:
        if change.new >= 0:
            self.channel = int(self._order[change.new])

    def _figure(self) -> Figure:
        return gain_figure(self.curves, self.channel)

    def _words(self) -> str:
        silent = self.curves.silent.sum(axis=1)
        said = ", ".join(f"λ {l:.4f}: {n}" for l, n in zip(self.curves.lmbda, silent, strict=True))
        return f"Channels over λ: how often each is not 0, how many are silent ({said}), and their gains"

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each channel at each lambda."""
        curves = self.curves
        columns = [of.ravel().tolist() for of in (curves.gain, curves.inverse_gain, curves.bits, curves.loud)]
        places = np.ndindex(curves.gain.shape)
        rows = (
            (float(curves.lmbda[place]), channel, *values)
            for (place, channel), *values in zip(places, *columns, strict=True)
        )
        return ["lmbda", "channel", "gain", "inverse_gain", "bits", "loud"], rows

    def _arrays(self) -> dict[str, Any]:
        """The record's arrays, by their names."""
        curves = self.curves
        names = ("lmbda", "gain", "inverse_gain", "bits", "loud", "bpp")
        return {name: getattr(curves, name) for name in names}
