"""What a page about one photo shows: its codings at several lambdas, other codecs' curves, and how all was made.

Anyone can fill it. Knows numbers, pictures and words. Does not know networks, codecs or HTML.
Shapes: H, W image size in px; places are of 16 x 16 px of the padded image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays
from dcae.traces import RateMap


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
        part: (left, top, width, height) of the part in the file, px; None if all of it is shown.
        source_size: width and height of the whole photo, px.
        codings: from the smallest lambda on; one or more, of the photo's size.
        curves: of other codecs.
        made: how it was made: what, and the words for it.

    Raises:
        ValueError: there are no codings, or one is of another size.
    """

    title: str
    image: NDArray[np.uint8]
    part: tuple[int, int, int, int] | None
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
