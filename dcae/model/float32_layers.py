"""Faster layers for the entropy path of networks that code in float32, on a CPU: the same sums in another order.

Such a network, the published one, is wide: nearly all of its time goes into dense 3 x 3 convolutions and linear layers.
Encoder and decoder run the same ones. Does not know symbols or levels.
Source: Lavin and Gray, Fast algorithms for convolutional neural networks, CVPR 2016 (F(2 x 2, 3 x 3)).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcae.model.layers import Conv3x3
from dcae.model.slices import SlicePredictor

_TILES = 512
"""About how many tiles of 2 x 2 results are worked on at a time: more only take more memory."""


class PointwiseLinear(nn.Linear):
    """A linear layer as a 1 x 1 convolution, for which PyTorch takes oneDNN: MKL's product is as slow as half on AMD's.

    Shapes: (..., C_in) -> (..., C_out).
    """

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(linear.__dict__)  # its parameters, and the hooks of those who watch or change it

    def forward(self, input: Tensor) -> Tensor:
        line = input.reshape(1, 1, -1, input.shape[-1]).permute(0, 3, 1, 2)  # (1, C_in, 1, positions), channels last
        out = F.conv2d(line, self.weight[:, :, None, None], self.bias)
        return out.permute(0, 2, 3, 1).reshape(*input.shape[:-1], -1)


class WinogradConv3x3(nn.Module):
    """A dense 3 x 3 convolution with 16 products where 36 are usual.

    Four results at a time. Rounding errors are 1.3 to 1.7 times those of the usual way (64 to 1088 channels).

    Shapes: (1, C_in, H, W) -> (1, C_out, H, W); H and W even.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.factors = nn.Parameter(_transformed_kernels(weight), requires_grad=False)
        self.bias = nn.Parameter(bias.detach().clone(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        out = x.new_empty(1, height, width, len(self.bias)).permute(0, 3, 1, 2)
        x = F.pad(x, (1, 1, 1, 1))
        rows = 2 * max(1, _TILES // (width // 2))
        for top in range(0, height, rows):
            tiles = _transformed_tiles(x[:, :, top : top + rows + 2])
            products = [F.conv2d(tile, factor) for tile, factor in zip(tiles, self.factors, strict=True)]
            _transform_back(products, out[:, :, top : top + rows])
        return out.add_(self.bias[:, None, None])


class FastPredictor(SlicePredictor):
    """A slice's predictor whose three transforms have their first layers, which see the same support, as one.

    In place of the support it gives what the refinement's first layer makes of it.
    """

    def __init__(self, predictor: SlicePredictor) -> None:
        nn.Module.__init__(self)
        self.dictionary_attention, self.softplus = predictor.dictionary_attention, predictor.softplus
        self.neighbours = predictor.neighbours
        transforms = predictor.mean_transform, predictor.scale_transform, predictor.lrp_transform
        firsts: list[Any] = [transform[0] for transform in transforms]
        support = firsts[0].in_channels
        weights = torch.cat([first.weight[:, :support] for first in firsts])
        self.first = WinogradConv3x3(weights, torch.cat([first.bias for first in firsts]))
        self.first_of_slice = nn.Parameter(firsts[2].weight[:, support:].detach().clone(), requires_grad=False)
        self.mean_transform, self.scale_transform, self.lrp_transform = (transform[1:] for transform in transforms)

    def forward(self, query: Tensor, dictionary: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        mean, scale, refinement = self.first(self.support(query, dictionary)).chunk(3, dim=1)
        return refinement, self.mean_transform(mean), self.sigma(scale)

    def refine(self, support: Tensor, y_hat: Tensor) -> Tensor:
        hidden = support + F.conv2d(y_hat, self.first_of_slice, padding=1)
        return y_hat + 0.5 * torch.tanh(self.lrp_transform(hidden))


def speed_up(network: nn.Module) -> None:
    """Puts the layers of this module in place of those of a network in float32 on a CPU, which it changes.

    What they replace is let go; their parameters have other names.
    """
    for name, layer in network.named_children():
        if isinstance(layer, nn.Linear):
            setattr(network, name, PointwiseLinear(layer))
        else:
            speed_up(layer)
            if isinstance(layer, SlicePredictor) and isinstance(layer.mean_transform[0], Conv3x3):
                setattr(network, name, FastPredictor(layer))


def _transformed_kernels(weight: Tensor) -> Tensor:
    """(C_out, C_in, 3, 3) -> the factors of each of the 16 places of a tile, (16, C_out, C_in, 1, 1)."""
    matrix = weight.new_tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    factors = torch.einsum("ik,ockl,jl->ijoc", matrix, weight.detach(), matrix)
    return factors.flatten(0, 1)[..., None, None].contiguous()


def _transformed_tiles(x: Tensor) -> list[Tensor]:
    """Each place of the tiles of 4 x 4 values, two apart: (1, C, H + 2, W + 2) -> 16 of (1, C, H/2, W/2)."""
    return [place for rows in _differences(x, 2) for place in _differences(rows, 3)]


def _differences(x: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The transform of the tiles along one axis."""
    last = x.shape[dim] - 3  # the 4 values of the last tile start there
    a, b, c, d = (x.narrow(dim, first, last).unfold(dim, 1, 2).squeeze(-1) for first in range(4))
    return a - c, b + c, c - b, b - d


def _transform_back(products: Sequence[Tensor], out: Tensor) -> None:
    """out (1, C, H, W) = what 16 products (1, C, H/2, W/2) make of each 2 x 2 results."""
    columns = [_sums(products[place::4]) for place in range(4)]  # of each column of a tile, its two rows
    for row in range(2):
        for column, values in enumerate(_sums([sums[row] for sums in columns])):
            out[:, :, row::2, column::2] = values


def _sums(values: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """The transform back along one axis."""
    a, b, c, d = values
    return a + b + c, b - c - d
