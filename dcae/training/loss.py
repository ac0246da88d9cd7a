"""The rate-distortion loss.

Knows lambda, distortions and likelihoods. Does not know the network.
Source: Lu et al., CVPR 2025, section 4.1: L = lambda 255^2 MSE + bpp, or lambda' (1 - MS-SSIM) + bpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pytorch_msssim import ms_ssim
from torch import Tensor

from dcae.model.gain import REFERENCE_LMBDA

MS_SSIM_SCALE = 1280
"""lambda' of 1 - MS-SSIM is this times lambda, so that one interval of lambda serves both losses. The pairs that the
field uses (CompressAI's table of losses) give 1253 to 1333: 0.0018 and 2.40, 0.013 and 16.64, 0.0483 and 60.50."""

Perceptual = Callable[[Tensor, Tensor], Tensor]
"""A distance of images (B, 3, H, W) in [0, 1]: of each pair, (B,)."""


class Loss(NamedTuple):
    """The loss of a batch and what it is made of, each a scalar."""

    loss: Tensor
    bpp: Tensor
    mse: Tensor


class RateDistortion:
    """The mean over a batch of sqrt(lambda_0 / lambda) (distortion + bpp + weight LPIPS).

    The weight keeps samples of a high lambda from drowning the others; with lambda = lambda_0 = 0.013 it is one.

    Args:
        distortion: `mse`: lambda 255^2 MSE; `ms_ssim`: 1280 lambda (1 - MS-SSIM).
        lpips: Weight of the perceptual distance.
        perceptual: That distance; needed if its weight is above 0.
    """

    def __init__(self, distortion: str = "mse", lpips: float = 0.0, perceptual: Perceptual | None = None) -> None:
        self.distortion, self.lpips, self.perceptual = distortion, lpips, perceptual

    def __call__(self, output: dict[str, Any], x: Tensor, lmbda: Tensor) -> Loss:
        """The loss of what `DCAE.forward` returned for images x (B, 3, H, W) in [0, 1] at lmbda (B,)."""
        pixels = x.shape[-2] * x.shape[-1]
        bits = [-likelihoods.log2().flatten(1).sum(1) for likelihoods in output["likelihoods"].values()]
        bpp = (bits[0] + bits[1]) / pixels  # (B,)
        x_hat = output["x_hat"].float()
        mse = (x_hat - x).square().flatten(1).mean(1)  # (B,)
        if self.distortion == "mse":
            cost = lmbda * 255**2 * mse + bpp
        else:
            cost = MS_SSIM_SCALE * lmbda * (1 - ms_ssim(x_hat, x, data_range=1.0, size_average=False)) + bpp
        if self.perceptual is not None:
            cost = cost + self.lpips * self.perceptual(x_hat, x)
        weight = (REFERENCE_LMBDA / lmbda).sqrt()
        return Loss((weight * cost).mean(), bpp.detach().mean(), mse.detach().mean())
