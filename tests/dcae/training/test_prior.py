"""z's prior is fitted to z, and to nothing else."""

import copy

import pytest
import torch

from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.entropy import z_likelihoods
from dcae.training.prior import fit_prior


@pytest.mark.slow
def test_fitted_prior_charges_about_the_entropy_of_z_and_the_network_stays():
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"]).eval().requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    scale = torch.linspace(0.5, 4, 24)[None, :, None, None]
    z = torch.randn(64, 24, 4, 4) * scale
    bits = fit_prior(model, z)
    entropy = float((torch.log2(scale) + 2.0471).mean())  # of a Gaussian: log2(sigma sqrt(2 pi e))
    assert abs(bits - entropy) < 0.15
    with torch.no_grad():
        rounded = -z_likelihoods(model.entropy_bottleneck, z)[1].log2().mean()
    assert abs(float(rounded) - entropy) < 0.25
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("entropy_bottleneck.") for name in changed)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
