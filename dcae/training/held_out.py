"""How good a network is on photos that it is not trained on: what `best` is chosen by.

Knows points on a curve and their mean loss. Does not know what is done with them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from accelerate import Accelerator

from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.model.dcae import DCAE
from dcae.training.loss import RateDistortion
from dcae.training.picture import central_crop, to_batch

SIDE_PX = 512
"""What is measured of a photo is its middle, at most of this side."""
NUM_LMBDAS = 5


class Point(NamedTuple):
    """Means over the photos at one lambda: bits a pixel by the model's tables, PSNR in dB, and the loss."""

    lmbda: float
    bpp: float
    psnr_db: float
    loss: float


def evaluation_lmbdas(low: float = LMBDA_MIN, high: float = LMBDA_MAX) -> list[float]:
    """Where a model for all lambda of an interval is measured; one lambda if the interval is a point.

    >>> evaluation_lmbdas()
    [0.0018, 0.00413, 0.00949, 0.0218, 0.05]
    """
    return [float(f"{lmbda:.3g}") for lmbda in np.geomspace(low, high, NUM_LMBDAS if high > low else 1)]


@torch.no_grad()
def mean_points(
    model: DCAE, photos: Sequence[np.ndarray], lmbdas: Sequence[float], loss: RateDistortion, engine: Accelerator
) -> list[Point]:
    """The mean points of a model in eval mode, each process of `engine` measuring its part of the photos."""
    sums, costs = torch.zeros(len(lmbdas), 3, device=engine.device), model.symbol_costs
    for photo in photos[engine.process_index :: engine.num_processes]:
        x = to_batch(central_crop(photo, SIDE_PX, SIDE_PX)[None], engine.device)
        for row, lmbda in zip(sums, lmbdas, strict=True):
            gained = lmbda if model.gain is not None else None
            y_hat, likelihoods = model.estimate(model.analyse(x, gained), costs=costs)
            x_hat = model.synthesise(y_hat, gained).float().clamp(0, 1)
            found = loss({"x_hat": x_hat, "likelihoods": likelihoods}, x, torch.tensor([lmbda], device=engine.device))
            psnr_db = -10 * math.log10(max(float(found.mse), 1e-12))
            row += torch.tensor([float(found.bpp), psnr_db, float(found.loss)], device=engine.device)
    means = cast(torch.Tensor, engine.reduce(sums, "sum")) / len(photos)
    return [Point(lmbda, *row) for lmbda, row in zip(lmbdas, means.tolist(), strict=True)]
