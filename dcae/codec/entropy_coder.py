"""Symbols to bytes and back: integer frequency tables and constriction's range coder.

Symbols are coded in the order of their index (the level of their scale, or the channel of z), because the coder is
fastest when it codes a run of symbols with one table; the decoder knows all indexes before it decodes. A stream may
have several parts, so that the indexes of one may follow from the symbols of those before it. Tables are integers that
travel with the weights, so nothing here is recomputed on another machine. Bytes that cannot be a stream are refused:
the decoder checks that its symbols encode to the same bytes.

This module deliberately does not know where indexes come from, what a symbol means, or the container. No torch.

>>> tables = SymbolTables(np.array([-1, 0]), np.array([4, 2]), np.array([16384, 32768, 16383, 1, 65535, 1]))
>>> symbols, indexes = np.array([0, 0, 1, 900], np.int32), np.array([0, 1, 0, 0], np.uint8)
>>> stream = encode_symbols(symbols, indexes, tables)
>>> len(stream), decode_symbols(stream, indexes, tables)
(8, array([  0,   0,   1, 900], dtype=int32))
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from constriction import stream as coder  # pyright: ignore[reportAttributeAccessIssue]
from numpy.typing import ArrayLike, NDArray

from dcae.codec.sections import BitstreamError
from dcae.codec.symbol_tables import SYMBOL_LIMIT, SymbolTables

_WORD_BITS = 32
_MAX_EXCESS_BITS = 23  # an excess is below 2^24: at most 23 bits follow its leading one
_BIT = coder.model.Uniform(2)


class StreamEncoder:
    """Writes one code stream, part by part: for streams whose later indexes follow from their earlier symbols.

    Args:
        tables: The tables.
    """

    def __init__(self, tables: SymbolTables) -> None:
        self._tables, self._encoder = tables, coder.queue.RangeEncoder()

    def add(self, symbols: ArrayLike, indexes: ArrayLike) -> None:
        """Codes a part.

        Args:
            symbols: Integers, 1-D, of absolute value below 2^23.
            indexes: The table of each symbol, 1-D.

        Raises:
            ValueError: If shapes differ, an index has no table, or a symbol is out of range.
        """
        symbols, indexes = _check_symbols(symbols, indexes, self._tables)
        order, counts = _grouping(indexes, self._tables)
        self.add_entries(*_to_entries(symbols[order], counts, self._tables), counts)

    def add_entries(self, entries: NDArray[np.int32], excess: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
        """Codes a part, given as entries in the order of their index and the excess of each escape among them."""
        for index, group in _groups(counts):
            self._encoder.encode(entries[group], self._tables.models[index])
        _write_excess(self._encoder, excess)

    def stream(self) -> bytes:
        """The stream of all parts so far: whole 32-bit words, little-endian; empty if there are no symbols."""
        return self._encoder.get_compressed().astype("<u4").tobytes()


class StreamDecoder:
    """Reads one code stream, part by part, as `StreamEncoder` wrote it.

    Args:
        data: The stream.
        tables: The tables.
    """

    def __init__(self, data: bytes, tables: SymbolTables) -> None:
        self._data, self._tables, self._written = data, tables, StreamEncoder(tables)
        self._counts = np.zeros(len(tables), np.int64)
        self._decoder: Any = None

    def read(self, indexes: ArrayLike) -> NDArray[np.int32]:
        """Symbols of the next part, in the order of `indexes`.

        Raises:
            BitstreamError: If no stream of so many symbols has so few bytes, or these code no symbols.
            ValueError: If an index has no table.
        """
        indexes = _check_indexes(indexes, self._tables)
        order, counts = _grouping(indexes, self._tables)
        if not counts.any():
            return np.empty(0, np.int32)
        self._counts += counts
        check_length(len(self._data), self._counts, self._tables)
        if self._decoder is None:
            self._decoder = coder.queue.RangeDecoder(np.frombuffer(self._data, "<u4").astype(np.uint32))
        try:
            entries, excess = _read(self._decoder, counts, self._tables)
        except AssertionError:  # constriction's only error: the stream points outside the coder's range
            raise self._damaged("it codes no symbols") from None
        self._written.add_entries(entries, excess, counts)
        symbols = np.empty_like(entries)
        symbols[order] = _from_entries(entries, excess, counts, self._tables)
        return symbols

    def close(self) -> None:
        """Ends the stream.

        Raises:
            BitstreamError: If these are not the bytes that a `StreamEncoder` writes for what was read.
        """
        check_length(len(self._data), self._counts, self._tables)
        if self._written.stream() != self._data:
            raise self._damaged("its symbols encode to other bytes")

    def _damaged(self, why: str) -> BitstreamError:
        return BitstreamError(f"coded stream of {len(self._data)} bytes is damaged: {why}")


def encode_symbols(symbols: ArrayLike, indexes: ArrayLike, tables: SymbolTables) -> bytes:
    """Code stream of symbols in one part.

    Raises:
        ValueError: As `StreamEncoder.add`.
    """
    encoder = StreamEncoder(tables)
    encoder.add(symbols, indexes)
    return encoder.stream()


def decode_symbols(data: bytes, indexes: ArrayLike, tables: SymbolTables) -> NDArray[np.int32]:
    """Symbols of a stream of one part, in the order of `indexes`.

    Raises:
        BitstreamError: If these are not the bytes that `encode_symbols` writes for any symbols with these indexes.
        ValueError: If an index has no table.
    """
    decoder = StreamDecoder(data, tables)
    symbols = decoder.read(indexes)
    decoder.close()
    return symbols


def minimum_bytes(counts: ArrayLike, tables: SymbolTables) -> int:
    """Least number of bytes that any stream of so many symbols of each table can have.

    Args:
        counts: Number of symbols of each table, (tables,).
        tables: The tables.

    >>> minimum_bytes([10_000_000], SymbolTables(np.array([-1]), np.array([3]), np.array([16384, 32768, 16384])))
    1250000
    """
    counts = np.asarray(counts, np.float64)
    if not counts.any():
        return 0
    cheapest = np.minimum.reduceat(tables.bits, tables.starts)
    # A range coder's stream is never shorter than its information; the last factor allows for rounding of the sum.
    bits = float(counts @ cheapest) * (1 - 1e-9)
    return max(1, int(np.ceil(bits / _WORD_BITS))) * (_WORD_BITS // 8)


def check_length(num_bytes: int, counts: ArrayLike, tables: SymbolTables) -> None:
    """Refuse a stream that is too short for its symbols; needs only their number, so nothing is allocated for them.

    Args:
        num_bytes: Length of the stream.
        counts: Number of symbols of each table, (tables,).
        tables: The tables.

    Raises:
        BitstreamError: If no stream of so many symbols has so few bytes, or the length is not that of whole words.
    """
    num_symbols = int(np.sum(counts))
    least = minimum_bytes(counts, tables)
    if num_bytes < least:
        raise BitstreamError(f"coded stream has {num_bytes} bytes; {num_symbols} symbols need {least} at least")
    if num_bytes % (_WORD_BITS // 8):
        raise BitstreamError(f"coded stream has {num_bytes} bytes; it must be a multiple of {_WORD_BITS // 8}")
    if num_bytes and not num_symbols:
        raise BitstreamError(f"coded stream has {num_bytes} bytes for no symbols; it must be empty")


def cost_bits(symbols: ArrayLike, indexes: ArrayLike, tables: SymbolTables) -> NDArray[np.float64]:
    """Bits that the coder charges for each symbol, escapes included.

    A stream is longer than their sum by at most 64 bits for its end, and by 1.3e-4 bits a symbol, on average, for the
    rounding of the coder's range.

    Raises:
        ValueError: As `encode_symbols`.
    """
    symbols, indexes = _check_symbols(symbols, indexes, tables)
    order, counts = _grouping(indexes, tables)
    entries, excess = _to_entries(symbols[order], counts, tables)
    grouped = tables.bits[np.repeat(tables.starts, counts) + entries]
    length = _magnitude_bits(np.abs(excess))
    grouped[_escapes(entries, counts, tables)] += 1 + 2 * length + (length < _MAX_EXCESS_BITS)
    bits = np.empty_like(grouped)
    bits[order] = grouped
    return bits


def _groups(counts: NDArray[np.int64]) -> Iterator[tuple[int, slice]]:
    """Each index that occurs, and where its symbols lie when symbols are in the order of their index."""
    ends = np.cumsum(counts).tolist()
    for index in np.flatnonzero(counts).tolist():
        yield index, slice(ends[index] - int(counts[index]), ends[index])


def _to_entries(
    symbols: NDArray[np.int32], counts: NDArray[np.int64], tables: SymbolTables
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Entry of each symbol in its table, and the excess of each escape.

    The excess is how far a symbol lies outside its table: 1 is the first symbol behind it, -1 the last one before it.
    """
    entries, escape = symbols - np.repeat(tables.offsets, counts), np.repeat(tables.sizes - 1, counts)
    outside = np.flatnonzero(entries.view(np.uint32) >= escape)  # as unsigned, a negative entry is large
    far, escape = entries[outside], escape[outside]
    entries[outside] = escape
    return entries, np.where(far < 0, far, far - escape + 1)


