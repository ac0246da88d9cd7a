"""Symbol tables: exact integers, of least expected length, checked when they come from a file."""

import copy
import pickle

import numpy as np
import pytest
from constriction import stream as coder  # pyright: ignore[reportAttributeAccessIssue]

from dcae.codec.symbol_tables import TABLE_SUM, SymbolTables, tables_from_cdfs

ARRAYS = {
    "offsets": np.array([0, -1], np.int32),
    "sizes": np.array([2, 3], np.int32),
    "frequencies": np.array([65535, 1, 1, 65533, 2], np.int32),
}
CDFS = {
    "cdfs": np.array([[0, 65535, 65536, 0], [0, 1, 65534, 65536]], np.int32),
    "lengths": np.array([3, 4], np.int32),
    "offsets": np.array([0, -1], np.int32),
}


def split(tables):
    return np.split(tables.frequencies, tables.starts[1:])


def test_tables_of_the_levels_reach_as_far_below_0_as_above_and_are_likeliest_there(level_tables):
    assert len(level_tables) == 64
    for offset, table in zip(level_tables.offsets, split(level_tables), strict=True):
        assert table.size == 2 * -offset + 2
        assert table[-offset] >= table.max() - 1


def test_cumulative_frequencies_become_frequencies_and_padding_is_ignored():
    tables = tables_from_cdfs(**CDFS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(getattr(tables, name), array)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("cdfs", [0, 65536], r"CDFs of shape \(2,\) do not fit lengths \(2,\) and offsets \(2,\)"),
        ("cdfs", [[0, 1, 65536]], r"CDFs of shape \(1, 3\) do not fit lengths \(2,\)"),
        ("offsets", [0], r"lengths \(2,\) and offsets \(1,\)"),
        ("offsets", [[0], [-1]], r"offsets \(2, 1\)"),
        ("lengths", [3, 5], "CDF lengths are 3 to 5; legal is 3 to 4"),
        ("lengths", [2, 4], "CDF lengths are 2 to 4"),
        ("lengths", [-1, 4], "CDF lengths are -1 to 4"),
        ("lengths", [3, 3], "sums from 65534 to 65536; legal are 1 at least and 65536"),
        ("cdfs", [[0, 65536, 65536, 0], [0, 1, 65534, 65536]], "frequencies from 0"),
        ("cdfs", [[0, 65535, 65536, 0], [0, 65537, 65534, 65536]], "frequencies from -3"),
    ],
)
def test_arrays_that_hold_no_tables_are_refused(name, array, message):
    with pytest.raises(ValueError, match=message):
        tables_from_cdfs(**CDFS | {name: np.array(array)})


def test_constriction_keeps_every_frequency_exactly(level_tables):
    for table, model in zip(split(level_tables), level_tables.models, strict=True):
        encoder = coder.queue.RangeEncoder()
        left = 0
        for entry, frequency in enumerate(table.tolist()):
            encoder.clear()
            encoder.encode(entry, model)
            scale = (2**64 - 1) >> 24
            assert encoder.pos() == (0, (scale * 256 * left, scale * 256 * frequency))
            left += frequency
        assert left == TABLE_SUM


def test_tables_are_read_only():
    tables = SymbolTables(**ARRAYS)
    for name in ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(tables, name)[0] = 1


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))])
def test_tables_in_use_can_be_copied(copied):
    tables = SymbolTables(**ARRAYS)
    assert len(tables.models) == len(copied(tables).models) == len(tables) == 2


def test_the_callers_arrays_stay_writeable():
    arrays = {name: array.copy() for name, array in ARRAYS.items()}
    SymbolTables(**arrays)
    arrays["frequencies"][0] = 1


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("offsets", [0.5, 1.0], "offsets of symbol tables is float64 of shape .2,.; it must be integers, 1-D"),
        ("sizes", [[2, 3]], r"sizes of symbol tables is int64 of shape \(1, 2\)"),
        ("offsets", [0, 2**40], "offsets of symbol tables spans 0 to 1099511627776; legal is within"),
        ("offsets", [0], "1 offsets and 2 sizes; legal is 1 to 65536 of each"),
        ("sizes", [1, 4], "sizes from 1, sum 5, for 5 frequencies; each must be 2 at least"),
        ("sizes", [2, 4], "sizes from 2, sum 6, for 5 frequencies"),
        ("sizes", [-3, 8], "sizes from -3"),
        ("frequencies", [65536, 0, 1, 65533, 2], "frequencies from 0, sums from 65536 to 65536; legal are 1"),
        ("frequencies", [65535, 2, 1, 65533, 2], "frequencies from 1, sums from 65536 to 65537"),
        ("frequencies", [65537, -1, 1, 65533, 2], "frequencies from -1"),
        ("offsets", [0, -(2**23)], "symbols from -8388608; tables must lie within"),
        ("offsets", [0, 2**23 - 2], "tables must lie within"),
    ],
)
def test_tables_of_a_hostile_weights_file_are_refused(name, array, message):
    with pytest.raises(ValueError, match=message):
        SymbolTables(**ARRAYS | {name: np.array(array)})


def test_no_tables_at_all_are_refused():
    empty = np.empty(0, np.int32)
    with pytest.raises(ValueError, match="0 offsets and 0 sizes; legal is 1 to 65536"):
        SymbolTables(empty, empty, empty)


def test_a_table_may_hold_as_many_entries_as_its_sum():
    tables = SymbolTables(np.array([-30000]), np.array([TABLE_SUM]), np.ones(TABLE_SUM, np.int32))
    assert len(tables.models) == 1
