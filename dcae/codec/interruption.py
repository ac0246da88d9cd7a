"""How a codec's work is ended early, a check that is called between its steps; and which work may wait.

Whoever starts the work says in `interruptible` what is to be asked; whoever does the work says in `interruption_point`
where it may end. Nothing is half-written there: files and pictures are made whole at the end or not at all, and a
session that was interrupted is as it was before. Knows nothing of networks and of reasons to stop. No torch.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Check = Callable[[], object]
"""Is called between the steps of the work, in its thread; raises what ends it, returns otherwise."""


class _Checks(threading.local):
    """The checks of one thread, the outermost first."""

    active: tuple[Check, ...] = ()
    unhurried = False


_checks = _Checks()


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """Calls `check` between the steps of whatever a codec does inside the block, in this thread alone.

    What `check` raises ends the work and leaves the block. Blocks may be nested: all their checks are called, the
    outermost first, so that inner code cannot outlive what outer code allows.

    >>> def enough() -> None:
    ...     raise TimeoutError("a newer request came")
    >>> with interruptible(enough):
    ...     interruption_point()
    Traceback (most recent call last):
    TimeoutError: a newer request came
    >>> interruption_point()
    """
    before = _checks.active
    _checks.active = (*before, check)
    try:
        yield
    finally:
        _checks.active = before


def interruption_point() -> None:
    """Where work may end: calls the checks of the `interruptible` blocks around it; without one it does nothing."""
    for check in _checks.active:
        check()


@contextmanager
def unhurried() -> Iterator[None]:
    """What this thread asks for inside the block may wait: a codec that many share does what hands wait for first.

    >>> with unhurried():
    ...     is_unhurried()
    True
    >>> is_unhurried()
    False
    """
    before = _checks.unhurried
    _checks.unhurried = True
    try:
        yield
    finally:
        _checks.unhurried = before


def is_unhurried() -> bool:
    """Whether what this thread asks for may wait."""
    return _checks.unhurried
