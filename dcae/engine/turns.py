"""Whose turn it is: many visitors, one engine, and none of them waits for another's pile of work.

Knows visitors by their names and seconds. Does not know what is done in a turn.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Generic, Literal, TypeVar, get_args

Job = TypeVar("Job")

Kind = Literal["step", "work", "unhurried"]
"""What a hand waits for while it moves; what its owner waits for; what can wait (curves, checks)."""
SHARES: Mapping[Kind, float] = MappingProxyType({"step": 1.0, "work": 1.0, "unhurried": 0.25})
"""What a line of each kind gets, compared with the others, while all are there."""
DEBT_S = 0.25
"""How far behind the others a line may begin: one long job, times all visitors, would be a minute of waiting."""
Line = tuple[str, Kind]


class Turns(Generic[Job]):
    """A queue in which those who had least come first (start-time fair queueing, Goyal et al. 1996).

    Each visitor has a line for each kind of work, so that who has just opened a photo, which takes long, does not wait
    long for his next step. A line's time is the seconds that it had, divided by its share; the line of least time is
    next. One that was empty begins at the time of the line that was served last: nobody saves up for later, nobody is
    made to pay for having been alone.

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
        self._waiting: dict[Line, deque[Job]] = {}
        self._times: dict[Line, float] = {}
        self._now = 0.0

    def put(self, visitor: str, job: Job, kind: Kind = "work") -> None:
        """Adds a job to a visitor's line."""
        line = visitor, kind
        with self._changed:
            if line not in self._waiting:
                self._waiting[line] = deque()
                self._times[line] = min(max(self._times.get(line, 0.0), self._now), self._now + DEBT_S)
            self._waiting[line].append(job)
            self._changed.notify()

    def take(self) -> tuple[Line, Job]:
        """The next job and its line; waits until there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            # Of lines that had as much, steps are first, then the one that waits longer.
            line = min(self._waiting, key=lambda line: (self._times[line], get_args(Kind).index(line[1])))
            self._now = self._times[line]
            job = self._waiting[line].popleft()
            if not self._waiting[line]:
                del self._waiting[line]
            return line, job

    def took(self, line: Line, seconds: float) -> None:
        """A job of that line is done and took so long."""
        with self._changed:
            if line in self._times:
                self._times[line] += seconds / SHARES[line[1]]

    def drop(self, line: Line, job: Job) -> bool:
        """Takes a job out that waits; whether it did."""
        with self._changed:
            if job not in self._waiting.get(line, ()):
                return False
            self._waiting[line].remove(job)
            if not self._waiting[line]:
                del self._waiting[line]
            return True

    def leave(self, visitor: str) -> None:
        """The visitor is gone, and what waits for him with him."""
        with self._changed:
            for kind in SHARES:
                self._waiting.pop((visitor, kind), None)
                self._times.pop((visitor, kind), None)
