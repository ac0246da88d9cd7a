"""Figures of cost hold every component and every size at its number."""

import pytest

from dcae.costs import ComponentCost, Growth, Machine, PartsCost
from dcae_widgets.cost_figure import growth_figure, parts_figure, printed


def test_bars_are_milliseconds_and_points_stand_under_the_roofline():
    costs = (("a", 0.3, 60, 10), ("b", 0.1, 0, 10))
    parts = PartsCost(
        network="tiny", width=3, height=2, seconds=0.4, training_bytes={}, crop_px=64,
        machine=Machine(threads=1, peak_flops={"float32": 1000.0}, bandwidth=100.0),
        components=tuple(
            ComponentCost(name=name, seconds=s, flop=flop, bytes=moved, dtype="float32", peak_bytes=1)
            for name, s, flop, moved in costs
        ),
    )  # fmt: skip
    times, roofline = parts_figure(parts).axes
    assert [bar.get_width() for bar in times.patches] == pytest.approx([300, 100])  # pyright: ignore
    assert [text.get_text() for text in times.texts] == [" 75%", " 25%"]
    (point,) = [line for line in roofline.lines if line.get_gid() == "a"]
    assert (list(point.get_xdata()), list(point.get_ydata())) == ([6], pytest.approx([200e-9]))  # pyright: ignore
    assert not [line for line in roofline.lines if line.get_gid() == "b"]


def test_a_growth_has_its_points_and_its_powers():
    growth = Growth(along="pixels", unit="Mpx", sizes=(1, 2, 4), seconds=(0.1, 0.2, 0.4), peak_bytes=(10, 40, 160))
    first, *others = growth_figure([growth] * 4).axes
    assert [line.get_label() for line in first.lines if "power" in str(line.get_label())] == [
        "ms: power 1.00", "MB of tensors: power 2.00",
    ]  # fmt: skip
    assert list(first.lines[0].get_ydata()) == pytest.approx([100, 200, 400])  # pyright: ignore
    assert [axes.get_visible() for axes in others] == [True] * 3 + [False] * 2


def test_a_printed_figure_is_a_png_with_words():
    growth = Growth(along="batch", unit="images", sizes=(1, 2), seconds=(0.1, 0.2), peak_bytes=(10, 40))
    image = printed(growth_figure([growth]), "cost over the batch")
    assert image.data.startswith(b"\x89PNG")  # pyright: ignore
    assert image.alt == "cost over the batch"
