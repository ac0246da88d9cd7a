"""Files of several codecs for one photo, matched: of equal bytes, or of pictures that are equally good.

Knows codecs by their names, what each has made already, and which of two leads where one cannot reach any size. Does
not know how a file is found (`dcae.codec.rate_control`), and draws nothing. No torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import ENCODER_ERRORS, Codec, Interval
from dcae.codec.rate_control import Measure, UnreachableTarget, encode_to_measure, encode_to_size
from dcae.images import check_image
from dcae.rd import bpp, psnr_db
from dcae.results import Estimate

Lock = Literal["bytes", "psnr_db"]
"""What two files have in common: their size, or their picture's PSNR in dB."""

KEPT_FILES, KEPT_PICTURES = 256, 4
"""So many of a codec's files stay in memory while a photo is open, and so many decoded pictures."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchedFile:
    """A file that a codec made for a target.

    Attributes:
        name: the codec's.
        data: the whole file.
        quality: what it was made with; None for a codec that has no dial.
        picture: what it decodes to, uint8, H x W x 3; read only.
        psnr_db: of that, dB; infinity if it is the photo itself.
    """

    name: str
    data: bytes
    quality: float | None
    picture: NDArray[np.uint8]
    psnr_db: float

    @property
    def size(self) -> int:
        """Of the file, bytes."""
        return len(self.data)

    @property
    def bpp(self) -> float:
        """Of the file, bits a pixel."""
        return bpp(self.size, self.picture.shape[1], self.picture.shape[0])


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Why there is no file for a target.

    Attributes:
        name: the codec's.
        reason: in words.
        reach: what this codec can make of the photo, lowest and highest, in the target's unit; None if that is not why.
    """

    name: str
    reason: str
    reach: tuple[float, float] | None = None


Matched = MatchedFile | Missed


class PhotoFiles:
    """The files of one photo. Each codec opens it once, and makes each file once.

    Work ends early where `dcae.codec.interruption` says, and before each file that a search tries.

    Args:
        image: uint8, H x W x 3, RGB.
        codecs: by the names that are shown.

    Raises:
        TypeError, ValueError: it is no such image.
    """

    def __init__(self, image: NDArray[np.uint8], codecs: Mapping[str, Codec]) -> None:
        self.image = check_image(image)
        self._codecs = codecs
        self._opened: dict[str, _OpenCodec] = {}
        self._psnr = Measure("PSNR", partial(psnr_db, image))

    def at(self, name: str, lock: Lock, target: float) -> Matched:
        """The file of one codec: the largest of at most so many bytes, or the smallest of at least so many dB.

        Whatever the codec raises becomes a reason; only what ends the work from outside goes on.

        Args:
            name: the codec's.
            lock: what the target is of.
            target: bytes, which are rounded, or dB.
        """
        try:
            return self._found(name, lock, target)
        except UnreachableTarget as error:
            ends = (error.smallest.value, error.largest.value)
            return Missed(name=name, reason=str(error), reach=(min(ends), max(ends)))
        except ENCODER_ERRORS as error:
            return Missed(name=name, reason=str(error) or type(error).__name__)

    def pair(self, first: str, second: str, lock: Lock, target: float, factor: float = 1.0) -> tuple[Matched, Matched]:
        """The files of two codecs, matched with each other.

        Rate control ends on the legal side of a target, and where qualities are a list that may be some per cent away.
        So such a codec leads, and one whose qualities are an interval is matched to what it has reached: within 1 % of
        the bytes, or 0.05 dB. Where both have a list, or both an interval, the first one leads.

        Args:
            first: a codec's name.
            second: another one's, or the same.
            lock: what they have in common.
            target: the first file's, bytes or dB.
            factor: how many times the first file's bytes the second one may have; only where bytes are locked.

        Raises:
            ValueError: the factor is not above 0, or is not 1 where PSNR is locked.
        """
        if not factor > 0 or (lock == "psnr_db" and factor != 1):
            raise ValueError(f"factor is {factor:g} with {lock} locked; must be above 0, and 1 where PSNR is locked")
        if self._is_dial(first) and not self._is_dial(second):
            leader, follower = self._led(second, first, lock, target * factor, 1 / factor)
            return follower, leader
        return self._led(first, second, lock, target, factor)

    def _led(self, leader: str, follower: str, lock: Lock, target: float, factor: float) -> tuple[Matched, Matched]:
        """The leader's file at the target, and the follower's at what that has reached times the factor."""
        led = self.at(leader, lock, target)
        reached = target
        if isinstance(led, MatchedFile):
            reached = led.size if lock == "bytes" else led.psnr_db
        if not math.isfinite(reached):  # the leader's picture is the photo itself: as good as that need not be
            reached = target
        return led, self.at(follower, lock, reached * factor)

    def _is_dial(self, name: str) -> bool:
        return isinstance(self._codecs[name].qualities, Interval)

    def _found(self, name: str, lock: Lock, target: float) -> MatchedFile:
        opened = self._open(name)
        if lock == "bytes":
            reached = encode_to_size(opened, opened, round(target))
        else:
            reached = encode_to_measure(opened, opened, self._psnr, target)
        picture = opened.decode(reached.data)
        error_db = psnr_db(self.image, picture)
        return MatchedFile(name=name, data=reached.data, quality=reached.quality, picture=picture, psnr_db=error_db)

    def _open(self, name: str) -> _OpenCodec:
        if name not in self._opened:
            self._opened[name] = _OpenCodec(self._codecs[name], self.image)
        return self._opened[name]


class _OpenCodec:
    """A codec and its session of one photo in one, as rate control takes them: what was made once is kept."""

    def __init__(self, codec: Codec, image: NDArray[np.uint8]) -> None:
        self.qualities, self._codec, self._session = codec.qualities, codec, codec.open(image)
        self._estimates = lru_cache(KEPT_PICTURES)(self._session.estimate)
        self._files = lru_cache(KEPT_FILES)(self._session.encode)
        self._pictures = lru_cache(KEPT_PICTURES)(self._decoded)

    def open(self, image: NDArray[np.uint8], /) -> _OpenCodec:
        return self

    def estimate(self, quality: float | None, /) -> Estimate:
        return self._estimates(quality)

    def encode(self, quality: float | None, /) -> bytes:
        return self._files(quality)

    def decode(self, data: bytes, /) -> NDArray[np.uint8]:
        return self._pictures(data)

    def _decoded(self, data: bytes) -> NDArray[np.uint8]:
        picture = self._codec.decode(data)
        picture.flags.writeable = False  # many hold it
        return picture
