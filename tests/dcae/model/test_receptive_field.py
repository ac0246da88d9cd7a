"""Receptive fields: what lies beyond the halo changes nothing, and the halo is not wider than the next step needs."""

from dataclasses import replace

import pytest
import torch

from dcae.config import PRESETS, DCAEConfig
from dcae.model.dcae import DCAE
from dcae.model.receptive_field import alignment_px, analysis_halo_px, synthesis_halo_px

TINY = PRESETS["tiny"]
NETWORKS = {
    "tiny": TINY,
    "two blocks": replace(TINY, depths=(0, 1, 2)),
    "deconv": replace(TINY, depths=(1, 0, 2), upsample="deconv", linear_path=False, gain_knots=0, bottlenecks=3),
    "window 5": replace(TINY, depths=(0, 1, 3), window=5),
    "window 4": replace(TINY, depths=(2, 2, 2), window=4),
    "no attention": replace(TINY, depths=(0, 0, 0)),
}


def network(config: DCAEConfig) -> DCAE:
    """Random weights that let every layer through: those that start at zero would hide what they see."""
    torch.manual_seed(3)
    model = DCAE(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


@pytest.mark.parametrize("name", NETWORKS)
@torch.inference_mode()
def test_parts_with_their_halo_have_the_y_of_the_whole(name: str):
    config = NETWORKS[name]
    model, step, halo = network(config), alignment_px(config), analysis_halo_px(config)
    start, end = 2 * halo, 2 * halo + step
    x = torch.rand(1, 3, end + 2 * halo, 64, dtype=torch.float64)
    for axis in (2, 3):  # down, then across
        x = x.transpose(2, 3) if axis == 3 else x
        part = x.narrow(axis, start - halo, step + 2 * halo)
        whole = model.analyse_ungained(x).narrow(axis, start // 16, step // 16)
        apart = model.analyse_ungained(part).narrow(axis, halo // 16, step // 16)
        torch.testing.assert_close(apart, whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
@torch.inference_mode()
def test_parts_with_their_halo_have_the_picture_of_the_whole(name: str):
    config = NETWORKS[name]
    model, step, halo = network(config), alignment_px(config), synthesis_halo_px(config)
    lmbda = 0.013 if config.gain_knots else None
    y_hat = torch.randn(1, config.M, (step + 4 * halo) // 16, 4, dtype=torch.float64)
    for axis in (2, 3):
        y_hat = y_hat.transpose(2, 3) if axis == 3 else y_hat
        part = y_hat.narrow(axis, halo // 16, (step + 2 * halo) // 16)
        whole = model.synthesise(y_hat, lmbda).narrow(axis, 2 * halo, step)
        apart = model.synthesise(part, lmbda).narrow(axis, halo, step)
        torch.testing.assert_close(apart, whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["tiny", "two blocks", "deconv", "window 4"])
@torch.inference_mode()
def test_a_halo_one_step_narrower_would_not_do(name: str):
    config = NETWORKS[name]
    model, step, halo = network(config), alignment_px(config), synthesis_halo_px(config)
    y_hat = torch.randn(1, config.M, (step + 2 * halo) // 16, 4, dtype=torch.float64)
    narrower = halo - step
    lmbda = 0.013 if config.gain_knots else None
    whole = model.synthesise(y_hat, lmbda)[:, :, halo : halo + step]
    part = y_hat[:, :, step // 16 : (step + 2 * halo - step) // 16]
    apart = model.synthesise(part, lmbda)[:, :, narrower : narrower + step]
    assert (apart - whole).abs().max() > 1e-9


def test_the_published_network_looks_far():
    paper = PRESETS["paper"]
    assert (alignment_px(paper), analysis_halo_px(paper), synthesis_halo_px(paper)) == (64, 512, 576)
