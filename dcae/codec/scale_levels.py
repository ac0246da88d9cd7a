"""Which of 64 levels a scale sigma falls in, and the flags that make encoder and decoder agree on it.

Decoding depends on the network only through the level: the mean is added after the symbols are decoded. Two machines
compute sigma with slightly different rounding, which matters only for a sigma that lies next to a boundary between two
levels. The encoder lists those few elements with the level it used ("calibration information": Tian et al., "Effortless
Cross-Platform Video Codec: A Codebook-Based Method", 2023), and the decoder takes the listed level instead of its own.

This module knows numbers, not networks: it takes arrays of sigma and does not know where they come from, how a slice is
coded, or the container.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcae.codec.sections import MAX_VARINT_BYTES, BitstreamError, varint
from dcae.config import SCALE_LOG_STEP, SCALE_MAX, SCALE_MIN, scale_table

SCALE_TABLE: NDArray[np.float64] = np.array(scale_table())
"""Standard deviation of the Gaussian that codes each level, in quantisation steps."""

BOUNDARIES: NDArray[np.float64] = np.sqrt(SCALE_TABLE[:-1] * SCALE_TABLE[1:])
"""Boundary j lies between levels j and j + 1, at the geometric mean of their scales."""

# What lies below and above each level; NaN, which nothing is smaller or greater than, for the outer two.
_BELOW, _ABOVE = np.append(np.nan, BOUNDARIES), np.append(BOUNDARIES, np.nan)

MARGINS = {"float64": 1e-9, "float32": 1e-4}
"""Distance from a boundary b within which the encoder flags an element, in units of max(1, b), for sigma's dtype.

In these units because rounding acts so: it moves a small sigma as far as one of 1, a large one in proportion to its
size. Largest difference measured between instruction sets and threads, with random weights: 2.5e-14 in float64
(`small`), 1.9e-5 in float32 (`paper`). The margins are 40,000 and 5 times as wide; the lowest two boundaries are 0.015
apart.

