"""A real JupyterLab in a real browser: the server, the browser and a page that reaches nothing but this machine.

Without a browser these tests are skipped; where DCAE_REQUIRE_BROWSER is 1 they fail instead.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, WebSocket, expect, sync_playwright

from .widget_page import MountedWidget, WidgetPage

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell stands in the page, scrolled to or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
START_LIMIT_S = 120
expect.set_options(timeout=60_000)  # ms; playwright's own 5 s are too few where a kernel has cells to run first


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium: Debian's, or the one of `playwright install chromium`.

    Each module has its own, since playwright's event loop, which runs until then, is in the way of other tests.
    """
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            reason = f"no browser: install Debian's chromium ({CHROMIUM}) or run `playwright install chromium`"
            if os.environ.get("DCAE_REQUIRE_BROWSER") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        started = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield started
        started.close()


def find_chromium(playwright: Playwright) -> str | None:
    """The path of a Chromium that is there, or None."""
    return next((path for path in (CHROMIUM, playwright.chromium.executable_path) if Path(path).exists()), None)


@pytest.fixture
def outside_requests() -> list[str]:
    """The URLs that the page has asked for outside this machine; all were refused."""
    return []


@pytest.fixture
def page(browser: Browser, outside_requests: list[str]) -> Iterator[Page]:
    """An empty page whose requests outside 127.0.0.1 are recorded and refused (web sockets: recorded)."""

    def refuse(route: Route) -> None:
        outside_requests.append(route.request.url)
        route.abort()

    def record(socket: WebSocket) -> None:
        if is_outside(socket.url):
            outside_requests.append(socket.url)

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(is_outside, refuse)
    page = context.new_page()
    page.on("websocket", record)
    yield page
    context.close()


@pytest.fixture
def widget_page(page: Page, monkeypatch: pytest.MonkeyPatch, outside_requests: list[str]) -> Iterator[WidgetPage]:
    """A page for widgets without Jupyter; any console error, exception or request to the outside fails the test."""
    shown = WidgetPage(page, monkeypatch)
    yield shown
    shown.exchange()
    assert not shown.errors
    assert not outside_requests


@pytest.fixture
def mount(widget_page: WidgetPage) -> Callable[..., MountedWidget]:
    """Shows a Python widget's front end in the browser: ``mount(widget)``, ``mount(widget, width_px=800)``."""
    return widget_page.mount


def is_outside(url: str) -> bool:
    """Whether a URL leads anywhere but to this machine's own 127.0.0.1."""
    return urlsplit(url).hostname != "127.0.0.1"


@pytest.fixture(scope="module")
def lab() -> Iterator[str]:
    """The URL of `dcae lab` of a module's own, whose kernel its tests share, with a gap as of `lab_server`."""
    with a_lab() as (url, _):
        yield url


@pytest.fixture(scope="session")
def lab_server(root: Path) -> Iterator[str]:
    """The URL of what `dcae lab` starts, with a gap: ``lab_server.format("00_start.ipynb")``."""
    with a_lab() as (url, _):
        yield url


@contextmanager
def a_lab() -> Iterator[tuple[str, Path]]:
    """`dcae lab` in a folder of its own: the URL as of `lab_server`, and the folder of the lessons."""
    with short_folder() as home, running_lab(home) as url:
        yield url, home / "notebooks"


@contextmanager
def short_folder() -> Iterator[Path]:
    """An empty folder whose path is short enough for `running_lab`."""
    with tempfile.TemporaryDirectory(prefix="dcae", dir="/tmp") as name:
        yield Path(name)


@contextmanager
def running_lab(home: Path, photo: Path | None = None) -> Iterator[str]:
    """`dcae lab [PHOTO]` on copies of the lessons in `home`; the URL as of `lab_server`.

    Everything that Jupyter and IPython write lies in `home`; its path has to be short, because a kernel's socket in it
    may have at most 104 characters.
    """
    for setting, value in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{setting}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    log = home / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            lab_command(home / "notebooks", photo), env=lab_environment(home), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield wait_for_url(server, home / "runtime", log)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def lab_command(folder: Path, photo: Path | None) -> list[str]:
    """`dcae lab` on a free port, without news and without a browser; its kernels talk through sockets in files."""
    command = [sys.executable, "-c", "from dcae.cli import app; app()", "lab"]
    command += [*([str(photo)] if photo else []), "--folder", str(folder), "--"]
    command += ["--no-browser", "--ip=127.0.0.1", "--port=0"]
    command += ["--IdentityProvider.token=t", "--KernelManager.transport=ipc"]
    command += ["--expose-app-in-browser", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    return command + (["--allow-root"] if os.geteuid() == 0 else [])


def lab_environment(home: Path) -> dict[str, str]:
    """This process's environment with Jupyter's and IPython's folders in `home`."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return os.environ | {variable: str(home / folder) for variable, folder in folders.items()}


def wait_for_url(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """A server's URL for a notebook, once it has written where it listens."""
    for _ in range(10 * START_LIMIT_S):
        for path in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(path.read_text())["url"] + "lab/tree/{}?token=t"
            except json.JSONDecodeError:
                pass  # half written
        assert server.poll() is None, f"JupyterLab has ended:\n{log.read_text()}"
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab has not started within {START_LIMIT_S} s:\n{log.read_text()}")
