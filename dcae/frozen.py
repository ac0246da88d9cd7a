"""Records that nobody writes to: what a frozen dataclass does for its fields, done for the arrays in them."""

from dataclasses import fields
from typing import Any

import numpy as np


def freeze_arrays(record: Any) -> None:
    """Makes a frozen record's arrays read-only for those who read them there; whoever made them may still write.

    To be called in its `__post_init__`.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Record:
    ...     numbers: np.ndarray
    ...     def __post_init__(self) -> None:
    ...         freeze_arrays(self)
    >>> Record(np.zeros(3)).numbers.flags.writeable
    False
    """
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            view = value.view()
            view.flags.writeable = False
            object.__setattr__(record, field.name, view)
