"""Where a hand has to go to point at a pixel of a photo that is shown whole."""

from .widget_page import MountedWidget


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
