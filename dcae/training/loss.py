"""The rate-distortion loss.

Knows lambda, mean squared error and likelihoods. Does not know the network.
Source: Lu et al., CVPR 2025, section 4.1: L = lambda 255^2 MSE + bpp.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from dcae.model.gain import REFERENCE_LMBDA


class Loss(NamedTuple):
    """The loss of a batch and what it is made of, each a scalar."""

    loss: Tensor
    bpp: Tensor
    mse: Tensor


def rate_distortion_loss(output: dict[str, Any], x: Tensor, lmbda: Tensor) -> Loss:
    """The mean over the batch of sqrt(lambda_0 / lambda) (lambda 255^2 MSE + bpp).

    The weight keeps samples of a high lambda from drowning the others; with lambda = lambda_0 = 0.013 it is one.

    Args:
        output: What `DCAE.forward` returned.
        x: The images (B, 3, H, W) in [0, 1].
        lmbda: lambda of each image (B,).
    """
    pixels = x.shape[-2] * x.shape[-1]
    bits = [-likelihoods.log2().flatten(1).sum(1) for likelihoods in output["likelihoods"].values()]
    bpp = (bits[0] + bits[1]) / pixels  # (B,)
    mse = (output["x_hat"].float() - x).square().flatten(1).mean(1)  # (B,)
    weight = (REFERENCE_LMBDA / lmbda).sqrt()
    loss = (weight * (lmbda * 255**2 * mse + bpp)).mean()
    return Loss(loss, bpp.detach().mean(), mse.detach().mean())
