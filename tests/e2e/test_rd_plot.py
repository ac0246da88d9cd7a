"""The rate-distortion plot in a browser: what it draws, what it says, and how plotly.js comes to the page."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dcae.kodak_means import kodak_means
from dcae.published_curves import published_curves
from dcae.rd import bd_rate
from dcae_widgets import plotly_page
from dcae_widgets.rd_plot import RdPlot
from dcae_widgets.reference_curves import reference_curves

from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

DRAWING, WORDS = ".dcae-plot-drawing", ".dcae-plot-text"
STATE = """el => ({
    names: el._fullData.filter(trace => trace.x.length).map(trace => trace.name),
    places: el._fullData.map(trace => trace.x.map((x, i) => [x, trace.y[i]])),
    x: el._fullLayout.xaxis.range, y: el._fullLayout.yaxis.range,
    width: el.querySelector(".main-svg").getBoundingClientRect().width,
    height: el.querySelector(".main-svg").getBoundingClientRect().height,
    ink: getComputedStyle(el.querySelector(".xtick text")).fill,
    paper: getComputedStyle(el.querySelector(".main-svg")).backgroundColor,
    curve: getComputedStyle(el.querySelector(".js-line")).stroke,
})"""
LINE = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]
CELL = """from dcae_widgets.rd_plot import RdPlot
plot = RdPlot()
plot.set_curve("small", [(0.2, 30), (0.4, 33)])
plot"""
RUN_IN_LAB = """async source => {
    const app = window.jupyterapp;
    await app.restored;
    const cell = { cell_type: "code", id: "plot", source, metadata: {}, outputs: [], execution_count: null };
    const content = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    await app.serviceManager.contents.save("plot.ipynb", { type: "notebook", format: "json", content });
    const panel = await app.commands.execute("docmanager:open", { path: "plot.ipynb", kernel: { name: "python3" } });
    await panel.context.ready;
    await panel.sessionContext.ready;
    await app.commands.execute("notebook:run-all-cells");
}"""


def photo_plot() -> RdPlot:
    plot = RdPlot(title="flower, 640 × 427 px")
    jpeg = [(0.2 + 0.12 * i, 26.4 + 3.6 * math.log2(1 + i / 2), f"quality {10 + 7 * i}") for i in range(12)]
    small = [(0.16 + 0.09 * i, 28.6 + 3.5 * math.log2(1 + i / 2), f"λ {0.001 * (1 + i):.4f}") for i in range(12)]
    plot.set_curve("small", small)
    plot.set_curve("JPEG 4:2:0", jpeg, "file")
    plot.set_point(0.47, 32.1, "estimate", "λ 0.0130, 16,042 bytes")
    return plot


def settled(shown: MountedWidget, view: int = 0) -> dict[str, Any]:
    """What is drawn, once plotly.js has come and the frame that was due has been drawn."""
    shown.on.exchange()
    drawing = shown.view(view).locator(DRAWING)
    drawing.locator(".main-svg").first.wait_for()
    shown.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return drawing.evaluate(STATE)


def words(shown: MountedWidget, view: int = 0) -> str:
    return shown.view(view).locator(WORDS).inner_text()


def asked(shown: MountedWidget) -> int:
    """How often a plot has asked for plotly.js; one asking may be sent again and again."""
    return len({message.content["asking"] for message in shown.sent if message.content["type"] == "plotly.js"})


@pytest.fixture
def unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots whose kernel does not answer."""
    monkeypatch.setattr(plotly_page, "send_plotly", lambda widget: None)


def test_curves_and_the_photos_point_are_drawn(mount: Callable[..., MountedWidget]):
    shown = mount(photo_plot(), width_px=360)
    drawn = settled(shown)
    assert drawn["names"] == ["small · estimates", "JPEG 4:2:0 · files", "this photo, estimated"]
    assert drawn["places"][-1] == [[0.47, 32.1]]
    assert (drawn["width"], drawn["height"]) == (360, 256)
    assert not shown.element.locator(WORDS).is_visible()
    rows = shown.element.locator(".dcae-rd-name").all_inner_texts()
    assert rows == ["small · estimates", "JPEG 4:2:0 · files", "this photo, estimated"]


