"""Times in which traits that are otherwise a hand's are set by the program, and are not to be taken for the hand.

Knows nothing of what is set.
"""

from types import TracebackType


class Quiet:
    """True inside of `with quiet:`, also of one within another; false outside.

    >>> quiet = Quiet()
    >>> with quiet:
    ...     bool(quiet)
    True
    >>> bool(quiet)
    False
    """

    def __init__(self) -> None:
        self._depth = 0

    def __bool__(self) -> bool:
        return self._depth > 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._depth -= 1
