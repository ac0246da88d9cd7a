"""Where a hand has to go to point at a pixel of a photo that is shown whole."""

from playwright.sync_api import Page

from .widget_page import MountedWidget

_READ = """([selector, places]) => {
    const pane = document.querySelector(".dcae-pane"), text = document.querySelector(selector);
    return places.map(([x, clientX, clientY]) => {
        const begin = performance.now();
        pane.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, pointerType: "mouse" }));
        text.getBoundingClientRect(); // lays the page out
        const took = performance.now() - begin;
        if (!text.textContent.startsWith(`x ${x} to `)) throw new Error(`${x}: ${text.textContent}`);
        return took;
    });
}"""


def reading_ms(page: Page, selector: str, places: list[tuple[float, ...]]) -> list[float]:
    """How long it takes until a text says where the pointer is, ms, for each place.

    Args:
        page: It has one viewer.
        selector: Of the text, which has to begin with "x ... to".
        places: What x it has to say, and where the pointer goes in the page.
    """
    return page.evaluate(_READ, [selector, places])


def place_of(photo: MountedWidget, size: tuple[int, int], x: float, y: float) -> tuple[float, float]:
    """Where a point of the picture is in the page; the whole picture is shown at a whole zoom.

    Args:
        photo: A viewer.
        size: Width and height of its picture, px.
        x: Of the picture, px.
        y: Of the picture, px.
    """
    box = photo.element.locator("canvas").bounding_box()
    assert box
    width, height = size
    zoom = int(min(box["width"] / width, box["height"] / height))
    left, top = box["x"] + (box["width"] - zoom * width) / 2, box["y"] + (box["height"] - zoom * height) / 2
    return left + zoom * x, top + zoom * y
