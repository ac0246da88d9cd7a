"""Integer frequency tables of symbols: checked, since they come from a weights file, and handed to the coder.

This module deliberately does not know how a table was made (`DCAE.update` does that, once, before weights are saved),
how the coder uses one beyond the model that it hands to constriction, nor what a symbol or an index means. No torch.

>>> tables = tables_from_cdfs(np.array([[0, 16384, 49152, 65535, 65536], [0, 65535, 65536, 0, 0]]), [5, 3], [-1, 7])
>>> tables.sizes, tables.frequencies
(array([4, 2], dtype=int32), array([16384, 32768, 16383,     1, 65535,     1], dtype=int32))
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from constriction import stream as coder  # pyright: ignore[reportAttributeAccessIssue]
from numpy.typing import ArrayLike, NDArray

TABLE_BITS = 16
TABLE_SUM = 1 << TABLE_BITS
SYMBOL_LIMIT = 1 << 23
_CODER_BITS = 24  # constriction's models have probabilities in multiples of 2^-24
_ARRAY_NAMES = ("offsets", "sizes", "frequencies")


@dataclass(frozen=True, eq=False)
class SymbolTables:
    """Integer frequency tables, one for each index.

    Table i codes the symbols offsets[i] to offsets[i] + sizes[i] - 2 by the first sizes[i] - 1 of its frequencies, and
    all others by its last one, the escape. Frequencies are at least 1 and each table's sum is 2^16.

    Attributes:
        offsets: int32, (tables,). The first symbol of each table.
        sizes: int32, (tables,). The number of entries of each table, the escape included.
        frequencies: int32, (sum of sizes,). All tables, one after the other.

    Raises:
        ValueError: If the arrays are not that (weights files are not trusted).
    """

    offsets: NDArray[np.int32]
    sizes: NDArray[np.int32]
    frequencies: NDArray[np.int32]

    def __post_init__(self) -> None:
        for name in _ARRAY_NAMES:
            object.__setattr__(self, name, _read_only_int32(name, getattr(self, name)))
        _check_tables(self.offsets, self.sizes, self.frequencies)

    def __len__(self) -> int:
        return self.sizes.size

    def __reduce__(self) -> tuple[type["SymbolTables"], tuple[NDArray[np.int32], ...]]:
        """Copies and pickles carry the arrays alone: the coder's models cannot be copied."""
        return SymbolTables, (self.offsets, self.sizes, self.frequencies)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Position of each table's first entry in `frequencies`."""
        return np.cumsum(self.sizes, dtype=np.int64) - self.sizes

    @cached_property
    def bits(self) -> NDArray[np.float64]:
        """What each entry of `frequencies` costs in bits."""
        return -np.log2(self.frequencies / TABLE_SUM)

    @cached_property
    def models(self) -> list[Any]:
        """constriction's model of each table, with exactly the probabilities frequency / 2^16.

        `Categorical(perfect=False)` gives each of n entries 1 of 2^24 and shares the other 2^24 - n out in proportion
        to the weights it is given. Weights of 2^8 * frequency - 1 sum to 2^24 - n, so that nothing is ever rounded.
        """
        weights = (self.frequencies << (_CODER_BITS - TABLE_BITS)) - 1.0
        return [coder.model.Categorical(table, perfect=False) for table in np.split(weights, self.starts[1:])]


def tables_from_cdfs(cdfs: ArrayLike, lengths: ArrayLike, offsets: ArrayLike) -> SymbolTables:
    """Tables from the three arrays in which CompressAI's entropy models keep theirs.

    Args:
        cdfs: Integers, (tables, longest). Each row begins with the cumulative frequencies of one table, from 0 to 2^16;
            the last of its entries is the escape. What follows in the row is padding.
        lengths: Integers, (tables,). How many numbers of each row count: one more than the table has entries.
        offsets: Integers, (tables,). The first symbol of each table.

    Raises:
        ValueError: If they are no such arrays, or hold no legal tables.
    """
    cdfs, lengths, offsets = np.asarray(cdfs), np.asarray(lengths), np.asarray(offsets)
    if cdfs.ndim != 2 or not cdfs.shape[:1] == lengths.shape == offsets.shape:
        raise ValueError(f"CDFs of shape {cdfs.shape} do not fit lengths {lengths.shape} and offsets {offsets.shape}")
    if lengths.size and not 3 <= lengths.min() <= lengths.max() <= cdfs.shape[1]:
        raise ValueError(f"CDF lengths are {lengths.min()} to {lengths.max()}; legal is 3 to {cdfs.shape[1]}")
    frequencies = np.diff(cdfs.astype(np.int64), axis=1)
    used = np.arange(frequencies.shape[1]) < lengths[:, None] - 1
    return SymbolTables(offsets, lengths - 1, frequencies[used])


def _read_only_int32(name: str, array: NDArray[Any]) -> NDArray[np.int32]:
    array = np.asarray(array)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name} of symbol tables is {array.dtype} of shape {array.shape}; it must be integers, 1-D")
    if array.size and (int(array.min()) < -SYMBOL_LIMIT or int(array.max()) > SYMBOL_LIMIT):
        raise ValueError(f"{name} of symbol tables spans {array.min()} to {array.max()}; legal is within +-2^23")
    array = array.astype(np.int32)
    array.flags.writeable = False
    return array


def _check_tables(offsets: NDArray[np.int32], sizes: NDArray[np.int32], frequencies: NDArray[np.int32]) -> None:
    if not 1 <= sizes.size <= TABLE_SUM or offsets.size != sizes.size:
        raise ValueError(f"symbol tables: {offsets.size} offsets and {sizes.size} sizes; legal is 1 to 65536 of each")
    if sizes.min() < 2 or sizes.sum(dtype=np.int64) != frequencies.size:
        raise ValueError(
            f"symbol tables: sizes from {sizes.min()}, sum {sizes.sum(dtype=np.int64)}, for {frequencies.size} "
            "frequencies; each must be 2 at least, their sum the number of frequencies"
        )
    sums = np.add.reduceat(frequencies.astype(np.int64), np.cumsum(sizes, dtype=np.int64) - sizes)
    if frequencies.min() < 1 or np.any(sums != TABLE_SUM):
        raise ValueError(
            f"symbol tables: frequencies from {frequencies.min()}, sums from {sums.min()} to {sums.max()}; "
            f"legal are 1 at least and {TABLE_SUM}"
        )
    if np.any(offsets <= -SYMBOL_LIMIT) or np.any(offsets.astype(np.int64) + sizes > SYMBOL_LIMIT):
        raise ValueError(f"symbol tables: symbols from {offsets.min()}; tables must lie within +-2^23")
