"""Polishing, and a page, as their user has them: `dcae lab`, a kernel, the shipped weights, a hand on the button."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .lab_kernel import LIMIT_MS, ask, execute

pytestmark = pytest.mark.e2e

BUTTON, PAGE = ".dcae-controls-polish", ".dcae-controls-page"
BYTES, CAPTION = "[data-key=bytes] dd", ".dcae-readout-caption"
KIND = "() => document.querySelector('.dcae-readout-badge')?.dataset.kind"
BEGIN = """
import numpy as np
import dcae_widgets.polishing
from dcae.images import png_bytes
from dcae.samples import sample
dcae_widgets.polishing.POLISH_STEPS = {steps}
explorer._upload("piece.png", png_bytes(np.ascontiguousarray(sample("flower")[100:228, 200:392])))
assert explorer.wait(150)
"""
"""A small piece of a photo is explored, and polished in so many steps."""


@pytest.fixture
def explorer(page: Page, lab: str, outside_requests: list[str]) -> Iterator[Page]:
    """The page with the explorer in it; whatever it complains of fails the test."""
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(LIMIT_MS)
    page.goto(lab.format("00_start.ipynb"))
    page.wait_for_selector(f".dcae-explorer {BUTTON}:visible")
    yield page
    assert not problems
    assert not outside_requests


def wait_for_button(page: Page, words: str) -> None:
    """Waits until the button says so."""
    page.wait_for_function(f"(words) => document.querySelector('{BUTTON}').textContent === words", arg=words)


def begin(page: Page, steps: int) -> str:
    """Explores the piece of a photo; the hash of its plain file."""
    execute(page, BEGIN.format(steps=steps))
    page.wait_for_function(f"() => document.querySelector('{CAPTION}').textContent.includes('192 × 128')")
    page.wait_for_function(KIND + " === 'file'")
    wait_for_button(page, "Polish")
    return ask(page, "hashlib.sha256(explorer.data).hexdigest()")


def shown_bytes(page: Page) -> int:
    """The file size that is read in the page."""
    return int(page.locator(BYTES).evaluate("(element) => element.firstChild.textContent").replace(",", ""))


def test_a_polished_file_is_another_one_is_named_so_and_is_what_is_downloaded(explorer: Page, tmp_path: Path):
    plain = begin(explorer, steps=20)
    plain_bytes = shown_bytes(explorer)
    explorer.click(BUTTON)
    wait_for_button(explorer, "Stop")
    explorer.wait_for_function(KIND + " === 'estimate'")
    wait_for_button(explorer, "Polished")
    explorer.wait_for_function(KIND + " === 'file'")
    assert explorer.inner_text(CAPTION).startswith(f"polished file; before {plain_bytes:,} bytes")
    with explorer.expect_download() as download:
        explorer.click("[aria-label='Download .dcae']")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name.endswith("_polished.dcae")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == ask(explorer, "hashlib.sha256(explorer.data).hexdigest()") != plain
    assert path.stat().st_size == shown_bytes(explorer)


def test_stop_and_any_move_of_lambda_give_it_up(explorer: Page):
    plain = begin(explorer, steps=10_000)
    explorer.click(BUTTON)
    wait_for_button(explorer, "Stop")
    explorer.wait_for_function(KIND + " === 'estimate'")
    explorer.click(BUTTON)
    wait_for_button(explorer, "Polish")
    explorer.wait_for_function(KIND + " === 'file'")
    assert ask(explorer, "hashlib.sha256(explorer.data).hexdigest()") == plain
    explorer.focus(BUTTON)
    explorer.keyboard.press("Enter")
    wait_for_button(explorer, "Stop")
    explorer.fill(".dcae-controls-number input", "0.03")
    explorer.keyboard.press("Enter")
    wait_for_button(explorer, "Polish")
    explorer.wait_for_function(KIND + " === 'file'")
    assert ask(explorer, "explorer._face.shown.lmbda") == pytest.approx(0.03)
    assert not explorer.inner_text(CAPTION).startswith("polished")


def test_page_is_made_while_lambda_moves_and_downloaded_whole(explorer: Page, tmp_path: Path):
    begin(explorer, steps=20)
    execute(explorer, "from functools import partial; explorer._pages._make_page = partial(make_page, codecs=['jpeg'])")
    with explorer.expect_download() as download:
        explorer.click("[aria-label='Download page']")
        explorer.wait_for_selector(f"{PAGE}[aria-label^='Stop making the page']")
        explorer.fill(".dcae-controls-number input", "0.03")
        explorer.keyboard.press("Enter")
    assert download.value.suggested_filename == "piece.html"
    download.value.save_as(tmp_path / "piece.html")
    html = (tmp_path / "piece.html").read_text("utf-8")
    assert "<h1>piece.png</h1>" in html
    assert html.count("<tr data-index") == 12
    assert html.endswith("</html>\n")
    expect(explorer.locator(PAGE)).to_have_attribute("aria-label", "Download page")
