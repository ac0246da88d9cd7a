"""The learning rate over a run, and the clock that a run by the clock goes by.

Knows shares of a run. Does not know optimisers.
"""

from __future__ import annotations

import math
import time


def schedule(share: float, warmup: float, flat: float) -> float:
    """The factor on the learning rate after `share` of the run: a line up, a plateau, a cosine to zero.

    >>> [round(schedule(share, 0.1, 0.3), 2) for share in (0.0, 0.05, 0.2, 0.4, 0.7, 1.0)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
    """
    if share < warmup:
        return share / warmup
    place = max(0.0, share - warmup - flat) / (1 - warmup - flat)
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, place))


class Clock:
    """The seconds that a run has trained; what is not training (a pause, a measurement) is left out by `restart`.

    Args:
        seconds: Where it begins: above 0 for a run that goes on.
    """

    LONGEST_S = 60.0
    """A step that took longer was a process that was stopped, and counts as this."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self._last = seconds, time.monotonic()

    def tick(self) -> None:
        """Adds the time since the last tick or restart."""
        now = time.monotonic()
        self.seconds += min(now - self._last, self.LONGEST_S)
        self._last = now

    def restart(self) -> None:
        """Forgets the time since the last tick."""
        self._last = time.monotonic()
