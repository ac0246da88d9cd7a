"""The limit on a picture's pixels while one file is read, in place of Pillow's own limit.

A picture of a few kilobytes can claim gigapixels, so the claim is checked from the header, before anything is decoded.
Pillow's own limit is one number for the whole process (`PIL.Image.MAX_IMAGE_PIXELS`): raising it here would raise it
for whatever else runs in this process, in other threads too, and restoring it afterwards does not help a thread that
reads in between. Its plugins also ask again where a header's size is not the last word (a WebP canvas, a GIF frame, a
TIFF tile), so to check the size once more after opening is too late for them. All of them ask one function. It is
replaced here, once, by one that asks Pillow's own as before, except in a context that has set a limit of its own: a
context variable belongs to one thread (or task), and `MAX_IMAGE_PIXELS` is neither changed nor looked at.

Knows nothing of files, names and modes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from PIL import Image

_max_pixels: ContextVar[int | None] = ContextVar("dcae_max_pixels", default=None)
# A Pillow that drops this function fails here, at import, and not by letting a huge picture through.
_pillows_own_check = Image._decompression_bomb_check


def check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    """Refuse a size that holds more pixels than the limit.

    Args:
        size: width and height, px.
        max_pixels: the most that is legal.

    Raises:
        ValueError: width times height is above `max_pixels`.

    >>> check_pixels((4000, 3000), max_pixels=12_000_000)
    >>> check_pixels((4000, 3001), max_pixels=12_000_000)
    Traceback (most recent call last):
    ValueError: 4000 x 3001 px = 12004000 px; at most 12000000 px are read (max_pixels raises this)
    """
    width, height = size
    if width * height > max_pixels:
        raise ValueError(
            f"{width} x {height} px = {width * height} px; at most {max_pixels} px are read (max_pixels raises this)"
        )


@contextmanager
def pixel_limit(max_pixels: int) -> Iterator[None]:
    """Make Pillow refuse more than `max_pixels` inside the block, in this thread alone, with a ValueError.

    Args:
        max_pixels: the most pixels that a picture, frame or tile may have; at least 1.

    Raises:
        ValueError: `max_pixels` is below 1, or (inside the block) a picture has more.
    """
    if max_pixels < 1:
        raise ValueError(f"max_pixels is {max_pixels}; must be 1 or more")
    token = _max_pixels.set(max_pixels)
    try:
        yield
    finally:
        _max_pixels.reset(token)


def _check(size: tuple[int, int], *, error_only: bool = False) -> None:
    max_pixels = _max_pixels.get()
    if max_pixels is None:
        _pillows_own_check(size, error_only=error_only)
    else:
        check_pixels(size, max_pixels)


Image._decompression_bomb_check = _check
