"""The slice loop: its order, what a slice may know, and that encoder and decoder meet in it."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from dcae.config import PRESETS
from dcae.model.slices import SliceLoop, SlicePredictor, Slices, parts_of, whole_of

CONFIG = replace(PRESETS["tiny"], M=10, dictionary_entries=4, context_widths=(8, 8))


@pytest.fixture(params=["depthwise", "conv3x3"])
def loop(request: pytest.FixtureRequest) -> SliceLoop:
    torch.manual_seed(0)
    return SliceLoop(replace(CONFIG, context=request.param)).double().eval()


@pytest.fixture
def latents() -> tuple[Tensor, Tensor, Tensor]:
    """Latent scales, latent means and y, each (1, 10, 3, 4)."""
    torch.manual_seed(1)
    scales, means, y = torch.randn(3, 1, 10, 3, 4, dtype=torch.float64)
    return scales, means, 5 * y


def run(loop: SliceLoop, latents: tuple[Tensor, Tensor, Tensor]) -> Slices:
    scales, means, y = latents
    with torch.inference_mode():
        return loop(scales, means, lambda index, mu, sigma: (y.chunk(5, 1)[index] - mu).round() + mu)


def test_slices_come_in_order_with_the_shape_of_a_slice(loop: SliceLoop, latents: tuple[Tensor, Tensor, Tensor]):
    seen: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []

    def code(index: int, mu: Tensor, sigma: Tensor) -> Tensor:
        seen.append((index, tuple(mu.shape), tuple(sigma.shape)))
        return mu

    found = loop(latents[0], latents[1], code)
    assert seen == [(index, (1, 2, 3, 4), (1, 2, 3, 4)) for index in range(5)]
    assert found.y_hat.shape == found.mu.shape == found.sigma.shape == (1, 10, 3, 4)


@pytest.mark.parametrize("changed", range(5))
def test_a_slice_is_predicted_from_the_ones_before_it_alone(
    loop: SliceLoop, latents: tuple[Tensor, Tensor, Tensor], changed: int
):
    before = run(loop, latents)
    scales, means, y = latents
    others = y.clone()
    others[:, 2 * changed : 2 * changed + 2] += 7
    after = run(loop, (scales, means, others))
    for index in range(5):
        channels = slice(2 * index, 2 * index + 2)
        same_mu = torch.equal(before.mu[:, channels], after.mu[:, channels])
        same_sigma = torch.equal(before.sigma[:, channels], after.sigma[:, channels])
        assert same_mu == same_sigma == (index <= changed)


def test_a_decoder_that_is_given_the_symbols_finds_the_encoders_mu_sigma_and_y_hat(
    loop: SliceLoop, latents: tuple[Tensor, Tensor, Tensor]
):
    scales, means, y = latents
    symbols: list[Tensor] = []

    def encode(index: int, mu: Tensor, sigma: Tensor) -> Tensor:
        symbols.append((y.chunk(5, 1)[index] - mu).round())
        return symbols[-1] + mu

    with torch.inference_mode():
        encoder = loop(scales, means, encode)
        decoder = loop(scales, means, lambda index, mu, sigma: symbols[index] + mu)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(encoder, decoder, strict=True))


@pytest.mark.parametrize(("raw", "moved"), [(0.0, 0.0), (0.3, 0.5 * math.tanh(0.3)), (-100.0, -0.5)])
@torch.no_grad()
def test_the_refinement_moves_a_value_by_half_the_tanh_of_its_raw_output(
    loop: SliceLoop, latents: tuple[Tensor, Tensor, Tensor], raw: float, moved: float
):
    for predictor in cast(Iterable[SlicePredictor], loop.slices):
        predictor.lrp_transform[-1] = nn.Conv2d(8, 2, 3, padding=1).double()
        nn.init.zeros_(cast(Tensor, predictor.lrp_transform[-1].weight))
        nn.init.constant_(cast(Tensor, predictor.lrp_transform[-1].bias), raw)
    coded: list[Tensor] = []

    def code(index: int, mu: Tensor, sigma: Tensor) -> Tensor:
        coded.append((latents[2].chunk(5, 1)[index] - mu).round() + mu)
        return coded[-1]

    found = loop(latents[0], latents[1], code).y_hat - torch.cat(coded, dim=1)
    torch.testing.assert_close(found, torch.full_like(found, moved), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("scale_activation", "positive"), [("softplus", True), ("none", False)])
def test_softplus_makes_every_sigma_positive_and_none_leaves_the_raw_output(
    scale_activation: str, positive: bool, latents: tuple[Tensor, Tensor, Tensor]
):
    torch.manual_seed(0)
    loop = SliceLoop(replace(CONFIG, scale_activation=scale_activation)).double()
    assert (float(run(loop, latents).sigma.min()) > 0) == positive


def test_a_network_without_a_dictionary_predicts_from_z_and_the_slices_before(latents: tuple[Tensor, Tensor, Tensor]):
    torch.manual_seed(0)
    loop = SliceLoop(replace(CONFIG, dictionary_entries=0)).double()
    assert not [name for name, _ in loop.named_parameters() if "dictionary" in name]
    assert run(loop, latents).y_hat.shape == latents[2].shape


@pytest.mark.parametrize(("context", "kernels"), [("depthwise", [1, 5, 1, 3]), ("conv3x3", [3, 3, 3])])
def test_a_slices_transforms_have_the_contexts_kernels_and_two_gelus(context: str, kernels: list[int]):
    predictor = SlicePredictor(replace(CONFIG, context=context), 2)
    for transform in (predictor.mean_transform, predictor.scale_transform, predictor.lrp_transform):
        assert [weight.shape[-1] for weight in transform.parameters() if weight.ndim == 4] == kernels
        gelus = [index for index, layer in enumerate(transform) if isinstance(layer, nn.GELU)]
        assert gelus == [1, len(transform) - 2]


@pytest.fixture
def quartered() -> SliceLoop:
    """A loop whose neighbours say something."""
    torch.manual_seed(2)
    loop = SliceLoop(replace(CONFIG, neighbours=6)).double().eval()
    for parameter in cast(Any, loop.slices).parameters():
        nn.init.normal_(parameter, std=0.2)
    return loop


def coded_in_quarters(
    loop: SliceLoop, latents: tuple[Tensor, ...], y: Tensor
) -> tuple[Slices, list[tuple[Tensor, Tensor]]]:
    """What the loop finds, and the mu and sigma that each part was coded with."""
    parts, seen = parts_of(y, replace(CONFIG, neighbours=6)), list[tuple[Tensor, Tensor]]()

    def code(part: int, mu: Tensor, sigma: Tensor) -> Tensor:
        seen.append((mu, sigma))
        return (parts[part] - mu).round() + mu

    with torch.inference_mode():
        return loop(latents[0], latents[1], code), seen


def test_parts_are_joined_to_the_whole_with_and_without_neighbours():
    y = torch.randn(2, 10, 4, 6)
    for config, count in ((CONFIG, 5), (replace(CONFIG, neighbours=6), 20)):
        assert len(parts_of(y, config)) == count
        assert torch.equal(whole_of(parts_of(y, config), config), y)


@pytest.mark.parametrize("changed", range(20))
def test_a_quarter_is_predicted_from_the_parts_before_it_alone(quartered: SliceLoop, changed: int):
    torch.manual_seed(1)
    scales, means, y = torch.randn(3, 1, 10, 4, 6, dtype=torch.float64)
    _, before = coded_in_quarters(quartered, (scales, means), 5 * y)
    config = replace(CONFIG, neighbours=6)
    parts = parts_of(5 * y, config)
    parts[changed] = parts[changed] + 7
    _, after = coded_in_quarters(quartered, (scales, means), whole_of(parts, config))
    for part, (was, now) in enumerate(zip(before, after, strict=True)):
        first_of_its_slice = part % 4 == 0
        may_change = part > changed and not (first_of_its_slice and part // 4 == changed // 4)
        assert all(torch.equal(a, b) for a, b in zip(was, now, strict=True)) == (not may_change)


def test_mu_and_sigma_of_the_whole_are_those_that_the_parts_were_coded_with(quartered: SliceLoop):
    torch.manual_seed(1)
    scales, means, y = torch.randn(3, 1, 10, 4, 6, dtype=torch.float64)
    found, seen = coded_in_quarters(quartered, (scales, means), 5 * y)
    config = replace(CONFIG, neighbours=6)
    for whole, parts in zip((found.mu, found.sigma), zip(*seen, strict=True), strict=True):
        assert torch.equal(whole, whole_of(parts, config))
