"""Window attention: plain and shifted windows with a learned bias for each relative position, and stages of it.

Knows positions and masks. Does not know scales of the image, nor the dictionary's cross-attention.
Source: Liu et al., Swin Transformer, ICCV 2021; used in DCAE, CVPR 2025, section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcae.model.layers import GatedMLP, Scale

_WINDOWS, _ROWS = 32, 16
"""Windows of 8 x 8, and rows of a map, that a block in bfloat16 works on at a time, so that they stay in cache."""


class WindowAttention(nn.Module):
    """Multi-head self-attention inside windows of p x p positions, optionally shifted by half a window.

    logits = q . k / sqrt(head size) + relative_position[head, row difference + p - 1, column difference + p - 1],
    differences being query minus key.
    Maps whose sides are no multiple of the window are padded inside; padded keys are masked. Under a shift, pairs
    from different sides of the cyclic wrap are masked (as in Swin).

    Shapes: input and output (B, H, W, C); any H and W from 1.
    """

    def __init__(self, channels: int, head_size: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.heads, self.head_size, self.window, self.shifted = channels // head_size, head_size, window, shifted
        self.qkv = nn.Linear(channels, 3 * channels)
        self.linear = nn.Linear(channels, channels)
        side = 2 * window - 1
        self.relative_position = nn.Parameter(0.02 * torch.randn(self.heads, side, side))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.split(self.qkv(x))  # (B * windows, heads, p * p, head size) each
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=self.mask(x, q.dtype))
        return self.linear(self.join(attended, *x.shape[1:3]))

    def weights(self, x: Tensor) -> Tensor:
        """What `forward` weighs the keys of each window with: (B, H, W, C) -> (B * windows, heads, p * p, p * p)."""
        q, k, _ = self.split(self.qkv(x))
        return torch.softmax(q @ k.transpose(-1, -2) / self.head_size**0.5 + self.mask(x, q.dtype), dim=-1)

    def mask(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """What the logits get, -inf where a pair may not see each other: (B * windows or 1, heads, p * p, p * p)."""
        bias = self.position_bias().to(dtype)[None]  # (1, heads, p * p, p * p)
        forbidden = self.forbidden_pairs(x.shape[1], x.shape[2], x.device)
        if forbidden is None:
            return bias
        return bias.masked_fill(forbidden[:, None], -torch.inf).repeat(x.shape[0], 1, 1, 1)

    def split(self, qkv: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of each window: (B, H, W, 3C) -> three of (B * windows, heads, p * p, head size)."""
        batch, height, width, _ = qkv.shape
        p = self.window
        if width % p or height % p:
            qkv = F.pad(qkv, (0, 0, 0, -width % p, 0, -height % p))
        if self.shifted:
            qkv = qkv.roll((-(p // 2), -(p // 2)), dims=(1, 2))
        rows, columns = qkv.shape[1] // p, qkv.shape[2] // p
        qkv = qkv.view(batch, rows, p, columns, p, 3, self.heads, self.head_size)
        qkv = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7)  # (3, B, rows, columns, heads, p, p, head size)
        q, k, v = qkv.reshape(3, batch * rows * columns, self.heads, p * p, self.head_size)
        return q, k, v

    def windows(self, x: Tensor) -> Tensor:
        """The positions of each window, padded with zeros: (B, H, W, C) -> (B * windows, p * p, C)."""
        p = self.window
        x = F.pad(x, (0, 0, 0, -x.shape[2] % p, 0, -x.shape[1] % p))
        if self.shifted:
            x = x.roll((-(p // 2), -(p // 2)), dims=(1, 2))
        batch, height, width, channels = x.shape
        x = x.view(batch, height // p, p, width // p, p, channels).transpose(2, 3)
        return x.reshape(-1, p * p, channels)

    def in_windows(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attention without its last layer, without gradient; overwrites the mask.

        For so few keys two products and a softmax take half the time of the library's attention.

        Shapes: x and result (windows, p * p, C), mask (windows, heads, p * p, p * p).
        """
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, self.head_size)).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.reshape(3, -1, x.shape[1], self.head_size)  # (windows * heads, p * p, head size) each
        logits = mask.flatten(0, 1).baddbmm_(q, k.transpose(1, 2), alpha=self.head_size**-0.5)
        attended = torch.bmm(torch.softmax(logits, dim=-1), v).unflatten(0, (-1, self.heads))
        return attended.transpose(1, 2).flatten(2)

    def join(self, attended: Tensor, height: int, width: int) -> Tensor:
        """The map that windows of (B * windows, heads, p * p, head size) make up: (B, height, width, C)."""
        p = self.window
        rows, columns = -(-height // p), -(-width // p)
        x = attended.view(-1, rows, columns, self.heads, p, p, self.head_size)
        x = x.permute(0, 1, 4, 2, 5, 3, 6)  # (B, rows, p, columns, p, heads, head size)
        x = x.reshape(-1, rows * p, columns * p, self.heads * self.head_size)
        if self.shifted:
            x = x.roll((p // 2, p // 2), dims=(1, 2))
        return x[:, :height, :width]

    def position_bias(self) -> Tensor:
        """The bias of each query and key of a window: (heads, p * p, p * p)."""
        place = torch.arange(self.window, device=self.relative_position.device)
        rows, columns = (axis.flatten() for axis in torch.meshgrid(place, place, indexing="ij"))
        row_difference = rows[:, None] - rows[None] + self.window - 1  # (p * p, p * p)
        column_difference = columns[:, None] - columns[None] + self.window - 1
        return self.relative_position[:, row_difference, column_difference]

    def forbidden_pairs(self, height: int, width: int, device: torch.device) -> Tensor | None:
        """Which pairs of positions may not see each other: bool (windows, p * p, p * p), or None if all may."""
        p = self.window
        if not (self.shifted or height % p or width % p):
            return None
        region = self._regions(height, device)[:, None] * 3 + self._regions(width, device)[None]
        rows, columns = region.shape[0] // p, region.shape[1] // p
        region = region.view(rows, p, columns, p).transpose(1, 2).reshape(rows * columns, p * p)
        return region[:, :, None] != region[:, None, :]

    def _regions(self, length: int, device: torch.device) -> Tensor:
        """The side of the wrap (0 or 1) or the padding (2) that each position of an axis is on, as windows see it.

        Under a shift the first half window is rolled to the end, where it shares a window with the last positions:
        (padded length,).
        """
        p = self.window
        padded = length + -length % p
        region = torch.zeros(padded, dtype=torch.long, device=device)
        region[length:] = 2
        if self.shifted:
            region[: p // 2] = torch.where(region[: p // 2] == 2, 2, 1)
            region = region.roll(-(p // 2))
        return region


class AttentionBlock(nn.Module):
    """x <- s1 x + attention(LN(x)); x <- s2 x + MLP(LN(x)).

    In bfloat16 on a CPU, without gradient, a few windows or rows at a time: the network's widest maps take 19 to 75 MB,
    and to write and read them takes longer than to compute them. Both halves take less than half the time so.

    Shapes: input and output (B, H, W, C).
    """

    def __init__(self, channels: int, head_size: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, head_size, window, shifted)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = GatedMLP(channels)
        self.residual1 = Scale(channels)
        self.residual2 = Scale(channels)

    def forward(self, x: Tensor) -> Tensor:
        autocast = torch.is_autocast_enabled("cpu")  # which chooses a type for each operation
        if x.dtype == torch.bfloat16 and x.device.type == "cpu" and not torch.is_grad_enabled() and not autocast:
            return self._mixed_by_rows(self._attended_by_windows(x))
        x = self.residual1(x) + self.attention(self.norm1(x))
        return self.residual2(x) + self.mlp(self.norm2(x))

    def _attended_by_windows(self, x: Tensor) -> Tensor:
        """The first half of the block."""
        attention = self.attention
        windows = attention.windows(x)  # (B * windows, p * p, C)
        bias = attention.position_bias().to(x.dtype)[None]
        forbidden = attention.forbidden_pairs(x.shape[1], x.shape[2], x.device)
        if forbidden is not None:
            forbidden = forbidden.repeat(x.shape[0], 1, 1)[:, None]
        out = torch.empty_like(windows)
        for start in range(0, len(windows), _WINDOWS):
            here = slice(start, start + _WINDOWS)
            piece = windows[here]
            mask = bias.repeat(len(piece), 1, 1, 1)
            if forbidden is not None:
                mask.masked_fill_(forbidden[here], -torch.inf)
            attended = attention.in_windows(self.norm1(piece), mask)
            _add_products(out[here], piece, self.residual1, attention.linear, attended)
        heads = out.unflatten(-1, (attention.heads, -1)).transpose(1, 2)
        return attention.join(heads, *x.shape[1:3])

    def _mixed_by_rows(self, x: Tensor) -> Tensor:
        """The second half of the block: each strip of rows with one more on both sides, which the MLP looks at."""
        out = torch.empty_like(x)
        for image, result in zip(x.split(1), out.split(1), strict=True):
            for start in range(0, x.shape[1], _ROWS):
                first = max(start - 1, 0)
                strip, rows = image[:, first : start + _ROWS + 1], slice(start - first, start - first + _ROWS)
                gated = self.mlp.gated(self.norm2(strip), rows)
                _add_products(result[:, start : start + _ROWS], strip[:, rows], self.residual2, self.mlp.fc2, gated)
        return out


def _add_products(out: Tensor, x: Tensor, scale: Scale, layer: nn.Linear, values: Tensor) -> None:
    """out = scale(x) + layer(values), with no map in between. Shapes: out and x (..., C), values (..., C_in)."""
    torch.addcmul(layer.bias, x, scale.scale, out=out)
    out.view(-1, out.shape[-1]).addmm_(values.reshape(-1, values.shape[-1]), layer.weight.t())


class Stage(nn.Module):
    """Attention blocks (every second one shifted), a 3x3 convolution, plus the stage's input.

    Shapes: input and output (B, C, H, W).
    """

    def __init__(self, channels: int, depth: int, head_size: int, window: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            *(AttentionBlock(channels, head_size, window, shifted=index % 2 == 1) for index in range(depth))
        )
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        attended = self.blocks(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # (B, C, H, W), in channels-last order
        return x + self.conv(attended)
