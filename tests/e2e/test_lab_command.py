"""`dcae lab`: the first cell of the lesson has run when one looks, and after a reload what it showed is still there."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from .conftest import running_lab, short_folder

pytestmark = pytest.mark.e2e

SOURCES = ("import ipywidgets\nslider = ipywidgets.IntSlider(7)\nslider", "2")
COUNTS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim())
    .map(cell => cell.model.executionCount)"""
CHANGE = """() => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[2];
    cell.model.sharedModel.setSource('slider.value = 9');
    return window.jupyterapp.commands.execute('notebook:run-all-below');
}"""
KERNEL = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
SLIDER = ".jp-OutputArea-output .widget-readout"


def lesson(*sources: str) -> str:
    """A notebook of a title and code cells."""
    cells = [{"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# What?"}]
    for index, source in enumerate(sources):
        cell = {"cell_type": "code", "id": f"code{index}", "metadata": {}, "source": source}
        cells.append(cell | {"outputs": [], "execution_count": None})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def lab() -> Iterator[str]:
    """`dcae lab` on a lesson of two code cells that its user has put in the first one's place, and on another one."""
    with short_folder() as home:
        notebooks = home / "notebooks"
        notebooks.mkdir()
        for file in ("00_start.ipynb", "another.ipynb"):
            (notebooks / file).write_text(lesson(*SOURCES))
        with running_lab(home) as url:
            yield url


def test_the_first_code_cell_alone_has_run(page: Page, lab: str):
    page.goto(lab.format("00_start.ipynb"))
    page.wait_for_selector(SLIDER, timeout=60_000)
    assert page.evaluate(COUNTS) == [1, None]


def test_after_a_reload_the_same_widget_is_shown_and_nothing_has_run_again(page: Page, lab: str):
    page.goto(lab.format("00_start.ipynb"))
    page.wait_for_selector(SLIDER, timeout=60_000)
    page.evaluate(CHANGE)
    page.wait_for_function(f"() => document.querySelector('{SLIDER}')?.textContent.trim() === '9'", timeout=60_000)
    before = page.evaluate(COUNTS)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.wait_for_selector(SLIDER, timeout=60_000)
    page.wait_for_timeout(1_000)  # in which a second run would begin
    assert page.evaluate(COUNTS) == before
    assert page.inner_text(SLIDER).strip() == "9"


def test_no_other_notebook_runs_by_itself(page: Page, lab: str):
    page.goto(lab.format("another.ipynb"))
    page.wait_for_function(KERNEL, timeout=60_000)
    page.wait_for_timeout(2_000)
    assert page.evaluate(COUNTS) == [None, None]
