"""The curves of a page stand where their numbers are, and names in them are text."""

import math
import re

import pytest

from dcae.photo_page import PageCurve
from dcae_widgets.page_curves import curves_svg

OURS = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.0)]


def ticks_of(svg: str, anchor: str) -> list[tuple[float, float, float]]:
    """The x, y and number of each tick."""
    found = re.findall(rf'class="tick" x="([\d.]+)" y="([\d.]+)" text-anchor="{anchor}">([\d.]+)<', svg)
    return [(float(x), float(y), float(number)) for x, y, number in found]


def between(low: tuple[float, float], high: tuple[float, float], at: float) -> float:
    """The number at a place, by two ticks (place, number)."""
    return low[1] + (at - low[0]) / (high[0] - low[0]) * (high[1] - low[1])


def test_points_stand_at_their_numbers_on_the_axes():
    svg = curves_svg(OURS, [], 1)
    rates = [(x, number) for x, _, number in ticks_of(svg, "middle")]
    decibels = [(y - 4, number) for _, y, number in ticks_of(svg, "end")]
    dots = re.findall(r'class="dot" data-index="\d" cx="([\d.]+)" cy="([\d.]+)"', svg)
    for (x, y), (bpp, db) in zip(dots, OURS, strict=True):
        assert between(rates[0], rates[-1], float(x)) == pytest.approx(bpp, abs=0.002)
        assert between(decibels[0], decibels[-1], float(y)) == pytest.approx(db, abs=0.02)
    assert f'id="chosen" cx="{dots[1][0]}" cy="{dots[1][1]}"' in svg


def test_an_identical_picture_stands_at_the_top():
    svg = curves_svg([(0.5, 30.0), (1.0, math.inf)], [], 0)
    assert re.findall(r'class="dot" data-index="1" cx="[\d.]+" cy="([\d.]+)"', svg) == ["12.0"]


def test_a_codecs_name_is_text():
    svg = curves_svg(OURS, [PageCurve(label='"><script>', settings="", points=((0.5, 30.0),))], 0)
    assert "<script" not in svg
    assert "&quot;&gt;&lt;script&gt;" in svg
