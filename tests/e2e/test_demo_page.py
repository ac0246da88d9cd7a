"""The page for a class in a real browser, served by Voila: its widths, its tour by keys alone, and what axe says of it.

A fake codec stands for the network, so that nothing here waits for one.
"""

import base64
import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from playwright.sync_api import Page, expect

from ..dcae_widgets.fake_codec import photo
from .conftest import START_LIMIT_S, lab_environment, short_folder

pytestmark = pytest.mark.e2e

CELL = """import sys
sys.path.insert(0, {root!r})
from tests.dcae_widgets.demo_pages import demo_page
from tests.dcae_widgets.fake_codec import photo
demo_page(photo=photo(0, 128, 192))"""
SIZES = ((820, 1180), (1280, 800), (1920, 1080))
CUT_OFF = """() => [...document.querySelectorAll(".dcae-demo, .dcae-demo *")].filter(one => {
    const style = getComputedStyle(one), isHidden = one.closest(".dcae-hidden") || one.matches("canvas, svg *, select");
    const isCut = style.overflowX === "hidden" && style.textOverflow !== "ellipsis";
    const isTooWide = one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1;
    return !isHidden && isTooWide && (isCut || one.matches(".dcae-demo"));
}).map(one => `${one.className || one.tagName}: ${one.scrollWidth} > ${one.clientWidth}`)"""
DROP_BESIDE = """data => {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "mine.png"));
    return ["dragover", "drop"].map((type) => {
        const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files });
        document.querySelector(".dcae-demo h1").dispatchEvent(event);
        return event.defaultPrevented;
    });
}"""
PLACED = """() => {
    const dialog = document.querySelector(".dcae-tour-dialog").getBoundingClientRect();
    const seen = [...document.querySelectorAll(".dcae-tour-target")].map(one => one.getBoundingClientRect());
    const rings = [...document.querySelectorAll(".dcae-tour-rings div")].map(one => one.getBoundingClientRect());
    const cover = (a, b) => Math.min(a.right, b.right) > Math.max(a.left, b.left) + 1
        && Math.min(a.bottom, b.bottom) > Math.max(a.top, b.top) + 1;
    const inside = dialog.left >= 0 && dialog.top >= 0 && dialog.right <= innerWidth && dialog.bottom <= innerHeight;
    const around = rings.length === seen.length && seen.every((one, i) => Math.abs(one.top - rings[i].top) < 12);
    const inSight = seen.length > 0 && seen[0].top < innerHeight && seen[0].bottom > 0;
    return inside && around && inSight && !seen.some(one => cover(one, dialog));
}"""


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    """Where Voila serves the page."""
    with short_folder() as home, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        lesson = new_notebook(
            cells=[new_code_cell(CELL.format(root=str(root)))], metadata={"kernelspec": kernel, "title": "Demo"}
        )
        nbformat.write(lesson, home / "page.ipynb")
        command = [sys.executable, "-m", "voila", str(home / "page.ipynb"), "--no-browser", f"--port={port}"]
        command += ["--template=dcae", "--KernelManager.transport=ipc"]
        environment = lab_environment(home) | {"JUPYTER_PATH": str(files("dcae_widgets") / "served")}
        environment |= {"OMP_NUM_THREADS": "1"}
        with (home / "voila.log").open("w") as log:
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for_port(server, port, home / "voila.log")
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            try:
                server.wait(timeout=30)
            finally:
                server.kill()


def _wait_for_port(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        assert server.poll() is None, f"Voila has ended:\n{log.read_text()}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"Voila has not started within {START_LIMIT_S} s:\n{log.read_text()}")


@pytest.fixture
def demo(page: Page, url: str) -> Page:
    """The page once its first file and its bits are shown."""
    page.goto(url)
    page.locator(".dcae-demo-bits .dcae-photo-view canvas").wait_for(timeout=60_000)
    expect(page.locator(".dcae-explorer .dcae-readout-badge")).to_have_text("File")
    return page


def test_tour_widths_and_accessibility(demo: Page, outside_requests: list[str]):
    start = demo.get_by_role("button", name="Show me around")
    dialog = demo.get_by_role("dialog")
    demo.emulate_media(reduced_motion="reduce")
    demo.get_by_role("radio", name="Slice by slice").check()
    for width, height in SIZES:
        demo.set_viewport_size({"width": width, "height": height})
        demo.wait_for_timeout(300)  # what is drawn follows the width
        assert demo.evaluate(CUT_OFF) == [], width
        _walk(demo, width)
        expect(start).to_be_focused()
    assert demo.get_by_role("radio", name="Where the bits go").is_checked(), "the tour has opened it"

    expect(dialog).to_be_hidden()
    for part, kind in (("Slice by slice", "slices"), ("The dictionary", "dictionary")):
        demo.get_by_role("radio", name=part).check()
        demo.locator(f".dcae-demo-{kind} .dcae-photo-view canvas").wait_for()
        assert demo.evaluate(CUT_OFF) == [], part
    _check_accessibility(demo)
    start.click()
    _check_accessibility(demo)
    assert not outside_requests


def test_on_a_narrow_page_the_explorers_parts_stand_below_each_other(demo: Page):
    explorer = demo.locator(".dcae-explorer")
    readout = [f".dcae-readout-{part}" for part in ("head", "numbers", "happened")]
    parts = [".dcae-controls", ".dcae-photo-view", *readout, ".dcae-rd-plot"]
    for width in (360, 480, 600):
        demo.set_viewport_size({"width": width, "height": 900})
        demo.wait_for_timeout(300)  # what is drawn follows the width
        edge = explorer.bounding_box()
        assert edge
        assert edge["x"] + edge["width"] == width - edge["x"], "as wide as the page, between its margins"
        bottom = edge["y"]
        for part in parts:
            box = explorer.locator(part).first.bounding_box()
            assert box
            assert box["width"] == pytest.approx(edge["width"], abs=1), (part, width)
            assert box["y"] >= bottom - 1, (part, width)
            bottom = box["y"] + box["height"]


def test_photo_that_is_dropped_beside_the_explorer_is_taken(demo: Page):
    stream = io.BytesIO()
    Image.fromarray(photo(4, 40, 90)).save(stream, "PNG")
    prevented = demo.evaluate(DROP_BESIDE, base64.b64encode(stream.getvalue()).decode())
    assert prevented == [True, True], "the browser would leave the page"
    expect(demo.locator(".dcae-explorer").get_by_label("Photo", exact=True)).to_have_value("mine.png")
    expect(demo.locator(".dcae-explorer .dcae-readout-caption")).to_contain_text("90 × 40")


def _walk(demo: Page, width: int) -> None:
    """Through the tour by keys: there, back, to its end and out."""
    dialog = demo.get_by_role("dialog")
    demo.get_by_role("button", name="Show me around").press("Enter")
    expect(dialog).to_be_focused()
    for number, key in enumerate(["ArrowRight"] * 5 + ["Escape"], 1):
        expect(dialog).to_contain_text(f"{number} of 6")
        demo.wait_for_function(PLACED, timeout=5000)
        demo.keyboard.press(key)
    expect(dialog).to_be_hidden()


def _check_accessibility(demo: Page) -> None:
    found: Any = Axe().run(demo, context=".dcae-demo").response["violations"]
    grave = [(each["id"], each["impact"], [node["html"][:160] for node in each["nodes"]]) for each in found]
    assert [each for each in grave if each[1] in ("serious", "critical")] == []
