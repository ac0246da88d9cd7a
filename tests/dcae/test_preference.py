"""Shares of votes: Wilson's interval against its closed form, and what a tally counts."""

import math

import pytest

from dcae.preference import Preferred, Share, Tally, share_of, tally

Z = 1.959963984540054  # the normal distribution's quantile of 0.975


def wilson(count: int, total: int) -> tuple[float, float]:
    """The roots of (p - count / total)^2 = Z^2 p (1 - p) / total."""
    share = count / total
    middle = (share + Z**2 / (2 * total)) / (1 + Z**2 / total)
    half = Z / (1 + Z**2 / total) * math.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return middle - half, middle + half


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 12), (7, 12), (12, 12), (50, 100), (999, 1000)])
def test_interval_is_wilsons(count: int, total: int):
    share, low, high = share_of(count, total)
    assert share == count / total
    assert (low, high) == pytest.approx(wilson(count, total), abs=1e-12)
    assert 0 <= low <= share <= high <= 1


def test_interval_shrinks_with_more_votes_and_with_less_confidence():
    few, many, sure = share_of(6, 10), share_of(600, 1000), share_of(6, 10, level=0.5)
    assert few.low < many.low < many.high < few.high
    assert few.low < sure.low < sure.high < few.high


def test_no_vote_says_nothing():
    share, low, high = share_of(0, 0)
    assert math.isnan(share)
    assert (low, high) == (0, 1)
    assert Tally().preference[1:] == Tally().indifference[1:] == (0, 1)


def test_no_difference_is_left_out_of_the_preference_and_has_its_own_share():
    votes: list[Preferred] = ["first", "neither", "second", "first", "neither"]
    firsts: list[Preferred] = ["first"]
    neithers: list[Preferred] = ["neither"]
    counted = tally(votes * 2 + firsts * 2 + neithers * 8)
    assert counted == Tally(first=6, second=2, neither=12)
    assert counted.votes == 20
    assert counted.preference == share_of(6, 8)
    assert counted.indifference == share_of(12, 20) == Share(0.6, *share_of(12, 20)[1:])


@pytest.mark.parametrize(("count", "total"), [(-1, 3), (4, 3), (1, 0)])
def test_counts_outside_the_total_are_refused(count: int, total: int):
    with pytest.raises(ValueError, match=rf"count is {count} of {total}; must be 0 to {total}"):
        share_of(count, total)


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_levels_outside_0_and_1_are_refused(level: float):
    with pytest.raises(ValueError, match="must be above 0 and below 1"):
        share_of(1, 2, level)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="counts are 1, -1 and 0; each must be 0 or more"):
        Tally(first=1, second=-1)
