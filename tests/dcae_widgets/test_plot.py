"""The plot of series: what may be drawn and chosen, and that its state is JSON."""

import json
import math

import numpy as np
import pytest
from traitlets import TraitError

from dcae_widgets.plot import Plot, Series


def bars(count: int = 3) -> Series:
    return Series("entries", range(count), np.arange(count, dtype=np.float32) ** 2, "bar")


def test_state_is_json_though_numbers_are_numpys_and_some_are_not_finite():
    plot = Plot([bars(), Series("limits", ["a", "b"], [math.nan, math.inf], "line", ["first", "second"])])
    state = json.loads(json.dumps(plot.series, allow_nan=False))
    assert [each["x"] for each in state] == [[0, 1, 2], ["a", "b"]]
    assert [each["y"] for each in state] == [[0, 1, 4], [None, None]]
    assert [each["kind"] for each in state] == ["bar", "line"]


def test_series_of_a_kind_that_is_none_is_refused():
    with pytest.raises(ValueError, match="entries is of kind 'pie'; legal: line, points, bar, step"):
        Series("entries", [1], [1], "pie")


@pytest.mark.parametrize(("y", "text"), [([1], ()), ([1, 2], ("one",))])
def test_series_whose_numbers_do_not_pair_up_is_refused(y, text):
    with pytest.raises(ValueError, match=r"entries has 2 x, \d y and \d texts; must be as many of each, or no text"):
        Series("entries", [1, 2], y, text=text)


def test_what_is_no_series_is_refused():
    with pytest.raises(TraitError, match="a series is 3; must be a Series"):
        Plot([3])  # pyright: ignore[reportArgumentType]


def test_unknown_trait_is_refused():
    with pytest.raises(TypeError, match="Plot has no colour"):
        Plot([bars()], colour="red")


def test_point_of_the_first_series_can_be_chosen_and_no_other():
    plot = Plot([bars(3)], chosen=2)
    assert plot.chosen == 2
    with pytest.raises(TraitError, match="chosen is 3; must be -1 to 2"):
        plot.chosen = 3
    assert plot.chosen == 2


def test_choice_goes_with_the_point_that_was_chosen():
    plot = Plot([bars(9)], chosen=7)
    plot.series = [bars(8)]
    assert plot.chosen == 7
    plot.series = [bars(7)]
    assert plot.chosen == -1
