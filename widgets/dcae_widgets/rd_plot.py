"""A rate-distortion plot that lives: a photo's curves, and the point that moves along them while lambda is dragged.

Mean curves over Kodak can stand beside them, and the BD-rates of all curves against one that is chosen. A thin widget
around `Plotly.react`. Knows points and names. Does not know codecs or photos.
Units: rates are bits a pixel, distortions PSNR in dB or MS-SSIM in dB.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, SupportsFloat

import anywidget
import traitlets
from IPython.display import Image

from dcae_widgets.curve_rates import METHOD, CurveRate, rates_against
from dcae_widgets.front_end import front_end
from dcae_widgets.plotly_page import PlotlySender
from dcae_widgets.rd_figure import PrintedCurve, rd_picture
from dcae_widgets.rd_points import (
    GROUPS,
    MEASURES,
    Curve,
    checked_curve,
    checked_point,
    checked_reference,
    curve_key,
    places,
)

GROUP_WORDS = {"photo": "", "means": "Kodak mean", "published": "published"}
"""What stands behind a curve's name in print."""


class RdPlot(anywidget.AnyWidget):
    """Rate-distortion curves and this photo's point.

    Traits are assigned, never changed in place. A curve's points are kept in order of their rate, so that points which
    arrive one by one extend the line. A PSNR of infinity (an identical picture) is kept as None and not drawn.

    Attributes:
        curves: this photo's, dicts of `name`, `kind` ("estimate": dotted, or "file": solid) and `points`, a list of
            [bpp, PSNR in dB or None, label, MS-SSIM in dB or None]; the label is shown on hover, such as "λ 0.0130,
            1,234 bytes". Label and MS-SSIM may be left out.
        references: mean curves over Kodak, dicts of `name`, `group` ("means": measured here, or "published"), `points`
            as above, `source` (shown on hover) and `ours` (whether they are of our own weights).
        groups: which groups of curves are shown: "photo", "means", "published".
        measure: "psnr" or "ms_ssim": which of the two is drawn.
        rate_scale: "linear" or "log".
        anchor: the curve that others are compared with, as `group/name`; "" compares none.
        rates: of each other shown curve that may be compared with the anchor (this photo's among themselves, Kodak's
            among themselves) by `group/name`: `percent`, `low_db`, `high_db` and `why` (there is none).
        rated: the anchor and the measure that `rates` are of. A page knows from it that there are none yet for another
            one that it has chosen while the kernel was busy.
        note: why this photo's curves may have no MS-SSIM; "" if nothing is to be said.
        point: this photo's point, a dict of `bpp`, `psnr_db`, `kind`, `label` and `ms_ssim_db`; {} draws none.
        marks: further points, each such a dict.
        title: what was measured; "" draws none.

    Raises:
        traitlets.TraitError: a value is no such curve or point; a rate is not above 0, or a PSNR is NaN.
    """

    _esm, _css = front_end("rd_plot", "plotly_page").values()

    curves: Any = traitlets.List(traitlets.Dict()).tag(sync=True)
    references: Any = traitlets.List(traitlets.Dict()).tag(sync=True)
    groups: Any = traitlets.List(traitlets.Enum(GROUPS), ["photo"]).tag(sync=True)
    measure = traitlets.Enum(list(MEASURES), "psnr").tag(sync=True)
    rate_scale = traitlets.Enum(["linear", "log"], "linear").tag(sync=True)
    anchor = traitlets.Unicode().tag(sync=True)
    rates: Any = traitlets.Dict().tag(sync=True)
    rated: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    point: Any = traitlets.Dict().tag(sync=True)
    marks: Any = traitlets.List(traitlets.Dict()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        PlotlySender(self)

    def set_curve(self, name: str, points: Sequence[Sequence[Any]], kind: str = "estimate") -> None:
        """Draws a curve of this photo, in place of the one of the same name if there is one.

        Args:
            name: the codec's name, as the legend shows it.
            points: (bpp, PSNR in dB), or with a label, or with a label and MS-SSIM in dB; in any order; may be empty.
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
        self,
        bpp: SupportsFloat,
        psnr_db: SupportsFloat | None,
        kind: str = "estimate",
        label: str = "",
        ms_ssim_db: SupportsFloat | None = None,
    ) -> None:
        """Moves this photo's point.

        Args:
            bpp: bits a pixel, above 0.
            psnr_db: dB; infinity or None for an identical picture.
            kind: "estimate" or "file".
            label: what is shown on hover.
            ms_ssim_db: dB; None if it is not known.

        Raises:
            traitlets.TraitError: as the class says.
        """
        self.point = {"bpp": bpp, "psnr_db": psnr_db, "kind": kind, "label": label, "ms_ssim_db": ms_ssim_db}

    def clear(self) -> None:
        """Takes away this photo's curves, point and marks; all else stays."""
        with self.hold_sync():
            self.curves, self.point, self.marks = [], {}, []

    def picture(self) -> Image:
        """What is drawn now as a static picture, for a page without a kernel and for print."""
        measure = MEASURES[self.measure]
        shown = self._shown()
        drawn = {
            key: curve for key, curve in shown.items() if places(curve["points"], self.measure) or not curve["points"]
        }
        left_out = [curve["name"] for key, curve in shown.items() if key not in drawn]
        has_photo = "photo" in self.groups
        if has_photo and self.measure == "ms_ssim" and self.point and self.point["ms_ssim_db"] is None:
            left_out.append("this photo’s point")
        return rd_picture(
            [self._printed(key, curve) for key, curve in drawn.items()],
            self.title if has_photo else "Kodak's 24 photos, means",
            measure=measure,
            is_log=self.rate_scale == "log",
            point=self._place(self.point) if self.point and has_photo else None,
            marks=[self._place(mark) for mark in self.marks] if has_photo else [],
            rates_of=f"BD-rate over {measure} ({METHOD}) against {drawn[self.anchor]['name']}" if self.rates else "",
            note=f"Left out, without {measure}: {', '.join(left_out)}" if left_out else "",
        )

    def _shown(self) -> dict[str, Curve]:
        """The curves of the shown groups by `group/name`, in the legend's order."""
        all_curves = [("photo", curve) for curve in self.curves]
        all_curves += [(curve["group"], curve) for curve in self.references]
        return {curve_key(group, curve["name"]): curve for group, curve in all_curves if group in self.groups}

    def _printed(self, key: str, curve: Curve) -> PrintedCurve:
        kind = curve.get("kind", "file")
        behind = " (estimates)" if kind == "estimate" else ""
        if words := GROUP_WORDS[curve.get("group", "photo")]:
            behind = f", {words}"
        rate = self.rates.get(key)
        compared = (
            f": {CurveRate(**rate).words}" if rate else ": the anchor" if self.rates and key == self.anchor else ""
        )
        return PrintedCurve(
            label=curve["name"] + behind + compared,
            points=places(curve["points"], self.measure),
            style=curve.get("group", kind),
            is_ours=curve.get("ours", False),
        )

    def _place(self, point: dict[str, Any]) -> tuple[float, float | None]:
        return point["bpp"], point[f"{self.measure}_db"]

    @traitlets.observe("curves", "references", "groups", "measure", "anchor")
    def _rate_curves(self, _: Any) -> None:
        """Like is compared with like: this photo's curves, or mean curves over Kodak."""
        of_photo = self.anchor.startswith(curve_key("photo", ""))
        alike = {
            key: places(curve["points"], self.measure)
            for key, curve in self._shown().items()
            if key.startswith(curve_key("photo", "")) == of_photo
        }
        rates = {key: asdict(rate) for key, rate in rates_against(self.anchor, alike).items()}
        with self.hold_sync():
            self.rates, self.rated = rates, [self.anchor, self.measure]

    @traitlets.validate("curves")
    def _check_curves(self, proposal: dict[str, Any]) -> list[Curve]:
        return _once_each([checked_curve(curve) for curve in proposal["value"]])

    @traitlets.validate("references")
    def _check_references(self, proposal: dict[str, Any]) -> list[Curve]:
        return _once_each([checked_reference(curve) for curve in proposal["value"]])

    @traitlets.validate("point")
    def _check_point(self, proposal: dict[str, Any]) -> dict[str, Any]:
        return checked_point(proposal["value"]) if proposal["value"] else {}

    @traitlets.validate("marks")
    def _check_marks(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        return [checked_point(mark) for mark in proposal["value"]]


def _once_each(curves: list[Curve]) -> list[Curve]:
    names = [(curve.get("group", ""), curve["name"]) for curve in curves]
    if len(set(names)) < len(names):
        raise traitlets.TraitError(f"curves are named {[name for _, name in names]}; each name must be there once")
    return curves
