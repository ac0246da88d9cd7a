"""What the hand wants to see, and what has been found out about it: the messages between explorer and exploration.

Records, which know neither widgets nor how anything is computed. Shapes: H, W the picture's size in px.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import Interval
from dcae_widgets.live_window import Rect
from dcae_widgets.photo_source import PhotoSource

CurvePoint = tuple[float, float, str, float | None]
"""Bits a pixel, PSNR in dB, what is said of it, and MS-SSIM in dB if that was measured."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """What the hand wants to see.

    Attributes:
        serial: Counts up; a higher one is newer.
        generation: Counts up with each choice of a picture or of weights.
        source: Which picture.
        model: The weights' name or path.
        lmbda: Where the slider stands; the codec's nearest legal one is taken.
        final: Whether the real file is wanted, not an estimate.
        visible: Which part of the picture is looked at: left, top, right, bottom, px; empty if it is not known.
        polish: Whether the file is to be refined, if its codec can do that.
    """

    serial: int
    generation: int
    source: PhotoSource
    model: str
    lmbda: float
    final: bool
    visible: Sequence[float] = ()
    polish: bool = False

    def is_of(self, other: Wanted) -> bool:
        """Whether both are of the same picture and weights."""
        return self.source is other.source and self.model == other.model


@dataclass(frozen=True, kw_only=True, eq=False)
class Event:
    """Something about what was wanted."""

    wanted: Wanted


@dataclass(frozen=True, kw_only=True, eq=False)
class Busy(Event):
    """What is being done, in words; "" for nothing."""

    text: str


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelReady(Event):
    """The weights are loaded; these are their legal lambdas."""

    qualities: Interval | Sequence[float] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoReady(Event):
    """The photo is read: uint8, H x W x 3."""

    image: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimated(Event):
    """What a file at lambda would cost and show.

    Attributes:
        lmbda: What was estimated; None for weights of one fixed lambda.
        rect: Of the photo, which part; None for the whole.
        picture: That part decoded.
        size: Width and height of the whole photo, px.
        total_bytes: Of a file of that part.
        parts: Name and bytes of each of its parts.
        psnr_db: Of that part.
        can_polish: Whether the file at this lambda can be refined.
    """

    lmbda: float | None
    rect: Rect | None
    picture: NDArray[np.uint8]
    size: tuple[int, int]
    total_bytes: float
    parts: Sequence[tuple[str, float]]
    psnr_db: float
    can_polish: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Polish:
    """How a polished file was made.

    Attributes:
        steps: Of refinement.
        plain_bytes: Size of the file without it.
        plain_psnr_db: Of that, dB.
        improved: Whether a better file was found; otherwise it is the plain one.
    """

    steps: int
    plain_bytes: int
    plain_psnr_db: float
    improved: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Written(Event):
    """The file of the whole photo at lambda, and what is known of it so far.

    Attributes:
        lmbda: What it was made with; None for weights of one fixed lambda.
        picture: What it decodes to.
        data: Its bytes.
        parts: Name and bytes of each of its parts.
        psnr_db: Of the whole.
        encode_s: What making it takes from the photo on, s.
        decode_s: What decoding it takes, s; None if it has not been decoded yet.
        ms_ssim: 0 to 1; None if it is not known.
        can_polish: Whether the file at this lambda can be refined.
        polish: How it was refined; None if it was not.
    """

    lmbda: float | None
    picture: NDArray[np.uint8]
    data: bytes
    parts: Sequence[tuple[str, float]]
    psnr_db: float
    encode_s: float
    decode_s: float | None = None
    ms_ssim: float | None = None
    can_polish: bool = False
    polish: Polish | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened(Event):
    """A compressed file was decoded: its picture, its bytes, and what it says of itself.

    Attributes:
        picture: uint8, H x W x 3.
        data: The file.
        parts: Name and bytes of each of its parts.
        decode_s: What decoding it took, s.
        lmbda: What it was made with; None if its weights have one fixed.
        model: Its weights' name.
    """

    picture: NDArray[np.uint8]
    data: bytes
    parts: Sequence[tuple[str, float]]
    decode_s: float
    lmbda: float | None
    model: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """A rate-distortion curve so far.

    Attributes:
        name: The codec's.
        kind: "estimate" or "file".
        points: [bpp, PSNR in dB, label, MS-SSIM in dB or None] by quality.
    """

    name: str
    kind: str
    points: dict[float | None, CurvePoint] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class CurvesBegun(Event):
    """The curves are of another picture or other weights from now on; what is known of them already is in them."""

    rect: Rect | None
    curves: list[Curve]


@dataclass(frozen=True, kw_only=True, eq=False)
class CurveGrown(Event):
    """A curve has another point; all of them so far, in words that a plot takes."""

    name: str
    kind: str
    points: list[CurvePoint]


@dataclass(frozen=True, kw_only=True, eq=False)
class CurvesMeasured(Event):
    """What is to be said of the curves' MS-SSIM now; "" for nothing."""

    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Failed(Event):
    """Something could not be done.

    Attributes:
        part: "model" or "photo" if that could not be had; else "work".
        error: Why.
    """

    part: str
    error: Exception
