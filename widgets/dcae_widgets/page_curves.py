"""The rate-distortion curves of a page, as inline SVG whose colours are the page's own.

Knows curves and SVG. Does not know codecs or pictures.
"""

import math
from collections.abc import Sequence
from html import escape

from dcae.photo_page import PageCurve
from dcae_widgets.heat import round_ticks

WIDTH, HEIGHT = 560, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
_WIDER = 1.3
"""Rates go on so far beyond our own highest."""


def curves_svg(ours: Sequence[tuple[float, float]], others: Sequence[PageCurve], chosen: int) -> str:
    """The curves as an SVG element; places of ours are circles, which carry their own index.

    Args:
        ours: (bpp, dB) of each coding.
        others: the other codecs' curves; what lies beyond the axes is cut.
        chosen: index of the coding that is marked.
    """
    most_bpp = round_ticks(_WIDER * max(rate for rate, _ in ours))[-1]
    seen = [*ours, *(point for curve in others for point in curve.points if point[0] <= most_bpp)]
    decibels = [db for _, db in seen if math.isfinite(db)] or [0.0]
    low, high = 5 * math.floor(min(decibels) / 5), 5 * math.ceil(max(decibels) / 5 + 1e-9)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = _LEFT + point[0] / most_bpp * (WIDTH - _LEFT - _RIGHT)
        y = _TOP + (high - min(point[1], high)) / (high - low) * (HEIGHT - _TOP - _BOTTOM)
        return round(x, 2), round(y, 2)

    lines = [_line(f"curve other-{index}", [place(p) for p in curve.points]) for index, curve in enumerate(others)]
    places = [place(point) for point in ours]
    lines.append(_line("curve ours", places))
    dots = [f'<circle class="dot" data-index="{k}" cx="{x}" cy="{y}" r="3.5"/>' for k, (x, y) in enumerate(places)]
    x, y = places[chosen]
    axes = "".join(
        [_x_tick(tick, *place((tick, low))) for tick in round_ticks(most_bpp)]
        + [_y_tick(tick, place((0, tick))[1]) for tick in range(low, high + 1, 5)]
    )
    inner = f'x="{_LEFT}" y="{_TOP - 6}" width="{WIDTH - _LEFT - _RIGHT}" height="{HEIGHT - _TOP - _BOTTOM + 6}"'
    names = ", ".join(["DCAE", *(curve.label for curve in others)])
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"Rate-distortion curves of {names}")}">'
        f'<clipPath id="plot"><rect {inner}/></clipPath>{axes}'
        f'<text class="axis" x="{(WIDTH + _LEFT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">rate (bits a pixel)</text>'
        f'<text class="axis" transform="translate(14 {(HEIGHT - _BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f'PSNR (dB)</text><g clip-path="url(#plot)">{"".join(lines)}</g>{"".join(dots)}'
        f'<circle id="chosen" cx="{x}" cy="{y}" r="7"/></svg>'
    )


def _line(name: str, places: Sequence[tuple[float, float]]) -> str:
    return f'<polyline class="{name}" points="{" ".join(f"{x},{y}" for x, y in places)}"/>'


def _x_tick(tick: float, x: float, y: float) -> str:
    return (
        f'<path class="grid" d="M{x} {_TOP}V{y}"/><text class="tick" x="{x}" y="{y + 16}" text-anchor="middle">'
        f"{tick:g}</text>"
    )


def _y_tick(tick: float, y: float) -> str:
    return (
        f'<path class="grid" d="M{_LEFT} {y}H{WIDTH - _RIGHT}"/><text class="tick" x="{_LEFT - 7}" y="{y + 4}" '
        f'text-anchor="end">{tick:g}</text>'
    )
