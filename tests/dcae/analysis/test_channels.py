"""A channel's response is what the whole network adds for it, and its two parts are what they are called."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcae.analysis.channels import ChannelResponses
from dcae.analysis.trace import trace
from dcae.codec.codec import Codec
from dcae.config import PRESETS, DCAEConfig
from dcae.model.dcae import DCAE
from dcae.traces import Trace

from .networks import network

TINY = PRESETS["tiny"]
HEIGHT, WIDTH, LMBDA = 70, 90, 0.03


def traced(model: DCAE) -> Trace:
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT // 8 + 1, WIDTH // 8 + 1, 3), np.uint8)
    image = image.repeat(8, axis=0).repeat(8, axis=1)[:HEIGHT, :WIDTH]
    return trace(model, image, LMBDA if model.config.gain_knots else None)


@pytest.fixture(scope="module")
def model() -> DCAE:
    return network(TINY)


@pytest.fixture(scope="module")
def coded(model: DCAE) -> Trace:
    return traced(model)


@torch.no_grad()
def drawn(model: DCAE, y_hat: np.ndarray) -> np.ndarray:
    """What the network makes of y_hat, in levels, not clamped."""
    lmbda = LMBDA if model.config.gain_knots else None
    x_hat = model.synthesise(torch.from_numpy(y_hat.copy())[None], lmbda)
    return 255 * x_hat[0, :, :HEIGHT, :WIDTH].permute(1, 2, 0).numpy()


def alone(coded: Trace, channel: int) -> np.ndarray:
    y_hat = np.zeros_like(coded.y_hat)
    y_hat[channel] = coded.y_hat[channel]
    return y_hat


@pytest.mark.parametrize(
    "config",
    [TINY, replace(TINY, gain_knots=0), replace(TINY, linear_path=False)],
    ids=["tiny", "one lambda", "no linear path"],
)
def test_both_parts_together_are_what_the_network_adds_for_the_channel(config: DCAEConfig):
    model = network(config)
    coded = traced(model)
    responses = ChannelResponses(Codec(model), coded)
    for channel in (0, 17, config.M - 1):
        found = responses.draw(channel)
        added = drawn(model, alone(coded, channel)) - drawn(model, np.zeros_like(coded.y_hat))
        assert found.channel == channel
        assert found.together.shape == (HEIGHT, WIDTH, 3)
        assert np.abs(added).max() > 1e-3
        np.testing.assert_allclose(found.together, added, atol=1e-3)


def test_linear_parts_of_all_channels_add_up_to_the_linear_paths_picture():
    model = network(TINY, noise=0)  # a new network is its linear path alone
    coded = traced(model)
    responses = [ChannelResponses(model, coded).draw(channel) for channel in range(TINY.M)]
    assert all((response.learned == 0).all() for response in responses)
    whole = 127.5 + sum(response.linear for response in responses if response.linear is not None)
    assert np.abs(np.clip(whole, 0, 255) - coded.x_hat).max() < 0.501
    assert np.abs(coded.x_hat - 127.5).max() > 50


def test_learned_parts_do_not_add_up(model: DCAE, coded: Trace):
    responses = ChannelResponses(model, coded)
    summed = sum(responses.draw(channel).learned for channel in range(TINY.M))
    with torch.no_grad():
        assert model.inverse_gain is not None
        y_hat = torch.from_numpy(coded.y_hat.copy())[None] * model.inverse_gain(torch.tensor([LMBDA]))
        both = 255 * (model.g_s(y_hat) - model.g_s(torch.zeros_like(y_hat)))
    assert np.abs(summed - both[0, :, :HEIGHT, :WIDTH].permute(1, 2, 0).numpy()).max() > 1


def test_network_without_a_linear_path_has_the_learned_part_alone():
    model = network(replace(TINY, linear_path=False))
    response = ChannelResponses(model, traced(model)).draw(3)
    assert response.linear is None
    assert np.array_equal(response.together, response.learned)


def test_channel_that_says_nothing_draws_nothing(model: DCAE, coded: Trace):
    y_hat = coded.y_hat.copy()
    y_hat[5] = 0
    response = ChannelResponses(model, replace(coded, y_hat=y_hat)).draw(5)
    assert response.linear is not None
    assert not response.learned.any()
    assert not response.linear.any()


def test_channel_that_is_none_is_refused(model: DCAE, coded: Trace):
    responses = ChannelResponses(model, coded)
    for channel in (-1, TINY.M):
        with pytest.raises(ValueError, match=f"channel is {channel}; must be 0 to {TINY.M - 1}"):
            responses.draw(channel)


def test_trace_of_another_model_is_refused(coded: Trace):
    with pytest.raises(ValueError, match=f"the trace has {TINY.M} channels; this model has 40"):
        ChannelResponses(DCAE(replace(TINY, M=40)), coded)
    with pytest.raises(ValueError, match="these weights have one fixed lambda"):
        ChannelResponses(DCAE(replace(TINY, gain_knots=0)), coded)
