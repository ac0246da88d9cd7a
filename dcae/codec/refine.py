"""Latents improved for one picture: y and z by gradient on the true loss, while the weights rest.

An encoder network gives every picture the same few moments of thought. Here the loss of this one picture,
lambda 255^2 MSE + bpp, goes down by Adam on its y and z themselves; file format and decoder are as ever. Rounding has
no gradient, so a soft one stands in for it, which grows hard as the steps go on; a trellis is taken as it is, and y is
moved as if its error stayed.
Knows latents, pixels and the loss. Does not know files and sessions.
Sources: Yang, Bamler and Mandt, Improving inference for neural image compression, NeurIPS 2020 (the idea, with
randomly annealed rounding); Agustsson and Theis, Universally quantized neural compression, NeurIPS 2020 (soft
rounding). The defaults were found by trial with `small` on Kodak's photos.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcae.codec.interruption import interruption_point
from dcae.codec.preview import Preview
from dcae.codec.protocol import MAX_REFINED_PX
from dcae.model.entropy import straight_through, z_medians
from dcae.model.slices import parts_of
from dcae.rd import bpp

REFINEMENT_STEPS = 30
"""The steps that are taken unless told otherwise."""

REPORTED_STEPS = 5
"""After so many steps each it is estimated what has been reached; an estimate takes about a third of a step."""

RATE, RATE_LMBDA, RATE_POWER = 0.035, 0.01, 0.4
"""Adam's learning rate for y, in quantiser steps, is RATE (RATE_LMBDA / lambda) ^ RATE_POWER: at a low lambda most
symbols have farther to go. It falls so fast that the latents rest long before the rounding is hard."""

TRELLIS_RATE = 0.1
"""With a trellis, of y's rate: symbols are real in every step, and those around one that changes change with it."""

MOST_QUICK_STEPS = 30
"""Beyond so many steps the rate is lower in proportion: where y goes far while rounding is soft, it fits what rounding
takes away again."""

SMALL_SLOPE = 0.5
"""Adam's epsilon, bits a quantiser step: what slopes less moves less."""

FIRST_TEMPERATURE, LAST_TEMPERATURE = 1.5, 0.03
"""Of the soft rounding; it falls geometrically."""

_FARTHEST = 1e-5
"""How near to an integer or a half a residual may be as the soft rounding sees it, where its slope is none or all."""


class Latents(NamedTuple):
    """Gained y (1, M, H/16, W/16) and z (1, N, H/64, W/64), H and W the padded sides in px."""

    y: Tensor
    z: Tensor


class Refinement:
    """One picture's latents on their way down.

    No random number is used: the same machine, weights and picture lead to the same latents. Memory and time of a step
    are those of a training step on one crop of the picture's size, without the encoder.

    Args:
        preview: Whose network and arithmetic are used.
        start: What the encoder found.
        x: The photo itself, without padding, (1, 3, height, width) in [0, 1]: its own pixels alone count.
        lmbda: What the gains are set to; None for weights that have one fixed lambda.
        trade_off: lambda of the loss.
        steps: How many there will be.

    Attributes:
        latents: What has been found so far.
        weighs: Whether y's symbols are still weighed when it is coded: those of a trellis are, in every step, too.
    """

    def __init__(
        self, preview: Preview, start: Latents, x: Tensor, lmbda: float | None, trade_off: float, steps: int
    ) -> None:
        self.preview, self.x, self.lmbda, self.trade_off, self.steps = preview, x, lmbda, trade_off, steps
        with torch.inference_mode(False):  # leaves of a graph, whatever the caller is in
            self.latents = Latents(*(latent.detach().clone().requires_grad_() for latent in start))
        self.weighs = preview.model.config.trellis
        of_y, of_z = learning_rates(trade_off, steps)
        rates = zip(self.latents, (of_y * TRELLIS_RATE if self.weighs else of_y, of_z), strict=True)
        self._adam = torch.optim.Adam([{"params": [latent], "lr": rate} for latent, rate in rates], eps=SMALL_SLOPE)
        self._done = 0

    def step(self) -> None:
        """One step of all latents; one that finds no finite gradient leaves them where they are."""
        interruption_point()
        share = self._done / max(1, self.steps - 1)
        temperature = FIRST_TEMPERATURE * (LAST_TEMPERATURE / FIRST_TEMPERATURE) ** share
        for group in self._adam.param_groups:
            group["lr"] *= 0.525 + 0.475 * math.cos(math.pi * share)  # of what it was: it falls ever faster
        device = self.x.device.type
        with torch.inference_mode(False), torch.enable_grad(), torch.autocast(device, enabled=False):
            gradients = torch.autograd.grad(self._loss(temperature), self.latents)  # of these alone, not of weights
        interruption_point()
        if all(bool(gradient.isfinite().all()) for gradient in gradients):
            for latent, gradient in zip(self.latents, gradients, strict=True):
                latent.grad = gradient
            self._adam.step()
        self._done += 1

    def _loss(self, temperature: float) -> Tensor:
        """Of the whole picture, in bits."""
        model, dtype = self.preview.model, self.preview.dtype
        y, z = self.latents
        bottleneck, medians = model.entropy_bottleneck, z_medians(model.entropy_bottleneck)
        z_hat = softly_rounded(z - medians, temperature) + medians
        of_z = bottleneck._likelihood(z_hat.transpose(0, 1).flatten(1)[:, None])[0]  # (N, 1, H/64 W/64)
        bits = -bottleneck.likelihood_lower_bound(of_z).log2().sum()

        gaussian, parts, choose = model.gaussian_conditional, parts_of(y, model.config), model.choice()
        part_bits: list[Tensor] = []

        def code(part: int, mu: Tensor, sigma: Tensor) -> Tensor:
            mu, sigma = mu.to(y.dtype), sigma.to(y.dtype)
            residual = parts[part] - mu
            if self.weighs:
                counted, decoded = residual, straight_through(residual, choose(residual, sigma).values)
            else:
                counted = decoded = softly_rounded(residual, temperature)
            likelihoods = gaussian.likelihood_lower_bound(gaussian._likelihood(counted, sigma))
            part_bits.append(-likelihoods.log2().sum())
            return decoded + mu

        network, height, width = self.preview.network, self.x.shape[2], self.x.shape[3]
        z_hat = z_hat.to(dtype).contiguous(memory_format=torch.channels_last)
        y_hat = network.predict(z_hat, code).y_hat.to(y.dtype)
        x_hat = network.synthesise(y_hat, self.lmbda)[..., :height, :width].to(y.dtype).clamp(0, 1)
        mse = (x_hat - self.x).square().mean()
        return self.trade_off * 255**2 * mse * (height * width) + bits + torch.stack(part_bits).sum()


