"""What a file would cost and show, fast enough to follow a hand: estimates in bfloat16 where the processor has it.

Files and their pictures are never made here: their arithmetic is the latent coder's, and float32 for g_s. An estimate
runs the same network and the same choice of symbols on numbers of 8 bits of precision; what must not suffer from that
(gains, z and its prior, symbols, their likelihoods and the linear path to the picture) stays in float32.
Does not know images, padding, or the container. Shapes: H, W padded image size in pixels.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from dcae.model.dcae import DCAE
from dcae.model.entropy import total_bits, z_likelihoods
from dcae.model.slices import parts_of


class Previewed(NamedTuple):
    """The ideal bits of each part by its name, `z` and `slice 0` ..., and the picture (1, 3, H, W), not clamped."""

    bits: dict[str, float]
    x_hat: Tensor


class Preview:
    """A model's estimates.

    Args:
        model: A model in eval mode, whose tables stay as they are.
        dtype: Arithmetic of h_s, the slice loop and g_s. In another one than the model's, these are a copy of the
            model's, made here: it does not follow if the model is trained on.
    """

    def __init__(self, model: DCAE, dtype: torch.dtype) -> None:
        self.model, self.dtype = model, dtype
        self.costs = model.symbol_costs
        self.network = model if dtype == next(model.parameters()).dtype else _copy(model, dtype)

    @torch.inference_mode()
    def estimate(self, y: Tensor, lmbda: float | None) -> Previewed:
        """Estimates a coding of ungained y (1, M, H/16, W/16) at lambda; None for weights that have one fixed lambda.

        Raises:
            ValueError: if lambda is not legal.
        """
        y = self.model.apply_gain(y, lmbda).contiguous(memory_format=torch.channels_last)
        return self.of_latents(y, self.model.h_a(y), lmbda, weighs=True)

    @torch.inference_mode()
    def of_latents(self, y: Tensor, z: Tensor, lmbda: float | None, *, weighs: bool) -> Previewed:
        """Estimates a coding of gained y (1, M, H/16, W/16) and z (1, N, H/64, W/64).

        Args:
            y: What is coded.
            z: What is coded before it.
            lmbda: What y was gained for; None for weights that have one fixed lambda.
            weighs: Whether y's symbols are those that the model's encoder chooses; otherwise they are the nearest.

        Raises:
            ValueError: if lambda is not legal.
        """
        z_hat, z_probabilities = z_likelihoods(self.model.entropy_bottleneck, z)
        quantiser = _Quantiser(self, y, weighs)
        z_hat = z_hat.to(self.dtype).contiguous(memory_format=torch.channels_last)
        y_hat = self.network.predict(z_hat, quantiser).y_hat
        bits = {"z": float(total_bits(z_probabilities))}
        of_slices = torch.stack(quantiser.bits).unflatten(0, (-1, self.model.config.parts_of_slice)).sum(1)
        bits |= {f"slice {index}": part for index, part in enumerate(of_slices.tolist())}
        return Previewed(bits, self.network.synthesise(y_hat.to(y.dtype), lmbda))


class _Quantiser:
    """`code` for the slice loop: the encoder's choice of symbols, and what they cost."""

    def __init__(self, preview: Preview, y: Tensor, weighs: bool) -> None:
        self.parts, self.choose = parts_of(y, preview.model.config), preview.model.choice(weighs)
        self.costs = preview.costs
        self.bits: list[Tensor] = []

    def __call__(self, part: int, mu: Tensor, sigma: Tensor) -> Tensor:
        mu = mu.to(self.parts[part].dtype)
        sigma = sigma.to(mu.dtype)
        chosen = self.choose(self.parts[part] - mu, sigma)
        self.bits.append(self.costs.at_level(chosen.symbols, chosen.first_table + self.costs.level_of(sigma)).sum())
        return chosen.values + mu


def fastest_dtype(model: DCAE) -> torch.dtype:
    """bfloat16 for a float32 model on a CPU that multiplies in it, otherwise the model's own."""
    like = next(model.parameters())
    fast = like.device.type == "cpu" and like.dtype == torch.float32 and _cpu_multiplies_bfloat16()
    return torch.bfloat16 if fast else like.dtype


def _cpu_multiplies_bfloat16() -> bool:
    """Not whether it can at all: without the instructions, bfloat16 is slower than float32."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def _copy(model: DCAE, dtype: torch.dtype) -> DCAE:
    """The model in another arithmetic, channels last; its gains and linear path are the model's own."""
    network = copy.deepcopy(model).to(dtype).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    network.gain, network.inverse_gain = model.gain, model.inverse_gain
    network.synthesis_path = model.synthesis_path
    network.g_s.register_forward_pre_hook(lambda _, inputs: (inputs[0].to(dtype),))
    return network
