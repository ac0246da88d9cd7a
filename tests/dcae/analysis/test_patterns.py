"""Patterns are what the linear path draws: a part of its answer to a whole y, and shown around grey."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcae.analysis.patterns import SIDE_PX, linear_patterns, pattern_sheet
from dcae.config import PRESETS
from dcae.model.dcae import DCAE

from .networks import network

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def model() -> DCAE:
    return network(TINY)


def test_patterns_add_up_to_what_the_path_draws(model: DCAE):
    assert model.synthesis_path is not None
    y_hat = torch.zeros(1, TINY.M, 12, 12)
    y_hat[0, [3, 7], 6, 6] = torch.tensor([2.0, -0.5])
    with torch.inference_mode():
        drawn = (
            (model.synthesis_path(y_hat) - model.synthesis_path(torch.zeros_like(y_hat)))[0].permute(1, 2, 0).numpy()
        )
    three, seven = linear_patterns(model, [3, 7])
    middle = slice(96 - 16, 96 + 32)
    assert np.allclose(drawn[middle, middle], 2 * three - 0.5 * seven, atol=1e-5)
    drawn[middle, middle] = 0
    assert np.abs(drawn).max() < 1e-6  # a pattern reaches no further


def test_sheet_shows_each_pattern_around_grey_as_strong_as_it_can_be(model: DCAE):
    patterns = linear_patterns(model, range(5))
    sheet = pattern_sheet(patterns, columns=3)
    assert sheet.shape == (2 * (SIDE_PX + 2), 3 * (SIDE_PX + 2), 3)
    tile = sheet[51:99, 51:99].astype(float)  # the fifth: second row, second column
    assert np.abs(tile - 127.5 - 127.5 * patterns[4] / np.abs(patterns[4]).max()).max() <= 0.51
    assert (sheet[51:, 101:] == 128).all()  # no sixth
    assert (pattern_sheet(np.zeros((1, 4, 4, 3), np.float32), 1) == 128).all()


def test_channels_that_are_none_and_models_without_a_linear_path_are_refused(model: DCAE):
    with pytest.raises(ValueError, match=rf"channels are \[0, {TINY.M}\]; each must be 0 to {TINY.M - 1}"):
        linear_patterns(model, [0, TINY.M])
    with pytest.raises(ValueError, match="the model has no linear path"):
        linear_patterns(DCAE(replace(TINY, linear_path=False)), [0])
