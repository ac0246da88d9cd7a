"""What every codec of the project is, so that a curve, a table or a view takes any of them.

Names and types alone: DCAE's `Codec` and the baselines follow this without knowing each other. A codec says which
qualities are legal; which end of them is the better one is its own matter.
Shapes: H, W image size in pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dcae.results import Estimate


class Interval(NamedTuple):
    """All qualities from `low` to `high`, both legal: a dial without stops. It is no list of two qualities.

    >>> Interval(0.0005, 0.15).high
    0.15
    """

    low: float
    high: float


class Session(Protocol):
    """One image, open for encoding at any quality; what does not depend on quality has been done."""

    def estimate(self, quality: float | None, /) -> Estimate:
        """What a file would cost and show.

        Raises:
            ValueError: the quality is not legal.
        """
        ...

    def encode(self, quality: float | None, /) -> bytes:
        """The whole file.

        Args:
            quality: lambda for DCAE, 1 to 100 for JPEG; None for the one setting of a codec that has no dial.

        Raises:
            ValueError: the quality is not legal.
        """
        ...


class Codec(Protocol):
    """What turns images into files and files into images."""

    @property
    def qualities(self) -> Interval | Sequence[float] | None:
        """The legal qualities: an interval, or each of them; None for a codec that has no dial."""
        ...

    def open(self, image: NDArray[np.uint8], /) -> Session:
        """A session for one image.

        Args:
            image: uint8, H x W x 3, RGB.

        Raises:
            TypeError: it is no array.
            ValueError: it is no such image, or larger than the codec allows.
        """
        ...

    def decode(self, data: bytes, /) -> NDArray[np.uint8]:
        """The image of a whole file that this codec wrote: uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is no such file.
        """
        ...
