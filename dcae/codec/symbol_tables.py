"""Integer frequency tables of symbols: made from Gaussians or from given distributions, checked, carried by weights.

This module deliberately does not know how the coder uses a table, beyond the model that it hands to constriction, nor
what a symbol or an index means. No torch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from constriction import stream as coder  # pyright: ignore[reportAttributeAccessIssue]
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

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

    def to_arrays(self) -> dict[str, NDArray[np.int32]]:
        """The three arrays by name, for a weights file."""
        return {name: getattr(self, name) for name in _ARRAY_NAMES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "SymbolTables":
        """Tables from the arrays of a weights file.

        Raises:
            ValueError: If an array is missing or is not legal.
        """
        missing = [name for name in _ARRAY_NAMES if name not in arrays]
        if missing:
            raise ValueError(f"symbol tables lack {', '.join(missing)}; found {', '.join(arrays) or 'nothing'}")
        return cls(*(arrays[name] for name in _ARRAY_NAMES))

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


def gaussian_tables(scale_table: ArrayLike) -> SymbolTables:
    """One table for each scale: the integers under a Gaussian of mean 0.

    P(k) = Phi((k + 1/2) / s) - Phi((k - 1/2) / s). An entry that deserves less than half a count is left to the escape:
    a whole count for it would be taken from the others.

    Args:
        scale_table: Standard deviations, positive, in quantisation steps.

    Raises:
        ValueError: If a scale is not positive and finite.
    """
    scales = np.asarray(scale_table, np.float64)
    if scales.ndim != 1 or not np.all((scales > 0) & np.isfinite(scales)):
        raise ValueError(f"scales are {scales}; they must be a 1-D array of positive finite numbers")
    pmfs = [_gaussian_pmf(scale) for scale in scales]
    return tables_from_pmfs(pmfs, [-(pmf.size // 2) for pmf in pmfs])


def tables_from_pmfs(pmfs: Sequence[ArrayLike], offsets: Iterable[int]) -> SymbolTables:
    """Tables whose expected code length under the given distributions is the least possible.

    Args:
        pmfs: For each table the probabilities of offset, offset + 1, ...; what they lack to a sum of 1 is the
            probability of an escape.
        offsets: The first symbol of each table.

    Raises:
        ValueError: If a distribution is empty, longer than 65535, negative, not finite or sums to more than 1.001.
    """
    frequencies = [_quantise(np.asarray(pmf, np.float64)) for pmf in pmfs]
    sizes = np.array([table.size for table in frequencies], np.int32)
    return SymbolTables(np.array(list(offsets), np.int32), sizes, np.concatenate(frequencies))


def _gaussian_pmf(scale: float) -> NDArray[np.float64]:
    reach = int(np.ceil(8 * scale)) + 1
    edges = (np.arange(-reach, reach + 2) - 0.5) / scale
    # Symmetric, and from the lower tail where differences are exact: the upper half is a mirror image.
    pmf = np.diff(ndtr(edges))[: reach + 1]
    lower = pmf[int(np.argmax(pmf * TABLE_SUM >= 0.5)) :]
    return np.concatenate((lower, lower[-2::-1]))


def _quantise(pmf: NDArray[np.float64]) -> NDArray[np.int32]:
    """Integers >= 1 of sum 2^16, the escape last, of least expected code length.

    Raising a frequency from f to f + 1 saves p * log(1 + 1/f): the best integers take all raises that save more than
    some threshold. The threshold is bisected; raises that tie at it are taken in order of symbol.
    """
    if pmf.ndim != 1 or not 1 <= pmf.size < TABLE_SUM:
        raise ValueError(f"distribution has shape {pmf.shape}; it must be 1-D with 1 to {TABLE_SUM - 1} entries")
    if not np.all((pmf >= 0) & np.isfinite(pmf)) or not 0 < pmf.sum() <= 1.001:
        raise ValueError(f"distribution has least entry {pmf.min()} and sum {pmf.sum()}; legal are >= 0 and 0 to 1.001")
    p = np.append(pmf, max(0.0, 1.0 - pmf.sum()))
    low, high = 0.0, 1.0  # a threshold of 1 takes no raise: log 2 < 1
    while low < (threshold := (low + high) / 2) < high:
        if _raised(p, threshold).sum() > TABLE_SUM:
            low = threshold
        else:
            high = threshold
    frequencies = _raised(p, high)
    ties = np.argsort(-p * np.log1p(1 / frequencies), kind="stable")
    frequencies[ties[: TABLE_SUM - frequencies.sum()]] += 1
    return frequencies.astype(np.int32)


def _raised(p: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Frequencies after all raises that save at least `threshold`: f > 1 where p * log(1 + 1/(f - 1)) >= threshold."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1 + np.minimum(1 / np.expm1(threshold / p), TABLE_SUM).astype(np.int64)


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
