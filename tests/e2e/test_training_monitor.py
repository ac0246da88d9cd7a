"""The monitor of a run in a browser: what it draws and says, and that it lives while a cell blocks the kernel."""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dcae_widgets.run_log import RunLog
from dcae_widgets.training_curves import TrainingCurves
from dcae_widgets.training_panel import TrainingPanel

from ..dcae_widgets.fake_run import FakeRun
from .conftest import a_lab
from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

LIMIT_MS = 120_000
FAKE_RUN = Path(__file__).parents[1] / "dcae_widgets"
WATCH = f"""import sys
sys.path.insert(0, {str(FAKE_RUN)!r})
from pathlib import Path
from fake_run import FakeRun
from dcae_widgets.training_monitor import TrainingMonitor
run = FakeRun(Path("run"), steps=20_000, preset="tiny")
monitor = TrainingMonitor("run")
monitor"""
TRAIN = """import time
run.lock()
run.held_out(0)
step, answered = 0, None
while not (run.folder / "stop").exists() and step < 20_000:
    step += 10
    run.step(step)
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        sum(range(20_000))  # a cell that leaves the interpreter no rest
    wanted = run.wanted_lmbda()
    if wanted != answered:
        run.answer(step, wanted)
        answered = wanted
(run.folder / "stop").unlink()
run.end(step, "stopped")"""
RUN_IN_LAB = """async sources => {
    const app = window.jupyterapp;
    await app.restored;
    const cells = sources.map((source, index) =>
        ({ cell_type: "code", id: `cell-${index}`, source, metadata: {}, outputs: [], execution_count: null }));
    const content = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
    await app.serviceManager.contents.save("watch.ipynb", { type: "notebook", format: "json", content });
    const panel = await app.commands.execute("docmanager:open", { path: "watch.ipynb", kernel: { name: "python3" } });
    await panel.context.ready;
    await panel.sessionContext.ready;
    app.commands.execute("notebook:run-all-cells");  // not waited for: the second cell runs until it is stopped
}"""
IS_BLOCKED = """() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.executionState === "running\""""
OUTPUTS = "() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(cell => cell.model.outputs.toJSON())"
FIGURES = ".dcae-training-figures"
HAS_STEPPED = f"""first =>
    Number(document.querySelector("{FIGURES} dd").innerText.split(" ")[0].replace(",", "")) > first + 50"""
DRAWN = """el => ({
    names: el._fullData.filter(trace => trace.showlegend).map(trace => trace.name),
    places: el._fullData.map(trace => [...trace.x].map((x, i) => [x, trace.y[i]])),
    axes: ["xaxis", "yaxis", "yaxis2"].map(name => el._fullLayout[name]?.title.text).filter(Boolean),
    type: el._fullLayout.yaxis.type, y: el._fullLayout.yaxis.range,
    paper: getComputedStyle(el.querySelector(".main-svg")).backgroundColor,
})"""


def run_log(folder: Path, last: int = 100) -> RunLog:
    FakeRun(folder).train(0, last)
    log = RunLog(folder / "log.jsonl")
    log.read()
    return log


def curves_of(log: RunLog) -> TrainingCurves:
    curves = TrainingCurves()
    curves.show(log.steps, log.held_out, "a block transform")
    return curves


def settled(shown: MountedWidget, plot: str) -> dict[str, Any]:
    """What is drawn in ".dcae-training-loss" or ".dcae-training-rd", once plotly.js has come and drawn."""
    shown.on.exchange()
    drawing = shown.view(-1).locator(f"{plot} .dcae-plot-drawing")
    drawing.locator(".main-svg").first.wait_for()
    shown.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return drawing.evaluate(DRAWN)


def panel_of(asked: list[object], **traits: Any) -> TrainingPanel:
    return TrainingPanel(asked.append, lambda lmbda, final: asked.append((lmbda, final)), **traits)


