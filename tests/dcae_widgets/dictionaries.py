"""Use of a made-up dictionary, for tests of what draws it."""

import numpy as np
from numpy.typing import NDArray

from dcae.dictionary_use import Ablation, DictionaryUse, ExcitingPlaces

HEIGHT, WIDTH = 90, 150
SLICES, HEADS, ROWS, COLUMNS, ENTRIES, COUNT = 3, 2, 6, 10, 12, 4


def use() -> DictionaryUse:
    """Of an image of 150 x 90 px: each head of each slice prefers some entries, and no place entry 11."""
    rng = np.random.default_rng(5)
    liked = rng.gamma(0.4, 1, (SLICES, HEADS, 1, 1, ENTRIES))
    weights = rng.gamma(0.6, 1, (SLICES, HEADS, ROWS, COLUMNS, ENTRIES)) * liked
    weights[..., 11] = 0
    return DictionaryUse(attention=(weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32))


def image(seed: int = 6) -> NDArray[np.uint8]:
    """Of the size that is used."""
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def places() -> ExcitingPlaces:
    """In two photos; which place is random, the weights fall."""
    rng, shape = np.random.default_rng(7), (SLICES, HEADS, ENTRIES, COUNT)
    found = np.stack([rng.integers(0, limit, shape) for limit in (2, ROWS, COLUMNS)])
    weights = -np.sort(-rng.random(shape), axis=-1)
    return ExcitingPlaces(photos={"one": image(), "other": image(8)}, found=found, weights=weights.astype(np.float32))


def lost(without: str = "head 0", bytes_delta: int = 100, psnr_delta_db: float = -0.25) -> Ablation:
    """Of a file of 2000 bytes and 32 dB."""
    whole = {"whole_bytes": 2000, "whole_psnr_db": 32}
    return Ablation(without=without, total_bytes=2000 + bytes_delta, psnr_db=32 + psnr_delta_db, **whole)
