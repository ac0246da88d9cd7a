"""Gains: what a table says at its knots, between and beyond them."""

import math

import pytest
import torch

from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST, LMBDA_MAX, LMBDA_MIN
from dcae.model.gain import REFERENCE_LMBDA, Gain


@pytest.fixture
def gain() -> Gain:
    """A table of noise: 6 knots, 3 channels, float64."""
    torch.manual_seed(0)
    gain = Gain(6, 3, +1).double()
    torch.nn.init.normal_(gain.log_gain)
    return gain


def log_gain(gain: Gain, log_lmbda: torch.Tensor) -> torch.Tensor:
    return gain(log_lmbda.exp())[:, :, 0, 0].log()


def test_at_a_knot_the_gain_is_the_tables(gain: Gain):
    knots = torch.linspace(math.log(LMBDA_MIN), math.log(LMBDA_MAX), 6, dtype=torch.float64)
    torch.testing.assert_close(log_gain(gain, knots), gain.log_gain, rtol=0, atol=1e-12)


def test_between_knots_the_log_gain_is_linear_in_log_lambda(gain: Gain):
    step = math.log(LMBDA_MAX / LMBDA_MIN) / 5
    places = math.log(LMBDA_MIN) + step * torch.tensor([2.25, 4.5], dtype=torch.float64)
    table = gain.log_gain
    expected = torch.stack([0.75 * table[2] + 0.25 * table[3], 0.5 * table[4] + 0.5 * table[5]])
    torch.testing.assert_close(log_gain(gain, places), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("end", "inner", "lmbda"), [(0, 1, LMBDA_LOWEST), (5, 4, LMBDA_HIGHEST)])
def test_beyond_the_outer_knots_the_last_line_goes_on(gain: Gain, end: int, inner: int, lmbda: float):
    step = math.log(LMBDA_MAX / LMBDA_MIN) / 5
    knot = math.log(LMBDA_MIN) + end * step
    slope = (gain.log_gain[end] - gain.log_gain[inner]) / (end - inner)
    expected = gain.log_gain[end] + slope * (math.log(lmbda) - knot) / step
    found = log_gain(gain, torch.tensor([math.log(lmbda)], dtype=torch.float64))[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sign", [+1, -1])
def test_a_new_gain_is_the_quantisers_step_of_high_rate_theory(sign: int):
    lmbda = torch.tensor([LMBDA_LOWEST, 0.004, REFERENCE_LMBDA, LMBDA_HIGHEST], dtype=torch.float64)
    found = Gain(6, 2, sign).double()(lmbda)
    expected = (lmbda / REFERENCE_LMBDA) ** (sign * 0.5)
    assert found.shape == (4, 2, 1, 1)
    torch.testing.assert_close(found[:, 0, 0, 0], expected, rtol=1e-6, atol=0)


def test_two_knots_are_enough():
    assert Gain(2, 3, +1)(torch.tensor([LMBDA_MIN, LMBDA_MAX])).shape == (2, 3, 1, 1)
