"""JPEG, WebP, AVIF and JPEG 2000, as Pillow carries them.

Knows their encoders, settings and limits. Shapes: H, W image size in pixels.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, features

from dcae.analysis.baseline_codec import Baseline
from dcae.codec.protocol import Interval
from dcae.images import load_image


def _as_quality(quality: float) -> Mapping[str, Any]:
    return {"quality": int(quality)}


def _as_ratio(quality: float) -> Mapping[str, Any]:
    return {"quality_layers": [float(quality)]}


@dataclass(frozen=True, kw_only=True, eq=False)
class PillowCodec(Baseline):
    """A still-image codec that Pillow carries.

    Attributes:
        format: Pillow's name of the file format.
        feature: Pillow's name of the feature that must be built in.
        library: Pillow's name of the library that does the work.
        options: what is handed to the encoder besides the quality.
        dial: the encoder's option that a quality is.
    """

    format: str
    feature: str
    library: str
    options: Mapping[str, Any]
    dial: Callable[[float], Mapping[str, Any]] = _as_quality

    @property
    def settings(self) -> str:
        """The library, its version and its options in one line."""
        options = ", ".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.label}, Pillow {PIL.__version__}, {self.library} {features.version(self.library)}, {options}"

    @property
    def missing(self) -> str | None:
        """Why this machine lacks the codec; None if it does not."""
        if features.check(self.feature):
            return None
        return f"this Pillow {PIL.__version__} was built without {self.format}"

    def encode(self, image: NDArray[np.uint8], quality: float | None) -> bytes:
        """The whole file.

        Raises:
            ValueError: the quality is not legal.
        """
        dial = self.dial(self.check_quality(quality))
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, self.format, **dial, **self.options)
        return buffer.getvalue()

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is no picture, or cut.
        """
        return load_image(data)


def _jpeg(name: str, subsampling: str) -> PillowCodec:
    return PillowCodec(
        name=name,
        label=f"JPEG {subsampling}",
        format="JPEG",
        feature="jpg",
        library="libjpeg_turbo",
        options=MappingProxyType({"subsampling": subsampling, "optimize": True}),
        qualities=range(1, 101),
        curve=(5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90),
        max_side_px=65500,
    )


def _avif(name: str, subsampling: str) -> PillowCodec:
    return PillowCodec(
        name=name,
        label=f"AVIF {subsampling}",
        format="AVIF",
        feature="avif",
        library="avif",
        options=MappingProxyType({"subsampling": subsampling, "speed": 4}),
        qualities=range(101),
        curve=(10, 20, 30, 40, 50, 60, 70, 80, 90),
        max_side_px=32768,  # as libavif reads it
    )


JPEG = _jpeg("jpeg", "4:2:0")
JPEG_444 = _jpeg("jpeg-444", "4:4:4")
AVIF = _avif("avif", "4:4:4")
AVIF_420 = _avif("avif-420", "4:2:0")

WEBP = PillowCodec(
    name="webp",
    label="WebP",
    format="WEBP",
    feature="webp",
    library="webp",
    options=MappingProxyType({"method": 6}),
    qualities=range(101),
    curve=(1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90),
    max_side_px=16383,
)

JPEG_2000 = PillowCodec(
    name="jpeg-2000",
    label="JPEG 2000",
    format="JPEG2000",
    feature="jpg_2000",
    library="jpg_2000",
    # mct decorrelates the colours, which is worth several dB; a bare codestream saves the 85 bytes of the JP2 boxes.
    options=MappingProxyType({"mct": 1, "irreversible": True, "no_jp2": True, "quality_mode": "rates"}),
    dial=_as_ratio,
    qualities=Interval(1, 1000),  # how many times smaller than 24 bits a pixel: less is better
    curve=(240, 160, 120, 80, 60, 40, 30, 20, 15, 10),
    max_side_px=65535,
)
