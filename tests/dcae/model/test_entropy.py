"""Likelihoods of z and y: their laws, their bounds, and what is rounded around what."""

import math

import pytest
import torch
from compressai.entropy_models import EntropyBottleneck, GaussianConditional

from dcae.model.entropy import straight_through, total_bits, y_likelihoods, z_likelihoods, z_medians


@pytest.fixture
def bottleneck() -> EntropyBottleneck:
    """Three channels with medians -0.3, 0 and 0.4."""
    torch.manual_seed(0)
    bottleneck = EntropyBottleneck(3).eval()
    with torch.no_grad():
        bottleneck.quantiles[:, 0, 1] = torch.tensor([-0.3, 0.0, 0.4])
    return bottleneck


def test_rounding_passes_the_gradient_through():
    x = torch.tensor([0.4, 0.6, -1.7], requires_grad=True)
    rounded = straight_through(x, x.round())
    rounded.sum().backward()
    assert rounded.tolist() == [0.0, 1.0, -2.0]
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("training", [False, True])
def test_z_hat_is_rounded_around_the_medians_with_noise_in_the_likelihoods_alone(
    bottleneck: EntropyBottleneck, training: bool
):
    bottleneck.train(training)
    z = 3 * torch.randn(2, 3, 4, 5)
    z_hat, likelihoods = z_likelihoods(bottleneck, z)
    medians = torch.tensor([-0.3, 0.0, 0.4])[:, None, None]
    torch.testing.assert_close(z_hat, (z - medians).round() + medians)
    again, others = z_likelihoods(bottleneck, z)
    assert torch.equal(again, z_hat)
    assert torch.equal(others, likelihoods) != training
    assert likelihoods.shape == z.shape


def test_medians_have_no_gradient_from_the_rate(bottleneck: EntropyBottleneck):
    z_hat, likelihoods = z_likelihoods(bottleneck.train(), torch.randn(1, 3, 2, 2, requires_grad=True))
    (z_hat.sum() + total_bits(likelihoods)).backward()
    assert bottleneck.quantiles.grad is None or not bottleneck.quantiles.grad.any()
    assert not z_medians(bottleneck).requires_grad


def test_the_likelihood_of_y_is_the_gaussians_mass_over_one_step():
    y = torch.tensor([0.3, 2.6, -4.0], dtype=torch.float64)[None, :, None, None]
    mu = torch.tensor([0.1, 0.2, -3.7], dtype=torch.float64)[None, :, None, None]
    sigma = torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64)[None, :, None, None]
    found = y_likelihoods(GaussianConditional(None).double().eval(), y, mu, sigma)[0, :, 0, 0]
    for symbol, scale, likelihood in zip((0, 2, 0), (0.5, 1.0, 3.0), found, strict=True):
        low, high = ((symbol + side) / scale / math.sqrt(2) for side in (-0.5, 0.5))
        assert float(likelihood) == pytest.approx(0.5 * (math.erf(high) - math.erf(low)), rel=1e-12)


@pytest.mark.parametrize("sigma", [-5.0, 0.0, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize("y", [0.0, -1e6, 1e6])
def test_likelihoods_of_y_lie_in_0_to_1_whatever_sigma_and_y_are(sigma: float, y: float):
    shape = (1, 2, 3, 3)
    gaussian = GaussianConditional(None).eval()
    found = y_likelihoods(gaussian, torch.full(shape, y), torch.zeros(shape), torch.full(shape, sigma))
    assert 0 < float(found.min()) <= float(found.max()) <= 1


@pytest.mark.parametrize("z", [0.0, -1e6, 1e6])
def test_likelihoods_of_z_lie_in_0_to_1_whatever_z_is(bottleneck: EntropyBottleneck, z: float):
    found = z_likelihoods(bottleneck, torch.full((1, 3, 2, 2), z))[1].detach()
    assert 0 < float(found.min()) <= float(found.max()) <= 1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_likelihoods_are_computed_in_float32_at_least(bottleneck: EntropyBottleneck, dtype: torch.dtype):
    z = torch.randn(1, 3, 2, 2).to(dtype)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z_hat, z_found = z_likelihoods(bottleneck, z)
        y_found = y_likelihoods(GaussianConditional(None).eval(), z, 0 * z, z.abs())
    assert z_hat.dtype == z_found.dtype == y_found.dtype == torch.float32
    assert torch.equal(z_found, z_likelihoods(bottleneck, z.float())[1])


def test_total_bits_counts_a_half_as_one_bit():
    assert float(total_bits(torch.tensor([[0.5, 0.25], [1.0, 0.125]]))) == 6.0
