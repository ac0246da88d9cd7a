"""Rate-distortion curves for print: this photo's, and mean curves over Kodak in dashes, with their BD-rates.

Knows numbers, names and matplotlib. Does not know widgets, codecs or photos.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from dcae_widgets.figure_style import INK, PAPER, png_of

Place = tuple[float, float | None]

_COLOURS = ("#1f66a8", "#e07b39", "#3a8f5c", "#8a4fa3", "#b03a48")
_OWN_MEANS_COLOURS = ("#1f66a8", "#0f8b8d", "#6a5acd")
_PUBLISHED_COLOURS = ("#5b6770", "#8c6d46", "#4f7f86", "#7d6b91", "#7a8450", "#a0616a")
_PUBLISHED_MARKERS = "sD^vPX"
_INSIDE = 4
"""So many curves have their legend inside the axes; that of more, or with percentages, stands beside."""
_WIDE_BPP = 2.0
"""Published curves go on where nobody compares; at higher rates they run off the axes."""


@dataclass(frozen=True, kw_only=True)
class PrintedCurve:
    """One curve.

    Attributes:
        label: what the legend says.
        points: (bpp, dB), in any order; dB of None or infinity has no place and is left out.
        style: "estimate" (dotted), "file" (a line), "means" (dashes) or "published" (dashes and dots).
        is_ours: whether a mean curve is of our own weights, which have the colours of estimates.
    """

    label: str
    points: Sequence[Place]
    style: str
    is_ours: bool = False

    @property
    def places(self) -> tuple[list[float], list[float]]:
        """Rates and dB in order of rate, of the points that can be drawn."""
        return _drawable(self.points)


def rd_picture(
    curves: Iterable[PrintedCurve],
    title: str,
    *,
    measure: str = "PSNR",
    is_log: bool = False,
    point: Place | None = None,
    marks: Sequence[Place] = (),
    rates_of: str = "",
    note: str = "",
) -> Image:
    """The curves as a picture with a text for those who do not see it.

    Args:
        curves: in the order of the legend.
        title: what was measured.
        measure: what the distortions are, in dB.
        is_log: whether the rate's axis is logarithmic.
        point: the point that the picture is about, (bpp, dB), drawn large.
        marks: further points.
        rates_of: what the percentages in the labels are; "" if there are none.
        note: what is not drawn, and why; "" for nothing.
    """
    curves = list(curves)
    is_beside = len(curves) > _INSIDE or bool(rates_of)
    figure = Figure(figsize=(7.4 if is_beside else 7, 4.4), dpi=110, facecolor=PAPER)
    axes = figure.subplots()
    _draw_curves(axes, curves)
    axes.plot(*_drawable(marks), "D", color=PAPER, markeredgecolor=INK, markersize=7)
    now = _drawable([point] if point else [])
    large: dict[str, Any] = {"color": _COLOURS[0], "markeredgecolor": PAPER, "markeredgewidth": 2, "zorder": 3}
    axes.plot(*now, "o", markersize=12, label="this photo" if now[0] else None, **large)
    axes.set(xlabel="rate (bits a pixel)", ylabel=f"{measure} (dB)", title=title)
    if is_log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[1]:
        place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)} if is_beside else {}
        axes.legend(
            frameon=False, fontsize=8.5 if is_beside else 10, title=rates_of or None, title_fontsize=8.5, **place
        )
    axes.spines[["top", "right"]].set_visible(False)
    if note:
        figure.text(0.125, -0.02, note, fontsize=8.5, color=INK, va="top", wrap=True)
    where = f"; this photo: {point[0]:.3f} bits a pixel, {_in_db(point[1])}" if point else ""
    said = f"{title}. Rate-distortion curves of {', '.join(each.label for each in curves) or 'nothing yet'}{where}"
    return Image(png_of(figure, bbox_inches="tight"), alt="; ".join(filter(None, [said, rates_of, note])))


def _draw_curves(axes: Axes, curves: Sequence[PrintedCurve]) -> None:
    """Estimates take the first colours, so that they keep them whatever stands beside them; our means have them too."""
    used: Counter[tuple[str, ...]] = Counter()
    highest = max((rate for each in curves if each.style != "published" for rate in each.places[0]), default=0.0)
    for each in sorted(curves, key=lambda curve: curve.style != "estimate"):
        rates, distortions = each.places
        if each.style == "published":
            rates = [rate for rate in rates if rate <= max(_WIDE_BPP, highest)]
        colours = _colours(each)
        if rates:
            style = _style(each.style, colours, used[colours])
            axes.plot(rates, distortions[: len(rates)], label=each.label, **style)
        used[colours] += 1


def _colours(curve: PrintedCurve) -> tuple[str, ...]:
    if curve.style == "means":
        return _OWN_MEANS_COLOURS if curve.is_ours else _COLOURS[1:]
    return _PUBLISHED_COLOURS if curve.style == "published" else _COLOURS


def _style(style: str, colours: Sequence[str], index: int) -> dict[str, Any]:
    colour = {"color": colours[index % len(colours)]}
    if style == "published":
        marker = _PUBLISHED_MARKERS[(index + index // len(colours)) % len(_PUBLISHED_MARKERS)]  # no pair comes twice
        return {**colour, "linestyle": "-.", "linewidth": 0.9, "marker": marker, "markersize": 4}
    line = {"estimate": ":", "file": "-", "means": "--"}[style]
    fill = {"markerfacecolor": PAPER} if style == "means" else {}
    return {**colour, "linestyle": line, "marker": "o", "markersize": 4, **fill}


def _drawable(points: Iterable[Place]) -> tuple[list[float], list[float]]:
    """Rates and distortions in order of rate, without identical pictures."""
    drawn = sorted((bpp, db) for bpp, db in points if db is not None and math.isfinite(db))
    return [bpp for bpp, _ in drawn], [db for _, db in drawn]


def _in_db(db: float | None) -> str:
    return "infinite (identical)" if db is None or math.isinf(db) else f"{db:.2f} dB"