def _from_entries(
    entries: NDArray[np.int32], excess: NDArray[np.int32], counts: NDArray[np.int64], tables: SymbolTables
) -> NDArray[np.int32]:
    """Inverse of `_to_entries`."""
    symbols = entries + np.repeat(tables.offsets, counts)
    escapes = _escapes(entries, counts, tables)
    # An escape's entry stands for the first symbol behind the table; a negative excess counts from the table's start.
    entry_of_excess = np.where(excess > 0, entries[escapes] + excess - 1, excess)
    symbols[escapes] += entry_of_excess - entries[escapes]
    if escapes.size and int(np.abs(symbols[escapes]).max()) >= SYMBOL_LIMIT:
        raise BitstreamError(f"coded stream holds a symbol of size {np.abs(symbols).max()}; legal is below 2^23")
    return symbols


def _escapes(entries: NDArray[np.int32], counts: NDArray[np.int64], tables: SymbolTables) -> NDArray[np.intp]:
    """Positions of the escapes, ascending."""
    return np.flatnonzero(entries == np.repeat(tables.sizes - 1, counts))


def _read(decoder: Any, counts: NDArray[np.int64], tables: SymbolTables) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Entries in the order of their index, and the excess of each escape among them."""
    entries = np.empty(int(counts.sum()), np.int32)
    for index, group in _groups(counts):
        entries[group] = decoder.decode(tables.models[index], int(counts[index]))
    return entries, _read_excess(decoder, _escapes(entries, counts, tables).size)


def _write_excess(encoder: Any, excess: NDArray[np.int32]) -> None:
    """Sign and Elias gamma code of each excess, one bit plane of all of them after the other."""
    if not excess.size:
        return
    magnitude = np.abs(excess)
    length = _magnitude_bits(magnitude)
    encoder.encode((excess < 0).astype(np.int32), _BIT)
    for plane in range(int(min(length.max() + 1, _MAX_EXCESS_BITS))):
        encoder.encode((length[length >= plane] > plane).astype(np.int32), _BIT)
    for plane in reversed(range(int(length.max()))):
        encoder.encode(magnitude[length > plane] >> plane & 1, _BIT)


def _read_excess(decoder: Any, count: int) -> NDArray[np.int32]:
    if not count:
        return np.empty(0, np.int32)
    negative = decoder.decode(_BIT, count) == 1
    length = np.zeros(count, np.int32)
    for plane in range(_MAX_EXCESS_BITS):
        open_ = np.flatnonzero(length == plane)
        if not open_.size:
            break
        length[open_] += decoder.decode(_BIT, open_.size)
    magnitude = np.ones(count, np.int32)
    for plane in reversed(range(int(length.max()))):
        longer = np.flatnonzero(length > plane)
        magnitude[longer] = magnitude[longer] << 1 | decoder.decode(_BIT, longer.size)
    return np.where(negative, -magnitude, magnitude)


def _magnitude_bits(magnitude: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number of bits below the leading one: floor(log2(magnitude)), 0 for 0."""
    return np.maximum(np.frexp(magnitude)[1] - 1, 0)


