"""A rate-distortion plot that lives: a photo's curves, and the point that moves along them while lambda is dragged.

A thin widget around `Plotly.react`. Knows points and names. Does not know codecs or photos.
Units: rates are bits a pixel, distortions PSNR in dB.
"""

import math
from collections.abc import Sequence
from typing import Any, SupportsFloat

import anywidget
import traitlets
from IPython.display import Image

from dcae_widgets.charts import rd_curves
from dcae_widgets.front_end import front_end
from dcae_widgets.plotly_page import PlotlySender

KINDS = ("estimate", "file")
"""What a point was measured on: bits estimated from likelihoods, or a whole file."""


class RdPlot(anywidget.AnyWidget):
    """Rate-distortion curves and this photo's point.

    Traits are assigned, never changed in place. A curve's points are kept in order of their rate, so that points which
    arrive one by one extend the line. A PSNR of infinity (an identical picture) is kept as None and not drawn.

    Attributes:
        curves: dicts of `name`, `kind` ("estimate": dotted, or "file": solid) and `points`, a list of
            [bpp, PSNR in dB or None, label]; the label is shown on hover, such as "λ 0.0130, 1,234 bytes".
        point: this photo's point, a dict of `bpp`, `psnr_db`, `kind` and `label`; {} draws none.
        marks: further points, each such a dict.
        title: what was measured; "" draws none.

    Raises:
        traitlets.TraitError: a value is no such curve or point; a rate is not above 0, or a PSNR is NaN.
    """

    _esm, _css = front_end("rd_plot", "plotly_page").values()

    curves = traitlets.List(traitlets.Dict()).tag(sync=True)
    point = traitlets.Dict().tag(sync=True)
    marks = traitlets.List(traitlets.Dict()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        PlotlySender(self)

    def set_curve(self, name: str, points: Sequence[Sequence[Any]], kind: str = "estimate") -> None:
        """Draws a curve, in place of the one of the same name if there is one.

        Args:
            name: the codec's name, as the legend shows it.
            points: (bpp, PSNR in dB) or (bpp, PSNR in dB, label), in any order; may be empty.
            kind: "estimate" or "file".

        Raises:
            traitlets.TraitError: as the class says.
        """
        curve = {"name": name, "kind": kind, "points": list(points)}
        if name in [known["name"] for known in self.curves]:
            self.curves = [curve if known["name"] == name else known for known in self.curves]
        else:
            self.curves = [*self.curves, curve]

    def set_point(
        self, bpp: SupportsFloat, psnr_db: SupportsFloat | None, kind: str = "estimate", label: str = ""
    ) -> None:
        """Moves this photo's point.

        Args:
            bpp: bits a pixel, above 0.
            psnr_db: dB; infinity or None for an identical picture.
            kind: "estimate" or "file".
            label: what is shown on hover.

        Raises:
            traitlets.TraitError: as the class says.
        """
        self.point = {"bpp": bpp, "psnr_db": psnr_db, "kind": kind, "label": label}

    def clear(self) -> None:
        """Takes away curves, point and marks; the title stays."""
        with self.hold_sync():
            self.curves, self.point, self.marks = [], {}, []

    def picture(self) -> Image:
        """What is drawn now as a static picture, for a page without a kernel and for print."""
        return rd_curves(
            {curve["name"]: [(bpp, psnr_db) for bpp, psnr_db, _ in curve["points"]] for curve in self.curves},
            self.title,
            estimated=[curve["name"] for curve in self.curves if curve["kind"] == "estimate"],
            point=(self.point["bpp"], self.point["psnr_db"]) if self.point else None,
            marks=[(mark["bpp"], mark["psnr_db"]) for mark in self.marks],
        )

    @traitlets.validate("curves")
    def _check_curves(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        curves = [_curve(**_fields(curve, ("name", "kind", "points"))) for curve in proposal["value"]]
        names = [curve["name"] for curve in curves]
        if len(set(names)) < len(names):
            raise traitlets.TraitError(f"curves are named {names}; each name must be there once")
        return curves

    @traitlets.validate("point")
    def _check_point(self, proposal: dict[str, Any]) -> dict[str, Any]:
        return _point(proposal["value"]) if proposal["value"] else {}

    @traitlets.validate("marks")
    def _check_marks(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return [_point(mark) for mark in proposal["value"]]


def _curve(name: str, kind: str, points: Sequence[Sequence[Any]]) -> dict[str, Any]:
    checked = []
    for point in points:
        if len(point) not in (2, 3):
            raise traitlets.TraitError(f"{name} has a point {point!r}; must be (bpp, PSNR in dB) or with a label")
        bpp, psnr_db = _position(name, *point[:2])
        checked.append([bpp, psnr_db, str(point[2]) if len(point) == 3 else ""])
    return {"name": str(name), "kind": _kind(name, kind), "points": sorted(checked, key=lambda point: point[0])}


def _point(value: dict[str, Any]) -> dict[str, Any]:
    fields = _fields({"label": "", **value}, ("bpp", "psnr_db", "kind", "label"))
    bpp, psnr_db = _position("a point", fields["bpp"], fields["psnr_db"])
    return {"bpp": bpp, "psnr_db": psnr_db, "kind": _kind("a point", fields["kind"]), "label": str(fields["label"])}


def _fields(value: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    if set(value) != set(names):
        raise traitlets.TraitError(f"has fields {', '.join(map(str, value)) or 'none'}; must have {', '.join(names)}")
    return value


def _kind(name: str, kind: str) -> str:
    if kind not in KINDS:
        raise traitlets.TraitError(f"{name} is of kind {kind!r}; legal: {', '.join(KINDS)}")
    return kind


def _position(name: str, rate: SupportsFloat, distortion: SupportsFloat | None) -> tuple[float, float | None]:
    """A place on the plot as JSON can carry it, which has no infinity."""
    bpp, psnr_db = float(rate), math.inf if distortion is None else float(distortion)
    if not 0 < bpp < math.inf or math.isnan(psnr_db):
        raise traitlets.TraitError(f"{name} has {bpp} bpp, {psnr_db} dB; the rate must be above 0, the PSNR a number")
    return bpp, psnr_db if math.isfinite(psnr_db) else None
