"""The entropy models of z and y: CompressAI's, and what the decoder gets of z.

Knows likelihoods and integer CDF tables. Does not know what predicts mu and sigma, nor how symbols become bytes.
Sources: Balle et al., ICLR 2018 (factorized prior); Minnen et al., NeurIPS 2018 (mean and scale).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from compressai.entropy_models import EntropyBottleneck, GaussianConditional
from torch import Tensor


class Noise(NamedTuple):
    """What is added to y and z in training, where the likelihoods are of noisy values: uniform in [-1/2, 1/2].

    Shapes: y (B, M, H/16, W/16), z (B, N, H/64, W/64).
    """

    y: Tensor
    z: Tensor


def straight_through(x: Tensor, values: Tensor) -> Tensor:
    """The values that stand for x, with the gradient of x itself; both of any one shape."""
    return x + (values - x).detach()


def z_likelihoods(bottleneck: EntropyBottleneck, z: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """What the decoder gets of z, and the likelihood of it: z_hat and likelihoods, both (B, N, H/64, W/64).

    z_hat = round(z - median) + median, straight-through in training, where the likelihoods are of z with uniform
    noise instead: the given one, or CompressAI's own.
    """
    z = at_least_float32(z)
    with torch.autocast(z.device.type, enabled=False):
        likelihoods = bottleneck(z)[1] if noise is None else _noisy_z_likelihoods(bottleneck, z + noise)
    medians = z_medians(bottleneck)
    residual = z - medians
    return straight_through(residual, residual.round()) + medians, likelihoods


def z_medians(bottleneck: EntropyBottleneck) -> Tensor:
    """The centre of each channel's distribution, without gradient: (1, N, 1, 1)."""
    return bottleneck.quantiles[:, :, 1].detach()[None, :, :, None]


def y_likelihoods(
    gaussian: GaussianConditional, y: Tensor, mu: Tensor, sigma: Tensor, noise: Tensor | None = None
) -> Tensor:
    """The likelihood of y, rounded around mu (with uniform noise instead in training): all (B, M, H/16, W/16).

    Given `noise`, it is of y with that, in training or not.
    """
    y, mu, sigma = (at_least_float32(t) for t in (y, mu, sigma))
    with torch.autocast(y.device.type, enabled=False):
        if noise is None:
            return gaussian(y, sigma, mu)[1]
        return gaussian.likelihood_lower_bound(gaussian._likelihood(y + noise, sigma, mu))


def _noisy_z_likelihoods(bottleneck: EntropyBottleneck, z: Tensor) -> Tensor:
    channels_first = z.transpose(0, 1)  # (N, B, H/64, W/64)
    found, _, _ = bottleneck._likelihood(channels_first.flatten(1)[:, None])  # (N, 1, B H/64 W/64)
    return bottleneck.likelihood_lower_bound(found).view(channels_first.shape).transpose(0, 1)


def total_bits(likelihoods: Tensor) -> Tensor:
    """The sum of -log2 of the likelihoods, in bits: a scalar."""
    return -likelihoods.log2().sum()


def at_least_float32(x: Tensor) -> Tensor:
    """x in float32 if it is in less."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
