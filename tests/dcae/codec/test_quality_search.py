"""The search for a quality: the best setting of a list is found, whichever way it goes, in at most 8 trials."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from dcae.codec.protocol import Interval
from dcae.codec.quality_search import MAX_ESTIMATES, MAX_TRIALS, Wanted, search

SLACK = 0.01


class Ask:
    """Counts what a search asks for; numbers of qualities by a function."""

    def __init__(
        self, number: Callable[[float], float], estimate: Callable[[float], float] | None = None, rises: bool = True
    ) -> None:
        self.number, self.of_estimate, self.rises = number, estimate or number, rises
        self.trials: list[float | None] = []
        self.estimates: list[float | None] = []

    def search(self, qualities: Interval | Sequence[float] | None) -> bool:
        return search(qualities, Wanted(self._trial, self._estimate, SLACK, self.rises))

    @property
    def numbers(self) -> list[float]:
        """Of the trials, in their order."""
        return [self.number(0.0 if quality is None else quality) for quality in self.trials]

    @property
    def best(self) -> float:
        """The greatest number not above 0."""
        return max(number for number in self.numbers if number <= 0)

    def _trial(self, quality: float | None) -> float:
        assert quality not in self.trials
        self.trials.append(quality)
        return self.numbers[-1]

    def _estimate(self, quality: float | None) -> float:
        assert quality is not None
        self.estimates.append(quality)
        return self.of_estimate(quality)


def logs(count: int, seed: int, falling: bool) -> list[float]:
    """Numbers from about -4 to 4 that rise (or fall) in very unequal steps."""
    rng = np.random.default_rng(seed)
    steps = np.cumsum(rng.pareto(0.5 + seed % 3, count) + 1e-6)
    rising = (8 * steps / steps[-1] - 4 * rng.random()).tolist()
    return rising[::-1] if falling else rising


@pytest.mark.parametrize(
    ("count", "falling"), [(2, False), (6, False), (6, True), (52, True), (101, False), (127, False)]
)
def test_the_best_of_a_list_is_found_whichever_way_it_goes(count: int, falling: bool):
    for seed in range(60):
        numbers = logs(count, seed, falling)
        ask = Ask(lambda rank, numbers=numbers: numbers[int(rank)])
        under = [number for number in numbers if number <= 0]
        assert ask.search(range(count)) == (bool(under) and (max(numbers) > 0 or max(under) >= -SLACK))
        assert len(ask.trials) <= MAX_TRIALS
        if under:
            assert ask.best == max(under)


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("shift", [-9.0, 9.0])
@pytest.mark.parametrize("count", [1, 2, 63])
def test_where_there_is_no_answer_both_ends_were_tried(count: int, shift: float, falling: bool):
    for seed in range(20):
        numbers = [number + shift for number in logs(count, seed, falling)]
        ask = Ask(lambda rank, numbers=numbers: numbers[int(rank)])
        assert not ask.search(range(count))
        assert {0, count - 1} <= set(ask.trials)
        assert len(ask.trials) <= MAX_TRIALS


def test_the_order_of_a_list_does_not_matter():
    for qualities in ([40, 10, 30, 20], [10, 20, 30, 40]):
        ask = Ask(lambda quality: (quality - 25) / 10)
        assert ask.search(qualities)
        assert ask.best == -0.5


def test_a_list_is_not_estimated():
    ask = Ask(lambda quality: quality - 3.5)
    assert ask.search(range(9))
    assert ask.estimates == []


def test_the_neighbour_of_the_best_is_looked_at_where_sizes_do_not_quite_rise():
    numbers = [-3.0, -2.0, -1.0, -0.5, 0.1, -0.05, 1.0, 2.0, 3.0]  # the sixth is smaller than the fifth, and better
    ask = Ask(lambda rank: numbers[int(rank)])
    assert ask.search(range(len(numbers)))
    assert ask.best == -0.05


def test_of_thousands_of_settings_one_near_the_best_is_found():
    ask = Ask(lambda rank: math.log((rank + 1) / 2345.5))
    assert ask.search(range(10_000))
    assert len(ask.trials) == MAX_TRIALS
    assert ask.best > -0.05


@pytest.mark.parametrize("rises", [False, True])
@pytest.mark.parametrize("error", [0.0, 0.02, -0.3])
@pytest.mark.parametrize("target", [0.15, 0.5, 0.93])
def test_an_interval_is_turned_until_it_is_within_the_slack(target: float, error: float, rises: bool):
    def number(quality: float) -> float:
        bent = math.log(quality) - 0.03 * math.log(quality) ** 2
        level = math.log(0.001) + target * math.log(100)
        away = bent - (level - 0.03 * level**2)
        return away if rises else -away

    ask = Ask(number, lambda quality: number(quality) + error)
    assert ask.search(Interval(0.001, 0.1))
    assert -SLACK <= ask.best <= 0
    assert len(ask.trials) <= 4
    assert len(ask.estimates) <= MAX_ESTIMATES


@pytest.mark.parametrize("slope", [3, -3])
def test_estimates_that_are_all_the_same_are_done_without(slope: float):
    ask = Ask(lambda quality: slope * (quality - 0.37), lambda _: 1.0)
    assert ask.search(Interval(-1.0, 1.0))  # no logarithm of these
    assert -SLACK <= ask.best <= 0
    assert len(ask.trials) <= MAX_TRIALS


@pytest.mark.parametrize(("end", "excess"), [(0.5, -0.002), (4.0, -0.006), (0.5, 0.3), (4.0, -0.3)])
def test_the_ends_of_an_interval_are_tried_exactly(end: float, excess: float):
    ask = Ask(lambda quality: math.log(quality / end) + excess)
    assert ask.search(Interval(0.5, 4.0)) == (-SLACK <= excess <= 0)
    assert ask.trials == ([end] if -SLACK <= excess <= 0 else [end, 4.5 - end])


def test_a_jump_in_an_interval_is_closed_in_on_from_below():
    ask = Ask(lambda quality: -0.5 if quality < 0.7 else 0.5)
    assert ask.search(Interval(0.1, 1.0))
    assert ask.best == -0.5
    assert len(ask.trials) <= MAX_TRIALS


def test_stairs_are_left_behind():
    ask = Ask(lambda quality: math.floor(8 * quality) / 8 + 0.122, lambda quality: quality + 0.124)
    assert ask.search(Interval(-1.0, 1.0))
    assert -SLACK <= ask.best <= 0


def test_numbers_without_end_are_no_obstacle():
    ask = Ask(lambda rank: -math.inf if rank < 40 else rank - 70.5)  # a perfect picture's PSNR is infinite
    assert ask.search(range(101))
    assert ask.best == -0.5
