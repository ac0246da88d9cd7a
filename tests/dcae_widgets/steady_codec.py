"""A codec of sizes and errors that are known beforehand: what a match of two must be can be said without it.

A file of quality q has `bytes_each * q` bytes, and its picture is the photo with 8 levels too much in 1 / q of its
numbers, so PSNR rises by 10 log10 of the ratio of two qualities. Encoding can be held up, and can fail.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import interruption_point
from dcae.codec.protocol import Interval
from dcae.results import Estimate

LIMIT_S = 20
STOPS = tuple(range(1, 41))
DIAL = Interval(0.5, 50)


def grey(height: int = 120, width: int = 200) -> NDArray[np.uint8]:
    """A photo that nobody else holds."""
    return np.full((height, width, 3), 128, np.uint8)


class SteadyCodec:
    """Such a codec.

    Attributes:
        encoded: the qualities, in order.
        error: what encoding raises; None if nothing.
        gate: what encoding waits for; None if for nothing.
    """

    def __init__(self, qualities: Interval | Sequence[float] = STOPS, bytes_each: float = 50) -> None:
        self.qualities, self.bytes_each = qualities, bytes_each
        self.encoded: list[float | None] = []
        self.opened = 0
        self.error: Exception | None = None
        self.gate: threading.Event | None = None

    def open(self, image: NDArray[np.uint8], /) -> SteadySession:
        self.opened += 1
        return SteadySession(self, image)

    def decode(self, data: bytes, /) -> NDArray[np.uint8]:
        quality, height, width = np.frombuffer(data[:24])
        picture = np.full((int(height), int(width), 3), 128, np.uint8)
        picture.reshape(-1)[: round(picture.size / max(1.0, quality))] += 8
        return picture

    def held(self) -> threading.Event:
        """From now on encoding waits for the event that is returned."""
        self.gate = threading.Event()
        return self.gate


class SteadySession:
    """A photo that is open."""

    def __init__(self, codec: SteadyCodec, image: NDArray[np.uint8]) -> None:
        self.codec, self.size = codec, image.shape[:2]

    def _file(self, quality: float | None) -> bytes:
        assert quality is not None
        head = np.array([quality, *self.size], np.float64).tobytes()
        return head.ljust(round(self.codec.bytes_each * quality), b".")

    def encode(self, quality: float | None, /) -> bytes:
        self.codec.encoded.append(quality)
        end = time.monotonic() + LIMIT_S
        while self.codec.gate is not None and not self.codec.gate.wait(0.002):
            interruption_point()
            assert time.monotonic() < end, "nobody has let it go on"
        if self.codec.error is not None:
            raise self.codec.error
        return self._file(quality)

    def estimate(self, quality: float | None, /) -> Estimate:
        data = self._file(quality)
        return Estimate(bits={}, total_bytes=len(data), x_hat=self.codec.decode(data))
