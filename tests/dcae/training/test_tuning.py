"""The decoder's stage: the encoder rests, every other part learns, from the symbols that a file would hold."""

import pytest
import torch

from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.entropy import Noise, total_bits
from dcae.training.chance import noise
from dcae.training.loss import RateDistortion
from dcae.training.tuning import decoder_output, freeze_encoder

ENCODER = ("g_a.", "h_a.", "gain.", "analysis_path.")
INDIFFERENT = ("entropy_bottleneck.quantiles", "dictionary_attention.key.bias")
"""Quantiles have an optimiser of their own, and a softmax ignores what a bias adds to all logits."""


@pytest.fixture
def model() -> DCAE:
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    freeze_encoder(model)
    return model


def drawn(model: DCAE, count: int) -> Noise:
    return noise(0, 0, range(count), model.config, 64)


def test_only_what_a_decoder_runs_gets_a_gradient(model: DCAE):
    x, lmbda = torch.rand(2, 3, 64, 64), torch.tensor([0.005, 0.05])
    RateDistortion()(decoder_output(model, x, lmbda, drawn(model, 2)), x, lmbda).loss.backward()
    for name, parameter in model.named_parameters():
        if name.startswith(ENCODER):
            assert parameter.grad is None, name
        elif not name.endswith(INDIFFERENT):
            assert parameter.grad is not None, name
            assert bool(parameter.grad.isfinite().all()), name


def test_mu_learns_from_the_rate(model: DCAE):
    x, lmbda = torch.rand(1, 3, 64, 64), torch.tensor([0.05])
    (-decoder_output(model, x, lmbda, drawn(model, 1))["likelihoods"]["y"].log2().sum()).backward()
    last = model.slice_loop.get_submodule("slices.0.mean_transform.5")
    assert isinstance(last, torch.nn.Conv2d)
    assert last.weight.grad is not None
    assert float(last.weight.grad.abs().sum()) > 0


def test_likelihoods_are_those_of_ys_tables_between_the_levels_of_an_estimate(model: DCAE):
    x, lmbda, costs = torch.rand(2, 3, 64, 64), torch.tensor([0.005, 0.05]), model.symbol_costs
    ours = decoder_output(model, x, lmbda, drawn(model, 2))
    y_hat, likelihoods = model.estimate(model.analyse(x, lmbda), costs=costs)
    torch.testing.assert_close(ours["x_hat"], model.synthesise(y_hat, lmbda))
    torch.testing.assert_close(ours["likelihoods"]["z"], likelihoods["z"])
    found, expected = (float(total_bits(each["y"].detach())) for each in (ours["likelihoods"], likelihoods))
    assert found == pytest.approx(expected, rel=0.01)


def test_symbols_that_were_not_foreseen_raise_sigma(model: DCAE):
    lasts = [model.slice_loop.get_submodule(f"slices.{k}.scale_transform.5") for k in range(model.config.num_slices)]
    with torch.no_grad():
        for last in lasts:
            assert isinstance(last, torch.nn.Conv2d)
            assert last.bias is not None
            last.weight.zero_()
            last.bias.fill_(-1.26)  # softplus makes 0.25 of it
    x, lmbda = torch.rand(1, 3, 64, 64), torch.tensor([0.05])
    (-decoder_output(model, x, lmbda, drawn(model, 1))["likelihoods"]["y"].log2().sum()).backward()
    slopes = [float(dict(last.named_parameters())["bias"].grad.sum()) for last in lasts]  # pyright: ignore[reportOptionalMemberAccess]
    assert max(slopes) < 0, "gradient descent makes sigma larger"
