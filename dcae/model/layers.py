"""The convolutional bricks of every transform: bottleneck residuals, down and up blocks, the gated MLP.

Knows shapes and the choice of up-sampling. Does not know which transform it is part of, nor any weights.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_CACHED_VALUES = 1 << 16
"""How many values of a float64 depthwise convolution are worked on at a time, so that they stay in a core's cache."""


class DepthwiseConv2d(nn.Conv2d):
    """A k x k convolution of each channel on its own; on a CPU in float64, without gradient, a sum of shifted images.

    PyTorch has no depthwise kernel for float64 on CPUs and would run one small convolution a channel, on one core. The
    sum takes two thirds of that time on two cores, and a quarter where channels come last in memory. Other types, and
    training, take the library's kernel.

    Shapes: input and output (B, C, H, W).
    """

    def __init__(self, channels: int, kernel_size: int) -> None:
        super().__init__(channels, channels, kernel_size, padding=kernel_size // 2, groups=channels)

    def forward(self, input: Tensor) -> Tensor:
        return self._shifted_sum(input) if _is_exact(input) else super().forward(input)

    def _shifted_sum(self, x: Tensor) -> Tensor:
        assert self.bias is not None
        line, shifts, length = _line(x, self.kernel_size[0])
        total = torch.empty_like(line[..., :length]).copy_(self.bias[:, None])  # (B, C, length)
        factors = self.weight.flatten(1)[..., None].unbind(1)  # k * k times (C, 1)
        piece = max(1, _CACHED_VALUES // x.shape[1])
        for start, sums in zip(range(0, length, piece), total.split(piece, 2), strict=True):
            for shift, factor in zip(shifts, factors, strict=True):
                sums.addcmul_(line.narrow(2, start + shift, sums.shape[2]), factor)
        return total.unflatten(2, (x.shape[2], -1))[..., : x.shape[3]]  # (B, C, H, W)


class Conv3x3(nn.Conv2d):
    """A dense 3 x 3 convolution; on a CPU in float64, without gradient, a sum of nine matrix products.

    PyTorch would first copy the neighbourhood of each position, nine times the image, for a single product: that takes
    a quarter longer, and 100 MB for 0.4 megapixels in the published network. Other types, and training, take the
    library's kernel.

    Shapes: (B, C_in, H, W) -> (B, C_out, H, W).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3, padding=1)

    def forward(self, input: Tensor) -> Tensor:
        return self._shifted_products(input) if _is_exact(input) else super().forward(input)

    def _shifted_products(self, x: Tensor) -> Tensor:
        assert self.bias is not None
        line, shifts, length = _line(x, 3)
        total = self.bias[:, None].repeat(x.shape[0], 1, length)  # (B, C_out, length)
        matrices = self.weight.permute(2, 3, 0, 1).flatten(0, 1).contiguous()  # (9, C_out, C_in)
        for shift, matrix in zip(shifts, matrices, strict=True):
            total.baddbmm_(matrix.expand(x.shape[0], -1, -1), line.narrow(2, shift, length))
        return total.unflatten(2, (x.shape[2], -1))[..., : x.shape[3]]  # (B, C_out, H, W)


def _is_exact(x: Tensor) -> bool:
    """Whether this is the arithmetic of real files, for which PyTorch has no convolutions of its own."""
    return x.dtype == torch.float64 and x.device.type == "cpu" and not torch.is_grad_enabled()


def _line(x: Tensor, k: int) -> tuple[Tensor, list[int], int]:
    """The padded image with its rows one behind the other, so that a shift of the image is one of the line.

    Then the shift of each of the k * k places of a kernel, and the length of a result, whose rows end in k - 1 values
    to be cut off. Channels may lie outside or inside of the line: the memory format of x is kept.

    Shapes: (B, C, H, W) -> (B, C, (H + k) * (W + k - 1)).
    """
    height, width = x.shape[-2:]
    row = width + k - 1
    line = F.pad(x, (k // 2, k // 2, k // 2, k // 2 + 1)).flatten(2)
    return line, [down * row + across for down in range(k) for across in range(k)], height * row


class Scale(nn.Module):
    """A learned factor for each channel: the weight of a residual branch.

    Shapes: input and output (B, H, W, C).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class Bottleneck(nn.Module):
    """Residual bottleneck: 1x1 to half the channels, 3x3, 1x1 back, plus the input.

    Shapes: input and output (B, C, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels // 2, 1)
        self.conv2 = nn.Conv2d(channels // 2, channels // 2, 3, padding=1)
        self.conv3 = nn.Conv2d(channels // 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))


class DownBlock(nn.Module):
    """A strided 5x5 convolution, then bottlenecks.

    Shapes: (B, C_in, H, W) -> (B, C_out, H/2, W/2).
    """

    def __init__(self, in_channels: int, out_channels: int, bottlenecks: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 5, stride=2, padding=2)
        self.residuals = nn.Sequential(*(Bottleneck(out_channels) for _ in range(bottlenecks)))

    def forward(self, x: Tensor) -> Tensor:
        return self.residuals(self.conv(x))


class UpBlock(nn.Module):
    """Bottlenecks, then up-sampling by two.

    Shapes: (B, C_in, H, W) -> (B, C_out, 2H, 2W).
    """

    def __init__(
        self, in_channels: int, out_channels: int, bottlenecks: int, upsample: Literal["deconv", "shuffle"]
    ) -> None:
        super().__init__()
        self.residuals = nn.Sequential(*(Bottleneck(in_channels) for _ in range(bottlenecks)))
        self.conv = upsampling(in_channels, out_channels, 5, upsample)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.residuals(x))


class ShuffleConv2d(nn.Conv2d):
    """A 3x3 convolution to four times the channels, whose groups of four become 2 x 2 pixels.

    Shapes: (B, C_in, H, W) -> (B, C_out, 2H, 2W).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, 4 * out_channels, 3, padding=1)

    @classmethod
    def of(cls, deconvolution: nn.ConvTranspose2d) -> ShuffleConv2d:
        """The layer that computes what a transposed 5 x 5 convolution of `upsampling` does, on its device, in its type.

        An output row 2 j + a gets row i of the input through row 2 (j - i) + a + 2 of the kernel.
        """
        assert deconvolution.bias is not None
        layer = cls(deconvolution.in_channels, deconvolution.out_channels).to(deconvolution.weight)
        taps = F.pad(deconvolution.weight, (0, 1, 0, 1)).unflatten(3, (3, 2)).unflatten(2, (3, 2))
        taps = taps.flip(2, 4).permute(1, 3, 5, 0, 2, 4)  # (C_out, 2, 2, C_in, 3, 3)
        with torch.no_grad():
            layer.weight.copy_(taps.flatten(0, 2))
            layer.bias.copy_(deconvolution.bias.repeat_interleave(4))  # pyright: ignore[reportOptionalMemberAccess]
        return layer

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(super().forward(input), 2)


def upsampling(
    in_channels: int, out_channels: int, kernel_size: int, upsample: Literal["deconv", "shuffle"]
) -> nn.Module:
    """One layer that doubles both sides: a transposed convolution of `kernel_size`, or `ShuffleConv2d`."""
    if upsample == "shuffle":
        return ShuffleConv2d(in_channels, out_channels)
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, stride=2, padding=kernel_size // 2, output_padding=1
    )


class GatedMLP(nn.Module):
    """fc2(GELU(depthwise 3x3(a)) * v), where fc1 gives a and v, twice the channels each.

    Shapes: input and output (B, H, W, C).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.depthwise = DepthwiseConv2d(2 * channels, 3)
        self.fc2 = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        a, v = self.fc1(x).chunk(2, dim=-1)  # (B, H, W, 2C) each
        a = self.depthwise(a.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)  # (B, H, W, 2C)
        return self.fc2(F.gelu(a) * v)

    def gated(self, x: Tensor, rows: slice) -> Tensor:
        """What fc2 gets of some rows of x, without gradient: (B, H, W, C) -> (B, rows, W, 2C).

        fc1 as two products, so that neither half is copied before the convolution.
        """
        half = self.fc2.in_features
        a = F.linear(x, self.fc1.weight[:half], self.fc1.bias[:half])
        a = self.depthwise(a.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)[:, rows]
        return F.gelu(a).mul_(F.linear(x[:, rows], self.fc1.weight[half:], self.fc1.bias[half:]))
