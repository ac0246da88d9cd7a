"""The entropy coder: exact, as short as its tables say, and safe with any bytes."""

import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcae.codec.entropy_coder import (
    StreamDecoder,
    StreamEncoder,
    check_length,
    cost_bits,
    decode_symbols,
    encode_symbols,
    minimum_bytes,
)
from dcae.codec.scale_levels import SCALE_TABLE
from dcae.codec.sections import BitstreamError
from dcae.codec.symbol_tables import SymbolTables

FEW = SymbolTables(np.array([-1, 7]), np.array([4, 2]), np.array([16384, 32767, 16384, 1, 58982, 6554]))
PINNED = "66bdff5f00e2340a"
CERTAIN = SymbolTables(np.array([0]), np.array([2]), np.array([65535, 1]))


def one_symbol(symbol):
    """A table of that symbol, as likely as the escape."""
    return SymbolTables(np.array([symbol]), np.array([2]), np.array([32768, 32768]))


any_symbol = st.one_of(st.integers(-9, 9), st.integers(-(2**23) + 1, 2**23 - 1))
coded = st.lists(st.tuples(any_symbol, st.integers(0, 1)), max_size=80)


def as_arrays(pairs):
    return np.array([s for s, _ in pairs], np.int32), np.array([i for _, i in pairs], np.uint8)


def gaussian_slice(num_symbols, seed=0, num_levels=64):
    rng = np.random.default_rng(seed)
    indexes = rng.integers(0, num_levels, num_symbols).astype(np.uint8)
    return np.rint(rng.normal(size=num_symbols) * SCALE_TABLE[indexes]).astype(np.int32), indexes


@given(coded)
def test_what_is_encoded_is_decoded_escapes_of_any_size_included(pairs):
    symbols, indexes = as_arrays(pairs)
    decoded = decode_symbols(encode_symbols(symbols, indexes, FEW), indexes, FEW)
    np.testing.assert_array_equal(decoded, symbols)
    assert decoded.dtype == np.int32


@given(st.lists(coded, max_size=6))
def test_what_is_encoded_in_parts_is_decoded_in_parts(parts):
    encoder = StreamEncoder(FEW)
    for pairs in parts:
        encoder.add(*as_arrays(pairs))
    decoder = StreamDecoder(encoder.stream(), FEW)
    for pairs in parts:
        symbols, indexes = as_arrays(pairs)
        np.testing.assert_array_equal(decoder.read(indexes), symbols)
    decoder.close()


def read_in_two(data):
    decoder = StreamDecoder(data, FEW)
    for indexes in ([0, 0, 0], [1, 1, 0]):
        decoder.read(np.array(indexes))
    decoder.close()


def test_a_stream_of_two_parts_that_is_cut_or_goes_on_is_refused_at_its_end():
    encoder = StreamEncoder(FEW)
    encoder.add([0, 1, -1], [0, 0, 0])
    encoder.add([7, 7, 0], [1, 1, 0])
    for data in (encoder.stream()[:-4], encoder.stream() + bytes(4)):
        with pytest.raises(BitstreamError, match="coded stream"):
            read_in_two(data)
    unread = StreamDecoder(encoder.stream(), FEW)
    unread.read(np.array([0, 0, 0]))
    with pytest.raises(BitstreamError, match="its symbols encode to other bytes"):
        unread.close()


def test_a_whole_slice_is_decoded(level_tables):
    symbols, indexes = gaussian_slice(30_000)
    stream = encode_symbols(symbols, indexes, level_tables)
    np.testing.assert_array_equal(decode_symbols(stream, indexes, level_tables), symbols)


@pytest.mark.parametrize("edge", [2**23 - 1, 1, 0, -1, -2, 2, -(2**23) + 1])
def test_symbols_at_the_edges_of_a_table_and_of_the_coder_are_decoded(edge):
    for tables in (FEW, CERTAIN, one_symbol(2**23 - 2), one_symbol(-(2**23) + 1)):
        data = encode_symbols([edge], [0], tables)
        assert decode_symbols(data, [0], tables).tolist() == [edge]


def test_no_symbols_are_no_bytes():
    none = np.empty(0, np.int32)
    assert encode_symbols(none, none, FEW) == b""
    assert decode_symbols(b"", none, FEW).size == cost_bits(none, none, FEW).size == 0


def test_the_stream_is_pinned():
    symbols, indexes = [0, -1, 5, 7, 1, -40, 7, 0], [0, 0, 0, 1, 0, 1, 1, 0]
    assert encode_symbols(symbols, indexes, FEW).hex() == PINNED


def test_more_tables_than_a_byte_can_count_are_used():
    tables = SymbolTables(np.arange(300), np.full(300, 3), np.tile([32768, 16384, 16384], 300))
    symbols, indexes = np.arange(300, dtype=np.int32), np.arange(300)
    np.testing.assert_array_equal(decode_symbols(encode_symbols(symbols, indexes, tables), indexes, tables), symbols)


@given(coded)
def test_a_stream_is_as_long_as_its_symbols_cost_within_two_words(pairs):
    symbols, indexes = as_arrays(pairs)
    stream_bits = 8 * len(encode_symbols(symbols, indexes, FEW))
    assert 0 <= stream_bits - cost_bits(symbols, indexes, FEW).sum() <= 64


@pytest.mark.parametrize("num_levels", [1, 12, 64])
def test_a_slices_stream_is_as_long_as_its_symbols_cost_within_two_words(level_tables, num_levels):
    symbols, indexes = gaussian_slice(98_304, num_levels=num_levels)
    stream_bits = 8 * len(encode_symbols(symbols, indexes, level_tables))
    assert 0 <= stream_bits - cost_bits(symbols, indexes, level_tables).sum() <= 64


