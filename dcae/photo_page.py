"""What a page about one photo shows: its codings at several lambdas, other codecs' curves, and how all was made.

Anyone can fill it. Knows numbers, pictures and words. Does not know networks, codecs or HTML.
Shapes: H, W image size in px; places are of 16 x 16 px of the padded image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays
from dcae.traces import RateMap

MAX_SIDE_PX = 1024
"""The longest side of what a page shows."""

Crop = tuple[int, int, int, int]
"""A part of a photo, as `dcae page --crop` names it: left, top, width and height, px."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PageCoding:
    """The photo, coded once.

    Attributes:
        picture: what the file decodes to, uint8, H x W x 3.
        rate_map: where its bits are; its `file` has sizes and lambda.
        winners: the dictionary's entry that each slice reads most at each place, over all heads: (slices, h, w); None
            for a model without a dictionary.
        psnr_db: RGB PSNR against the photo, dB; infinity if identical.
        ms_ssim: 0 to 1; None where a side is under 161 px.
    """

    picture: NDArray[np.uint8]
    rate_map: RateMap
    winners: NDArray[np.uint16] | None
    psnr_db: float
    ms_ssim: float | None

    def __post_init__(self) -> None:
        freeze_arrays(self)


@dataclass(frozen=True, kw_only=True)
class PageCurve:
    """Another codec's rate-distortion curve of the same photo, of real files.

    Attributes:
        label: what people call it.
        settings: its encoder, version and options.
        points: (bpp, PSNR in dB) of each file, in order of rate.
    """

    label: str
    settings: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoPage:
    """All that a page about one photo shows.

    Attributes:
        title: of the page.
        image: the photo, or the part of it that is shown, uint8, H x W x 3.
        part: which part of the photo that is; None if all of it is shown.
        source_size: width and height of the whole photo, px.
        codings: from the smallest lambda on; one or more, of the photo's size.
        curves: of other codecs.
        made: how it was made: what, and the words for it.

    Raises:
        ValueError: there are no codings, or one is of another size.
    """

    title: str
    image: NDArray[np.uint8]
    part: Crop | None
    source_size: tuple[int, int]
    codings: Sequence[PageCoding]
    curves: Sequence[PageCurve]
    made: Sequence[tuple[str, str]]

    def __post_init__(self) -> None:
        if not self.codings:
            raise ValueError("a page needs at least one coding")
        if any(coding.picture.shape != self.image.shape for coding in self.codings):
            raise ValueError(f"a coding is of another size than the photo, {self.image.shape}")
        freeze_arrays(self)


class MakePage(Protocol):
    """What makes a page: `dcae.analysis.page_record.make_page`, or something that stands for it."""

    def __call__(
        self, model: str, photo: NDArray[np.uint8], name: str, part: Crop, report: Callable[[int, int], object], /
    ) -> PhotoPage:
        """The page of a part of a photo, by weights of this name; `report` hears steps done, and of how many."""
        ...


def check_inside(name: str, part: Crop, width: int, height: int) -> None:
    """Makes sure that a part lies in its photo.

    Args:
        name: what it is called in the error.
        part: of at least one pixel.
        width: of the photo, px.
        height: of the photo, px.

    Raises:
        ValueError: it does not.

    >>> check_inside("--crop", (0, 0, 62, 45), 61, 45)
    Traceback (most recent call last):
    ValueError: --crop is 0,0,62,45; must lie in the picture of 61 x 45 px
    """
    left, top, wide, high = part
    if not (0 <= left <= width - wide and 0 <= top <= height - high and min(wide, high) >= 1):
        raise ValueError(f"{name} is {left},{top},{wide},{high}; must lie in the picture of {width} x {height} px")


def shown_part(width: int, height: int, centre: tuple[float, float] | None = None) -> Crop:
    """As much of a photo as a page shows.

    Args:
        width: of the photo, px.
        height: of the photo, px.
        centre: what the part is around, as far as it lies in the photo: x and y in px; None for the photo's middle.

    >>> shown_part(3000, 800), shown_part(64, 64), shown_part(3000, 2000, (2900, 700))
    ((988, 0, 1024, 800), (0, 0, 64, 64), (1976, 188, 1024, 1024))
    """
    wide, high = min(width, MAX_SIDE_PX), min(height, MAX_SIDE_PX)
    x, y = (width / 2, height / 2) if centre is None else centre
    left, top = (
        round(min(max(at - side / 2, 0), most - side)) for at, side, most in ((x, wide, width), (y, high, height))
    )
    return left, top, wide, high
