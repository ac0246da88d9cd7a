"""Whose turn it is: many visitors, one engine, and none of them waits for another's pile of work.

Knows visitors by their names and seconds. Does not know what is done in a turn.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

Job = TypeVar("Job")

UNHURRIED_SHARE = 0.25
"""What can wait (curves, checks) gets this much of what somebody waits for gets, while both are there."""


class Turns(Generic[Job]):
    """A queue in which those who had least come first (start-time fair queueing, Goyal et al. 1996).

    Each visitor has two lines, one of what a hand waits for and one of what can wait. A line's time is the seconds that
    it had, divided by its share; the line of least time is next. One that was empty begins at the time of the line that
    was served last: nobody saves up for later, nobody is made to pay for having been alone.

    >>> turns = Turns()
    >>> for visitor, job in (("ann", "a1"), ("ann", "a2"), ("bob", "b1")):
    ...     turns.put(visitor, job)
    >>> for _ in range(3):
    ...     line, job = turns.take()
    ...     turns.took(line, 0.1)
    ...     print(job)
    a1
    b1
    a2
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[tuple[str, bool], deque[Job]] = {}
        self._times: OrderedDict[tuple[str, bool], float] = OrderedDict()
        self._now = 0.0

    def put(self, visitor: str, job: Job, *, unhurried: bool = False) -> None:
        """Adds a job to a visitor's line."""
        line = visitor, unhurried
        with self._changed:
            if line not in self._waiting:
                self._waiting[line] = deque()
                self._times[line] = max(self._times.get(line, 0.0), self._now)
            self._waiting[line].append(job)
            self._changed.notify()

    def take(self) -> tuple[tuple[str, bool], Job]:
        """The next job and its line; waits until there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            # Of two lines that had as much the one of the hurried is first, then the one that waits longer.
            line = min(self._waiting, key=lambda line: (self._times[line], line[1]))
            self._now = self._times[line]
            job = self._waiting[line].popleft()
            if not self._waiting[line]:
                del self._waiting[line]
            return line, job

    def took(self, line: tuple[str, bool], seconds: float) -> None:
        """A job of that line is done and took so long."""
        with self._changed:
            if line in self._times:
                self._times[line] += seconds / (UNHURRIED_SHARE if line[1] else 1.0)

    def leave(self, visitor: str) -> None:
        """The visitor is gone, and what waits for him with him."""
        with self._changed:
            for line in ((visitor, False), (visitor, True)):
                self._waiting.pop(line, None)
                self._times.pop(line, None)