def test_plots_on_a_page_ask_for_plotly_once_and_leave_no_name_behind(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    widget_page.page.evaluate("""() => {
        window.module = { exports: "the page's own" };
        window.define = Object.assign(() => { throw new Error("define was called") }, { amd: {} });
        window.Plotly = "the page's own";
    }""")
    one, other = photo_plot(), photo_plot()
    first, second = mount(one), mount(other)
    first.add_view()
    assert [settled(first)["x"], settled(first, 1)["x"], settled(second)["x"]] == [settled(first)["x"]] * 3
    assert (asked(first), asked(second)) == (1, 0)
    left = widget_page.page.evaluate("() => [window.Plotly, window.module.exports, typeof window.moduleName]")
    assert left == ["the page's own", "the page's own", "undefined"]


@pytest.mark.usefixtures("unanswered")
def test_while_the_kernel_does_not_answer_there_is_a_text_and_the_plot_can_ask_again(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    widget_page.page.clock.install()
    shown = mount(photo_plot())
    assert words(shown) == "The plot is loading …"
    shown.push(point={"bpp": 0.5, "psnr_db": 33, "kind": "file"})
    assert words(shown) == "The plot is loading …"
    shown.page.clock.fast_forward(9000)
    assert words(shown).startswith("The plot waits for the kernel, which has not answered yet")
    assert asked(shown) == 1
    shown.element.get_by_text("Ask again").click()
    assert words(shown) == "The plot is loading …"
    assert asked(shown) == 2
    shown.send({"type": "plotly.js"}, [plotly_page.plotly_gzipped()])
    assert settled(shown)["places"][-1] == [[0.5, 33]]


def test_what_was_not_heard_is_asked_again_and_answered_once(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage, monkeypatch: pytest.MonkeyPatch
):
    answers = []
    monkeypatch.setattr(plotly_page, "send_plotly", lambda widget: answers.append(widget))
    widget_page.page.clock.install()
    shown = mount(photo_plot())
    for _ in range(2):
        widget_page.page.clock.fast_forward(2000)
    assert len(shown.sent) == 3
    assert asked(shown) == 1
    assert answers == [shown.widget]


@pytest.mark.usefixtures("unanswered")
def test_a_plot_that_comes_after_a_kernels_silence_asks_for_itself(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    widget_page.page.clock.install()
    silent = mount(photo_plot())
    widget_page.page.clock.fast_forward(9000)
    later = mount(photo_plot())
    assert (asked(silent), asked(later)) == (1, 1)
    later.send({"type": "plotly.js"}, [plotly_page.plotly_gzipped()])
    assert settled(later)["places"][-1] == [[0.47, 32.1]]


def test_an_error_is_said_in_words_and_the_plot_can_try_again(
    mount: Callable[..., MountedWidget], monkeypatch: pytest.MonkeyPatch, tmp_path
):
    plotly_page.plotly_gzipped.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(plotly_page, "files", lambda package: tmp_path)
        shown = mount(photo_plot())
        shown.element.get_by_text("Try again").wait_for()
    assert "The plot cannot be drawn: the plotly package carries no plotly.js" in words(shown)
    shown.element.get_by_text("Try again").click()
    assert settled(shown)["places"][-1] == [[0.47, 32.1]]


def test_bytes_that_are_no_plotly_are_said_in_words(
    mount: Callable[..., MountedWidget], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(plotly_page, "plotly_gzipped", lambda: b"not gzip")
    shown = mount(photo_plot())
    shown.element.get_by_text("Try again").wait_for()
    assert "The plot cannot be drawn: " in words(shown)


@pytest.mark.usefixtures("unanswered")
def test_when_the_plot_that_asked_is_closed_another_one_asks(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    first, second = mount(photo_plot()), mount(photo_plot())
    assert (asked(first), asked(second)) == (1, 0)
    first.close_view()
    widget_page.page.wait_for_timeout(50)
    assert (asked(first), asked(second)) == (1, 1)
    assert words(second) == "The plot is loading …"


def test_axes_stay_while_the_point_moves_among_the_curves_and_grow_when_it_leaves(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    plot = photo_plot()
    shown = mount(plot)
    before = settled(shown)
    for bpp, psnr_db in [(0.16, 28.6), (0.8, 34), (1.15, 38.05)]:
        plot.set_point(bpp, psnr_db)
        drawn = settled(shown)
        assert drawn["places"][-1] == [[bpp, psnr_db]]
        assert (drawn["x"], drawn["y"]) == (before["x"], before["y"])
    plot.set_point(2.5, 45)
    grown = settled(shown)
    assert grown["x"][1] > 2.5
    assert grown["y"][1] > 45
    plot.set_point(0.5, 33)
    assert settled(shown)["x"] == grown["x"], "back under the hand, the axes do not jump"
    plot.clear()
    plot.set_curve("small", [(0.2, 30), (0.4, 33)])
    assert settled(shown)["x"][1] < 0.6, "another photo has axes of its own"


def test_points_that_arrive_one_by_one_extend_the_line_in_order(mount: Callable[..., MountedWidget]):
    plot = RdPlot()
    shown = mount(plot)
    points = [(0.4, 33), (0.2, 30), (0.3, 32)]
    for count in range(1, 4):
        plot.set_curve("small", points[:count])
        assert settled(shown)["places"][0] == sorted(map(list, points[:count]))


def test_empty_curves_and_identical_pictures_break_nothing(mount: Callable[..., MountedWidget]):
    plot = RdPlot()
    shown = mount(plot)
    plot.set_curve("nothing", [])
    plot.set_curve("PNG", [(3, math.inf)], "file")
    plot.set_curve("small", [(0.2, 30), (0.4, math.inf)])
    plot.set_point(3, math.inf, "file")
    drawn = settled(shown)
    assert drawn["names"] == ["small · estimates"]
    assert drawn["places"] == [[], [], [[0.2, 30]], [], []]
    label = shown.element.locator("[role=figure]").get_attribute("aria-label")
    assert label == (
        "Rate-distortion plot. This photo’s file: 3.000 bits a pixel, identical. nothing, 0 estimates. "
        "PNG, 1 files: 3.000 bits a pixel, identical. "
        "small, 2 estimates: 0.200 bits a pixel, 30.00 dB to 0.400 bits a pixel, identical."
    )


def test_the_plot_is_there_in_words_and_as_a_table(mount: Callable[..., MountedWidget]):
    plot = RdPlot(title="flower")
    plot.set_curve("small", [(0.2, 30, "λ 0.001"), (0.4, 33)])
    plot.marks = [{"bpp": 0.3, "psnr_db": 31, "kind": "file", "label": "JPEG at the same bytes"}]
    shown = mount(plot)
    shown.element.locator("summary").click()
    plot.set_point(0.25, 31, "file", "1,234 bytes")
    settled(shown)
    assert shown.element.locator("[role=figure]").get_attribute("aria-label") == (
        "flower. This photo’s file: 0.250 bits a pixel, 31.00 dB. "
        "small, 2 estimates: 0.200 bits a pixel, 30.00 dB to 0.400 bits a pixel, 33.00 dB. "
        "Marked: JPEG at the same bytes, 0.300 bits a pixel, 31.00 dB."
    )
    rows = [row.split("\t") for row in shown.element.locator("tr").all_inner_texts()]
    assert rows == [
        ["", "bits a pixel", "PSNR (dB)", ""],
        ["this photo’s file", "0.250", "31.00", "1,234 bytes"],
        ["marked", "0.300", "31.00", "JPEG at the same bytes"],
        ["small", "0.200", "30.00", "λ 0.001"],
        ["small", "0.400", "33.00", ""],
    ]


def test_hovering_shows_a_points_label_and_names_are_no_markup(mount: Callable[..., MountedWidget]):
    plot = RdPlot(title="a <b>photo</b> & more")
    plot.set_curve("<i>small</i>", [(0.2, 30), (0.4, 33)])
    plot.set_point(0.3, 31.5, "file", "λ 0.0130, <b>1,234</b> bytes")
    shown = mount(plot, width_px=400)
    settled(shown)
    shown.element.locator(".scatterlayer .trace").last.locator(".point").hover(force=True)
    shown.element.locator(".hoverlayer .hovertext").wait_for()
    hovered = shown.element.locator(".hoverlayer .nums").text_content() or ""
    assert "λ 0.0130, <b>1,234</b> bytes" in hovered
    assert "0.300 bits a pixel, 31.50 dB" in hovered
    assert shown.element.locator(".gtitle").text_content() == "a <b>photo</b> & more"
    assert "<i>small</i> · estimates" in shown.element.locator(".dcae-rd-name").all_text_contents()


def legend(shown: MountedWidget) -> list[str]:
    """The legend's lines, each with what stands beside the curve's name."""
    settled(shown)
    lines = shown.element.locator(".dcae-rd-legend > *").all_inner_texts()
    return [" | ".join(part for part in line.split("\n") if part) for line in lines]


def test_curves_over_kodak_are_told_apart_and_compared_by_mouse_and_keyboard(mount: Callable[..., MountedWidget]):
    plot = RdPlot(title="flower", references=reference_curves())
    plot.set_curve("small", [(0.5 * bpp, db, "", db - 20) for bpp, db in LINE])
    plot.set_curve("JPEG 4:2:0", LINE, "file")
    shown = mount(plot, width_px=400)
    assert legend(shown) == ["Click a curve: BD-rates against it", "small · estimates", "JPEG 4:2:0 · files"]
    shown.element.locator(".scatterlayer .trace").nth(1).locator(".point").nth(2).click(force=True)
    shown.on.exchange()
    assert plot.anchor == "photo/JPEG 4:2:0"
    assert legend(shown) == [
        "BD-rate over PSNR (Akima) against JPEG 4:2:0",
        "small · estimates | −50.0 % | 30.0–40.0 dB",
        "JPEG 4:2:0 · files | anchor",
    ]
    for group in ("Kodak means", "Published"):
        shown.element.get_by_role("button", name=group, exact=True).click()
    shown.on.exchange()
    assert plot.groups == ["photo", "means", "published"]
    heads = [line for line in legend(shown) if "Kodak" in line]
    assert heads == [
        "Means over Kodak’s 24 photos, measured here: dashed",
        "Means over Kodak’s 24 photos, published by others: dashes and dots",
    ]
    dashes = shown.element.locator(DRAWING).evaluate(
        "el => Object.fromEntries(el._fullData.map(({ meta, line }) => [meta?.split('/')[0], line?.dash]))"
    )
    assert (dashes["photo"], dashes["means"], dashes["published"]) == ("solid", "dash", "dashdot")
    row = shown.element.locator('[data-key="published/vtm"]')
    row.focus()
    shown.page.keyboard.press("Enter")
    shown.on.exchange()
    settled(shown)
    assert row.get_attribute("aria-pressed") == "true"
    assert row.evaluate("row => row === document.activeElement"), "the focus stays where it was"
    percent = bd_rate(published_curves()["vtm"].points, published_curves()["dcae"].points)
    assert f"dcae | −{-percent:.1f} % | 29.2–37.9 dB" in legend(shown)
    assert "InterDigitalInc/CompressAI, commit" in str(row.get_attribute("title"))
    assert "dcae, published, 6 points" in str(shown.element.locator("[role=figure]").get_attribute("aria-label"))


def test_while_the_kernel_is_busy_no_rate_of_another_anchor_or_measure_is_shown(mount: Callable[..., MountedWidget]):
    plot = RdPlot(title="flower")
    plot.set_curve("small", [(0.5 * bpp, db, "", db - 20) for bpp, db in LINE])
    plot.set_curve("JPEG 4:2:0", [(bpp, db, "", db - 20) for bpp, db in LINE], "file")
    plot.anchor = "photo/JPEG 4:2:0"
    shown = mount(plot, width_px=400)
    small = "small · estimates | −50.0 % | 30.0–40.0 dB"
    assert small in legend(shown)
    caption = shown.element.locator(".dcae-rd-caption")
    figure = shown.element.locator("[role=figure]")
    shown.element.locator('[data-key="photo/small"]').click()  # nothing is carried to the kernel meanwhile
    expect(caption).to_have_text("BD-rates against small are being computed …")
    assert shown.element.locator(".dcae-rd-rate").all_inner_texts() == ["", ""]
    assert "BD-rate" not in str(figure.get_attribute("aria-label"))
    assert "JPEG 4:2:0 · files | +100.0 % | 30.0–40.0 dB" in legend(shown)
    shown.element.get_by_label("Measure").select_option("ms_ssim")
    expect(caption).to_have_text("BD-rates against small are being computed …")
    assert shown.element.locator(".dcae-rd-rate").all_inner_texts() == ["", ""]
    assert legend(shown) == [
        "BD-rate over MS-SSIM (Akima) against small",
        "small · estimates | anchor",
        "JPEG 4:2:0 · files | +100.0 % | 10.0–20.0 dB",
    ]


def test_rates_go_with_the_group_of_their_anchor(mount: Callable[..., MountedWidget]):
    shown = mount(
        RdPlot(references=reference_curves(), groups=["means", "published"], anchor="means/jpeg"), width_px=400
    )
    assert any("%" in line for line in legend(shown))
    shown.element.get_by_role("button", name="Kodak means", exact=True).click()
    expect(shown.element.locator(".dcae-rd-caption")).to_have_text("Click a curve: BD-rates against it")
    assert set(shown.element.locator(".dcae-rd-rate").all_inner_texts()) == {""}


@pytest.mark.parametrize("rate", [0.3, 700.0])
def test_a_logarithmic_rate_has_ticks_whatever_it_is(mount: Callable[..., MountedWidget], rate: float):
    plot = RdPlot(title="one point")
    plot.set_curve("small", [(rate, 33.0, "")])
    shown = mount(plot, width_px=400)
    settled(shown)
    shown.element.get_by_role("button", name="log", exact=True).click()
    settled(shown)
    assert shown.element.locator(".xtick").count() > 0


def test_on_the_ms_ssim_scale_curves_without_it_are_left_out_in_words(mount: Callable[..., MountedWidget]):
    plot = RdPlot(title="flower", references=reference_curves(), groups=["photo", "means", "published"])
    plot.set_curve("small", [(0.5 * bpp, db, "", db - 20) for bpp, db in LINE])
    plot.set_curve("JPEG 4:2:0", LINE, "file")
    plot.note = "More is being measured."
    shown = mount(plot, width_px=400)
    settled(shown)
    shown.element.get_by_label("Measure").select_option("ms_ssim")
    shown.element.get_by_role("button", name="log", exact=True).click()
    drawn = settled(shown)
    assert (plot.measure, plot.rate_scale) == ("ms_ssim", "log")
    assert drawn["places"][0] == [[0.5 * bpp, db - 20] for bpp, db in LINE]
    assert drawn["places"][1] == []
    rates = [0.5 * bpp for bpp, _ in LINE] + [bpp for curve in kodak_means().values() for bpp in curve.bpp]
    assert drawn["x"] == pytest.approx([math.log10(min(rates) / 1.15), math.log10(max(rates) * 1.15)])
    assert shown.element.locator(".dcae-rd-note").inner_text() == (
        "Left out, without MS-SSIM: JPEG 4:2:0, all published curves. More is being measured."
    )
    plot.set_point(0.5, 33)
    settled(shown)
    assert "curves, this photo, estimated. More" in shown.element.locator(".dcae-rd-note").inner_text()


def test_colours_follow_jupyterlabs_theme_while_the_plot_is_shown(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    shown = mount(photo_plot())
    light = settled(shown)
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert (light["ink"], light["paper"]) == ("rgb(0, 0, 0)", widget_page.page.evaluate(ground))
    widget_page.set_theme("dark")
    ink = f"([...document.querySelectorAll('{DRAWING} .xtick text')].map(text => getComputedStyle(text).fill))"
    widget_page.page.wait_for_function(f"() => {ink}[0] === 'rgb(255, 255, 255)'")
    dark = settled(shown)
    assert dark["paper"] == widget_page.page.evaluate(ground) == "rgb(17, 17, 17)"
    assert dark["curve"] != light["curve"]
    shown.element.evaluate("el => { el.style.display = 'none' }")  # as JupyterLab does with its window meanwhile
    widget_page.set_theme("light")
    shown.element.evaluate("el => { el.style.display = '' }")
    widget_page.page.wait_for_function(f"() => {ink}[0] === 'rgb(0, 0, 0)'")
    assert settled(shown) == light


def test_the_plot_takes_the_width_it_is_given_also_when_it_is_shown_later(mount: Callable[..., MountedWidget]):
    shown = mount(photo_plot(), width_px=420)
    shown.element.evaluate("el => { el.style.display = 'none' }")
    shown.push(title="changed meanwhile")
    shown.page.wait_for_timeout(50)
    shown.element.evaluate("el => { el.style.display = ''; el.style.width = '340px' }")
    assert settled(shown)["width"] == 340
    shown.element.evaluate("el => { el.style.width = '800px' }")
    shown.page.wait_for_function(f"() => document.querySelector('{DRAWING} .main-svg').clientWidth === 800")
    assert shown.element.locator(".gtitle").text_content() == "changed meanwhile"


def test_a_closed_view_gives_back_all_it_held_and_the_other_lives_on(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    def held_beside_elements() -> dict[str, int]:
        return {name: count for name, count in widget_page.held().items() if name != "element"}

    plot = photo_plot()
    shown = mount(plot)
    settled(shown)
    one = held_beside_elements()
    shown.add_view()
    settled(shown, 1)
    assert held_beside_elements() != one
    shown.close_view(0)
    assert held_beside_elements() == one
    plot.set_point(0.6, 33)
    assert settled(shown, 1)["places"][-1] == [[0.6, 33]]
    shown.close_view(1)
    rest = held_beside_elements()  # Plotly's own for the page
    own = {"observers": 2, "models": 16, "window": 1}  # its size and the theme's name, its traits, its keys
    assert {name: one[name] - rest[name] for name in one if one[name] != rest[name]} == own
    assert (rest["models"], rest["timers"], rest["frames"]) == (0, 0, 0)
    assert widget_page.page.locator(".dcae-rd-plot").count() == 0


def test_plotlys_elements_and_their_listeners_go_with_a_closed_view(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage
):
    page, shown = widget_page.page, mount(photo_plot())
    settled(shown)
    page.evaluate(
        "() => { window.drawn = [...document.querySelectorAll('.main-svg, .drag')].map(el => new WeakRef(el)) }"
    )
    alive = "() => window.drawn.filter(reference => reference.deref()).length"
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    assert page.evaluate(alive) > 2
    shown.close_view()
    page.wait_for_timeout(50)
    session.send("HeapProfiler.collectGarbage")
    assert page.evaluate(alive) == 0


def test_a_reloaded_page_shows_the_same_plot(mount: Callable[..., MountedWidget], widget_page: WidgetPage):
    plot = photo_plot()
    shown = mount(plot)
    plot.set_point(0.6, 33)
    before = settled(shown)
    widget_page.reload()
    assert settled(mount(plot)) == before


def test_the_plot_can_be_saved_as_a_picture_without_the_network(mount: Callable[..., MountedWidget]):
    shown = mount(photo_plot(), width_px=400)
    settled(shown)
    shown.element.locator(DRAWING).hover()
    with shown.page.expect_download() as download:
        shown.element.locator(".modebar-btn").click()
    assert download.value.suggested_filename == "rate-distortion.png"


def test_in_jupyterlab_the_plot_comes_through_the_kernel_alone_and_follows_the_theme(
    page: Page, lab_server: str, outside_requests: list[str]
):
    page.set_default_timeout(60_000)
    page.goto(
        lab_server.format("").replace("/lab/tree/", "/lab/workspaces/plot/tree/")
    )  # other tests find no tab of it
    page.wait_for_function("() => window.jupyterapp?.restored")
    page.evaluate(RUN_IN_LAB, CELL)
    ink = f"document.querySelector('{DRAWING} .xtick text')?.style.fill"
    page.wait_for_function(f"() => {ink}")
    light = page.evaluate(f"() => {ink}")
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    page.wait_for_function(f"light => {ink} !== light", arg=light)
    places = (DRAWING + " .main-svg", ".jp-Notebook")
    paper, around = (f"getComputedStyle(document.querySelector('{each}')).backgroundColor" for each in places)
    page.wait_for_function(f"() => {paper} === {around}")
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
    page.wait_for_function(f"light => {ink} === light", arg=light)
    assert not outside_requests
