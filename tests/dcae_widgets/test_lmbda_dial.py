"""A hand chooses only lambdas that the codec takes, and a file keeps."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcae.codec.protocol import Interval
from dcae_widgets.lmbda_dial import decimal, dial, nearest, spread

LEGAL = Interval(0.0005, 0.15)


@given(st.floats(0.0001, 1))
def test_chosen_lambda_is_on_the_dial_and_its_decimal_is_the_same_float32(lmbda):
    chosen = nearest(LEGAL, lmbda)
    assert chosen is not None
    assert 0.0018 <= chosen <= 0.05
    assert decimal(chosen) == decimal(float(np.float32(chosen)))
    if 0.0018 <= lmbda <= 0.05:
        assert np.float32(chosen) == np.float32(lmbda)


def test_codec_outside_the_trained_range_has_its_own_dial():
    assert dial(Interval(0.2, 0.4))[:2] == (0.2, 0.4)


def test_one_stop_is_no_dial():
    assert dial((0.013,)) == (0.013, 0.013, (0.013,), False)


def test_stop_is_the_nearest_on_a_log_scale():
    assert nearest((0.001, 0.1), 0.011) == 0.1


def test_curve_spans_the_dial_evenly_from_its_middle():
    values = spread(LEGAL, 9)
    ordered = sorted(value for value in values if value is not None)
    assert (len(ordered), ordered[0], ordered[-1], values[0]) == (9, 0.0018, 0.05, ordered[4])
    assert np.allclose(np.diff([math.log(value) for value in ordered]), math.log(0.05 / 0.0018) / 8, rtol=1e-5)
    assert sorted(spread((0.01, 0.02, 0.04), 9), key=str) == [0.01, 0.02, 0.04]
