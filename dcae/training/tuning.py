"""Training on real symbols, by themselves or with the encoder at rest.

Joint training stands noise in for rounding; what a decoder gets is rounded, and chosen for its bits besides. Here all
parts, or all but the encoder, learn from exactly that. Knows what is frozen and where gradients go. Does not know
photos.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dcae.model.dcae import DCAE
from dcae.model.entropy import Noise, y_likelihoods, z_likelihoods
from dcae.model.quantiser import Quantised, whole_choice


def freeze_encoder(model: DCAE) -> None:
    """Stops the gradient of all that only an encoder runs."""
    for part in (model.g_a, model.analysis_path, model.gain, model.h_a):
        if part is not None:
            part.requires_grad_(False)


def output_on_symbols(model: DCAE, x: Tensor, lmbda: Tensor | None, noise: Noise) -> dict[str, Any]:
    """As `DCAE.forward`, for a model in eval mode, where symbols are real, with gradients for all that is not frozen.

    The likelihoods of y are those of the symbols by its tables, on a line between two levels. Their gradient reaches
    sigma; y and mu, which a symbol's likelihood does not depend on, get that of y with noise, as in joint training.
    Those of z are of z with noise. The distortion's gradient goes straight through the choice of symbols.

    Shapes: x (B, 3, H, W) in [0, 1], lmbda (B,) or None for a model of one fixed lambda; noise as of `DCAE.forward`.
    """
    y = model.analyse(x, lmbda)
    z_hat, z_probabilities = z_likelihoods(model.entropy_bottleneck, model.h_a(y), noise.z)
    chosen: list[Quantised] = []
    slices = model.predict(z_hat.to(y.dtype), model.quantiser(y, chosen))
    coded = whole_choice(chosen, model.config)
    of_symbols = torch.exp2(-model.symbol_costs.between_levels(coded.symbols, slices.sigma, coded.first_table))
    of_noisy = y_likelihoods(model.gaussian_conditional, y, slices.mu, slices.sigma.detach(), noise.y)
    x_hat = model.synthesise(slices.y_hat, lmbda)
    return {"x_hat": x_hat, "likelihoods": {"y": of_symbols * (of_noisy / of_noisy.detach()), "z": z_probabilities}}
