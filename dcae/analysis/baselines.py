"""The codecs that DCAE is compared with, each in the project's one protocol (`dcae.codec.protocol`).

Knows their encoders, settings and limits, and says which of them this machine lacks and why. Knows no networks and
measures nothing. Shapes: H, W image size in pixels.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, features

from dcae.images import check_image, load_image
from dcae.results import Estimate


@dataclass(frozen=True, kw_only=True)
class PillowCodec:
    """A still-image codec that Pillow carries; its quality is a whole number, and more is better.

    Attributes:
        name: what tables and commands call it.
        format: Pillow's name of the file format.
        feature: Pillow's name of the feature that must be built in.
        library: Pillow's name of the library that does the work.
        options: what is handed to the encoder besides the quality.
        qualities: the legal ones.
        curve: those that make a rate-distortion curve.
        max_side_px: the format's longest side.
    """

    name: str
    format: str
    feature: str
    library: str
    options: Mapping[str, Any]
    qualities: range
    curve: tuple[int, ...]
    max_side_px: int

    @property
    def settings(self) -> str:
        """The encoder, its version and its options in one line, as it belongs beside a curve."""
        options = ", ".join(f"{key}={value}" for key, value in self.options.items())
        return f"Pillow {PIL.__version__}, {self.library} {features.version(self.library)}, {options}"

    @property
    def missing(self) -> str | None:
        """Why this machine lacks the codec; None if it does not."""
        if features.check(self.feature):
            return None
        return f"this Pillow {PIL.__version__} was built without {self.format}"

    def open(self, image: NDArray[np.uint8]) -> "PillowSession":
        """A session for one image, uint8, H x W x 3, RGB.

        Raises:
            TypeError: it is no array.
            ValueError: it is no such image, or a side is longer than the format allows.
        """
        height, width = check_image(image).shape[:2]
        if max(height, width) > self.max_side_px:
            raise ValueError(f"image is {width} x {height} px; {self.name}'s sides are at most {self.max_side_px} px")
        return PillowSession(self, Image.fromarray(np.ascontiguousarray(image)))

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is no picture, or cut.
        """
        return load_image(data)


class PillowSession:
    """One image, open for encoding at any quality."""

    def __init__(self, codec: PillowCodec, image: Image.Image) -> None:
        self.codec, self.image = codec, image

    def estimate(self, quality: float | None) -> Estimate:
        """The file's size and picture. These codecs are fast, so it is made and read: the estimate is exact.

        Raises:
            ValueError: the quality is not legal.
        """
        data = self.encode(quality)
        return Estimate(bits={"file": 8 * len(data)}, total_bytes=len(data), x_hat=self.codec.decode(data))

    def encode(self, quality: float | None) -> bytes:
        """The whole file.

        Raises:
            ValueError: the quality is no whole number, or not in the codec's range.
        """
        codec, legal = self.codec, self.codec.qualities
        if quality is None or quality not in legal:
            raise ValueError(f"{codec.name} quality is {quality}; must be a whole number, {legal[0]} to {legal[-1]}")
        buffer = io.BytesIO()
        self.image.save(buffer, codec.format, quality=int(quality), **codec.options)
        return buffer.getvalue()


BASELINES: Mapping[str, PillowCodec] = MappingProxyType(
    {
        codec.name: codec
        for codec in (
            PillowCodec(
                name="jpeg",
                format="JPEG",
                feature="jpg",
                library="libjpeg_turbo",
                options=MappingProxyType({"subsampling": "4:2:0", "optimize": True}),
                qualities=range(1, 101),
                curve=(5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90),
                max_side_px=65500,
            ),
            PillowCodec(
                name="webp",
                format="WEBP",
                feature="webp",
                library="webp",
                options=MappingProxyType({"method": 6}),
                qualities=range(101),
                curve=(1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90),
                max_side_px=16383,
            ),
            PillowCodec(
                name="avif",
                format="AVIF",
                feature="avif",
                library="avif",
                options=MappingProxyType({"subsampling": "4:4:4", "speed": 4}),
                qualities=range(101),
                curve=(10, 20, 30, 40, 50, 60, 70, 80, 90),
                max_side_px=32768,  # as libavif reads it
            ),
        )
    }
)
"""Every baseline by its name, whether or not this machine has it."""


def baseline(name: str) -> PillowCodec:
    """The baseline of this name, ready to use.

    Raises:
        ValueError: there is none, or this machine lacks it; the message says why.

    >>> baseline("jpeg").curve[:3]
    (5, 10, 15)
    """
    if name not in BASELINES:
        raise ValueError(f"there is no baseline {name!r}; legal: {', '.join(BASELINES)}")
    if reason := BASELINES[name].missing:
        raise ValueError(f"{name} is not available: {reason}")
    return BASELINES[name]


def missing_baselines() -> dict[str, str]:
    """The baselines that this machine lacks, each with the reason."""
    return {name: codec.missing for name, codec in BASELINES.items() if codec.missing}
