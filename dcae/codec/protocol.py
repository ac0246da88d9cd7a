"""What every codec of the project is, so that a curve, a table or a view takes any of them.

Names and types alone: DCAE's `Codec` and the baselines follow this without knowing each other. A codec says which
qualities are legal; which end of them is the better one is its own matter.
Shapes: H, W image size in pixels.
"""

from collections.abc import Callable, Sequence
from subprocess import SubprocessError
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dcae.results import Estimate

ENCODER_ERRORS = (ValueError, OSError, RuntimeError, MemoryError, ImportError, SubprocessError)
"""What encoders and decoders raise, a program of its own that failed or took too long among them."""
MAX_REFINED_PX = 2**22
"""The largest picture that is refined: a step keeps what a training step keeps, with `small` 1 GB a megapixel."""
Fill = Literal["prediction", "zeros"]
"""What stands for slices of y_hat that a decoder does not have: the model's own prediction, or zeros."""
Report = Callable[[int, int], object]
"""Is told how many of how many parts of a picture are done."""


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


class RefinementStep(NamedTuple):
    """How far a refinement has come.

    Attributes:
        step: Steps done.
        steps: How many there will be.
        estimate: What a file of what has been found so far would cost and show.
        psnr_db: Of that, dB.
    """

    step: int
    steps: int
    estimate: Estimate
    psnr_db: float


class Refined(NamedTuple):
    """The better of two files of one image, by lambda 255^2 MSE + bpp: the refined one and the plain one.

    Attributes:
        data: The better file.
        picture: What it decodes to, uint8, H x W x 3.
        psnr_db: Of that, dB.
        plain_bytes: The plain file's size.
        plain_psnr_db: Of its picture, dB.
        improved: Whether the better file is the refined one.
    """

    data: bytes
    picture: NDArray[np.uint8]
    psnr_db: float
    plain_bytes: int
    plain_psnr_db: float
    improved: bool


@runtime_checkable
class RefiningSession(Session, Protocol):
    """A session that can also take time for a better file, which any decoder of the codec reads."""

    def refine(
        self,
        quality: float | None,
        steps: int,
        /,
        *,
        trade_off: float | None = None,
        report: Callable[[RefinementStep], object] | None = None,
    ) -> Refined:
        """The file at this quality after so many steps of refinement, or the plain file if that is better.

        Args:
            quality: As of `encode`.
            steps: 1 or more; each takes about as long.
            trade_off: What error is worth in bits, lambda of the loss; None for what the quality says.
            report: Is told how far it has come, from time to time.

        Raises:
            ValueError: the quality is not legal, there are no steps, or the image is too large.
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