def test_loss_and_curves_are_drawn_from_the_start_to_now(mount: Callable[..., MountedWidget], tmp_path: Path):
    shown = mount(curves_of(run_log(tmp_path)), width_px=430)
    loss, rd = settled(shown, ".dcae-training-loss"), settled(shown, ".dcae-training-rd")
    assert loss["axes"] == ["step", "weighted loss (bits a pixel + λ × error)", "learning rate (share of peak)"]
    assert [place[0] for place in loss["places"][1]] == list(range(10, 101, 10))
    assert [place[0] for place in loss["places"][3]] == [0, 50, 100], "held-out photos"
    assert [place[0] for place in loss["places"][4]] == [100], "the best"
    assert rd["axes"] == ["rate (bits a pixel)", "PSNR (dB)"]
    assert rd["names"] == ["the way of each λ", "start: a block transform, step 0", "now: step 100"]
    ways, start, now = rd["places"]
    assert start[0] == [0.15, 25.6]
    assert [way for way in ways if way[0] is not None][::3] == start, "each way begins at the start"
    assert [way for way in ways if way[0] is not None][2::3] == now, "and ends where it is now"
    assert (
        "% fewer bits than at the start, at equal PSNR" in shown.element.locator(".dcae-training-verdict").inner_text()
    )


def test_a_growing_log_moves_the_curves(mount: Callable[..., MountedWidget], tmp_path: Path):
    run, log = FakeRun(tmp_path), RunLog(tmp_path / "log.jsonl")
    curves = TrainingCurves()
    shown = mount(curves)
    assert settled(shown, ".dcae-training-rd")["names"] == []
    assert shown.element.locator(".dcae-training-verdict").inner_text() == "There is no measurement yet."
    run.held_out(0)
    for last in (10, 20):
        run.step(last)
        log.read()
        curves.show(log.steps, log.held_out, "")
        assert [place[0] for place in settled(shown, ".dcae-training-loss")["places"][2]] == list(
            range(10, last + 1, 10)
        )
    assert settled(shown, ".dcae-training-rd")["names"] == ["start: step 0"]
    assert shown.element.locator(".dcae-training-verdict").inner_text() == "There is one measurement so far."


def test_a_loss_that_falls_far_is_drawn_on_a_logarithmic_axis_and_wild_first_steps_do_not_hide_the_rest(
    mount: Callable[..., MountedWidget], tmp_path: Path
):
    run = FakeRun(tmp_path)
    for step in range(10, 2010, 10):
        run.step(step, loss=20 * 0.98 ** (step / 10) + 0.8)
    log = RunLog(run.log)
    log.read()
    assert settled(mount(curves_of(log)), ".dcae-training-loss")["type"] == "log"
    wild = [step._replace(loss=1e6) if step.step == 10 else step._replace(loss=1.0) for step in log.steps]
    curves = TrainingCurves()
    curves.show(wild, [], "")
    drawn = settled(mount(curves), ".dcae-training-loss")
    assert drawn["type"] == "linear"
    assert drawn["y"][1] < 2


def test_losses_that_are_no_numbers_are_gaps(mount: Callable[..., MountedWidget], tmp_path: Path):
    log = run_log(tmp_path)
    curves = TrainingCurves()
    curves.show([step._replace(loss=math.nan) if step.step == 50 else step for step in log.steps], log.held_out, "")
    raw = settled(mount(curves), ".dcae-training-loss")["places"][1]
    assert [step for step, loss in raw if loss is None] == [50]


def test_curves_are_there_in_words_and_as_tables(mount: Callable[..., MountedWidget], tmp_path: Path):
    shown = mount(curves_of(run_log(tmp_path)))
    loss, rd = (drawing.get_attribute("aria-label") for drawing in shown.element.locator("[role=figure]").all())
    assert re.sub(r"\d\.\d{3}", "#", loss or "") == (
        "Training loss, smoothed: # at step 10, # at step 100. Best loss on held-out photos: # at step 100."
    )
    assert (rd or "").startswith(
        "Held-out photos. Start: a block transform, step 0: λ 0.0018: 0.150 bits a pixel, 25.60 dB;"
    )
    shown.element.locator("summary").click()
    shown.element.locator("tr").nth(14).wait_for()
    rows = [row.split("\t") for row in shown.element.locator("tr").all_inner_texts()]
    assert rows[0] == ["step", "held-out loss", ""]
    assert [row[0] for row in rows[1:4]] == ["0", "50", "100"]
    assert rows[4] == ["step", "λ", "bits a pixel", "PSNR (dB)"]
    assert rows[5] == ["0", "0.0018", "0.150", "25.60"]
    assert len(rows) == 15


