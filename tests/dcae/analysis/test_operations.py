"""FLOP equal formulas that are written down here, and bytes are those of the tensors that are there."""

import pytest
import torch
from torch import nn

from dcae.analysis.operations import OperationCount
from dcae.model.attention import WindowAttention
from dcae.model.layers import Conv3x3, DepthwiseConv2d, GatedMLP

HEIGHT, WIDTH, C, P = 16, 24, 32, 8
PLACES = HEIGHT * WIDTH
WINDOW_FLOP = 2 * PLACES * C * 3 * C + 2 * 2 * PLACES * P * P * C + 2 * PLACES * C * C
"""Queries, keys and values; two products over a window's positions; the last layer."""
MLP_FLOP = 2 * PLACES * C * 4 * C + 2 * PLACES * 2 * C * 9 + 2 * PLACES * 2 * C * C
"""fc1, the depthwise convolution of half of it, fc2."""


def flop_of(module: nn.Module, x: torch.Tensor) -> int:
    with torch.inference_mode(), OperationCount() as count:
        module(x)
    return count.flop["whole"]


@pytest.mark.parametrize("shifted", [False, True])
def test_flop_of_window_attention_equal_the_formula(shifted: bool):
    assert flop_of(WindowAttention(C, 8, P, shifted), torch.rand(1, HEIGHT, WIDTH, C)) == WINDOW_FLOP


def test_flop_of_a_gated_mlp_equal_the_formula():
    assert flop_of(GatedMLP(C), torch.rand(1, HEIGHT, WIDTH, C)) == MLP_FLOP


def test_flop_of_convolutions_are_alike_in_float32_and_in_sums_of_shifted_images():
    x = torch.rand(1, C, HEIGHT, WIDTH)
    assert flop_of(nn.Conv2d(C, 6, 5, stride=2, padding=2), x) == 2 * PLACES // 4 * C * 6 * 25
    assert flop_of(DepthwiseConv2d(C, 5), x) == 2 * PLACES * C * 25
    # Shifted sums also compute what is cut off each row: k - 1 places of it, in float64.
    assert flop_of(DepthwiseConv2d(C, 5).double(), x.double()) == 2 * HEIGHT * (WIDTH + 4) * C * 25
    assert flop_of(Conv3x3(C, 6).double(), x.double()) == 2 * HEIGHT * (WIDTH + 2) * C * 6 * 9


def test_attention_backward_has_five_products_where_forward_has_two():
    q, k, v = (torch.rand(2, 4, 16, 8, requires_grad=True) for _ in range(3))
    with OperationCount() as forward:
        out = nn.functional.scaled_dot_product_attention(q, k, v)
    with OperationCount() as backward:
        out.sum().backward()
    assert forward.flop["whole"] == 2 * 2 * 2 * 4 * 16 * 16 * 8
    assert backward.flop["whole"] == 5 * forward.flop["whole"] // 2


def test_bytes_are_read_and_written_and_views_move_none():
    x = torch.rand(1000)
    with OperationCount() as count:
        y = x + x
        y.view(10, 100).t()
    assert count.bytes["whole"] == 3 * 4000
    assert count.dtype("whole") == "float32"
    assert OperationCount().dtype("whole") == ""


def test_peak_is_of_tensors_that_are_held_at_once_and_weights_are_not_among_them():
    x = torch.rand(1000)
    with OperationCount() as count:
        y = x * 2
        for _ in range(4):
            y = x * 2  # the one before is let go when this is there
        y.add_(1)
    assert count.peak_bytes["whole"] == 2 * 4000


def test_each_component_has_its_own():
    now = ["a"]
    x = torch.rand(8, 8)
    with OperationCount(lambda: now[0]) as count:
        y = x @ x
        now[0] = "b"
        z = y.double() + 1
    assert (count.flop["a"], count.flop["b"]) == (2 * 8**3, 0)
    assert (count.dtype("a"), count.dtype("b")) == ("float32", "float64")
    assert count.peak_bytes["b"] >= z.nbytes > count.peak_bytes["a"] == 256
