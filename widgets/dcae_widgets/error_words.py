"""What went wrong, in words for those who look at a view, and a way to have it said instead of raised.

Knows errors. Does not know where words are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

WORDS_FOR_ERRORS = (ValueError, OSError, MemoryError)
"""What a photo, a path or a file can be the cause of: its own words say it, and no more than that."""


def error_words(error: Exception) -> str:
    """An error's own words; of one that is nobody's photo, path or file, its type as well.

    >>> error_words(ValueError("no such photo")), error_words(MemoryError()), error_words(KeyError("a"))
    ('no such photo', 'there is not enough memory for that', "KeyError: 'a'")
    """
    if isinstance(error, MemoryError) and not str(error):
        return "there is not enough memory for that"
    is_plain = isinstance(error, WORDS_FOR_ERRORS) and str(error)
    return str(error) if is_plain else f"{type(error).__name__}: {error}"


@contextmanager
def said(say: Callable[[Exception], object], lock: AbstractContextManager[Any]) -> Iterator[None]:
    """Holds the lock, and tells `say` what is raised inside: traitlets and threads would swallow it.

    Args:
        say: is told under the lock, too.
        lock: of what is changed inside.
    """
    with lock:
        try:
            yield
        except Exception as error:
            say(error)