def test_curves_follow_the_theme_and_survive_a_reload(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage, tmp_path: Path
):
    curves = curves_of(run_log(tmp_path))
    light = settled(mount(curves), ".dcae-training-rd")
    widget_page.set_theme("dark")
    paper = "getComputedStyle(document.querySelector('.dcae-training-rd .main-svg')).backgroundColor"
    widget_page.page.wait_for_function(f"() => {paper} === 'rgb(17, 17, 17)'")
    widget_page.reload()
    assert settled(mount(curves), ".dcae-training-rd") == light


def test_closed_views_give_back_all_they_held(
    mount: Callable[..., MountedWidget], widget_page: WidgetPage, tmp_path: Path
):
    log = run_log(tmp_path)
    for shown in (mount(panel_of([])), mount(curves_of(log))):
        before = held = None
        for _ in range(5):  # Plotly keeps some of its own for the page, once: what leaks grows each time
            if isinstance(shown.widget, TrainingCurves):
                settled(shown, ".dcae-training-loss")
                settled(shown, ".dcae-training-rd")
            shown.close_view(-1)
            held = {name: count for name, count in widget_page.held().items() if name != "element"}
            shown.add_view()
            if held == before:
                break
            before = held
        else:
            pytest.fail(f"closed views leave more each time: {held}")
        shown.close_view(-1)
    assert widget_page.page.locator(".dcae-widget").count() == 0


def test_the_panel_shows_state_figures_and_progress(mount: Callable[..., MountedWidget]):
    panel = panel_of([], state="training", sentence="in runs/a", share=0.25, commands=["pause", "stop"])
    panel.figures = [["step", "75 of 300"], ["training PSNR", "31.20 dB"]]
    shown = mount(panel)
    assert shown.element.locator("[role=status]").inner_text().split("\n") == ["training", "in runs/a"]
    assert shown.element.locator("dt").all_inner_texts() == ["step", "training PSNR"]
    assert shown.element.locator("dd").all_inner_texts() == ["75 of 300", "31.20 dB"]
    assert shown.element.locator("progress").evaluate("el => el.value") == 0.25
    shown.push(share=-1, error="the disk is full", caption="Step 75, λ 0.013: 0.5 bits a pixel, 31 dB.")
    assert not shown.element.locator("progress").is_visible()
    assert shown.element.get_by_role("alert").inner_text() == "the disk is full"
    assert "Step 75" in shown.element.locator(".dcae-training-caption").inner_text()


def test_buttons_say_what_can_be_done_and_keep_the_focus(mount: Callable[..., MountedWidget]):
    asked: list[object] = []
    panel = panel_of(asked, commands=["pause", "stop"])
    shown = mount(panel)
    shown.element.get_by_role("button", name="Pause").focus()
    shown.page.keyboard.press("Enter")
    shown.on.exchange()
    shown.push(commands=["continue", "stop"])
    assert not shown.element.get_by_role("button", name="Pause").is_visible()
    shown.page.keyboard.press("Space")
    shown.on.exchange()
    shown.push(commands=["pause", "stop"])
    shown.element.get_by_role("button", name="Stop").click()
    shown.on.exchange()
    assert asked == ["pause", "continue", "stop"]
    shown.push(commands=[])
    assert [button.is_enabled() for button in shown.element.get_by_role("button").all()] == [False, False]


def test_focus_goes_from_a_stopped_runs_buttons_to_the_slider(mount: Callable[..., MountedWidget]):
    shown = mount(panel_of([], commands=["pause", "stop"], enabled=True))
    shown.element.get_by_role("button", name="Stop").focus()
    shown.push(commands=[])
    expect(shown.element.get_by_role("slider")).to_be_focused()


