"""Costs are those that the coder charges, and between two levels they have a slope."""

import math

import numpy as np
import pytest
import torch
from compressai.entropy_models import GaussianConditional

from dcae.codec.entropy_coder import cost_bits
from dcae.codec.latent_coder import tables_of
from dcae.codec.scale_levels import levels
from dcae.config import SCALE_LEVELS, scale_table
from dcae.model.symbol_costs import REACH, SymbolCosts, gaussian_with_tables


@pytest.fixture(params=["gaussian", "lopsided"])
def model(request: pytest.FixtureRequest) -> GaussianConditional:
    """Tables of Gaussians, and such as only a weights file has: of other places, lengths and frequencies."""
    gaussian = gaussian_with_tables()
    if request.param == "lopsided":
        gaussian._offset = gaussian._offset + torch.arange(SCALE_LEVELS, dtype=torch.int32) % 3
        gaussian._quantized_cdf[20, 9] += 100
    return gaussian


def test_costs_at_a_level_are_what_the_coder_charges_escapes_too(model: GaussianConditional):
    symbols = torch.arange(-REACH, REACH + 1).expand(SCALE_LEVELS, -1)
    level = torch.arange(SCALE_LEVELS)[:, None].expand_as(symbols)
    found = SymbolCosts(model).at_level(symbols.float(), level)
    charged = cost_bits(symbols.numpy().ravel(), level.numpy().ravel(), tables_of(model))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy().ravel(), charged, rtol=1e-6)


def test_a_trellis_has_tables_of_both_quantisers():
    gaussian = gaussian_with_tables(trellis=True)
    costs, level = SymbolCosts(gaussian), torch.tensor([30])
    sigma = scale_table()[30]
    assert len(tables_of(gaussian)) == 2 * SCALE_LEVELS
    one = gaussian_with_tables()
    assert torch.equal(gaussian._quantized_cdf[:SCALE_LEVELS, : one._quantized_cdf.shape[1]], one._quantized_cdf)
    for symbol, (low, high) in {0: (-0.25, 0.25), 1: (0.25, 1), -2: (-2, -1), 3: (2, 3)}.items():
        edges = torch.special.ndtr(torch.tensor([low, high]) / sigma)
        found = costs.at_level(torch.tensor([float(symbol)]), SCALE_LEVELS + level)
        assert float(found) == pytest.approx(-math.log2(float(edges[1] - edges[0])), abs=0.01)
    between = costs.between_levels(torch.tensor([1.0]), torch.tensor([sigma]), SCALE_LEVELS)
    torch.testing.assert_close(between, costs.at_level(torch.tensor([1.0]), SCALE_LEVELS + level), rtol=1e-4, atol=0)


def test_symbols_of_any_size_have_a_cost():
    costs = SymbolCosts(gaussian_with_tables())
    far = costs.at_level(torch.tensor([-1e9, -300, 300, 1e9, torch.nan]), torch.full((5,), 30))
    assert bool(far.isfinite().all())
    assert len(set(far[:4].tolist())) <= 2


def test_levels_are_the_coders():
    sigma = torch.rand(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64).mul(10).sub(3).exp()
    costs = SymbolCosts(gaussian_with_tables())
    np.testing.assert_array_equal(costs.level_of(sigma).numpy(), levels(sigma.numpy()))
    strange = torch.tensor([-1.0, 0.0, torch.inf, torch.nan])
    assert costs.level_of(strange)[:3].tolist() == [0, 0, SCALE_LEVELS - 1]
    assert 0 <= int(costs.level_of(strange)[3]) < SCALE_LEVELS


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_a_sigma_of_a_level_has_its_level_in_any_arithmetic(dtype: torch.dtype):
    sigma = torch.tensor(scale_table()).to(dtype)
    assert SymbolCosts(gaussian_with_tables()).level_of(sigma).tolist() == list(range(SCALE_LEVELS))


def test_costs_between_levels_meet_those_at_them_and_fall_towards_the_right_sigma():
    costs = SymbolCosts(gaussian_with_tables())
    sigma = torch.tensor(scale_table()).requires_grad_()
    symbols = torch.full((SCALE_LEVELS,), 4.0)
    found = costs.between_levels(symbols, sigma)
    expected = costs.at_level(symbols, torch.arange(SCALE_LEVELS))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)
    (slope,) = torch.autograd.grad(found.sum(), sigma)
    reached = sigma > 0.9  # below, a symbol as far as this costs what the least frequency does, whatever sigma is
    assert bool((slope[reached & (sigma < 3.4)] < 0).all())
    assert bool((slope[(sigma > 4.6) & (sigma < 250)] > 0).all())


def test_without_tables_symbols_cost_what_gaussians_say():
    found, expected = (SymbolCosts(model) for model in (GaussianConditional(None), gaussian_with_tables()))
    symbols, level = torch.arange(-9.0, 10), torch.arange(19)
    assert torch.equal(found.at_level(symbols, level), expected.at_level(symbols, level))