def learning_rates(trade_off: float, steps: int) -> tuple[float, float]:
    """Of y and of z at the first step.

    >>> [tuple(round(rate, 4) for rate in learning_rates(0.01, steps)) for steps in (10, 30, 480)]
    [(0.035, 0.07), (0.035, 0.07), (0.0022, 0.0175)]
    """
    rate, share = RATE * (RATE_LMBDA / trade_off) ** RATE_POWER, min(1.0, MOST_QUICK_STEPS / steps)
    return rate * share, 2 * rate * math.sqrt(share)


def softly_rounded(x: Tensor, temperature: float) -> Tensor:
    """x at temperature 1, the nearest integers at 0, halves towards infinity, with a slope everywhere; x of any shape.

    floor(x) + sigmoid(logit(x - floor(x)) / temperature)

    >>> x = torch.tensor([0.2, 0.5, 0.8, -1.3])
    >>> [[round(float(value), 2) for value in softly_rounded(x, temperature)] for temperature in (1, 0.3, 0.05)]
    [[0.2, 0.5, 0.8, -1.3], [0.01, 0.5, 0.99, -1.06], [0.0, 0.5, 1.0, -1.0]]
    """
    below = x.detach().floor()
    share = (x - below).clamp(_FARTHEST, 1 - _FARTHEST)
    return below + torch.sigmoid(torch.logit(share) / temperature)


def true_loss(image: NDArray[np.uint8], num_bytes: float, picture: NDArray[np.uint8], trade_off: float) -> float:
    """What a file costs and its picture lacks: trade_off 255^2 MSE + bpp, the MSE of 8-bit pictures in [0, 1].

    >>> black = np.zeros((4, 4, 3), np.uint8)
    >>> true_loss(black, 6, black + np.uint8(2), trade_off=0.5)
    5.0
    """
    squared_error = np.subtract(image, picture, dtype=np.int32).astype(np.float64) ** 2
    return trade_off * float(squared_error.mean()) + bpp(num_bytes, image.shape[1], image.shape[0])


def check_refinement(width: int, height: int, steps: int) -> None:
    """Refuses what cannot be refined.

    Raises:
        ValueError: the picture is too large, or there are no steps.
    """
    if width * height > MAX_REFINED_PX:
        size = f"image is {width} x {height} = {width * height} px"
        raise ValueError(f"{size}; at most {MAX_REFINED_PX} px can be refined: a step takes a gigabyte a megapixel")
    if steps < 1:
        raise ValueError(f"steps is {steps}; a refinement has 1 or more")


def checked_trade_off(trade_off: float | None) -> float:
    """lambda of the loss, if there is one.

    Raises:
        ValueError: there is none, or it is not above 0 and finite.
    """
    if trade_off is None:
        raise ValueError("trade_off is missing: these weights do not say which lambda they were trained for; give it")
    if not 0 < trade_off < math.inf:
        raise ValueError(f"trade_off is {trade_off}; must be above 0 and finite")
    return trade_off
