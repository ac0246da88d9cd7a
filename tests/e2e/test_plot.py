"""The plot of series in a browser: what it draws, and how its points are chosen by hand and by keys."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from dcae_widgets.plot import Plot, Series

from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

DRAWING = ".dcae-plot-drawing"
HAND = ".dcae-plot-slider"
STATE = """el => ({
    types: el._fullData.map(trace => trace.type),
    y: el._fullData.map(trace => [...trace.y]),
    colours: el._fullData[0].marker.color,
    mark: [...el._fullData.at(-1).x],
    scale: el._fullLayout.yaxis.type,
    ticks: [...el.querySelectorAll(".xtick text")].map(text => text.textContent),
    titles: [...el.querySelectorAll(".xtitle, .ytitle, .gtitle")].map(text => text.textContent),
    legend: [...el.querySelectorAll(".legendtext")].map(text => text.textContent),
    paper: getComputedStyle(el.querySelector(".main-svg")).backgroundColor,
})"""


def costs(**traits: Any) -> Plot:
    x, y = range(8), [410, 220, 130, 96, 61, 33, 12, 4]
    said = [f"channel {17 * i % 8}: {bits} bits" for i, bits in enumerate(y)]
    series = Series("channels", x, y, "bar", said)
    titles = {"title": "What each channel costs", "x_title": "channel, in order of cost", "y_title": "cost (bits)"}
    return Plot([series], choosable=True, **titles, **traits)


def two_lines() -> Plot:
    x = [0.002, 0.005, 0.012, 0.05]
    falls = Series("silent channels", x, [40, 31, 18, 2], "line")
    rises = Series("entropy", x, [1.5, 2.0, 2.5, math.nan], "points")
    return Plot([falls, rises], x_title="λ", y_title="channels", x_log=True)


def settled(shown: MountedWidget) -> dict[str, Any]:
    shown.on.exchange()
    drawing = shown.view(0).locator(DRAWING)
    drawing.locator(".main-svg").first.wait_for()
    shown.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return drawing.evaluate(STATE)


def test_bars_are_drawn_with_titles_and_units(mount: Callable[..., MountedWidget]):
    drawn = settled(mount(costs(), width_px=420))
    assert drawn["types"][0] == "bar"
    assert drawn["y"][0] == [410, 220, 130, 96, 61, 33, 12, 4]
    assert drawn["titles"] == ["What each channel costs", "channel, in order of cost", "cost (bits)"]
    assert drawn["legend"] == []


def test_bar_is_chosen_by_a_click_and_stands_out(mount: Callable[..., MountedWidget]):
    plot = costs()
    shown = mount(plot, width_px=420)
    before = settled(shown)
    assert len(set(before["colours"])) == 1
    shown.element.locator(".bars path").nth(2).click(force=True)
    shown.on.exchange()
    assert plot.chosen == 2
    colours = settled(shown)["colours"]
    assert [i for i, colour in enumerate(colours) if colour != before["colours"][0]] == [2]


def test_bar_too_thin_to_show_its_colour_gets_a_ring(mount: Callable[..., MountedWidget]):
    plot = Plot([Series("channels", range(100), range(100, 0, -1), "bar")], choosable=True, chosen=7)
    assert settled(mount(plot, width_px=420))["mark"] == [7]
    assert settled(mount(costs(chosen=7), width_px=420))["mark"] == []


def test_points_are_chosen_by_keys_that_stay_in_the_plot(mount: Callable[..., MountedWidget]):
    plot = costs()
    shown = mount(plot, width_px=420)
    settled(shown)
    hand = shown.element.locator(HAND)
    hand.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "End", "ArrowRight", "PageUp", "Home"):
        hand.press(key)
        shown.on.exchange()
        seen.append(plot.chosen)
    assert seen == [0, 1, 0, 0, 7, 7, 7, 0]
    assert hand.get_attribute("role") == "slider"
    assert hand.get_attribute("aria-valuetext") == "channel 0: 410 bits"


def test_plot_that_offers_no_choice_takes_none(mount: Callable[..., MountedWidget]):
    plot = two_lines()
    shown = mount(plot, width_px=420)
    settled(shown)
    assert shown.element.locator(HAND).get_attribute("tabindex") is None
    shown.element.locator(DRAWING).click(position={"x": 200, "y": 120})
    shown.on.exchange()
    assert plot.chosen == -1


def test_lines_have_a_legend_and_points_that_are_no_numbers_are_not_drawn(mount: Callable[..., MountedWidget]):
    drawn = settled(mount(two_lines(), width_px=420))
    assert drawn["legend"] == ["silent channels", "entropy"]
    assert drawn["y"][1] == [1.5, 2, 2.5, None]
    assert drawn["ticks"] == ["0.002", "0.005", "0.01", "0.02", "0.05"]


def test_new_series_and_a_choice_from_python_are_drawn(mount: Callable[..., MountedWidget]):
    plot = two_lines()
    shown = mount(plot, width_px=420)
    settled(shown)
    plot.series = [Series("rate", ["a", "b"], [1, 10])]
    plot.chosen, plot.y_log = 1, True
    drawn = settled(shown)
    assert (drawn["y"][0], drawn["mark"], drawn["scale"]) == ([1, 10], ["b"], "log")
    assert drawn["ticks"] == ["a", "b"]


def test_numbers_stand_in_a_table_and_in_words(mount: Callable[..., MountedWidget]):
    shown = mount(costs(chosen=1), width_px=420)
    settled(shown)
    words = shown.element.locator(DRAWING).get_attribute("aria-label")
    assert words is not None
    assert words.startswith("What each channel costs. channels, 8 points, 0: 410 to 7: 4.")
    assert words.endswith("Chosen: channel 1: 220 bits.")
    shown.element.locator("summary").click()
    expect(shown.element.locator("tbody tr")).to_have_count(8)
    assert shown.element.locator("tbody tr").nth(1).inner_text().split("\t") == [
        "channels",
        "1",
        "220",
        "channel 1: 220 bits",
    ]


def test_colours_are_the_themes(mount: Callable[..., MountedWidget], widget_page: WidgetPage):
    shown = mount(costs(), width_px=420)
    light = settled(shown)
    widget_page.set_theme("dark")
    shown.page.wait_for_timeout(200)
    dark = settled(shown)
    assert light["paper"] != dark["paper"]
    assert light["colours"] != dark["colours"]


def test_closed_plot_leaves_nothing_behind(mount: Callable[..., MountedWidget], widget_page: WidgetPage):
    shown = mount(costs(), width_px=420)
    settled(shown)
    before = widget_page.held()
    shown.add_view()
    settled(shown)
    shown.close_view(1)
    after = widget_page.held()
    assert {name: count for name, count in after.items() if name != "element"} == {
        name: count
        for name, count in before.items()
        if name != "element"  # plotly.js keeps those of what it has drawn
    }
