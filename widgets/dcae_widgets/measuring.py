"""MS-SSIM, in a thread of its own: it cannot be given up, and no hand must wait for it.

The newest file comes first; then, one at a time, pictures that somebody wants measured when there is time. Knows
pictures and threads. Does not know the measure, nor what it is for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import unhurried
from dcae_widgets.worker import Worker

MEASURED_PX = 2**21
"""MS-SSIM of larger photos is not measured: it takes seconds a megapixel, and gigabytes."""

Measure = Callable[[NDArray[np.uint8], NDArray[np.uint8]], float | None]
"""MS-SSIM, or another measure, of a photo and a decoded picture, uint8, H x W x 3; None where it is not defined."""


class _Pair(NamedTuple):
    photo: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    found: Callable[[float | None], None]


class Measuring:
    """Measures pairs of pictures; `found` is called in its thread.

    Args:
        measure: Of two images.
        failed: Is told what the measure, or a `found`, has raised.
    """

    def __init__(self, measure: Measure, failed: Callable[[Exception], None]) -> None:
        self._measure_of, self._failed = measure, failed
        self._later: deque[_Pair] = deque()
        self._worker: Worker[_Pair] = Worker(self._measure, self._step, failed)

    def file(self, photo: NDArray[np.uint8], picture: NDArray[np.uint8], found: Callable[[float | None], None]) -> None:
        """Measures this next, in place of another file that waits."""
        self._worker.submit(_Pair(photo, picture, found))

    def later(
        self, photo: NDArray[np.uint8], picture: NDArray[np.uint8], found: Callable[[float | None], None]
    ) -> None:
        """Measures this after all that was asked for before."""
        self._later.append(_Pair(photo, picture, found))
        self._worker.wake()

    def forget(self) -> None:
        """What is to be measured later is not wanted any more."""
        self._later.clear()

    def wait(self, timeout_s: float) -> bool:
        """Waits until all is measured; returns whether that came in time."""
        return self._worker.wait(timeout_s)

    def close(self) -> None:
        """Ends the thread after the pair that is being measured."""
        self._worker.close()

    def _measure(self, pair: _Pair) -> None:
        with unhurried():
            found = self._measure_of(pair.photo, pair.picture)
        pair.found(found)

    def _step(self) -> bool:
        try:
            pair = self._later.popleft()
        except IndexError:
            return False
        try:
            self._measure(pair)
        except Exception as error:  # the others are measured all the same
            self._failed(error)
        return True
