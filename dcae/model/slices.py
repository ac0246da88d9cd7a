"""The slice loop: y in groups of channels, each predicted from z, the groups before it and the dictionary.

The only place where mu, sigma and the refinement are computed. Training, encoding, decoding and analysis differ in
one function alone, `code`, which turns a slice's mu and sigma into its quantised values. Does not know symbols,
likelihoods or bytes. Source: Lu et al., CVPR 2025, section 3.1; Minnen and Singh, ICIP 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcae.config import DCAEConfig
from dcae.model.dictionary import DictionaryAttention
from dcae.model.layers import Conv3x3, DepthwiseConv2d
from dcae.model.neighbours import Neighbours, joined, quarters

Code = Callable[[int, Tensor, Tensor], Tensor]
"""`code(part, mu, sigma)` -> quantised values of part `part` of y before refinement, all of that part's shape."""


class Slices(NamedTuple):
    """What the loop found, all slices joined along channels: each (B, M, H/16, W/16)."""

    y_hat: Tensor
    mu: Tensor
    sigma: Tensor


def parts_of(y: Tensor, config: DCAEConfig) -> list[Tensor]:
    """y in the parts that are coded one after the other: its slices, or with neighbours the quarters of each.

    Shapes: (B, M, H/16, W/16) -> each (B, M/slices, H/16, W/16), or quarters (B, M/slices, H/32, W/32).
    """
    slices = y.chunk(config.num_slices, dim=1)
    return [quarter for each in slices for quarter in quarters(each)] if config.neighbours else list(slices)


def whole_of(parts: Sequence[Tensor], config: DCAEConfig) -> Tensor:
    """The inverse of `parts_of`, for the parts of one or more whole slices."""
    count = config.parts_of_slice
    slices = [parts[start : start + count] for start in range(0, len(parts), count)]
    return torch.cat([joined(each) if count > 1 else each[0] for each in slices], dim=1)


class SlicePredictor(nn.Module):
    """mu, sigma and the refinement of one slice.

    Shapes: query (B, 2 M + slice_index M/slices, H/16, W/16); results (B, M/slices, H/16, W/16).
    """

    def __init__(self, config: DCAEConfig, slice_index: int) -> None:
        super().__init__()
        support = config.support_channels(slice_index)
        self.dictionary_attention = None
        if config.dictionary_entries:
            self.dictionary_attention = DictionaryAttention(support - config.M, config)
        self.mean_transform = _slice_transform(config, support)
        self.scale_transform = _slice_transform(config, support)
        self.lrp_transform = _slice_transform(config, support + config.slice_channels)
        self.softplus = config.scale_activation == "softplus"
        self.neighbours = nn.ModuleList(
            Neighbours(config.slice_channels, config.neighbours, known) for known in range(1, config.parts_of_slice)
        )

    def forward(self, query: Tensor, dictionary: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """The support of the slice, its mu and its sigma."""
        support = self.support(query, dictionary)
        sigma = self.sigma(support)
        return support, self.mean_transform(support), sigma

    def support(self, query: Tensor, dictionary: Tensor | None) -> Tensor:
        """The query, and what the dictionary says to it."""
        if self.dictionary_attention is None or dictionary is None:
            return query
        return torch.cat([query, self.dictionary_attention(query, dictionary)], dim=1)

    def sigma(self, support: Tensor) -> Tensor:
        """The slice's sigma."""
        sigma = self.scale_transform(support)
        return F.softplus(sigma) if self.softplus else sigma

    def coded(self, slice_index: int, mu: Tensor, sigma: Tensor, code: Code) -> tuple[Tensor, Tensor, Tensor]:
        """The slice's quantised values by `code`, and the mu and sigma that its parts were coded with.

        They are in the arithmetic of the weights, whatever `code` returns: symbols and their mu need not be.
        """
        dtype = cast(Tensor, self.mean_transform[-1].weight).dtype
        if not self.neighbours:
            return code(slice_index, mu, sigma).to(dtype), mu, sigma
        mus, sigmas, values, symbols = quarters(mu), quarters(sigma), list[Tensor](), list[Tensor]()
        for index in range(len(mus)):
            if index:
                mus[index], sigmas[index] = self.neighbours[index - 1](symbols, mus, sigmas)
            values.append(code(slice_index * len(mus) + index, mus[index], sigmas[index]))
            symbol = values[index] - mus[index]
            # Without gradient they are integers, or halves: what adding mu has rounded is taken back.
            symbols.append(symbol if torch.is_grad_enabled() else (2 * symbol).round() / 2)
        return joined(values).to(dtype), joined(mus), joined(sigmas)

    def refine(self, support: Tensor, y_hat: Tensor) -> Tensor:
        """y_hat + 1/2 tanh(latent residual prediction): what rounding lost, as far as it can be foreseen."""
        return y_hat + 0.5 * torch.tanh(self.lrp_transform(torch.cat([support, y_hat], dim=1)))


class SliceLoop(nn.Module):
    """All slices in order, each with the ones before it in its support.

    Shapes: latent scales and means (B, M, H/16, W/16).
    """

    def __init__(self, config: DCAEConfig) -> None:
        super().__init__()
        self.dictionary = None
        if config.dictionary_entries:
            self.dictionary = nn.Parameter(torch.randn(config.dictionary_entries, config.dictionary_size))
        self.slices = nn.ModuleList(SlicePredictor(config, index) for index in range(config.num_slices))

    def forward(self, latent_scales: Tensor, latent_means: Tensor, code: Code) -> Slices:
        query = torch.cat([latent_scales, latent_means], dim=1)
        dictionary = self.dictionary
        if dictionary is not None:
            dictionary = dictionary.view_as(dictionary)  # torch's counter of operations fails on a parameter
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        for index, predictor in enumerate(cast(Iterable[SlicePredictor], self.slices)):
            support, mu, sigma = predictor(query, dictionary)
            values, mu, sigma = predictor.coded(index, mu, sigma, code)
            y_hat = predictor.refine(support, values)
            query = torch.cat([query, y_hat], dim=1)
            found.append((y_hat, mu, sigma))
        return Slices(*(torch.cat(parts, dim=1) for parts in zip(*found, strict=True)))


def _slice_transform(config: DCAEConfig, in_channels: int) -> nn.Sequential:
    """From a support to one slice, the last layer a 3x3 convolution: (B, C_in, H, W) -> (B, M/slices, H, W)."""
    first, second = config.context_widths
    if config.context == "conv3x3":
        hidden = [Conv3x3(in_channels, first), nn.GELU(), Conv3x3(first, second)]
    else:
        hidden = [nn.Conv2d(in_channels, first, 1), nn.GELU(), DepthwiseConv2d(first, 5), nn.Conv2d(first, second, 1)]
    return nn.Sequential(*hidden, nn.GELU(), Conv3x3(second, config.slice_channels))
