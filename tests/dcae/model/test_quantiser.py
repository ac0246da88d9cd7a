"""An encoder's symbols: the nearest ones, or those that cost less with their bits counted."""

import numpy as np
import pytest
import torch
from compressai.entropy_models import GaussianConditional

from dcae.codec.entropy_coder import cost_bits
from dcae.codec.latent_coder import tables_of
from dcae.config import PRESETS, scale_table
from dcae.model.dcae import DCAE
from dcae.model.quantiser import RATE_WEIGHT, rounded, trellis_choice, weighed
from dcae.model.symbol_costs import SymbolCosts, gaussian_with_tables
from dcae.model.trellis import quantisers_of, value_of


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
    assert torch.equal(model.train().choice()(residual, sigma).symbols, residual.round())
    assert not torch.equal(model.eval().choice()(residual, sigma).symbols, residual.round())
    assert torch.equal(model.choice(weighs=False)(residual, sigma).values, residual.round())
    model.gain = None
    chosen = model.eval().choice()(residual, sigma)
    assert torch.equal(chosen.symbols, residual.round())
    assert chosen.first_table.shape == residual.shape
    assert not bool(chosen.first_table.any())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_trellis_runs_through_the_channels_of_each_place(dtype):
    torch.manual_seed(0)
    costs = SymbolCosts(gaussian_with_tables(trellis=True), trellis=True)
    residual, sigma = (2 * torch.randn(2, 12, 3, 4)).to(dtype), (0.2 + 2 * torch.rand(2, 12, 3, 4)).to(dtype)
    chosen = trellis_choice(costs, 0.08)(residual, sigma)
    assert {each.shape for each in chosen} == {residual.shape}
    assert chosen.symbols.dtype == chosen.values.dtype == dtype
    quantisers = quantisers_of(chosen.symbols.transpose(0, 1)).transpose(0, 1)
    assert torch.equal(chosen.first_table, 64 * quantisers)
    assert torch.equal(chosen.values, value_of(chosen.symbols, quantisers.to(dtype)))
    one = trellis_choice(costs, 0.08)(residual[1:, :, 2:, :1], sigma[1:, :, 2:, :1])
    assert torch.equal(one.symbols, chosen.symbols[1:, :, 2:, :1])


def test_bits_weigh_in_a_trellis():
    torch.manual_seed(0)
    costs = SymbolCosts(gaussian_with_tables(trellis=True), trellis=True)
    residual, sigma = 1.5 * torch.randn(1, 32, 20, 20), 0.3 + 2 * torch.rand(1, 32, 20, 20)
    found = []
    for weight in (0, 0.08, 0.3):
        chosen = trellis_choice(costs, weight)(residual, sigma)
        spent = costs.between_levels(chosen.symbols, sigma, chosen.first_table).sum()
        found.append((float(spent), float((residual - chosen.values).square().sum())))
    assert found[0][0] > 1.05 * found[1][0] > 1.1 * found[2][0]
    assert found[0][1] < found[1][1] < found[2][1]


def test_sizes_do_not_jump_where_sigma_passes_to_the_next_level(costs):
    generator = torch.Generator().manual_seed(0)
    residual = torch.randn(200_000, dtype=torch.float64, generator=generator)
    edge = float(np.sqrt(np.prod(scale_table()[17:19])))
    zeros = [float((weighed(residual, torch.full_like(residual, s), costs) == 0).double().mean()) for s in
             (edge * 0.999, edge * 1.001)]  # fmt: skip
    assert abs(zeros[1] - zeros[0]) < 5e-4
    assert float((residual.round() == 0).double().mean()) < zeros[0] - 0.02