What the flags cost, measured on files of photos of about 256 x 192 px: nothing in float64 (no element was flagged); in
float32 0.1 % of the file with random weights of `paper`, but 6, 12 and 18 % at lambda 0.05, 0.013 and 0.0018 with
trained ones of `small` switched to float32: most of their sigmas lie where boundaries are hundredths apart.
"""


def levels(sigma: ArrayLike) -> NDArray[np.uint8]:
    """Level whose scale is nearest to sigma in log distance, 0 to 63.

    Coding a Gaussian of scale sigma as one of scale s wastes about log(s / sigma)^2 nats, so the nearest level wastes a
    quarter of what the next larger one (CompressAI's choice) does: for sigma from 1 to 20, 0.0017 against 0.0068 bits
    an element, 0.04 against 0.16 %. What lies below or above the table is level 0 or 63; the raw output of a network
    may be negative.

    Args:
        sigma: Any shape, any float dtype; compared in float64.

    Returns:
        Array of sigma's shape.

    Raises:
        ValueError: If sigma holds NaN.

    >>> levels([-1.0, 0.11, 0.12, 1.0, 300.0])
    array([ 0,  0,  1, 18, 63], dtype=uint8)
    """
    sigma = _checked(sigma)
    # By logarithm, then a step up or down where rounding was wrong: exact, and three times as fast as a binary search.
    level = (np.log(sigma.clip(SCALE_MIN, SCALE_MAX) / SCALE_MIN) / SCALE_LOG_STEP + 0.5).astype(np.intp)
    level += sigma >= _ABOVE[level]
    level -= sigma < _BELOW[level]
    return level.astype(np.uint8)


def flag(sigma: ArrayLike, margin: float, start: int = 0) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Flags that an encoder must write so that every decoder uses its levels.

    Args:
        sigma: Scales of a slice, or of a part of one, in coding order (channel, row, column); any shape.
        margin: See `MARGINS`.
        start: Position of sigma's first element in the coding order over all slices.

    Returns:
        Positions (ascending) of the elements within the margin of a boundary b, |sigma - b| <= margin * max(1, b), and
        for each whether its level is the upper one of the two at the boundary.

    Raises:
        ValueError: If sigma holds NaN.

    >>> flag(BOUNDARIES[5] + np.array([0.01, -1e-10, 1e-10]), 1e-9, start=100)
    (array([101, 102]), array([False,  True]))
    """
    sigma = _checked(sigma).ravel()
    level = levels(sigma)
    upper = sigma <= (_BELOW + margin * np.maximum(_BELOW, 1))[level]
    lower = sigma >= (_ABOVE - margin * np.maximum(_ABOVE, 1))[level]
    positions = np.flatnonzero(lower | upper)
    return positions + start, upper[positions]


def resolve(
    sigma: ArrayLike, positions: NDArray[np.int64], upper: NDArray[np.bool_], start: int = 0
) -> NDArray[np.uint8]:
    """Levels that the encoder used, from a sigma that may differ from the encoder's by less than the margin.

    At a flagged element the boundary nearest to sigma is certain and the flag says on which side of it the encoder
    was; everywhere else the level is certain.

    Args:
        sigma: As for `flag`; any shape.
        positions: Flagged positions over all slices, ascending; those outside this sigma are ignored.
        upper: Side of each flagged position.
        start: Position of sigma's first element in the coding order over all slices.

    Returns:
        Array of sigma's shape.

    Raises:
        ValueError: If sigma holds NaN.

    >>> resolve(BOUNDARIES[5] * np.array([1 + 1e-12, 1 + 1e-12]), np.array([1]), np.array([False]))
    array([6, 5], dtype=uint8)
    """
    sigma = _checked(sigma)
    resolved = levels(sigma)
    first, last = np.searchsorted(positions, [start, start + sigma.size])
    here = positions[first:last] - start
    resolved.reshape(-1)[here] = _nearest_boundary(sigma.reshape(-1)[here]) + upper[first:last]
    return resolved


def pack_flags(positions: NDArray[np.int64], upper: NDArray[np.bool_]) -> bytes:
    """Payload of the level flags section: a varint 2 * gap + upper for each flag, in ascending order of position.

    The gap counts the elements between a flagged element and the one before (or the start).

    Raises:
        ValueError: If positions are negative or not ascending.

    >>> pack_flags(np.array([3, 4, 1000]), np.array([True, False, True])).hex(" ")
    '07 00 c7 0f'
    """
    gaps = np.diff(positions, prepend=-1) - 1
    if np.any(gaps < 0):
        raise ValueError(f"flag {int(np.argmax(gaps < 0))} does not lie behind the one before: positions must ascend")
    return b"".join(varint(2 * int(gap) + int(bit)) for gap, bit in zip(gaps, upper, strict=True))


def unpack_flags(data: bytes, num_elements: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Positions and sides that `pack_flags` wrote.

    Args:
        data: Payload of the level flags section.
        num_elements: Number of elements of all slices of the model, whether or not they are in the file.

    Raises:
        BitstreamError: If the bytes are not varints in their shortest form, or point behind the last element.

    >>> unpack_flags(bytes([0x07, 0x00, 0xC7, 0x0F]), 1001)
    (array([   3,    4, 1000]), array([ True, False,  True]))
    """
    values = _read_varints(np.frombuffer(data, np.uint8))
    positions = np.cumsum((values >> 1) + 1) - 1
    if positions.size and positions[-1] >= num_elements:
        raise BitstreamError(f"level flag at element {positions[-1]}: the picture has {num_elements} elements")
    return positions, (values & 1).astype(bool)


def _checked(sigma: ArrayLike) -> NDArray[np.float64]:
    sigma = np.asarray(sigma, np.float64)
    if np.isnan(sigma).any():
        raise ValueError(f"sigma holds {int(np.isnan(sigma).sum())} NaN among {sigma.size} values; it must hold none")
    return sigma


def _nearest_boundary(sigma: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index of the boundary nearest to sigma in log distance: the scale table's entries are the midpoints."""
    return np.searchsorted(SCALE_TABLE[1:-1], sigma, side="right")


def _read_varints(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """All varints of a payload at once: a hostile section of many megabytes must not keep an interpreter loop busy."""
    ends = np.flatnonzero(data < 0x80)
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
    if data.size and (not ends.size or ends[-1] != data.size - 1):
        raise BitstreamError(f"level flags are cut: their last byte is 0x{data[-1]:02x}, in the middle of a varint")
    lengths = ends - starts + 1
    if np.any(lengths > MAX_VARINT_BYTES):
        raise BitstreamError(f"level flags: a varint of {lengths.max()} bytes; at most {MAX_VARINT_BYTES} are legal")
    if np.any((data[ends] == 0) & (lengths > 1)):
        raise BitstreamError("level flags: a varint is longer than its value needs")
    values = np.zeros(ends.size, np.int64)
    for nth in range(int(lengths.max(initial=0))):
        longer = lengths > nth
        values[longer] |= (data[starts[longer] + nth].astype(np.int64) & 0x7F) << 7 * nth
    return values
