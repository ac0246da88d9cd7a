"""Window attention against the definition, one query and one key at a time, and against Swin as published."""

import math

import pytest
import torch
from torch import Tensor

from dcae.model.attention import AttentionBlock, Stage, WindowAttention


def new_attention(window: int, shifted: bool, heads: int = 2, head_size: int = 3) -> WindowAttention:
    """Float64, with large biases, so that a wrong pair shows."""
    torch.manual_seed(window)
    attention = WindowAttention(heads * head_size, head_size, window, shifted).double()
    with torch.no_grad():
        attention.relative_position.normal_()
    return attention


def attended_in_loops(attention: WindowAttention, x: Tensor) -> Tensor:
    """The definition: a query sees the keys that its window has inside the map.

    Windows tile the plane from the corner of the map; shifted ones from half a window further in, so that the outer
    ones are cut by the border.
    """
    height, width, channels = x.shape
    p, heads, size = attention.window, attention.heads, attention.head_size
    shift = p // 2 if attention.shifted else 0
    q, k, v = attention.qkv(x).view(height, width, 3, heads, size).unbind(2)
    out = torch.zeros(height, width, heads, size, dtype=x.dtype)
    places = [(row, column) for row in range(height) for column in range(width)]
    for row, column in places:
        window = (row - shift) // p, (column - shift) // p
        keys = [(i, j) for i, j in places if ((i - shift) // p, (j - shift) // p) == window]
        for head in range(heads):
            logits = torch.stack(
                [
                    q[row, column, head] @ k[i, j, head] / math.sqrt(size)
                    + attention.relative_position[head, row - i + p - 1, column - j + p - 1]
                    for i, j in keys
                ]
            )
            weights = logits.exp() / logits.exp().sum()
            out[row, column, head] = sum(w * v[i, j, head] for w, (i, j) in zip(weights, keys, strict=True))
    return attention.linear(out.view(height, width, channels))


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(
    ("window", "height", "width"),
    [(4, 1, 1), (4, 1, 9), (4, 2, 3), (4, 3, 4), (4, 4, 4), (4, 5, 6), (4, 8, 12), (4, 9, 7), (5, 6, 11), (8, 4, 12)],
)
@torch.inference_mode()
def test_every_query_sees_exactly_the_keys_of_its_window(window: int, height: int, width: int, shifted: bool):
    attention = new_attention(window, shifted)
    x = torch.randn(1, height, width, 6, dtype=torch.float64)
    torch.testing.assert_close(attention(x)[0], attended_in_loops(attention, x[0]), rtol=0, atol=1e-12)


def swin(attention: WindowAttention, x: Tensor) -> Tensor:
    """Swin as published, for sides that are multiples of the window: roll, partition, mask, attend, roll back."""
    batch, height, width, channels = x.shape
    p, heads = attention.window, attention.heads
    shift = p // 2 if attention.shifted else 0
    regions = torch.zeros(1, height, width, 1, dtype=x.dtype)
    slices = (slice(0, -p), slice(-p, -shift), slice(-shift, None))
    if shift:
        for number, (rows, columns) in enumerate((rows, columns) for rows in slices for columns in slices):
            regions[:, rows, columns] = number

    def partition(maps: Tensor) -> Tensor:  # (B * windows, p * p, C)
        tiles = maps.view(-1, height // p, p, width // p, p, maps.shape[-1])
        return tiles.transpose(2, 3).reshape(-1, p * p, maps.shape[-1])

    tokens = attention.qkv(partition(torch.roll(x, (-shift, -shift), (1, 2))))
    q, k, v = tokens.view(-1, p * p, 3, heads, channels // heads).permute(2, 0, 3, 1, 4)
    place = torch.cartesian_prod(torch.arange(p), torch.arange(p))
    difference = place[:, None] - place[None] + p - 1
    logits = q @ k.transpose(-1, -2) / math.sqrt(channels // heads)
    logits = logits + attention.relative_position[:, difference[..., 0], difference[..., 1]]
    region = partition(regions)[..., 0].repeat(batch, 1)
    logits = torch.where((region[:, :, None] == region[:, None])[:, None], logits, -torch.inf)
    out = (logits.softmax(-1) @ v).transpose(1, 2).reshape(-1, height // p, width // p, p, p, channels)
    out = out.transpose(2, 3).reshape(batch, height, width, channels)
    return attention.linear(torch.roll(out, (shift, shift), (1, 2)))


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 8), (16, 24)])
@torch.inference_mode()
def test_at_multiples_of_the_window_it_is_swin_as_published(height: int, width: int, shifted: bool):
    attention = new_attention(8, shifted)
    x = torch.randn(2, height, width, 6, dtype=torch.float64)
    torch.testing.assert_close(attention(x), swin(attention, x), rtol=0, atol=1e-12)


def test_images_of_a_batch_do_not_see_each_other():
    attention = new_attention(4, shifted=True)
    x = torch.randn(3, 5, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(attention(x)[1:2], attention(x[1:2]), rtol=0, atol=1e-12)


def test_every_second_block_of_a_stage_is_shifted():
    blocks = [module for module in Stage(8, 4, 4, 8).modules() if isinstance(module, WindowAttention)]
    assert [block.shifted for block in blocks] == [False, True, False, True]


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_stage_whose_convolution_is_zero_is_the_identity(depth: int):
    stage = Stage(8, depth, 4, 4)
    torch.nn.init.zeros_(stage.conv.weight)
    assert stage.conv.bias is not None
    torch.nn.init.zeros_(stage.conv.bias)
    x = torch.randn(2, 8, 3, 5)
    assert torch.equal(stage(x), x)


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(("batch", "height", "width"), [(1, 1, 1), (1, 8, 8), (3, 5, 40), (2, 33, 13), (1, 64, 48)])
def test_in_bfloat16_a_block_works_on_pieces_and_is_no_further_from_float32_than_on_the_whole_map(
    batch: int, height: int, width: int, shifted: bool
):
    torch.manual_seed(0)
    block = AttentionBlock(32, 8, 8, shifted)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, 0.3)
    x = torch.randn(batch, height, width, 32).bfloat16()
    exact = block.bfloat16().float()(x.float()).detach()
    whole, kept = block.bfloat16()(x).detach(), x.clone()  # with gradient
    with torch.no_grad():
        in_pieces = block(x)

    def error(found: Tensor) -> float:
        return float((found.float() - exact).square().mean() / exact.square().mean()) ** 0.5

    assert torch.equal(x, kept)
    assert in_pieces.dtype == torch.bfloat16
    assert error(in_pieces) <= 1.25 * error(whole)
    assert error(whole) <= 0.02
