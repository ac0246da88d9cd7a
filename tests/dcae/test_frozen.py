"""Arrays of a record are read-only there, and the maker's own are as they were."""

from dataclasses import dataclass

import numpy as np
import pytest

from dcae.frozen import freeze_arrays


@dataclass(frozen=True, eq=False)
class Record:
    """A name, numbers, and perhaps some more."""

    name: str
    numbers: np.ndarray
    more: np.ndarray | None = None

    def __post_init__(self) -> None:
        freeze_arrays(self)


def test_arrays_cannot_be_written_to_in_the_record_but_where_they_were_made():
    numbers = np.zeros(3)
    record = Record("a", numbers)
    with pytest.raises(ValueError, match="read-only"):
        record.numbers[0] = 1
    numbers[0] = 2
    assert record.numbers[0] == 2  # no copy was made
    assert (record.name, record.more) == ("a", None)
