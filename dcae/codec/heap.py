"""Freed memory handed back to the system, where the C library would keep it for later.

Large tensors of ever other sizes leave holes between them: without this, a picture of 100 megapixels would need half a
gigabyte more at its end than at its beginning. Knows no tensors.
"""

import ctypes
from functools import cache


def give_back_freed_memory() -> None:
    """Returns what has been freed to the system; does nothing where the C library is not glibc. Takes milliseconds."""
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> "ctypes._NamedFuncPointer | None":
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; no C library by that name
        return None
