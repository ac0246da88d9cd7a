"""Linked views in JupyterLab: one pointer for both pictures, and a map that follows the explorer's file."""

import pytest
from playwright.sync_api import Page, expect

from .lab_kernel import ask, run_lesson

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
