"""A page opens from disk with the network cut: all of it works, for everybody, and nothing is requested."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from dcae_widgets.page import page_html

from ..dcae_widgets.photo_pages import made_up_page

pytestmark = pytest.mark.e2e

SHOWN = """() => { const canvas = document.querySelector("#viewer canvas");
    return Array.from(canvas.getContext("2d").getImageData(canvas.width * 0.6, canvas.height / 2, 20, 1).data); }"""

DECODED = """async () => {
    const image = new Image();
    image.src = JSON.parse(document.getElementById("page-data").textContent).codings[0].picture;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return Array.from(context.getImageData(0, 0, image.width, image.height).data);
}"""
"""The picture of the first lambda as the browser decodes it: R G B A."""


def test_a_page_works_from_disk_without_a_network(browser: Browser, tmp_path: Path):
    record = made_up_page()
    (tmp_path / "page.html").write_text(page_html(record), "utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    errors: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route(lambda url: not url.startswith(("file:", "data:")), refuse)
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    slider = page.get_by_label("Trade-off λ")
    numbers = page.locator("#numbers")
    expect(numbers).to_contain_text(f"{record.codings[1].rate_map.file.total_bytes:,} bytes")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(numbers).to_contain_text(f"{record.codings[2].rate_map.file.total_bytes:,} bytes")
    expect(numbers).to_contain_text(f"PSNR {record.codings[2].psnr_db:.2f} dB")
    expect(page.locator("tr[aria-current]")).to_have_attribute("data-index", "2")
    ring, dot = page.locator("#chosen"), page.locator('.dot[data-index="2"]')
    assert ring.get_attribute("cx") == dot.get_attribute("cx")
    expect(page.get_by_text("Compressed, λ 0.04")).to_be_visible()
    before = page.evaluate(SHOWN)
    page.get_by_label("Over the compressed picture").select_option("Bits: slice 0")
    expect(page.locator("#legend")).to_contain_text("bits a pixel")
    page.wait_for_function(f"before => String(({SHOWN})()) !== String(before)", arg=before)
    page.get_by_label("Over the compressed picture").select_option("Dictionary: slice 1")
    expect(page.locator("#legend")).to_contain_text("entry")
    divider = page.get_by_role("slider", name="Divider")
    divider.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    drawn = np.array(page.evaluate(DECODED), np.uint8).reshape(64, 96, 4)[:, :, :3]
    np.testing.assert_array_equal(drawn, record.codings[0].picture)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found: Any = Axe().run(page).response["violations"]
        assert not [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")]
    assert not errors
    assert not asked
    assert [url for url in requests if not url.startswith("data:")] == [(tmp_path / "page.html").as_uri()]
    context.close()
