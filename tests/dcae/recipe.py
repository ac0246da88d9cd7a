"""Weights and images that anyone can rebuild from a seed, and what a network made of them should compute.

The law of the published network's golden tensors: every parameter is drawn from PCG64 seeded with the CRC-32 of
"seed:name", so that it depends on nothing but its published name, its shape and the seed. `dcae_published.json` holds
what the published code (github.com/CVL-UESTC/DCAE, float64) computed under seed 1 on the image of seed 1, condensed,
and the names and shapes of its state dict.

Run as a program it condenses the full arrays: python recipe.py dcae_golden.npz dcae_state_dict_shapes.json > out.json
"""

import json
import math
import sys
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLES = 256
_STRIDE = 2_654_435_761  # a prime: samples meet all rows, columns and channels


def weight(name: str, shape: Sequence[int], seed: int) -> NDArray[np.float64]:
    """The value of a parameter by its published name: unit gain for products, near one for scales, small for biases."""
    draw = _generator(f"{seed}:{name}")
    leaf = name.rpartition(".")[2]
    if name.startswith("entropy_bottleneck."):
        return _quantiles(draw, shape) if leaf == "quantiles" else draw.uniform(-0.5, 0.5, shape)
    noise = draw.standard_normal(shape)
    if leaf == "dt":
        return noise
    if leaf == "relative_position_params":
        return 0.5 * noise
    if leaf == "bias":
        return 0.05 * noise
    if leaf == "scale" or (leaf == "weight" and len(shape) == 1):
        return 1 + 0.1 * noise
    return noise / math.sqrt(math.prod(shape[1:]))


def image(height: int, width: int, seed: int) -> NDArray[np.float64]:
    """Six sine waves a channel, squashed into [0, 1]: (1, 3, height, width)."""
    draw = _generator(f"image:{seed}")
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    channels = []
    for _ in range(3):
        frequencies = draw.uniform(0.01, 0.35, (6, 2))
        phases, amplitudes = draw.uniform(0, 2 * np.pi, 6), draw.uniform(0.2, 1, 6)
        waves = [
            amplitude * np.sin(down * rows + across * columns + phase)
            for amplitude, (down, across), phase in zip(amplitudes, frequencies, phases, strict=True)
        ]
        channels.append(0.5 + 0.5 * np.tanh(np.sum(waves, axis=0) / 1.5))
    return np.stack(channels)[None]


def condense(array: NDArray[Any]) -> dict[str, Any]:
    """An array's shape, norm, mean and 256 fixed samples."""
    values = array.astype(np.float64).ravel()
    return {
        "shape": list(array.shape),
        "norm": float(np.linalg.norm(values)),
        "mean": float(values.mean()),
        "samples": [float(f"{value:.9g}") for value in values[_places(values.size)]],
    }


def relative_errors(array: NDArray[Any], golden: dict[str, Any]) -> dict[str, float]:
    """How far norm, mean (against the root mean square) and the worst sample are from the golden ones."""
    values, samples = array.astype(np.float64).ravel(), np.array(golden["samples"])
    rms = golden["norm"] / math.sqrt(values.size)
    return {
        "norm": abs(float(np.linalg.norm(values)) / golden["norm"] - 1),
        "mean": abs(float(values.mean()) - golden["mean"]) / rms,
        "samples": float(np.max(np.abs(values[_places(values.size)] - samples) / np.abs(samples))),
    }


def _places(size: int) -> NDArray[np.uint64]:
    return np.arange(SAMPLES, dtype=np.uint64) * np.uint64(_STRIDE) % np.uint64(size)


def _quantiles(draw: np.random.Generator, shape: Sequence[int]) -> NDArray[np.float64]:
    medians = draw.uniform(-0.5, 0.5, shape[0])
    return np.stack([np.full_like(medians, -10), medians, np.full_like(medians, 10)], axis=-1)[:, None]


def _generator(seed: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(zlib.crc32(seed.encode())))


if __name__ == "__main__":
    with np.load(sys.argv[1]) as arrays, open(sys.argv[2]) as file:
        golden = {name: condense(arrays[name]) for name in arrays.files}
        state = {"seed": 1, "height": 256, "width": 384, "shapes": json.load(file), "arrays": golden}
    print(json.dumps(state, separators=(",", ":")).replace('],"', '],\n"'))
