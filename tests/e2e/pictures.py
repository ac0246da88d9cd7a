"""Makes the README's pictures, `explorer.png` and the moving `explorer.webp`, from the explorer in JupyterLab.

`make pictures` starts `dcae lab` on copies of the lessons, moves λ and the divider with a mouse of its own, and takes a
picture of the page after each move. Nothing else should run meanwhile: they also show how long coding took.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from .conftest import CHROMIUM_FLAGS, a_lab, find_chromium

DOCS = Path(__file__).parents[2] / "docs"
VIEWPORT = ViewportSize(width=1280, height=1180)
SLIDER, DIVIDER, BADGE = "input[type=range]", "[role=slider][aria-label=Divider]", ".dcae-readout-badge"
STEP_MS, REST_MS, CURVES_MS = 150, 1500, 10_000
LIMIT_MS = 120_000
STOPS = ((0.62, 0.08, 14), (0.08, 0.97, 22), (0.97, 0.62, 10))
"""λ's way: from here to there on the slider, in so many steps."""


def main() -> None:
    """Writes both pictures."""
    frames: list[tuple[Image.Image, int]] = []
    with a_lab() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport=VIEWPORT)
        page.set_default_timeout(LIMIT_MS)
        page.goto(url.format("00_start.ipynb"))
        rest(page)
        page.wait_for_timeout(CURVES_MS)
        shot(page).save(DOCS / "explorer.png", optimize=True)
        for _ in range(2):
            page.get_by_role("button", name="Zoom in").click()
        frames.append((shot(page), REST_MS))
        for start, end, steps in STOPS:
            frames += drag(page, SLIDER, start, end, steps)
        frames += drag(page, DIVIDER, 0.5, 0.15, 8, within=".dcae-pane")
        frames += drag(page, DIVIDER, 0.15, 0.5, 8, within=".dcae-pane")
        browser.close()
    first, *others = [frame for frame, _ in frames]
    durations = [ms for _, ms in frames]
    first.save(
        DOCS / "explorer.webp", save_all=True, append_images=others, duration=durations, loop=0, quality=70, method=6
    )


def drag(
    page: Page, what: str, start: float, end: float, steps: int, within: str | None = None
) -> Iterator[tuple[Image.Image, int]]:
    """Drags something across its width, or that of what it lies in: pictures, and how long each is shown, ms."""
    box = page.locator(f".dcae-explorer {within or what}").first.bounding_box()
    assert box is not None, f"{what} is not on the page"
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(box["x"] + (start + (end - start) * step / steps) * box["width"], height)
        page.wait_for_timeout(STEP_MS)
        yield shot(page), STEP_MS
    page.mouse.up()
    rest(page)
    yield shot(page), REST_MS


def rest(page: Page) -> None:
    """Waits until the file is made."""
    page.wait_for_function(f"() => document.querySelector('{BADGE}')?.dataset.kind === 'file'")
    page.wait_for_timeout(500)


def shot(page: Page) -> Image.Image:
    """The explorer as it is."""
    return Image.open(BytesIO(page.locator(".dcae-explorer").screenshot())).convert("RGB")


if __name__ == "__main__":
    main()
