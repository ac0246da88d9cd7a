"""What the codecs that DCAE is compared with have in common: they write a whole file, and read it again.

Knows which images and qualities are legal. Knows no format and no encoder. Shapes: H, W image size in pixels.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import Interval
from dcae.images import check_image
from dcae.results import Estimate


class FileCodec(Protocol):
    """What can write an image as a file and read it again, and does nothing ahead that serves several qualities."""

    def encode(self, image: NDArray[np.uint8], quality: float | None, /) -> bytes:
        """The whole file of an image, uint8, H x W x 3, RGB."""
        ...

    def decode(self, data: bytes, /) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3, RGB."""
        ...


class FileSession:
    """One image, open for encoding at any quality.

    Args:
        codec: what writes and reads the files.
        image: uint8, H x W x 3, RGB; it is copied.
    """

    def __init__(self, codec: FileCodec, image: NDArray[np.uint8]) -> None:
        self.codec, self.image = codec, np.array(image, order="C")

    def estimate(self, quality: float | None) -> Estimate:
        """The file's size and picture. It is made and read for this: the estimate is exact.

        Raises:
            ValueError: the quality is not legal.
        """
        data = self.encode(quality)
        return Estimate(bits={"file": 8 * len(data)}, total_bytes=len(data), x_hat=self.codec.decode(data))

    def encode(self, quality: float | None) -> bytes:
        """The whole file.

        Raises:
            ValueError: the quality is not legal.
        """
        return self.codec.encode(self.image, quality)


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline(ABC):
    """A codec with a dial, which this machine may lack.

    Attributes:
        name: what tables and commands call it.
        label: what people call it, with how it samples colours where there is a choice.
        qualities: the legal ones.
        curve: those that make a rate-distortion curve, from small files to large ones.
        max_side_px: the longest side that it takes.
    """

    name: str
    label: str
    qualities: Interval | Sequence[float]
    curve: tuple[float, ...]
    max_side_px: int

    @property
    @abstractmethod
    def settings(self) -> str:
        """The encoder, its version and its options in one line, as it belongs beside a curve."""

    @property
    @abstractmethod
    def missing(self) -> str | None:
        """Why this machine lacks the codec; None if it does not."""

    @abstractmethod
    def encode(self, image: NDArray[np.uint8], quality: float | None) -> bytes:
        """The whole file of an image that `open` takes, at a legal quality.

        Raises:
            ValueError: the quality is not legal.
        """

    @abstractmethod
    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a whole file that this codec wrote, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is no such file.
        """

    def open(self, image: NDArray[np.uint8]) -> FileSession:
        """A session for one image, uint8, H x W x 3, RGB.

        Raises:
            TypeError: it is no array.
            ValueError: it is no such image, or a side is longer than the codec takes.
        """
        height, width = check_image(image).shape[:2]
        if max(height, width) > self.max_side_px:
            raise ValueError(f"image is {width} x {height} px; {self.name}'s sides are at most {self.max_side_px} px")
        return FileSession(self, image)

    def check_quality(self, quality: float | None) -> float:
        """Returns the quality if it is legal.

        Raises:
            ValueError: it is not; the message says what is.
        """
        legal = self.qualities
        if isinstance(legal, Interval):
            if quality is None or not legal.low <= quality <= legal.high:
                raise ValueError(f"{self.name} quality is {quality}; must be {legal.low:g} to {legal.high:g}")
        elif quality is None or quality not in legal:
            raise ValueError(f"{self.name} quality is {quality}; must be a whole number, {legal[0]:g} to {legal[-1]:g}")
        return quality
