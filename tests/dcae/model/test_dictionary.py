"""The dictionary cross-attention: what its weights are, and what they do not depend on."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from dcae.config import PRESETS
from dcae.model.dictionary import DictionaryAttention

CONFIG = replace(PRESETS["tiny"], M=10)


@pytest.fixture(params=["dense", "depthwise"])
def attention(request: pytest.FixtureRequest) -> DictionaryAttention:
    torch.manual_seed(0)
    return DictionaryAttention(20, replace(CONFIG, aggregation=request.param)).double().eval()


@pytest.fixture
def dictionary() -> Tensor:
    torch.manual_seed(1)
    return torch.randn(CONFIG.dictionary_entries, CONFIG.dictionary_size, dtype=torch.float64)


@torch.no_grad()
def weights(attention: DictionaryAttention, dictionary: Tensor) -> Tensor:
    query = torch.randn(2, 20, 3, 4, dtype=torch.float64)
    return attention.weights(attention.aggregate(query), attention.norm_dictionary(dictionary))


def test_what_a_position_reads_of_all_entries_sums_to_one_in_every_head(
    attention: DictionaryAttention, dictionary: Tensor
):
    found = weights(attention, dictionary)
    assert found.shape == (2, CONFIG.dictionary_heads, 12, CONFIG.dictionary_entries)
    assert float(found.min()) >= 0
    torch.testing.assert_close(found.sum(-1), torch.ones_like(found[..., 0]), rtol=0, atol=1e-12)


def test_the_scale_of_a_head_is_its_sharpness(attention: DictionaryAttention, dictionary: Tensor):
    with torch.no_grad():
        attention.scale.copy_(torch.tensor([0.0, 1e6])[:, None, None])
    found = weights(attention, dictionary)
    torch.testing.assert_close(found[:, 0], torch.full_like(found[:, 0], 1 / CONFIG.dictionary_entries))
    torch.testing.assert_close(found[:, 1].amax(-1), torch.ones_like(found[:, 1, :, 0]))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 4), (3, 7)])
def test_the_order_of_the_entries_means_nothing(
    attention: DictionaryAttention, dictionary: Tensor, height: int, width: int
):
    query = torch.randn(2, 20, height, width, dtype=torch.float64)
    out = attention(query, dictionary)
    assert out.shape == (2, 10, height, width)
    torch.testing.assert_close(attention(query, dictionary.flip(0)), out, rtol=0, atol=1e-12)


def test_what_is_read_is_a_mean_of_the_entries_so_equal_entries_hide_the_query(attention: DictionaryAttention):
    with torch.no_grad():
        attention.residual2.scale.zero_()  # leaves only what was read
        attention.mlp.fc2.weight.zero_()
    query = torch.randn(2, 20, 3, 3, dtype=torch.float64)
    out = attention(query, torch.randn(1, CONFIG.dictionary_size, dtype=torch.float64).expand(4, -1))
    torch.testing.assert_close(out, out[:1, :, :1, :1].expand_as(out), rtol=0, atol=1e-12)
