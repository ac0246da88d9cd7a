"""What the symbols around an element say about it, once a part of its slice is known.

The slice loop predicts a slice from z and the slices before it; what it has of the slice itself is nothing. With
neighbours a slice is coded in four quarters, and what is known of the earlier ones moves mu and sigma of the next: for
each channel by itself, since what the network misses of a place is seen in the same channel beside it.
Knows quarters and one slice. Does not know what predicts mu and sigma first, nor how symbols become bytes.
Sources: He et al., Checkerboard context model, CVPR 2021; Li et al., Neural video compression with diverse contexts,
CVPR 2023 (four parts).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcae.config import SCALE_MIN

QUARTERS = ((0, 0), (1, 1), (0, 1), (1, 0))
"""Row and column of each quarter's first element, in the order of coding; the others follow at every second place."""

_LARGEST = 8.0
"""What a symbol says is bounded, whatever a damaged file holds."""

_EXPECTED_ALIKE = 3.0
"""How many units of expected size a channel must have before its own sum counts as much as what was expected."""


def quarters(x: Tensor) -> list[Tensor]:
    """Four parts of (B, C, H, W), H and W even, in the order of coding: each (B, C, H/2, W/2).

    >>> [part.item() for part in quarters(torch.arange(4).view(1, 1, 2, 2))]
    [0, 3, 1, 2]
    """
    return [x[..., row::2, column::2] for row, column in QUARTERS]


def joined(parts: Sequence[Tensor]) -> Tensor:
    """The inverse of `quarters`."""
    by_place = [part for _, part in sorted(zip(QUARTERS, parts, strict=True), key=lambda pair: pair[0])]
    by_row = torch.stack(by_place, dim=-1).unflatten(-1, (2, 2)).transpose(-3, -2)  # (B, C, H, 2, W, 2)
    return by_row.flatten(-4, -3).flatten(-2, -1)


class Neighbours(nn.Module):
    """mu and sigma of one quarter of a slice, from those of all four and the symbols of the quarters before it.

    All channels share the weights but for a bias of their own. It starts as what changes nothing.

    Args:
        channels: Of the slice.
        width: Hidden channels.
        known: Quarters that are known.

    Shapes: each quarter (B, channels, H, W).
    """

    def __init__(self, channels: int, width: int, known: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(len(QUARTERS) + 3 * known + 1, width, 3, padding=1)
        self.of_channel = nn.Parameter(torch.zeros(channels, width, 1, 1))
        self.hidden, self.output = nn.Conv2d(width, width, 1), nn.Conv2d(width, 2, 1)
        for parameter in self.output.parameters():
            nn.init.zeros_(parameter)

    def forward(
        self, symbols: Sequence[Tensor], mus: Sequence[Tensor], sigmas: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """mu and sigma of quarter `len(symbols)`.

        Args:
            symbols: Of the quarters before it; in training, y - mu with the value of its symbol.
            mus: Of all quarters.
            sigmas: Likewise.
        """
        exact = torch.promote_types(sigmas[0].dtype, torch.float32)
        sigma = [at_least_smallest(quarter.to(exact)) for quarter in sigmas]
        planes = [quarter.log() for quarter in sigma]
        size, expected = torch.zeros((), dtype=exact), torch.zeros((), dtype=exact)
        for symbol, scale in zip(symbols, sigma, strict=False):
            symbol, likely = symbol.to(exact), expected_size(scale)
            planes += [(symbol / (scale + 0.3)).clamp(-_LARGEST, _LARGEST), (likely + 0.1).log()]
            planes += [(symbol.abs() / (likely + 0.2)).clamp_max(_LARGEST)]
            size = size + symbol.abs().sum((2, 3), keepdim=True)
            expected = expected + likely.sum((2, 3), keepdim=True)
        surprise = ((size + _EXPECTED_ALIKE) / (expected + _EXPECTED_ALIKE)).log()  # (B, channels, 1, 1)
        planes.append(surprise.expand_as(sigma[0]))
        batch = len(sigma[0])
        x = torch.stack(planes, dim=2).flatten(0, 1).to(self.conv.weight.dtype)
        x = self.conv(x)  # (B channels, width, H, W)
        x = F.gelu(x + self.of_channel.repeat(batch, 1, 1, 1))
        moves = self.output(F.gelu(self.hidden(x))).to(exact).unflatten(0, (batch, -1))  # (B, channels, 2, H, W)
        mu, scale = mus[len(symbols)].to(exact), sigma[len(symbols)]
        return mu + moves[:, :, 0] * scale, scale * (moves[:, :, 1] / 2).clamp(-_LARGEST, _LARGEST).exp()


def at_least_smallest(sigma: Tensor) -> Tensor:
    """sigma, at least the smallest that has a table, with a slope of one everywhere."""
    return sigma + (SCALE_MIN - sigma).clamp_min(0).detach()


def expected_size(sigma: Tensor) -> Tensor:
    """About the mean of |round(x)| of a Gaussian x of scale sigma: P(|x| > 1/2) and the integral of P(|x| > t) from 1.

    >>> [round(float(expected_size(torch.tensor(sigma))), 2) for sigma in (0.11, 0.5, 1.0, 10.0)]
    [0.0, 0.33, 0.78, 7.98]
    """
    half = torch.erfc(0.5 / (sigma * math.sqrt(2)))
    density = torch.exp(-0.5 / sigma.square()) / math.sqrt(2 * math.pi)
    return half + 2 * sigma * density - torch.erfc(1 / (sigma * math.sqrt(2)))