def test_a_lambda_is_asked_for_while_the_hand_moves_and_when_it_rests(mount: Callable[..., MountedWidget]):
    asked: list[Any] = []
    shown = mount(panel_of(asked, enabled=True, lmbda=0.013))
    slider = shown.element.get_by_role("slider")
    box = slider.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    shown.page.mouse.move(box["x"] + box["width"] / 2, y)
    shown.page.mouse.down()
    for share in (0.55, 0.6, 0.7):
        shown.page.mouse.move(box["x"] + share * box["width"], y)
        shown.page.wait_for_timeout(200)
        shown.push(lmbda=0.013)  # the kernel's answer to where the hand was before does not move the thumb
    shown.page.mouse.up()
    shown.on.exchange()
    lmbdas, finals = [lmbda for lmbda, _ in asked], [final for _, final in asked]
    assert lmbdas == sorted(lmbdas)
    assert 0.0018 < lmbdas[0] < 0.015
    assert lmbdas[-1] == pytest.approx(0.0018 * (0.05 / 0.0018) ** 0.7, rel=0.05), "seven tenths, on a log scale"
    assert len(asked) >= 3
    assert finals == [False] * (len(asked) - 1) + [True]


def test_the_slider_works_from_the_keyboard_and_not_where_there_is_nothing_to_move(mount: Callable[..., MountedWidget]):
    asked: list[Any] = []
    shown = mount(panel_of(asked, enabled=True, lmbda=0.013))
    slider = shown.element.get_by_role("slider")
    for key, lmbda in (("End", 0.05), ("Home", 0.0018), ("ArrowRight", 0.001861), ("PageUp", 0.002595)):
        slider.press(key)
        shown.page.wait_for_timeout(400)
        shown.on.exchange()
        assert asked[-1] == (lmbda, True)
        shown.push(lmbda=lmbda)
    assert slider.get_attribute("aria-valuetext") == "λ 0.0026"
    shown.push(enabled=False)
    assert slider.is_disabled()


@pytest.fixture(scope="module")
def lab() -> Iterator[tuple[str, Path]]:
    """`dcae lab` of this module's own, and the folder in which its notebooks are."""
    with a_lab() as found:
        yield found


def step_of(page: Page) -> int:
    words = page.locator(f"{FIGURES} dd").first.inner_text()
    found = re.match(r"[\d,]+", words)
    return int(found.group().replace(",", "")) if found else -1


def test_a_run_is_watched_and_stopped_while_its_cell_blocks_the_kernel(
    page: Page, lab: tuple[str, Path], outside_requests: list[str]
):
    url, folder = lab
    page.set_default_timeout(LIMIT_MS)
    page.goto(url.format("00_start.ipynb"))
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
    page.evaluate(RUN_IN_LAB, [WATCH, TRAIN])
    page.locator(".dcae-training-badge[data-state=training]").wait_for()

    first = step_of(page)
    page.wait_for_function(HAS_STEPPED, arg=first)
    page.locator(".dcae-training-loss .main-svg").first.wait_for()  # plotly.js has come meanwhile
    page.locator(".dcae-training-caption", has_text="λ 0.013:").wait_for()

    page.locator(".dcae-training-panel input[type=range]").press("End")
    page.locator(".dcae-training-caption", has_text="λ 0.05:").wait_for()
    assert json.loads((folder / "run" / "view.json").read_text()) == {"lmbda": 0.05}

    page.get_by_role("button", name="Pause").click()
    page.locator(".dcae-training-badge[data-state=paused]").wait_for()
    assert (folder / "run" / "pause").exists()
    page.get_by_role("button", name="Continue").click()
    page.locator(".dcae-training-badge[data-state=training]").wait_for()
    assert not (folder / "run" / "pause").exists()

    assert page.evaluate(IS_BLOCKED)
    page.get_by_role("button", name="Stop").click()
    page.locator(".dcae-training-badge[data-state=stopped]").wait_for()
    page.wait_for_function(f"() => !({IS_BLOCKED})()")
    assert not [output for output in page.evaluate(OUTPUTS) if output["output_type"] in ("error", "stream")]
    assert not outside_requests
