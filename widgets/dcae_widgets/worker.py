"""One thread that does the newest job: what was asked before and has not begun is dropped.

Between jobs it does background steps, one at a time, and never within a moment of a job that says that a hand is
moving. Knows jobs, threads and time. Does not know what a job is about, and draws nothing.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")

QUIET_S = 0.4
"""For so long after a job of a moving hand no background step begins."""
LINGER_S = 5.0
"""A thread without work ends after so long; the next job starts another one."""


class Superseded(Exception):
    """Work was given up, since a newer job waits or the worker is closed."""


class Worker(Generic[Job]):
    """Does jobs in one thread of its own, the newest first and only that one.

    A job that runs is never stopped from outside: it asks `waiting` or calls `give_up` at points of its choice.

    Args:
        work: Does a job. What it raises, but for `Superseded`, is handed to `failed`.
        step: Does one background step; returns whether there is another one. It calls `give_up`, too, and is called
            again later if that ended it.
        failed: Is told what `work` or `step` has raised. After a failed step no further one is done until the next job.
        quiet_s: How long after a job of a moving hand no background step begins, s.
        linger_s: After how long a thread without work ends, s.
    """

    def __init__(
        self,
        work: Callable[[Job], None],
        step: Callable[[], bool],
        failed: Callable[[Exception], None],
        *,
        quiet_s: float = QUIET_S,
        linger_s: float = LINGER_S,
    ) -> None:
        self._work, self._step, self._failed = work, step, failed
        self._quiet_s, self._linger_s = quiet_s, linger_s
        self._changed = threading.Condition()
        self._waiting: Job | None = None
        self._thread: threading.Thread | None = None
        self._busy = self._steps_left = self._woken = self._closed = False
        self._quiet_until = 0.0

    @property
    def waiting(self) -> Job | None:
        """The job that is done next; None if there is none."""
        return self._waiting

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def submit(self, job: Job, *, moving: bool = False) -> None:
        """Takes a job, in place of one that waits.

        Args:
            job: What to do.
            moving: Whether a hand is moving, so that the background waits for it to rest.

        Raises:
            RuntimeError: The worker is closed.
        """
        with self._changed:
            if self._closed:
                raise RuntimeError("the worker is closed; make a new one")
            self._waiting = job
            self._quiet_until = time.monotonic() + self._quiet_s if moving else 0.0
            self._begin()

    def wake(self) -> None:
        """Looks for background steps again, since there may be some now; a closed worker does not."""
        with self._changed:
            if not self._closed:
                self._steps_left = self._woken = True
                self._begin()

    def give_up(self) -> None:
        """Ends the work that calls it, if a newer job waits.

        Raises:
            Superseded: So it is.
        """
        if self._waiting is not None or self._closed:
            raise Superseded

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until every job and background step is done; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or self._is_idle(), timeout_s)

    def close(self) -> None:
        """Takes no more jobs, drops the one that waits, and ends the thread as soon as its work lets it."""
        with self._changed:
            self._closed, self._waiting, self._steps_left = True, None, False
            self._changed.notify_all()

    def _begin(self) -> None:
        """Tells the thread; the condition is held."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="dcae-worker", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _is_idle(self) -> bool:
        return self._waiting is None and not self._busy and not self._steps_left

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                if isinstance(job, _Step):
                    more = self._step()
                else:
                    more = True  # whether there are background steps is found out by the first one
                    self._work(job)
            except Superseded:
                more = True
            except Exception as error:
                more = not isinstance(job, _Step)
                self._failed(error)
            del job  # a thread that waits keeps no picture
            with self._changed:
                self._busy, self._steps_left = False, (more or self._woken) and not self._closed
                self._changed.notify_all()

    def _next(self) -> "Job | _Step | None":
        """What to do now, once there is something; None when the thread is to end."""
        idle_since = time.monotonic()
        with self._changed:
            while True:
                now = time.monotonic()
                limit_s = (self._quiet_until - now) if self._steps_left else (idle_since + self._linger_s - now)
                if self._closed or (not self._steps_left and self._waiting is None and limit_s <= 0):
                    self._thread = None
                    return None
                if self._waiting is not None:
                    job, self._waiting, self._busy = self._waiting, None, True
                    return job
                if self._steps_left and limit_s <= 0:
                    self._busy, self._woken = True, False
                    return _Step()
                self._changed.wait(limit_s)


class _Step:
    """A background step is due."""