def _grouping(indexes: NDArray[Any], tables: SymbolTables) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Stable order by index, and the number of symbols of each index."""
    return np.argsort(indexes, kind="stable"), np.bincount(indexes, minlength=len(tables))


def _check_symbols(
    symbols: ArrayLike, indexes: ArrayLike, tables: SymbolTables
) -> tuple[NDArray[np.int32], NDArray[Any]]:
    symbols, indexes = np.asarray(symbols), _check_indexes(indexes, tables)
    if symbols.ndim != 1 or symbols.dtype.kind not in "iu":
        raise ValueError(f"symbols are {symbols.dtype} of shape {symbols.shape}; they must be integers, 1-D")
    if symbols.size and max(int(symbols.max()), -int(symbols.min())) >= SYMBOL_LIMIT:
        raise ValueError(f"symbols span {symbols.min()} to {symbols.max()}; absolute values must be below 2^23")
    if symbols.shape != indexes.shape:
        raise ValueError(f"{symbols.size} symbols with {indexes.size} indexes; each symbol needs one")
    return symbols.astype(np.int32, copy=False), indexes


def _check_indexes(indexes: ArrayLike, tables: SymbolTables) -> NDArray[Any]:
    """Indexes in the smallest dtype: numpy sorts 8-bit keys by radix, eight times as fast as 32-bit ones."""
    indexes = np.asarray(indexes)
    if indexes.ndim != 1 or indexes.dtype.kind not in "iu":
        raise ValueError(f"indexes are {indexes.dtype} of shape {indexes.shape}; they must be integers, 1-D")
    if indexes.size and (int(indexes.min()) < 0 or int(indexes.max()) >= len(tables)):
        raise ValueError(f"indexes span {indexes.min()} to {indexes.max()}; there are tables 0 to {len(tables) - 1}")
    return indexes.astype(np.uint8 if len(tables) <= 256 else np.uint16, copy=False)
