"""What a config may say: presets, limits, and the way through JSON."""

import json
import re
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from typing import Any

import pytest

from dcae.config import PRESETS, SCALE_LEVELS, SCALE_MAX, SCALE_MIN, DCAEConfig, scale_table

TINY = PRESETS["tiny"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_same_after_json(name: str):
    config = PRESETS[name]
    assert DCAEConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_paper_is_the_published_network():
    paper = PRESETS["paper"]
    assert (paper.N, paper.M, paper.num_slices, paper.dictionary_entries) == (192, 320, 5, 128)
    assert (paper.widths, paper.depths, paper.head_sizes) == ((96, 144, 256), (1, 2, 12), (8, 16, 32))
    assert (paper.window, paper.hyper_window, paper.dictionary_size) == (8, 4, 640)
    choices = (paper.upsample, paper.context, paper.aggregation, paper.scale_activation)
    assert choices == ("deconv", "conv3x3", "dense", "none")
    assert (paper.linear_path, paper.gain_knots) == (False, 0)


def test_the_support_of_a_slice_is_two_maps_of_z_the_dictionary_and_the_slices_before_it():
    assert [TINY.support_channels(index) for index in range(5)] == [240, 256, 272, 288, 304]
    assert [replace(TINY, dictionary_entries=0).support_channels(index) for index in (0, 4)] == [160, 224]


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        TINY.N = 8  # pyright: ignore[reportAttributeAccessIssue]


def test_the_scale_table_is_spaced_evenly_in_its_logarithm_between_the_outer_scales():
    table = scale_table()
    ratios = [high / low for low, high in pairwise(table)]
    assert len(table) == SCALE_LEVELS
    assert (table[0], table[-1]) == pytest.approx((SCALE_MIN, SCALE_MAX), rel=1e-12)
    assert ratios == pytest.approx([ratios[0]] * 63, rel=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"N": 0}, "N is 0; must be 1 to 65536"),
        ({"M": 65_537}, "M is 65537; must be 1 to 65536"),
        ({"widths": (16, -24, 32)}, "widths is -24; must be 1 to 65536"),
        ({"depths": (0, 0, 65)}, "depths is 65; must be 0 to 64"),
        ({"hyper_depth": -1}, "hyper_depth is -1; must be 0 to 64"),
        ({"bottlenecks": 65}, "bottlenecks is 65; must be 0 to 64"),
        ({"window": 1}, "window is 1; must be 2 to 64"),
        ({"hyper_window": 65}, "hyper_window is 65; must be 2 to 64"),
        ({"num_slices": 65}, "num_slices is 65; must be 1 to 64"),
        ({"dictionary_heads": 512, "dictionary_head_size": 256}, "512 x 256 = 131072 channels; at most 65536"),
        ({"neighbours": -1}, "neighbours is -1; must be 0 to 65536"),
        (
            {"neighbours": 8, "scale_activation": "none"},
            "neighbours is 8, but sigma may be negative; use softplus, or neighbours 0",
        ),
        ({"gain_knots": 1}, "gain_knots is 1; must be 0 (one fixed lambda) or at least 2"),
        ({"M": 770}, "M is 770; with the linear path at most 768"),
        ({"M": 81}, "M is 81, num_slices is 5; M must be a multiple of num_slices"),
        ({"widths": (16, 24, 36)}, "width 36 is no multiple of its head size 16"),
        ({"N": 25}, "width 25 is no multiple of its head size 8"),
        ({"N": 25, "hyper_head_size": 5}, "width 25 is odd; residual bottlenecks halve it, so it must be even"),
        ({"upsample": "nearest"}, "upsample is 'nearest'; legal: 'deconv', 'shuffle'"),
        ({"context": None}, "context is None; legal: 'conv3x3', 'depthwise'"),
        ({"coding_dtype": "float16"}, "coding_dtype is 'float16'; legal: 'float32', 'float64'"),
    ],
)
def test_a_value_that_is_not_legal_is_refused_with_what_is(changes: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=re.escape(message)):
        replace(TINY, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"N": 24.0}, "N is 24.0; must be an integer"),
        ({"N": True}, "N is True; must be an integer"),
        ({"linear_path": 1}, "linear_path is 1; must be true or false"),
        ({"widths": (16, 24)}, "widths is (16, 24); must be a tuple of 3 integers"),
        ({"widths": [16, 24, 32]}, "widths is [16, 24, 32]; must be a tuple of 3 integers"),
        ({"context_widths": (48, 32.0)}, "context_widths is (48, 32.0); must be a tuple of 2 integers"),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_type(changes: dict[str, Any], message: str):
    with pytest.raises(TypeError, match=re.escape(message)):
        replace(TINY, **changes)


def test_fields_that_are_unknown_or_missing_are_named():
    values = TINY.to_dict()
    del values["window"]
    with pytest.raises(ValueError, match=re.escape("unknown ['windows'], missing ['window']")):
        DCAEConfig.from_dict(values | {"windows": 8})


def test_a_field_that_came_later_is_left_out_at_its_default_so_that_older_weights_keep_their_identity():
    assert "neighbours" not in TINY.to_dict()
    assert DCAEConfig.from_dict(TINY.to_dict()).neighbours == 0
    grown = replace(TINY, neighbours=8)
    assert grown.to_dict() == TINY.to_dict() | {"neighbours": 8}
    assert replace(TINY, trellis=True).to_dict() == TINY.to_dict() | {"trellis": True}
    assert DCAEConfig.from_dict(grown.to_dict()) == grown


def test_what_is_no_dict_of_fields_is_refused():
    with pytest.raises(TypeError, match=re.escape("config is [1, 2]; must be a dict of its fields")):
        DCAEConfig.from_dict([1, 2])  # pyright: ignore[reportArgumentType]
