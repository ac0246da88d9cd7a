"""How a percentage is made: one codec's curve, an anchor's, and the BD-rate by each choice.

A composition of plots. Knows records. Does not know how a rate is computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from html import escape
from typing import Any

import numpy as np
from ipywidgets import HTML, Dropdown, VBox
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure

from dcae.anchor_audit import AnchorAudit, AuditedRate
from dcae_widgets.anchor_figure import anchor_figure
from dcae_widgets.plot import Plot, Series
from dcae_widgets.saved_view import ROW, SavedView


class AnchorView(SavedView):
    """Codec, anchor, method and points under the hand; the percentage with its conditions beside all others.

    Args:
        audit: every rate that can be chosen.

    Attributes:
        controls: the four menus by their names: codec, anchor, method, points.
    """

    def __init__(self, audit: AnchorAudit):
        self.audit = audit
        options = {
            "codec": [curve.name for curve in audit.codecs],
            "anchor": [curve.name for curve in audit.anchors],
            "method": audit.methods,
            "points": audit.choices,
        }
        self.controls = {
            name: Dropdown(options=list(of), description=name.capitalize()) for name, of in options.items()
        }
        self._curves = Plot(x_title="bits a pixel", y_title="PSNR (dB)", x_log=True, height_px=340)
        self._bars = Plot(y_title="BD-rate (%)", choosable=True, height_px=340)
        self._said = HTML()
        left = VBox([*self.controls.values(), self._said], layout=BoxLayout(flex="1 1 300px", min_width="0"))
        right = VBox([self._curves, self._bars], layout=BoxLayout(flex="2 1 420px", min_width="0"))
        super().__init__([left, right], layout=BoxLayout(**ROW))
        for control in self.controls.values():
            control.observe(lambda _: self._show(), "value")
        self._bars.observe(self._choose, "chosen")
        self._show()

    @property
    def chosen(self) -> AuditedRate:
        """The rate that is shown."""
        codec, anchor, method, points = (str(control.value) for control in self.controls.values())
        return self.audit.rate(codec, anchor, method, points)

    def _show(self) -> None:
        rate = self.chosen
        curves = ((self.audit.codecs, rate.codec), (self.audit.anchors, rate.anchor))
        found = [next(curve for curve in among if curve.name == name) for among, name in curves]
        self._curves.series = [Series(c.name, [p[0] for p in c.points], [p[1] for p in c.points]) for c in found]
        names = [anchor.name for anchor in self.audit.anchors]
        methods = sorted(self.audit.methods, key=lambda method: method != rate.method)  # the chosen one can be clicked
        bars = [(m, [self.audit.rate(rate.codec, name, m, rate.points_used) for name in names]) for m in methods]
        self._bars.series = [
            Series(
                m, names, [np.nan if r.percent is None else r.percent for r in rates], "bar", [r.words for r in rates]
            )
            for m, rates in bars
        ]
        self._bars.chosen = names.index(rate.anchor)
        large = "not defined" if rate.percent is None else f"{rate.percent:+.1f} %"
        notes = "".join(f"<p><b>{escape(c.title)}</b>. {escape(c.note)}</p>" for c in found)
        self._said.value = f"<p style='font-size:32px;line-height:1.4'>{large}</p><p>{escape(rate.words)}</p>{notes}"

    def _choose(self, change: Any) -> None:
        if change.new >= 0:
            self.controls["anchor"].value = self.audit.anchors[change.new].name

    def _figure(self) -> Figure:
        return anchor_figure(self.audit, self.chosen)

    def _words(self) -> str:
        return f"Two curves, and a bar for each anchor. {self.chosen.words}"

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each rate, with all of its conditions."""
        return [field.name for field in fields(AuditedRate)], (astuple(rate) for rate in self.audit.rates)

    def _arrays(self) -> dict[str, Any]:
        """Each curve's points, (n, 2), by its name."""
        return {curve.name: np.array(curve.points) for curve in (*self.audit.codecs, *self.audit.anchors)}
