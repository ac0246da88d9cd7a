"""The picture that a watcher of a run asks for, at a lambda that the watcher chooses.

Costs a run next to nothing: nobody asks, nothing is made; and what is made may take `SHARE` of the time. Knows the
request and the answer. Does not know networks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np

from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST
from dcae.training.picture import Picture
from dcae.training.run_folder import RunFolder

SHARE = 0.015
"""Of a run's time."""


class View:
    """Answers the requests of one run's folder.

    Args:
        folder: The run's.
        photo: What is shown, uint8 (H, W, 3).
    """

    def __init__(self, folder: RunFolder, photo: np.ndarray) -> None:
        self.folder, self.photo = folder, photo
        self._rests_until, self._answered = 0.0, (0.0, -1)

    def answer(self, make: Callable[[np.ndarray, float, int], Picture], step: int) -> None:
        """Makes and writes the picture if one is asked for, is not there yet, and the share of time allows it."""
        if time.monotonic() < self._rests_until:
            return
        lmbda = self._wanted()
        if lmbda is None or self._answered == (lmbda, step):
            return
        begin = time.monotonic()
        self.folder.write(self.folder.view, make(self.photo, lmbda, step).to_npz())
        end = time.monotonic()
        self._rests_until, self._answered = end + (end - begin) * (1 / SHARE - 1), (lmbda, step)

    def _wanted(self) -> float | None:
        try:
            lmbda = json.loads(self.folder.view_request.read_text())["lmbda"]
        except (OSError, ValueError, TypeError, KeyError):  # nobody asks, or not in words that are understood
            return None
        return lmbda if isinstance(lmbda, float | int) and LMBDA_LOWEST <= lmbda <= LMBDA_HIGHEST else None
