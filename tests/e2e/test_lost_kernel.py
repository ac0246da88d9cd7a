"""A kernel that is restarted, shut down or killed under an explorer in JupyterLab: the explorer says so."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .conftest import a_lab
from .lab_kernel import LIMIT_MS

pytestmark = pytest.mark.e2e

SOON_MS = 10_000
"""What the page itself does at once, on a machine that others use."""
SLIDER = ".dcae-controls input[type=range]"
FILE_SHOWN = "() => document.querySelector('.dcae-readout-badge')?.dataset.kind === 'file'"
ERROR = ".dcae-controls-error"
END = {
    "restarted": "context.session.kernel.restart()",
    "shut down": "context.shutdown()",
    "killed": "context.session.kernel.requestExecute({ code: 'import os; os._exit(1)' })",
}


@pytest.fixture
def lab() -> Iterator[str]:
    """A lab of one test's own: in one that another test has used, JupyterLab looks for the models of a kernel gone."""
    with a_lab() as (url, _):
        yield url


@pytest.mark.parametrize("way", END)
def test_explorer_says_that_its_kernel_is_gone_and_a_run_makes_a_new_one(page: Page, lab: str, way: str):
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(LIMIT_MS)
    page.goto(lab.format("00_start.ipynb"))
    page.wait_for_function(FILE_SHOWN)
    before = page.inner_text("[data-key=bytes] dd")
    assert not problems

    page.evaluate(f"() => {{ const context = jupyterapp.shell.currentWidget.sessionContext; void {END[way]}; }}")
    expect(page.locator(ERROR)).to_contain_text("The kernel has stopped", timeout=SOON_MS)
    if way == "killed":
        page.click(".jp-Dialog button")  # JupyterLab's own word
    page.locator(SLIDER).click(position={"x": 20, "y": 15}, force=True)
    page.locator(".dcae-photo-view .dcae-modes label").nth(1).click()
    page.wait_for_timeout(1_000)  # so long a view waits before it saves what the hand did
    assert page.inner_text("[data-key=bytes] dd") == before
    assert not problems

    page.evaluate(
        """async () => {
            const context = jupyterapp.shell.currentWidget.sessionContext;
            if (!context.session?.kernel) await context.startKernel();
            await context.session.kernel.info;
            const book = jupyterapp.shell.currentWidget.content;
            book.activeCellIndex = book.widgets.findIndex((cell) => cell.model.type === 'code');
            await jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    page.wait_for_function(f"() => !document.querySelector('{ERROR}')?.checkVisibility()")
    page.wait_for_function(FILE_SHOWN)
    expect(page.locator(SLIDER)).to_have_count(1)
    page.locator(SLIDER).click(position={"x": 60, "y": 15})
    page.wait_for_function(f"() => document.querySelector('[data-key=bytes] dd').innerText !== {before!r}")
