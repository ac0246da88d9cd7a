"""Training on the symbols that a file would hold: of all parts, or of all but the encoder."""

from dataclasses import replace

import pytest
import torch

from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.entropy import Noise, total_bits, z_likelihoods
from dcae.training.chance import noise
from dcae.training.loss import RateDistortion
from dcae.training.tuning import freeze_encoder, output_on_symbols

ENCODER = ("g_a.", "h_a.", "gain.", "analysis_path.")
INDIFFERENT = ("entropy_bottleneck.quantiles", "dictionary_attention.key.bias")
"""Quantiles have an optimiser of their own, and a softmax ignores what a bias adds to all logits."""


@pytest.fixture(params=[False, True], ids=["rounded", "trellis"])
def model(request: pytest.FixtureRequest) -> DCAE:
    torch.manual_seed(0)
    model = DCAE(replace(PRESETS["tiny"], trellis=request.param))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return model.eval()


def drawn(model: DCAE, count: int) -> Noise:
    return noise(0, 0, range(count), model.config, 64)


@pytest.mark.parametrize("encoder_rests", [False, True])
def test_all_that_is_not_frozen_gets_a_gradient(model: DCAE, encoder_rests: bool):
    x, lmbda = torch.rand(2, 3, 64, 64), torch.tensor([0.005, 0.05])
    if encoder_rests:
        freeze_encoder(model)
    RateDistortion()(output_on_symbols(model, x, lmbda, drawn(model, 2)), x, lmbda).loss.backward()
    for name, parameter in model.named_parameters():
        if name.startswith(ENCODER) and encoder_rests:
            assert parameter.grad is None, name
        elif not name.endswith(INDIFFERENT):
            assert parameter.grad is not None, name
            assert bool(parameter.grad.isfinite().all()), name
            assert float(parameter.grad.abs().max()) > 0, name


@pytest.mark.parametrize("of", ["y", "z"])
def test_the_encoder_learns_from_the_rate(model: DCAE, of: str):
    x, lmbda = torch.rand(1, 3, 64, 64), torch.tensor([0.05])
    total_bits(output_on_symbols(model, x, lmbda, drawn(model, 1))["likelihoods"][of]).backward()
    gradients = [parameter.grad for parameter in model.g_a.parameters()]
    assert any(gradient is not None and float(gradient.abs().max()) > 0 for gradient in gradients)


def test_mu_learns_from_the_rate(model: DCAE):
    x, lmbda = torch.rand(1, 3, 64, 64), torch.tensor([0.05])
    (-output_on_symbols(model, x, lmbda, drawn(model, 1))["likelihoods"]["y"].log2().sum()).backward()
    last = model.slice_loop.get_submodule("slices.0.mean_transform.5")
    assert isinstance(last, torch.nn.Conv2d)
    assert last.weight.grad is not None
    assert float(last.weight.grad.abs().sum()) > 0


def test_likelihoods_are_those_of_ys_tables_between_the_levels_of_an_estimate(model: DCAE):
    x, lmbda, costs = torch.rand(2, 3, 64, 64), torch.tensor([0.005, 0.05]), model.symbol_costs
    ours = output_on_symbols(model, x, lmbda, drawn(model, 2))
    y_hat, likelihoods = model.estimate(model.analyse(x, lmbda), costs=costs)
    torch.testing.assert_close(ours["x_hat"], model.synthesise(y_hat, lmbda))
    z = model.h_a(model.analyse(x, lmbda))
    noisy = z_likelihoods(model.entropy_bottleneck, z, drawn(model, 2).z)[1]
    torch.testing.assert_close(ours["likelihoods"]["z"], noisy)
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
    (-output_on_symbols(model, x, lmbda, drawn(model, 1))["likelihoods"]["y"].log2().sum()).backward()
    slopes = [float(dict(last.named_parameters())["bias"].grad.sum()) for last in lasts]  # pyright: ignore[reportOptionalMemberAccess]
    assert max(slopes) < 0, "gradient descent makes sigma larger"
