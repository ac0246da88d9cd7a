"""The faster layers compute what those that they replace do."""

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dcae.config import PRESETS
from dcae.model.float32_layers import FastPredictor, PointwiseLinear, WinogradConv3x3, speed_up
from dcae.model.slices import SliceLoop, Slices

CONFIG = replace(
    PRESETS["tiny"], M=40, context="conv3x3", aggregation="dense", scale_activation="none", coding_dtype="float32"
)


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 4, 5)])
@torch.no_grad()
def test_a_pointwise_linear_layer_is_the_linear_layer(shape: tuple[int, ...]):
    linear, x = nn.Linear(5, 7).double(), torch.randn(shape, dtype=torch.float64)
    torch.testing.assert_close(PointwiseLinear(linear)(x), linear(x), rtol=0, atol=1e-14)


def test_whoever_watches_or_changes_a_linear_layer_goes_on_doing_so():
    network, x = nn.Sequential(nn.Linear(5, 7)), torch.ones(3, 5)
    network[0].register_forward_hook(lambda *_: torch.zeros(3, 7))
    speed_up(network)
    assert type(network[0]) is PointwiseLinear
    assert not network(x).any()


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 6), (20, 128), (70, 60)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@torch.no_grad()
def test_a_winograd_convolution_is_the_convolution(height: int, width: int, memory_format: torch.memory_format):
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 4, 3, padding=1).double()
    assert conv.bias is not None
    x = torch.randn(1, 3, height, width, dtype=torch.float64).contiguous(memory_format=memory_format)
    torch.testing.assert_close(WinogradConv3x3(conv.weight, conv.bias)(x), conv(x), rtol=0, atol=1e-13)


@torch.no_grad()
def test_a_winograd_convolution_in_float32_has_at_most_two_and_a_half_times_the_rounding_errors():
    torch.manual_seed(0)
    x, weight = torch.randn(1, 500, 16, 24), torch.randn(32, 500, 3, 3)
    exact = F.conv2d(x.double(), weight.double(), padding=1)

    def error(found: torch.Tensor) -> float:
        return float((found - exact).square().mean().sqrt())

    assert error(WinogradConv3x3(weight, torch.zeros(32))(x)) <= 2.5 * error(F.conv2d(x, weight, padding=1))


def predicted(loop: SliceLoop) -> Slices:
    latents = torch.randn(2, 1, 40, 8, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return loop(*latents, lambda _, mu, sigma: mu + sigma)


@pytest.mark.parametrize("changes", [{}, {"scale_activation": "softplus"}, {"dictionary_entries": 0}])
def test_a_network_with_faster_layers_computes_the_same(changes: dict[str, Any]):
    torch.manual_seed(0)
    loop = SliceLoop(replace(CONFIG, **changes)).double()
    fast = copy.deepcopy(loop)
    speed_up(fast)
    assert all(isinstance(predictor, FastPredictor) for predictor in fast.slices)
    assert not [module for module in fast.modules() if type(module) is nn.Linear]
    for ours, theirs in zip(predicted(fast), predicted(loop), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_slice_transforms_without_dense_convolutions_stay_as_they_are():
    loop = SliceLoop(replace(CONFIG, context="depthwise"))
    speed_up(loop)
    assert not [module for module in loop.modules() if isinstance(module, (FastPredictor, WinogradConv3x3))]