def test_costs_are_those_of_the_tables_and_of_elias_gamma():
    bits = cost_bits([0, -1, 2, -2, 3, -3, 9, 7, 8], [0, 0, 0, 0, 0, 0, 0, 1, 1], FEW)
    entry = 16 - np.log2(FEW.frequencies)
    one, two_or_three, eight = entry[3] + 2, entry[3] + 4, entry[3] + 8
    np.testing.assert_allclose(
        bits, [entry[1], entry[0], one, one, two_or_three, two_or_three, eight, entry[4], entry[5] + 2]
    )


def test_the_expected_cost_is_the_gaussians_entropy_to_a_few_thousandths(level_tables):
    phi = np.vectorize(NormalDist().cdf)
    for level, scale in enumerate(SCALE_TABLE):
        k = np.arange(-int(9 * scale) - 3, int(9 * scale) + 4)
        p = phi((0.5 - np.abs(k)) / scale) - phi((-0.5 - np.abs(k)) / scale)
        entropy = -np.sum(p * np.log2(p, where=p > 0, out=np.zeros_like(p)))
        excess = p @ cost_bits(k, np.full(k.size, level), level_tables) - entropy
        assert 0 <= excess <= (2e-3 if scale <= 40 else 8e-3) * entropy + 5e-5, f"level {level}"


@given(st.lists(st.integers(0, 500), min_size=2, max_size=2))
def test_no_stream_is_shorter_than_the_minimum(counts):
    cheapest = np.repeat([0, 7], counts).astype(np.int32)
    indexes = np.repeat([0, 1], counts)
    length = len(encode_symbols(cheapest, indexes, FEW))
    assert length - 8 <= minimum_bytes(counts, FEW) <= length


def test_the_minimum_holds_for_symbols_that_cost_next_to_nothing():
    symbols = np.zeros(3_000_000, np.int32)
    assert minimum_bytes([symbols.size], CERTAIN) <= len(encode_symbols(symbols, symbols, CERTAIN)) <= 24


def test_a_claim_of_symbols_that_a_stream_cannot_hold_is_refused_by_their_number_alone():
    with pytest.raises(BitstreamError, match=r"has 400 bytes; 1000000000000 symbols need 125005503\d{3} at least"):
        check_length(400, [10**12, 0], FEW)


@pytest.mark.parametrize(
    ("data", "num_symbols", "message"),
    [
        (bytes(4), 100, "coded stream has 4 bytes; 100 symbols need 16 at least"),
        (bytes(3), 0, "coded stream has 3 bytes; it must be a multiple of 4"),
        (bytes(4), 0, "coded stream has 4 bytes for no symbols; it must be empty"),
        (b"", 1, "coded stream has 0 bytes; 1 symbols need 4 at least"),
        (b"\xff" * 8, 3, "coded stream of 8 bytes is damaged: it codes no symbols"),
        (bytes(8), 3, "coded stream of 8 bytes is damaged: its symbols encode to other bytes"),
        (encode_symbols([1, 2], [0, 0], FEW) + bytes(4), 2, "its symbols encode to other bytes"),
    ],
)
def test_bytes_that_code_no_symbols_are_refused(data, num_symbols, message):
    with pytest.raises(BitstreamError, match=message):
        decode_symbols(data, np.zeros(num_symbols, np.uint8), FEW)


def test_an_escape_beyond_the_limit_is_refused():
    from_zero, near_the_limit = one_symbol(0), one_symbol(2**23 - 3)
    two_behind, three_behind = (encode_symbols([symbol], [0], from_zero) for symbol in (2, 3))
    assert decode_symbols(two_behind, [0], near_the_limit).tolist() == [2**23 - 1]
    with pytest.raises(BitstreamError, match=r"coded stream holds a symbol of size 8388608; legal is below 2\^23"):
        decode_symbols(three_behind, [0], near_the_limit)


def test_thousands_of_hostile_streams_are_refused_or_decoded_in_a_child_process(root):
    script = root / "tests" / "dcae" / "codec" / "fuzz_streams.py"
    child = subprocess.run(
        [sys.executable, "-W", "error", str(script), "2000"],
        cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert {"decoded", "refused: coded stream of # bytes is damaged: it codes no symbols"} <= {
        line.split(" ", 1)[1] for line in child.stdout.splitlines()
    }


@pytest.mark.parametrize(
    ("symbols", "indexes", "message"),
    [
        ([1, 2], [0], "2 symbols with 1 indexes; each symbol needs one"),
        ([1.0], [0], r"symbols are float64 of shape \(1,\); they must be integers, 1-D"),
        ([[1]], [0], r"symbols are int64 of shape \(1, 1\)"),
        ([2**23], [0], "symbols span 8388608 to 8388608; absolute values must be below 2.23"),
        ([-(2**23), 0], [0, 0], "symbols span -8388608 to 0"),
        ([1], [0.0], r"indexes are float64 of shape \(1,\)"),
        ([1], [2], "indexes span 2 to 2; there are tables 0 to 1"),
        ([1], [-1], "indexes span -1 to -1"),
    ],
)
def test_what_cannot_be_coded_is_refused(symbols, indexes, message):
    for function in (encode_symbols, cost_bits):
        with pytest.raises(ValueError, match=message):
            function(np.array(symbols), np.array(indexes), FEW)
