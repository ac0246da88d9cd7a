"""A codec whose files are refined, as one more codec of the protocol: so it is measured as any other is.

Knows that sessions can refine, not how (`dcae.codec.refine`).
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import Codec, Interval, RefiningSession
from dcae.results import Estimate


class RefinableCodec(Codec, Protocol):
    """A codec whose sessions can refine."""

    def open(self, image: NDArray[np.uint8], /) -> RefiningSession:
        """A session for one image, uint8, H x W x 3, RGB."""
        ...


class RefiningCodec:
    """Another codec, whose every file takes so many steps of refinement.

    Args:
        codec: the other one; it decodes the files too.
        steps: 1 or more.

    Attributes:
        codec: the other one.
        steps: how many are taken.
    """

    def __init__(self, codec: RefinableCodec, steps: int) -> None:
        self.codec, self.steps = codec, steps

    @property
    def qualities(self) -> Interval | Sequence[float] | None:
        """The other codec's."""
        return self.codec.qualities

    def open(self, image: NDArray[np.uint8]) -> "RefinedSession":
        """A session for one image, uint8, H x W x 3, RGB.

        Raises:
            TypeError, ValueError: as of the other codec.
        """
        return RefinedSession(self.codec.open(image), self.steps)

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is none of the other codec's.
        """
        return self.codec.decode(data)


class RefinedSession:
    """One image, open for refined files at any quality. Made by `RefiningCodec.open`."""

    def __init__(self, session: RefiningSession, steps: int) -> None:
        self.session, self.steps = session, steps

    def estimate(self, quality: float | None) -> Estimate:
        """What the plain file would cost and show: what refinement gains is known when it is done.

        Raises:
            ValueError: the quality is not legal.
        """
        return self.session.estimate(quality)

    def encode(self, quality: float | None) -> bytes:
        """The refined file, or the plain one where that is better.

        Raises:
            ValueError: the quality is not legal, or the image is too large to be refined.
        """
        return self.session.refine(quality, self.steps).data
