"""The dictionary cross-attention: each latent position asks a learned table of typical structures what to expect.

Knows queries, entries and heads. Does not know what slice it works for, nor what is coded.
Source: Lu et al., CVPR 2025, section 3.3 (multi-scale feature aggregation and dictionary cross-attention).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcae.config import DCAEConfig
from dcae.model.layers import DepthwiseConv2d, GatedMLP, Scale


class DenseLayer(nn.Module):
    """GELU, 1x1, GELU, depthwise 3x3, GELU, 1x1.

    Shapes: input and output (B, C, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1)
        self.depthwise = DepthwiseConv2d(channels, 3)
        self.conv2 = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.gelu(self.depthwise(F.gelu(self.conv1(F.gelu(x))))))


class MultiScaleAggregation(nn.Module):
    """The published aggregation: three dense layers, all four maps projected, weighted by a spatial attention map.

    Shapes: input and output (B, C, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.dense = nn.ModuleList(DenseLayer(channels) for _ in range(3))
        self.projection = nn.Conv2d(4 * channels, channels, 1)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.conv(x)]
        for layer in self.dense:
            maps.append(layer(maps[-1]))
        x = self.projection(torch.cat(maps, dim=1))  # (B, C, H, W)
        summary = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)  # (B, 2, H, W)
        return x * torch.sigmoid(self.spatial(summary))


class DictionaryAttention(nn.Module):
    """What the dictionary says about each latent position, given what is already known there.

        x = input(query)                                      to the channels of an entry
        x <- aggregation(LN(x)) + s1 x                        what stands around a position
        weights = softmax over entries of scale[head] q . k   with q = query(LN(x)), k = key(D), D = LN(dictionary)
        out = linear(weights D) + s2 x                        the entries themselves are the values
        out <- mlp(LN(out)) + s3 out
        result = output(out)                                  to M channels

    There is no 1 / sqrt(head size): `scale` is learned. The bias of `key` has no effect, since it shifts all logits
    of a query alike; it is there because published weights have it.

    Shapes: query (B, C_in, H, W) and dictionary (entries, heads x head size) -> (B, M, H, W); H and W are those of y.
    """

    def __init__(self, in_channels: int, config: DCAEConfig) -> None:
        super().__init__()
        self.heads, size = config.dictionary_heads, config.dictionary_size
        self.input = nn.Linear(in_channels, size)
        self.norm_aggregation = nn.LayerNorm(size)
        self.aggregation = MultiScaleAggregation(size) if config.aggregation == "dense" else DepthwiseConv2d(size, 5)
        self.norm_query = nn.LayerNorm(size)
        self.query = nn.Linear(size, size)
        self.norm_dictionary = nn.LayerNorm(size)
        self.key = nn.Linear(size, size)
        self.scale = nn.Parameter(torch.ones(self.heads, 1, 1))
        self.softmax = nn.Softmax(dim=-1)  # a layer, so that its output can be watched
        self.linear = nn.Linear(size, size)
        self.norm_mlp = nn.LayerNorm(size)
        self.mlp = GatedMLP(size)
        self.output = nn.Linear(size, config.M)
        self.residual1, self.residual2, self.residual3 = Scale(size), Scale(size), Scale(size)

    def forward(self, query: Tensor, dictionary: Tensor) -> Tensor:
        batch, _, height, width = query.shape
        x = self.aggregate(query)  # (B, H, W, size)
        entries = self.norm_dictionary(dictionary)  # (entries, size)
        weights = self.weights(x, entries)  # (B, heads, H * W, entries)
        values = self.split_heads(entries[None])  # (1, heads, entries, head size)
        read = (weights @ values).transpose(1, 2).reshape(batch, height, width, -1)  # (B, H, W, size)
        x = self.linear(read) + self.residual2(x)
        x = self.mlp(self.norm_mlp(x)) + self.residual3(x)
        return self.output(x).permute(0, 3, 1, 2)  # (B, M, H, W)

    def aggregate(self, query: Tensor) -> Tensor:
        """Each position with its neighbourhood gathered in: (B, C_in, H, W) -> (B, H, W, size)."""
        x = self.input(query.permute(0, 2, 3, 1))  # (B, H, W, size)
        gathered = self.aggregation(self.norm_aggregation(x).permute(0, 3, 1, 2))  # (B, size, H, W)
        return gathered.permute(0, 2, 3, 1) + self.residual1(x)

    def weights(self, x: Tensor, entries: Tensor) -> Tensor:
        """How much a position reads of an entry: (B, H, W, size), (entries, size) -> (B, heads, H * W, entries)."""
        queries = self.split_heads(self.query(self.norm_query(x)).flatten(1, 2))  # (B, heads, H * W, head size)
        keys = self.split_heads(self.key(entries)[None])  # (1, heads, entries, head size)
        return self.softmax(self.scale * (queries @ keys.transpose(-1, -2)))

    def split_heads(self, x: Tensor) -> Tensor:
        """(B, L, heads x head size) -> (B, heads, L, head size)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
