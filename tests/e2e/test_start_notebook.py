"""The newcomer's journey: 00_start, opened in JupyterLab, runs and shows a picture, offline."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

OPEN = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
}"""
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim())
    .map(cell => ({
        source: cell.model.sharedModel.source,
        executionCount: cell.model.executionCount,
        outputs: cell.model.outputs.toJSON(),
    }))"""
PICTURES = """() => [...window.jupyterapp.shell.currentWidget.node.querySelectorAll('.jp-OutputArea-output img')]
    .filter(image => image.complete && image.naturalWidth > 0).length"""

SOURCES = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"""
FOCUSABLE = [".dcae-controls input[type=range]", ".dcae-pane", ".dcae-handle", "[data-action=help]", "summary"]


def test_start_notebook_runs_in_lab_and_draws_a_picture_offline(
    page: Page, lab_server: str, outside_requests: list[str]
):
    page.set_default_timeout(120_000)
    page.goto(lab_server.format("00_start.ipynb"))
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
    page.evaluate(OPEN)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.wait_for_function(f"({PICTURES})() === 0")  # those stored in the notebook are gone

    page.evaluate(RUN)
    cells = page.evaluate(CELLS)

    errors = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
    assert not errors
    assert cells
    assert not [cell["source"] for cell in cells if cell["executionCount"] is None]
    page.wait_for_function(f"({PICTURES})() > 0")
    assert not outside_requests


def test_letters_pressed_in_the_explorer_do_nothing_to_the_notebook(page: Page, lab_server: str):
    page.set_default_timeout(120_000)
    page.goto(lab_server.format("00_start.ipynb"))
    page.wait_for_selector(".dcae-explorer .dcae-rd-plot summary")
    before = page.evaluate(SOURCES)
    for place in FOCUSABLE:
        page.focus(f".dcae-explorer {place}")
        for key in "add":  # JupyterLab's: a cell above, delete the cell
            page.keyboard.press(key)
    assert page.evaluate(SOURCES) == before


@pytest.mark.parametrize("part", [".dcae-stage", ".dcae-readout-numbers", ".dcae-plot-drawing"])
def test_picture_numbers_and_plot_are_on_the_first_screen_of_1280_by_900_px(page: Page, lab_server: str, part: str):
    page.set_default_timeout(120_000)
    page.goto(lab_server.format("00_start.ipynb"))
    page.wait_for_selector(".dcae-readout-badge[data-kind=file]")
    expect(page.locator(f".dcae-explorer {part}")).to_be_in_viewport(ratio=0.95)
