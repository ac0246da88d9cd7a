"""Symbol tables: exact integers, of least expected length, checked when they come from a file."""

import copy
import pickle

import numpy as np
import pytest
from constriction import stream as coder  # pyright: ignore[reportAttributeAccessIssue]
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from dcae.codec.scale_levels import SCALE_TABLE
from dcae.codec.symbol_tables import TABLE_SUM, SymbolTables, gaussian_tables, tables_from_pmfs

GAUSSIAN = gaussian_tables(SCALE_TABLE)
ARRAYS = {
    "offsets": np.array([0, -1], np.int32),
    "sizes": np.array([2, 3], np.int32),
    "frequencies": np.array([65535, 1, 1, 65533, 2], np.int32),
}
pmfs = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40).filter(lambda p: sum(p) > 1e-3)


def split(tables):
    return np.split(tables.frequencies, tables.starts[1:])


def test_gaussian_tables_are_symmetric_to_a_count():
    for offset, table in zip(GAUSSIAN.offsets, split(GAUSSIAN), strict=True):
        assert table.size == 2 * -offset + 2
        np.testing.assert_allclose(table[:-1], table[-2::-1], atol=1)


def test_no_gaussian_entry_that_deserves_less_than_half_a_count_is_in_a_table():
    for scale, offset in zip(SCALE_TABLE, GAUSSIAN.offsets, strict=True):
        edge, beyond = (ndtr((-k + 0.5) / scale) - ndtr((-k - 0.5) / scale) for k in (-offset, -offset + 1))
        assert beyond * TABLE_SUM < 0.5
        assert edge * TABLE_SUM >= 0.5


@given(pmfs)
def test_no_exchange_of_a_count_makes_a_table_cheaper(pmf):
    pmf = np.array(pmf) / (sum(pmf) * 1.0001)
    table = tables_from_pmfs([pmf], [0]).frequencies
    p = np.append(pmf, 1 - pmf.sum())
    saved = p * np.log1p(1 / table)
    lost = np.where(table > 1, -p * np.log1p(-1 / np.maximum(table, 2)), np.inf)
    assert table.sum() == TABLE_SUM
    assert table.min() >= 1
    assert saved.max() <= lost.min() * (1 + 1e-9) + 1e-15


def test_the_mass_that_a_distribution_lacks_goes_to_the_escape():
    assert split(tables_from_pmfs([[0.25, 0.25], [1.0]], [3, 0]))[0].tolist() == [16384, 16384, 32768]
    assert split(tables_from_pmfs([[0.25, 0.25], [1.0]], [3, 0]))[1].tolist() == [65535, 1]


def test_constriction_keeps_every_frequency_exactly():
    for table, model in zip(split(GAUSSIAN), GAUSSIAN.models, strict=True):
        encoder = coder.queue.RangeEncoder()
        left = 0
        for entry, frequency in enumerate(table.tolist()):
            encoder.clear()
            encoder.encode(entry, model)
            scale = (2**64 - 1) >> 24
            assert encoder.pos() == (0, (scale * 256 * left, scale * 256 * frequency))
            left += frequency


def test_tables_travel_as_arrays():
    again = SymbolTables.from_arrays(GAUSSIAN.to_arrays())
    for name, array in GAUSSIAN.to_arrays().items():
        np.testing.assert_array_equal(getattr(again, name), array)
        assert array.dtype == np.int32
        assert not array.flags.writeable


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
        SymbolTables.from_arrays(ARRAYS | {name: np.array(array)})


def test_no_tables_at_all_are_refused():
    empty = np.empty(0, np.int32)
    with pytest.raises(ValueError, match="0 offsets and 0 sizes; legal is 1 to 65536"):
        SymbolTables(empty, empty, empty)


def test_a_missing_array_is_named():
    with pytest.raises(ValueError, match="symbol tables lack sizes, frequencies; found offsets"):
        SymbolTables.from_arrays({"offsets": ARRAYS["offsets"]})


@pytest.mark.parametrize("scales", [[1.0, 0.0], [-1.0], [np.nan], [np.inf], [[1.0]]])
def test_scales_that_no_gaussian_has_are_refused(scales):
    with pytest.raises(ValueError, match="must be a 1-D array of positive finite numbers"):
        gaussian_tables(scales)


@pytest.mark.parametrize("pmf", [[], [[0.5]], np.zeros(65536)])
def test_distributions_of_an_illegal_shape_are_refused(pmf):
    with pytest.raises(ValueError, match="it must be 1-D with 1 to 65535 entries"):
        tables_from_pmfs([pmf], [0])


@pytest.mark.parametrize("pmf", [[0.5, -0.1], [np.nan], [0.0], [0.6, 0.6]])
def test_distributions_that_are_none_are_refused(pmf):
    with pytest.raises(ValueError, match=r"legal are >= 0 and 0 to 1\.001"):
        tables_from_pmfs([pmf], [0])


def test_a_distribution_may_fill_a_whole_table():
    table = tables_from_pmfs([np.full(65535, 1 / 65536)], [-30000])
    assert (table.frequencies == 1).all()
    assert len(table.models) == 1
