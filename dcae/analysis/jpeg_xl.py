"""JPEG XL, as the package imagecodecs carries it (libjxl).

Knows its encoder, settings and limits. Imports the package when it is used: a machine may lack it.
Shapes: H, W image size in pixels.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.baseline_codec import Baseline
from dcae.codec.protocol import Interval
from dcae.images import check_image


@dataclass(frozen=True, kw_only=True, eq=False)
class JpegXlCodec(Baseline):
    """JPEG XL; its quality is libjxl's distance, of which 1 is meant to look as the original does: less is better.

    Attributes:
        effort: libjxl's, 1 to 9.
    """

    effort: int

    @property
    def settings(self) -> str:
        """The library, its version and its options in one line."""
        import imagecodecs

        return (
            f"{self.label}, imagecodecs {imagecodecs.__version__}, {imagecodecs.jpegxl_version()}, effort={self.effort}"
        )

    @property
    def missing(self) -> str | None:
        """Why this machine lacks the codec; None if it does not."""
        if find_spec("imagecodecs") is None:
            return "the package imagecodecs is not installed"
        try:
            import imagecodecs
        except (ImportError, ValueError) as error:  # built for another numpy, or a library that it lacks
            return f"the package imagecodecs does not load ({error})"
        if not imagecodecs.JPEGXL.available:
            return f"this imagecodecs {imagecodecs.__version__} was built without {self.label}"
        return None

    def encode(self, image: NDArray[np.uint8], quality: float | None) -> bytes:
        """The whole file, a bare codestream.

        Raises:
            ValueError: the quality is not legal.
        """
        import imagecodecs

        return bytes(imagecodecs.jpegxl_encode(image, distance=self.check_quality(quality), effort=self.effort))

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is no JPEG XL file of an 8-bit RGB picture, or cut.
        """
        import imagecodecs

        try:
            return check_image(imagecodecs.jpegxl_decode(data))
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"no JPEG XL file of ours ({error})") from error


JPEG_XL = JpegXlCodec(
    name="jpeg-xl",
    label="JPEG XL",
    effort=7,
    qualities=Interval(0.05, 19),  # from 20 on libjxl 0.11 codes at half the resolution, and files grow again
    curve=(15, 11, 8, 6, 4, 3, 2, 1.5, 1, 0.5),
    max_side_px=65535,
)
