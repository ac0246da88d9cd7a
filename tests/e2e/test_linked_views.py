"""Linked views in JupyterLab: one pointer and zoom for both pictures, and a map that follows the explorer's file."""

import time
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from .lab_kernel import LIMIT_MS, ask, execute, run_lesson

pytestmark = pytest.mark.e2e

BOTH = ".widget-vbox:has(> .dcae-explorer)"
FIGURES = f"{BOTH} .dcae-rate-cost"
HOVER = """(figures, [x, y]) => new Promise(done => {
    const begun = performance.now(), text = document.querySelector(figures);
    new MutationObserver((_, seen) => { seen.disconnect(); done(performance.now() - begun); })
        .observe(text, { childList: true, characterData: true, subtree: true });
    const canvas = document.querySelector(".dcae-explorer canvas"), box = canvas.getBoundingClientRect();
    const at = { clientX: box.x + x, clientY: box.y + y, bubbles: true, pointerType: "mouse", pointerId: 1 };
    canvas.dispatchEvent(new PointerEvent("pointermove", at));
})"""
TWO_VIEWS = """import numpy as np
from ipywidgets import VBox
from dcae_widgets.linked_views import link_photos
from dcae_widgets.photo_view import Layer, PhotoView
a, b = views = [PhotoView([Layer(name, np.zeros((40, 60, 3), np.uint8))], height_px=200) for name in "ab"]
links = link_photos(a, b)
VBox(views)"""


def test_pointer_and_lambda_of_the_explorer_move_the_map(page: Page, lab_server: str, outside_requests: list[str]):
    run_lesson(page, lab_server.format("02_where_the_bits_go.ipynb"))
    page.wait_for_function(f"() => document.querySelector('{BOTH} .dcae-readout-badge')?.dataset.kind === 'file'")
    assert ask(page, "followers.wait() and explorer.controls.lmbda") == 0.05  # all cells have run

    canvas = page.locator(f"{BOTH} .dcae-explorer canvas")
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 60, "y": 200})  # the divider is in the middle
    expect(page.locator(FIGURES)).to_contain_text("bits a pixel")
    box = canvas.bounding_box()
    assert box
    waits = [
        page.evaluate(
            f"([figures, at]) => ({HOVER})(figures, at)",
            [FIGURES, [box["width"] * (0.3 + 0.04 * i), box["height"] / 2]],
        )
        for i in range(10)
    ]
    assert sorted(waits)[5] < 50  # ms: no kernel is asked

    map_bytes = f"{BOTH} > .widget-box:not(.dcae-explorer) [data-key=bytes] dd"
    before = page.inner_text(map_bytes)
    slider = page.locator(f"{BOTH} .dcae-controls input[type=range]")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowLeft")
    page.wait_for_function(
        "([place, before]) => document.querySelector(place).innerText !== before", arg=[map_bytes, before]
    )
    assert ask(page, "followers.wait() and bits.rates.file.total_bytes == len(explorer.data)")
    assert page.inner_text(map_bytes) == page.inner_text(f"{BOTH} .dcae-explorer [data-key=bytes] dd")
    assert not outside_requests


def wait_for(page: Page, expression: str, value: Any) -> None:
    """Waits until an expression has a value in the kernel."""
    end = time.monotonic() + LIMIT_MS / 1000
    while (found := ask(page, expression)) != value:
        assert time.monotonic() < end, f"{expression} is {found}; {value} was to come"
        page.wait_for_timeout(50)


def test_photo_of_another_size_is_shown_whole_and_the_zoom_of_the_linked_view_stays(page: Page, lab_server: str):
    url = lab_server.format("views.ipynb")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = new_notebook(cells=[new_code_cell(TWO_VIEWS)], metadata={"kernelspec": kernel})
    assert page.request.put(url.replace("/lab/tree/", "/api/contents/"), data={"type": "notebook", "content": book}).ok
    run_lesson(page, url)
    zooms, lines = page.locator(".dcae-zoom"), page.locator(".dcae-photo-view .dcae-readout")
    expect(zooms).to_have_text(["500 %", "500 %"])
    execute(page, "a.view = [20, 10, 8]")
    expect(zooms).to_have_text(["800 %", "800 %"])
    wait_for(page, "b.view", [20, 10, 8])

    execute(page, "b.layers[0].set_image(np.zeros((100, 50, 3), np.uint8))")
    expect(lines).to_have_text(["60 × 40 px", "50 × 100 px"])
    wait_for(page, "b.view", [25, 50, 0])
    expect(zooms).to_have_text(["800 %", "200 %"])
    assert ask(page, "a.view") == [20, 10, 8]

    page.locator(".dcae-pane").first.press("+")  # what the hand does goes on to be done in both
    expect(zooms).to_have_text(["1200 %", "1200 %"])
    execute(page, "for view in views: view.layers[0].set_image(np.zeros((80, 80, 3), np.uint8))")
    wait_for(page, "[view.view for view in views]", [[40, 40, 0], [40, 40, 0]])
    expect(zooms).to_have_text(["200 %", "200 %"])
