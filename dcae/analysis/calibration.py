"""Holds an entropy model against what it coded: are its scales, and its bits, what they should be?

Each element of y is coded with the table of its sigma's level, so each level is a forecaster whose forecasts can be
counted. Knows tables and levels. Does not know networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dcae.calibration import Calibration
from dcae.codec.codec import Codec
from dcae.codec.scale_levels import levels
from dcae.codec.symbol_tables import TABLE_SUM, SymbolTables
from dcae.config import SCALE_LEVELS, SCALE_MIN
from dcae.model.trellis import quantisers_of
from dcae.traces import Trace

GROUPS_AN_OCTAVE = 4
"""Groups of scales for each doubling of sigma."""
LEAST_ELEMENTS = 50
"""Smaller groups say nothing and are left out."""
BIT_EDGES = np.array([0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17.0])
"""Groups of costs."""
LEAST_HITS = 20
"""Of a value that came more seldom one cannot say how often it comes."""


class ScaleCoding(NamedTuple):
    """How another model's symbols of y are charged.

    Attributes:
        tables: One for each level.
        level_of: The levels of sigmas, of any shape.
        trellis: Whether symbols are those of a trellis, whose quantiser 1 has tables of its own behind the levels.
    """

    tables: SymbolTables
    level_of: Callable[[NDArray[np.float32]], NDArray[np.integer]]
    trellis: bool = False


def calibrate(codec: Codec | ScaleCoding, trace: Trace, slice_index: int | None = None) -> Calibration:
    """What the entropy model of y foresaw beside what happened, for all of y or for one slice.

    Levels are found from the trace's sigma, which is in float32: of a million elements one may get its neighbour's.

    Args:
        codec: Whose tables coded the trace; of another model, its tables and levels.
        trace: A coding.
        slice_index: From 0; None for all.

    Raises:
        ValueError: there is no such slice.
    """
    if isinstance(codec, ScaleCoding):
        coding = codec
    else:
        coding = ScaleCoding(codec.latent_coder.y_tables, levels, codec.model.config.trellis)
    first_table = _first_tables(trace) if coding.trellis else np.zeros_like(trace.symbols)
    arrays: list[NDArray[Any]] = [trace.sigma, trace.y, trace.mu, trace.symbols, first_table]
    if slice_index is not None:
        arrays = [trace.slice_of(array, slice_index) for array in arrays]
    sigma, y, mu, symbols, first_table = (array.ravel() for array in arrays)
    total, least, cases = _costs(symbols, coding.level_of(sigma) + first_table, coding.tables)
    return Calibration(**_scales(sigma, np.abs(y - mu)), **_reliability(*cases), total_bits=total, least_bits=least)


def _first_tables(trace: Trace) -> NDArray[np.int64]:
    """64 where quantiser 1 of a trellis coded a symbol, else 0: (M, h, w)."""
    slices = torch.from_numpy(trace.symbols.copy()).unflatten(0, (trace.num_slices, -1))  # (slices, C, h, w)
    return (SCALE_LEVELS * quantisers_of(slices.transpose(0, 1))).transpose(0, 1).flatten(0, 1).numpy()


def _scales(sigma: NDArray[np.float32], error: NDArray[np.float32]) -> dict[str, NDArray]:
    sigma = np.maximum(sigma.astype(np.float64), SCALE_MIN)
    group = np.floor(GROUPS_AN_OCTAVE * np.log2(sigma / SCALE_MIN)).astype(np.intp)
    elements = np.bincount(group)
    kept = elements >= LEAST_ELEMENTS
    means = [np.bincount(group, values)[kept] / elements[kept] for values in (sigma, error)]
    return {
        "sigma": means[0],
        "expected_error": means[0] * math.sqrt(2 / math.pi),
        "error": means[1],
        "elements": elements[kept],
    }


def _costs(
    symbols: NDArray[np.int32], table: NDArray[np.integer], tables: SymbolTables
) -> tuple[float, float, tuple[NDArray, NDArray, NDArray]]:
    """Bits charged, bits at least, and for each entry of each table that was used: charge, expected and seen cases."""
    total, least, found = 0.0, 0.0, []
    for index in np.unique(table).tolist():
        size, start = int(tables.sizes[index]), int(tables.starts[index])
        entries = symbols[table == index].astype(np.int64) - int(tables.offsets[index])
        entries[(entries < 0) | (entries >= size - 1)] = size - 1  # the escape
        seen = np.bincount(entries, minlength=size)
        bits = tables.bits[start : start + size]
        used = seen[seen > 0]
        total += float(seen @ bits)
        least += float(used @ -np.log2(used / used.sum()))
        found.append((bits, entries.size * (tables.frequencies[start : start + size] / TABLE_SUM), seen))
    bits, expected, seen = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return total, least, (bits, expected, seen)


def _reliability(bits: NDArray, expected: NDArray, seen: NDArray) -> dict[str, NDArray]:
    """The mean probability of a group of entries, and the share of them that came, both as bits.

    An entry of a level with n elements had n chances, of which n times its probability were expected to come.
    """
    chances = expected * 2.0**bits
    group = np.digitize(bits, BIT_EDGES)
    sums = [np.bincount(group, values) for values in (chances, expected, seen)]
    kept = sums[2] >= LEAST_HITS
    chances, expected, seen = (values[kept] for values in sums)
    return {
        "charged_bits": -np.log2(expected / chances),
        "fair_bits": np.maximum(-np.log2(seen / chances), 0),
        "hits": seen.astype(np.int64),
    }


def calibrations(codec: Codec | ScaleCoding, trace: Trace) -> dict[str, Calibration]:
    """Those of all slices together and of each: `all slices`, `slice 0` and so on."""
    parts = {"all slices": None, **{f"slice {index}": index for index in range(trace.num_slices)}}
    return {name: calibrate(codec, trace, index) for name, index in parts.items()}
