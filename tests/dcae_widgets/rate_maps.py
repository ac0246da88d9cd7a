"""Rate maps of made-up bits, for tests of what draws them."""

import numpy as np
from numpy.typing import NDArray

from dcae.results import FileInfo
from dcae.traces import RateMap

HEIGHT, WIDTH = 90, 150
ROWS, COLUMNS, SLICES, CHANNELS, HEADS, ENTRIES = 8, 12, 2, 6, 2, 5


def file_of(bits: NDArray[np.float64], height: int = HEIGHT, width: int = WIDTH) -> FileInfo:
    """A file whose streams have a whole number of bytes for the maps' bits, and 40 bytes around them."""
    *slices, z = (int(np.ceil(of_map.sum() / 8)) for of_map in bits)
    total = 40 + z + sum(slices)
    return FileInfo(
        width=width, height=height, lmbda=0.01, model="m", header_bytes=40, z_bytes=z, slice_bytes=tuple(slices),
        other_bytes=0, total_bytes=total, bpp=8 * total / (width * height),
    )  # fmt: skip


def rates() -> RateMap:
    """Of an image of 150 x 90 px, whose sides are no whole number of places: random bits, most in slice 0."""
    bits = np.random.default_rng(1).gamma(1.5, 40, (SLICES + 1, ROWS, COLUMNS))
    bits[1:] /= 10
    return RateMap(bits=bits, file=file_of(bits), height=HEIGHT, width=WIDTH)


def image() -> NDArray[np.uint8]:
    """Of the maps' size."""
    return np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def sigma() -> NDArray[np.float32]:
    """(M, h, w)."""
    return np.random.default_rng(3).gamma(2, 1, (CHANNELS, ROWS, COLUMNS)).astype(np.float32)


def attention() -> NDArray[np.float32]:
    """(slices, heads, h, w, entries); each sums to one."""
    weights = np.random.default_rng(4).gamma(0.5, 1, (SLICES, HEADS, ROWS, COLUMNS, ENTRIES)).astype(np.float32)
    return weights / weights.sum(axis=-1, keepdims=True)
