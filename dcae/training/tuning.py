"""The decoder's own stage of training: the encoder rests, and everything behind the symbols learns from real ones.

Joint training stands noise in for rounding; what a decoder gets is rounded, and chosen for its bits besides. Here h_s,
the slice loop, z's prior and g_s see exactly that. Knows what is frozen and where gradients go. Does not know photos.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dcae.model.dcae import DCAE
from dcae.model.entropy import Noise, y_likelihoods, z_likelihoods


def freeze_encoder(model: DCAE) -> None:
    """Puts a model into eval mode, where symbols are real, and stops the gradient of all that only an encoder runs."""
    model.eval()
    for part in (model.g_a, model.analysis_path, model.gain, model.h_a):
        if part is not None:
            part.requires_grad_(False)


def decoder_output(model: DCAE, x: Tensor, lmbda: Tensor | None, noise: Noise | None) -> dict[str, Any]:
    """As `DCAE.forward`, for a model whose encoder is frozen, with gradients for everything else.

    The likelihoods are those of the symbols by y's tables, on a line between two levels. Their gradient reaches sigma;
    mu, which a symbol's likelihood does not depend on, gets that of y with noise, as in joint training.

    Shapes: x (B, 3, H, W) in [0, 1], lmbda (B,) or None for a model of one fixed lambda; noise as of `DCAE.forward`.
    """
    with torch.no_grad():
        y = model.analyse(x, lmbda)
        z = model.h_a(y)
    z_hat, z_probabilities = z_likelihoods(model.entropy_bottleneck, z)
    quantised: list[Tensor] = []
    slices = model.predict(z_hat.to(y.dtype), model.quantiser(y, quantised))
    symbols = (torch.cat(quantised, dim=1) - slices.mu).detach().round()
    of_symbols = torch.exp2(-model.symbol_costs.between_levels(symbols, slices.sigma))
    noise_y = noise.y if noise is not None else torch.rand_like(y) - 0.5
    of_noisy = y_likelihoods(model.gaussian_conditional, y, slices.mu, slices.sigma.detach(), noise_y)
    x_hat = model.synthesise(slices.y_hat, lmbda)
    return {"x_hat": x_hat, "likelihoods": {"y": of_symbols * (of_noisy / of_noisy.detach()), "z": z_probabilities}}
