"""The bricks: shapes, the fast depthwise convolution, and the laws of the gated MLP and of up-sampling."""

from typing import Literal

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dcae.model.layers import Bottleneck, Conv3x3, DepthwiseConv2d, DownBlock, GatedMLP, Scale, ShuffleConv2d, UpBlock


@pytest.mark.parametrize("layer", [DepthwiseConv2d(6, 3), DepthwiseConv2d(6, 5), Conv3x3(6, 4)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 9), (8, 6), (150, 100)])
def test_the_float64_convolutions_are_the_librarys(
    layer: nn.Conv2d, memory_format: torch.memory_format, height: int, width: int
):
    torch.manual_seed(0)
    layer = layer.double()
    x = torch.randn(2, 6, height, width, dtype=torch.float64).contiguous(memory_format=memory_format)
    expected = F.conv2d(x, layer.weight, layer.bias, padding=layer.padding, groups=layer.groups)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-14)
    assert torch.equal(layer(x), expected)


def test_the_depthwise_convolution_has_a_gradient_in_float64():
    layer = DepthwiseConv2d(2, 3).double()
    layer(torch.randn(1, 2, 4, 4, dtype=torch.float64)).sum().backward()
    assert layer.weight.grad is not None
    assert float(layer.weight.grad.abs().min()) > 0


@pytest.mark.parametrize("upsample", ["deconv", "shuffle"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 2)])
def test_a_down_block_halves_both_sides_and_an_up_block_doubles_them(
    upsample: Literal["deconv", "shuffle"], height: int, width: int
):
    up, down = UpBlock(6, 4, 2, upsample), DownBlock(4, 6, 2)
    x = torch.randn(2, 6, height, width)
    assert up(x).shape == (2, 4, 2 * height, 2 * width)
    assert down(up(x)).shape == x.shape


def test_a_shuffle_makes_two_by_two_pixels_of_four_channels():
    layer = ShuffleConv2d(1, 1)
    nn.init.zeros_(layer.weight)
    assert layer.bias is not None
    with torch.no_grad():
        layer.bias.copy_(torch.arange(4.0))
    assert layer(torch.zeros(1, 1, 1, 1)).tolist() == [[[[0.0, 1.0], [2.0, 3.0]]]]


@torch.no_grad()
def test_a_shuffle_of_a_transposed_convolution_computes_what_that_does():
    deconvolution = nn.ConvTranspose2d(6, 4, 5, stride=2, padding=2, output_padding=1).double()
    x = torch.randn(2, 6, 3, 7, dtype=torch.float64)
    torch.testing.assert_close(ShuffleConv2d.of(deconvolution)(x), deconvolution(x), rtol=0, atol=1e-14)


def test_the_gated_mlp_is_two_halves_of_which_one_passes_a_depthwise_gelu():
    mlp = GatedMLP(4)
    x = torch.randn(2, 3, 5, 4)
    a, v = mlp.fc1(x)[..., :8], mlp.fc1(x)[..., 8:]
    a = F.conv2d(a.movedim(-1, 1), mlp.depthwise.weight, mlp.depthwise.bias, padding=1, groups=8).movedim(1, -1)
    gelu = a * 0.5 * (1 + torch.erf(a / 2**0.5))  # the exact one
    torch.testing.assert_close(mlp(x), mlp.fc2(gelu * v))


def test_a_bottleneck_adds_to_its_input():
    block = Bottleneck(4)
    nn.init.zeros_(block.conv3.weight)
    x = torch.randn(1, 4, 3, 3)
    assert block.conv3.bias is not None
    torch.testing.assert_close(block(x), x + block.conv3.bias[:, None, None])


def test_a_scale_is_one_factor_a_channel():
    scale = Scale(3)
    with torch.no_grad():
        scale.scale.copy_(torch.tensor([0.0, 1.0, 2.0]))
    assert scale(torch.ones(1, 1, 2, 3)).tolist() == [[[[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]]]
