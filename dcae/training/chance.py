"""All that is random in a step, drawn for each sample by itself: from the seed, the step and the sample's place.

So a step is the same on one process or eight, before or after a resume. Knows seeds. Does not know photos (whose crops
follow the same law, in `dcae.training.data`) or the network.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from dcae.config import DCAEConfig
from dcae.model.entropy import Noise

_LMBDA, _NOISE = 1, 2
"""Apart from each other and from the crops' draws, whose keys have three numbers."""


def lmbdas(seed: int, step: int, batch: int, low: float, high: float) -> Tensor:
    """lambda of each sample of a step: log-uniform, and stratified, each sample from a stratum of its own, (B,).

    >>> [round(lmbda, 4) for lmbda in lmbdas(0, 7, 4, 0.0018, 0.05).tolist()]
    [0.0034, 0.0072, 0.0096, 0.0425]
    """
    draws = np.array([np.random.default_rng((seed, step, sample, _LMBDA)).random() for sample in range(batch)])
    place = (np.arange(batch) + draws) / batch
    return torch.tensor(np.exp(math.log(low) + place * math.log(high / low)), dtype=torch.float32)


def noise(seed: int, step: int, samples: range, config: DCAEConfig, crop_px: int) -> Noise:
    """The noise that stands for rounding: uniform in [-1/2, 1/2), for some samples of a step.

    Shapes: y (B, M, H/16, W/16), z (B, N, H/64, W/64).
    """
    side_y, side_z = crop_px // 16, crop_px // 64
    sizes = (config.M * side_y**2, config.N * side_z**2)
    drawn = np.empty((len(samples), sum(sizes)), np.float32)
    for row, sample in zip(drawn, samples, strict=True):
        np.random.default_rng((seed, step, sample, _NOISE)).random(out=row, dtype=np.float32)
    y, z = (torch.from_numpy(drawn) - 0.5).split(sizes, dim=1)
    return Noise(y.reshape(-1, config.M, side_y, side_y), z.reshape(-1, config.N, side_z, side_z))
