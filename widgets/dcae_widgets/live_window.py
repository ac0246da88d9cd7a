"""Which part of a large photo is explored live: a window around what is looked at.

Knows sizes and rectangles in px. Does not know photos or codecs.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from dcae.config import MULTIPLE_PX

LIVE_PX = 2**19
"""Photos of more pixels are explored live in a window."""
WINDOW_WIDTH_PX, WINDOW_HEIGHT_PX = 768, 512
"""The largest sides of the window: multiples of MULTIPLE_PX where the photo allows it, since a codec pads to that."""


class Rect(NamedTuple):
    """A part of a picture, px."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, image: NDArray[Any]) -> NDArray[Any]:
        """This part of an image, H x W x 3: a view."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]


def live_window(width: int, height: int, visible: Sequence[float] = ()) -> Rect | None:
    """The window of a photo, px; None for one that is explored whole.

    Args:
        width: Of the photo, px.
        height: Likewise.
        visible: What is looked at: left, top, right, bottom, px; empty if nobody has looked yet.

    >>> live_window(640, 427) is None
    True
    >>> live_window(4000, 3000)
    Rect(left=1616, top=1244, width=768, height=512)
    >>> live_window(4000, 3000, [3900, 0, 4000, 50]), live_window(20000, 100)
    (Rect(left=3232, top=0, width=768, height=512), Rect(left=9616, top=18, width=768, height=64))
    """
    if width * height <= LIVE_PX:
        return None
    left, top, right, bottom = visible if len(visible) == 4 else (0, 0, width, height)
    window_width, window_height = _side(width, WINDOW_WIDTH_PX), _side(height, WINDOW_HEIGHT_PX)
    return Rect(
        _start((left + right) / 2, window_width, width),
        _start((top + bottom) / 2, window_height, height),
        window_width,
        window_height,
    )


def _side(side: int, largest: int) -> int:
    return min(largest, side // MULTIPLE_PX * MULTIPLE_PX) or side


def _start(centre: float, window_side: int, side: int) -> int:
    return min(max(round(centre - window_side / 2), 0), side - window_side)
