"""An encoder's symbols: the nearest ones, or those that cost less with their bits counted."""

import numpy as np
import pytest
import torch
from compressai.entropy_models import GaussianConditional
from scipy.stats import norm

from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.quantiser import RATE_WEIGHT, rounded, weighed


@pytest.fixture
def gaussian() -> GaussianConditional:
    return GaussianConditional(None).eval()


@pytest.fixture
def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    sigma = torch.empty(2, 3, 8, 8, dtype=torch.float64).uniform_(0.05, 4, generator=generator)
    return torch.randn(sigma.shape, dtype=torch.float64, generator=generator) * 1.5 * sigma, sigma


def cost(residual: np.ndarray, symbol: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    scale = np.maximum(sigma, 0.11)
    probability = norm.cdf((0.5 - np.abs(symbol)) / scale) - norm.cdf((-0.5 - np.abs(symbol)) / scale)
    return (residual - symbol) ** 2 - RATE_WEIGHT * np.log2(np.maximum(probability, 1e-9))


def test_symbols_are_the_cheaper_of_the_nearest_and_the_next_towards_zero(gaussian, drawn):
    residual_tensor, sigma_tensor = drawn
    residual, sigma = residual_tensor.numpy(), sigma_tensor.numpy()
    nearest = np.round(residual)
    smaller = nearest - np.sign(nearest)
    expected = np.where(cost(residual, smaller, sigma) < cost(residual, nearest, sigma), smaller, nearest)
    np.testing.assert_array_equal(weighed(residual_tensor, sigma_tensor, gaussian).numpy(), expected)
    assert 0.02 < (expected != nearest).mean() < 0.5


def test_no_choice_is_left_where_the_nearest_symbol_is_zero(gaussian, drawn):
    residual, sigma = drawn
    chosen = weighed(residual, sigma, gaussian)
    assert bool((chosen[residual.abs() < 0.5] == 0).all())
    assert bool(((rounded(residual) - chosen).abs() <= 1).all())


def test_bfloat16_residuals_are_weighed_in_float32(gaussian, drawn):
    residual, sigma = (t.bfloat16() for t in drawn)
    chosen = weighed(residual, sigma, gaussian)
    assert chosen.dtype == torch.bfloat16
    assert torch.equal(chosen.float(), weighed(residual.float(), sigma.float(), gaussian))


def test_training_and_models_of_one_lambda_take_the_nearest_symbols(drawn):
    residual, sigma = (t.float() for t in drawn)
    model = DCAE(PRESETS["tiny"])
    assert torch.equal(model.train().symbols(residual, sigma), residual.round())
    assert not torch.equal(model.eval().symbols(residual, sigma), residual.round())
    model.gain = None
    assert torch.equal(model.eval().symbols(residual, sigma), residual.round())
