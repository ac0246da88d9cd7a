"""The entropy models of z and y: CompressAI's, and what the decoder gets of z.

Knows likelihoods and integer CDF tables. Does not know what predicts mu and sigma, nor how symbols become bytes.
Sources: Balle et al., ICLR 2018 (factorized prior); Minnen et al., NeurIPS 2018 (mean and scale).
"""

from __future__ import annotations

import torch
from compressai.entropy_models import EntropyBottleneck, GaussianConditional
from torch import Tensor


def straight_through(x: Tensor, symbols: Tensor) -> Tensor:
    """The symbols that stand for x, with the gradient of x itself; both of any one shape."""
    return x + (symbols - x).detach()


def z_likelihoods(bottleneck: EntropyBottleneck, z: Tensor) -> tuple[Tensor, Tensor]:
    """What the decoder gets of z, and the likelihood of it: z_hat and likelihoods, both (B, N, H/64, W/64).

    z_hat = round(z - median) + median, straight-through in training, where the likelihoods are of z with uniform
    noise instead.
    """
    z = _at_least_float32(z)
    with torch.autocast(z.device.type, enabled=False):
        _, likelihoods = bottleneck(z)
    medians = z_medians(bottleneck)
    residual = z - medians
    return straight_through(residual, residual.round()) + medians, likelihoods


def z_medians(bottleneck: EntropyBottleneck) -> Tensor:
    """The centre of each channel's distribution, without gradient: (1, N, 1, 1)."""
    return bottleneck.quantiles[:, :, 1].detach()[None, :, :, None]


def y_likelihoods(gaussian: GaussianConditional, y: Tensor, mu: Tensor, sigma: Tensor) -> Tensor:
    """The likelihood of y, rounded around mu (with uniform noise instead in training): all (B, M, H/16, W/16)."""
    y, mu, sigma = (_at_least_float32(t) for t in (y, mu, sigma))
    with torch.autocast(y.device.type, enabled=False):
        return gaussian(y, sigma, mu)[1]


def total_bits(likelihoods: Tensor) -> Tensor:
    """The sum of -log2 of the likelihoods, in bits: a scalar."""
    return -likelihoods.log2().sum()


def _at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
