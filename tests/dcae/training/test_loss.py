"""The losses are the sums that the papers write."""

import pytest
import torch

from dcae.training.loss import MS_SSIM_SCALE, RateDistortion


@pytest.fixture
def output() -> dict[str, object]:
    """Three bits a pixel, and an error of 0.1 everywhere."""
    likelihoods = {"y": torch.full((2, 192**2), 0.5), "z": torch.full((2, 192**2), 0.25)}
    return {"x_hat": torch.full((2, 3, 192, 192), 0.1), "likelihoods": likelihoods}


X, LMBDA, WEIGHT = torch.zeros(2, 3, 192, 192), torch.tensor([0.013, 0.0325]), torch.tensor([1.0, 0.4**0.5])


def test_loss_is_the_weighted_sum_of_the_paper(output: dict[str, object]):
    loss = RateDistortion()(output, X, LMBDA)
    assert float(loss.bpp) == pytest.approx(3)
    assert float(loss.mse) == pytest.approx(0.01)
    assert float(loss.loss) == pytest.approx(float(((LMBDA * 255**2 * 0.01 + 3) * WEIGHT).mean()), rel=1e-5)


def test_ms_ssim_takes_the_place_of_the_error(output: dict[str, object]):
    same = {**output, "x_hat": X}
    assert float(RateDistortion("ms_ssim")(same, X, LMBDA).loss) == pytest.approx(float((3 * WEIGHT).mean()), rel=1e-5)
    worse = float(RateDistortion("ms_ssim")(output, X, LMBDA).loss)
    assert float((3 * WEIGHT).mean()) < worse <= float(((3 + MS_SSIM_SCALE * LMBDA) * WEIGHT).mean())


def test_a_perceptual_distance_is_added_with_its_weight(output: dict[str, object]):
    plain = RateDistortion()(output, X, LMBDA).loss
    distance = RateDistortion(lpips=2.0, perceptual=lambda a, b: (a - b).abs().flatten(1).mean(1))
    assert float(distance(output, X, LMBDA).loss - plain) == pytest.approx(float((0.2 * WEIGHT).mean()), rel=1e-4)
