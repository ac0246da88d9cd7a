"""What a run begins with: its seed's network, moved to its lambda, with what other weights have that fits."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dcae.checkpoint import read_weights, save_weights
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.neighbours import Neighbours
from dcae.training.network import perceptual_distance, start_model, take_over

from .conftest import ChangeConfig

DICTIONARY = "slice_loop.dictionary"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    model = DCAE(PRESETS["tiny"])
    model.update()
    save_weights(model, tmp_path / "start.safetensors")
    return tmp_path / "start.safetensors"


def test_a_seed_is_a_network(change: ChangeConfig):
    first, again, other = (start_model(change(seed=seed)).get_parameter(DICTIONARY) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_another_size_takes_what_fits(change: ChangeConfig, weights: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    model = start_model(change(start=str(weights), model={"num_slices": 4}))
    torch.manual_seed(5)
    theirs = DCAE(PRESETS["tiny"])
    assert torch.equal(model.get_parameter(DICTIONARY), theirs.get_parameter(DICTIONARY))
    assert "parameters fit, the others start anew" in caplog.text


@pytest.mark.parametrize("deeper", [{"bottlenecks": 3}, {"depths": (1, 2, 3)}, {"hyper_depth": 2}, {"neighbours": 6}])
def test_a_deeper_network_begins_as_its_start(change: ChangeConfig, weights: Path, deeper: dict[str, object]):
    start = read_weights(weights)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(1)
        for parameter in start.parameters():  # what only adds to the linear path at first has an effect, too
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    start.update()
    save_weights(start, weights)
    model = start_model(change(start=str(weights), model=deeper)).eval()
    assert sum(p.numel() for p in model.parameters()) > sum(p.numel() for p in start.parameters())
    x = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        ours, theirs = model(x, 0.013), start.eval()(x, 0.013)
    assert torch.equal(ours["x_hat"], theirs["x_hat"])
    assert torch.equal(ours["likelihoods"]["y"], theirs["likelihoods"]["y"])
    assert torch.equal(ours["likelihoods"]["z"], theirs["likelihoods"]["z"])


def test_weights_of_which_nothing_fits_are_refused(
    change: ChangeConfig, weights: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dcae.training.network.take_over", lambda *_: (0, 7))
    with pytest.raises(ValueError, match="none of its parameters fits the network"):
        start_model(change(start=str(weights)))


def test_neighbours_of_another_width_begin_as_what_changes_nothing():
    start, model = (DCAE(replace(PRESETS["tiny"], neighbours=width)) for width in (4, 6))
    for parameter in start.parameters():
        torch.nn.init.normal_(parameter)
    take_over(model, start)
    outputs = [module.output for module in model.modules() if isinstance(module, Neighbours)]
    assert len(outputs) == 15
    assert not any(bool(parameter.any()) for output in outputs for parameter in output.parameters())
    theirs, ours = (dict(network.named_parameters()) for network in (start, model))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if ".neighbours." not in name)


def test_a_network_of_one_lambda_starts_with_its_step(change: ChangeConfig):
    fine, coarse = (start_model(change(lmbdas=(lmbda,))).analysis_path for lmbda in (0.052, 0.013))
    assert fine is not None
    assert coarse is not None
    torch.testing.assert_close(fine.conv.weight, 2 * coarse.conv.weight)


def test_no_perceptual_distance_is_loaded_unless_it_is_weighed(change: ChangeConfig):
    assert perceptual_distance(change(), torch.device("cpu")) is None
