"""An encoder's symbols: the nearest ones, or those that cost less with their bits counted."""

import numpy as np
import pytest
import torch
from compressai.entropy_models import GaussianConditional

from dcae.codec.entropy_coder import cost_bits
from dcae.codec.latent_coder import tables_of
from dcae.config import PRESETS, scale_table
from dcae.model.dcae import DCAE
from dcae.model.quantiser import RATE_WEIGHT, rounded, weighed
from dcae.model.symbol_costs import SymbolCosts, gaussian_with_tables


@pytest.fixture
def costs() -> SymbolCosts:
    return SymbolCosts(GaussianConditional(None))


@pytest.fixture
def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    sigma = torch.empty(2, 3, 8, 8, dtype=torch.float64).uniform_(0.05, 4, generator=generator)
    return torch.randn(sigma.shape, dtype=torch.float64, generator=generator) * 1.5 * sigma, sigma


def cost(residual: np.ndarray, symbol: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    tables, scales = tables_of(gaussian_with_tables()), np.log(scale_table())
    place = np.interp(np.log(np.maximum(sigma, 0.11)), scales, np.arange(len(scales)))
    below = np.floor(place).astype(int)
    low, high = (cost_bits(symbol.ravel().astype(int), level.ravel(), tables) for level in (below, below + 1))
    bits = (below + 1 - place) * low.reshape(symbol.shape) + (place - below) * high.reshape(symbol.shape)
    return (residual - symbol) ** 2 + RATE_WEIGHT * bits


def test_symbols_are_the_cheaper_of_the_nearest_and_the_next_towards_zero(costs, drawn):
    residual_tensor, sigma_tensor = drawn
    residual, sigma = residual_tensor.numpy(), sigma_tensor.numpy()
    nearest = np.round(residual)
    smaller = nearest - np.sign(nearest)
    expected = np.where(cost(residual, smaller, sigma) < cost(residual, nearest, sigma), smaller, nearest)
    np.testing.assert_array_equal(weighed(residual_tensor, sigma_tensor, costs).numpy(), expected)
    assert 0.02 < (expected != nearest).mean() < 0.5


def test_no_choice_is_left_where_the_nearest_symbol_is_zero(costs, drawn):
    residual, sigma = drawn
    chosen = weighed(residual, sigma, costs)
    assert bool((chosen[residual.abs() < 0.5] == 0).all())
    assert bool(((rounded(residual) - chosen).abs() <= 1).all())


def test_bfloat16_residuals_are_weighed_in_float32(costs, drawn):
    residual, sigma = (t.bfloat16() for t in drawn)
    chosen = weighed(residual, sigma, costs)
    assert chosen.dtype == torch.bfloat16
    assert torch.equal(chosen.float(), weighed(residual.float(), sigma.float(), costs))


def test_training_and_models_of_one_lambda_take_the_nearest_symbols(drawn):
    residual, sigma = (t.float() for t in drawn)
    model = DCAE(PRESETS["tiny"])
    assert torch.equal(model.train().choice()(residual, sigma), residual.round())
    assert not torch.equal(model.eval().choice()(residual, sigma), residual.round())
    model.gain = None
    assert torch.equal(model.eval().choice()(residual, sigma), residual.round())


def test_sizes_do_not_jump_where_sigma_passes_to_the_next_level(costs):
    generator = torch.Generator().manual_seed(0)
    residual = torch.randn(200_000, dtype=torch.float64, generator=generator)
    edge = float(np.sqrt(np.prod(scale_table()[17:19])))
    zeros = [float((weighed(residual, torch.full_like(residual, s), costs) == 0).double().mean()) for s in
             (edge * 0.999, edge * 1.001)]  # fmt: skip
    assert abs(zeros[1] - zeros[0]) < 5e-4
    assert float((residual.round() == 0).double().mean()) < zeros[0] - 0.02
