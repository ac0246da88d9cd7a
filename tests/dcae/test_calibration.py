"""The record of a calibration: arrays that pair up, and a share that could have been saved."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from dcae.calibration import Calibration


def made(**other) -> Calibration:
    three, two = np.array([0.2, 1.0, 4.0]), np.array([0.5, 2.0])
    values = {"sigma": three, "expected_error": 0.8 * three, "error": three, "elements": np.array([9, 8, 7])}
    values |= {"charged_bits": two, "fair_bits": two, "hits": np.array([5, 6]), "total_bits": 100.0, "least_bits": 90.0}
    return Calibration(**values | other)


def test_excess_is_what_better_tables_could_have_saved():
    assert made().excess == pytest.approx(0.1)
    assert made(total_bits=0.0, least_bits=0.0).excess == 0


def test_record_cannot_be_written_to():
    record = made()
    with pytest.raises(ValueError, match="read-only"):
        record.error[0] = 1
    with pytest.raises(FrozenInstanceError):
        record.total_bits = 1  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("name", ["expected_error", "error", "elements", "fair_bits", "hits"])
def test_arrays_that_do_not_pair_up_are_refused(name: str):
    with pytest.raises(ValueError, match=rf"{name} has shape \(4,\); must be \(\d,\)"):
        made(**{name: np.zeros(4)})


def test_more_bits_at_least_than_in_all_are_refused():
    with pytest.raises(ValueError, match=r"at least 101 bits of 100\.0 in all"):
        made(least_bits=101)
