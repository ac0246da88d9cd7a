"""A lesson that is run in JupyterLab, and its kernel, spoken to from its page."""

import json
from typing import Any

from playwright.sync_api import Page

LIMIT_MS = 180_000
"""For what takes a second on a free machine: other work may have the processor."""
_EXECUTE = """async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code, silent: false, store_history: false });
    let text = '', failure = '';
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === 'stream' && content.name === 'stdout') text += content.text;
        if (header.msg_type === 'error') failure = content.ename + ': ' + content.evalue;
    };
    await future.done;
    if (failure) throw new Error(failure);
    return text;
}"""

_RUN_ALL = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await app.commands.execute("notebook:run-all-cells");
}"""


def run_lesson(page: Page, url: str) -> None:
    """Opens a lesson alone in JupyterLab and runs all its cells; what the page is to show later may take a while."""
    page.set_default_timeout(LIMIT_MS)
    page.goto(f"{url}&reset")  # else the tabs of tests before come back, and which one is in front is chance
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
    page.evaluate(_RUN_ALL)


def execute(page: Page, code: str) -> str:
    """Runs code in the kernel; what it printed."""
    return page.evaluate(_EXECUTE, code)


def ask(page: Page, expression: str) -> Any:
    """A value of the kernel, in which `explorer` is the explorer."""
    text = execute(page, f"import json, hashlib\nprint(json.dumps({expression}))")
    return json.loads(text.strip().splitlines()[-1])
