"""Finds the quality at which a number that goes with the quality is just not above 0, in few trials.

Knows intervals and lists of qualities, that trials are dear and estimates cheap, and that "goes with" is nearly true at
best. Does not know files, pictures or what the number is: to `dcae.codec.rate_control` it is by how much a file is too
large, or too bad. Positions: 0 to 1 in an interval, ranks in a list; "ascending" are those in which the number rises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from dcae.codec.protocol import Interval

MAX_TRIALS = 8
"""The most trials of one search."""
MAX_ESTIMATES = 6
"""The most estimates of one search."""

_FIRST_ESTIMATES = (0.3, 0.7)
_AIM = 0.4
"""Where in the slack a trial is aimed at, in an interval: nearer to what is wanted than to what will not do."""
_HASTY_TRIALS = 3
"""So many trials lie where a line leads; then each second one halves what is left."""

Point = tuple[float, float]
"""A position, and the number there."""


class Wanted(NamedTuple):
    """What a search is for.

    Attributes:
        trial: The number at a quality, dear; wanted is one of 0 or little below.
        estimate: About the same, cheap; it is not asked where qualities are a list.
        slack: How far below 0 is good enough, where qualities are an interval.
        rises: Whether the number rises with the quality, until two of them tell.
    """

    trial: Callable[[float | None], float]
    estimate: Callable[[float | None], float]
    slack: float
    rises: bool


def search(qualities: Interval | Sequence[float] | None, wanted: Wanted) -> bool:
    """Makes trials, at most 8, until one is as wanted or there is none better to be found.

    In an interval it ends with the first trial within the slack. In a list it finds the greatest number that is not
    above 0, if the numbers rise with the quality and there are at most 127 settings; if they fall, which the first
    trials find out, at most 63.

    Returns:
        Whether there is an answer: a trial that is not above 0, and within the slack or with others above 0. Otherwise
        both ends have been tried.
    """
    return _Search(_Dial(*qualities) if isinstance(qualities, Interval) else _Stops(qualities), wanted).run()


def segment(points: Sequence[Point], level: float) -> tuple[Point, Point]:
    """The two neighbours between which points, by position, pass a level upwards; else the two nearest to doing so.

    >>> segment([(0, -2.0), (1, 0.0), (2, 1.0)], 0.5)
    ((1, 0.0), (2, 1.0))
    """
    passing = (pair for pair in pairwise(points) if pair[0][1] <= level < pair[1][1])
    outermost = (points[0], points[1]) if points[0][1] > level else (points[-2], points[-1])
    return next(passing, outermost)


def crossing(points: Sequence[Point], level: float) -> float:
    """The position where the line through `segment` has the level; infinite where no line leads to it.

    >>> crossing([(0, -2.0), (1, 0.0), (2, 1.0)], 0.5), crossing([(0, -2.0), (1, 0.0), (2, 1.0)], 3)
    (1.5, 4.0)
    >>> crossing([(0, 5.0), (1, 5.0)], 0)
    -inf
    """
    (position, number), (end, number_there) = segment(points, level)
    rise = number_there - number
    if 0 < rise < math.inf:
        return position + (level - number) * (end - position) / rise
    if number <= level < number_there:
        return (position + end) / 2
    return -math.inf if number > level else math.inf


class _Stops:
    """A list of qualities, or the one setting of a codec that has no dial."""

    def __init__(self, qualities: Sequence[float] | None) -> None:
        self.qualities: list[float | None] = [None] if qualities is None else [*sorted(qualities)]
        self.end = len(self.qualities) - 1

    def quality(self, position: float) -> float | None:
        return self.qualities[int(position)]

    def settled(self, position: float, low: float, high: float, trials: int) -> float:
        """The legal position between two others from which so many trials, this one among them, find any other."""
        reach = 2 ** (trials - 1)
        least, most = max(low + 1, high - reach), min(high - 1, low + reach)
        if least > most:  # there are too many settings for that
            least, most = low + 1, high - 1
        return round(min(max(position, least), most))


class _Dial:
    """An interval; positions go with the logarithm of the quality, or with the quality if that may be 0 or less."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high, self.end = low, high, 1.0

    def quality(self, position: float) -> float:
        if position in (0, 1):
            return self.high if position else self.low  # exactly
        if self.low > 0:
            return self.low * (self.high / self.low) ** position
        return self.low + (self.high - self.low) * position

    def settled(self, position: float, low: float, high: float, trials: int) -> float:
        return min(max(position, 0.0), 1.0)


class _Search:
    """The trials of one search, by position."""

    def __init__(self, dial: _Dial | _Stops, wanted: Wanted) -> None:
        self.dial, self.wanted = dial, wanted
        self.tried: dict[float, float] = {}
        self.estimated: dict[float, float] = {}
        # In a list one goes on to the best; in an interval there is always a better one.
        self.aim, self.enough = (-_AIM * wanted.slack, -wanted.slack) if isinstance(dial, _Dial) else (0.0, 0.0)

    def run(self) -> bool:
        position: float | None = self._estimated() if isinstance(self.dial, _Dial) else self.dial.end // 2
        while position is not None and position not in self.tried and len(self.tried) < MAX_TRIALS:
            self.tried[position] = self.wanted.trial(self.dial.quality(position))
            position = self._next()
        return self._has_an_answer()

    def _estimated(self) -> float:
        """Where the first trial of an interval is, by estimates."""
        for position in _FIRST_ESTIMATES:
            self.estimated[position] = self.wanted.estimate(self.dial.quality(position))
        while True:
            there = crossing(self._ascending(self.estimated), self.aim)
            position = self._turned(self.dial.settled(there, 0, 1, 1))
            if position in self.estimated or len(self.estimated) == MAX_ESTIMATES:
                return position
            self.estimated[position] = number = self.wanted.estimate(self.dial.quality(position))
            if abs(number - self.aim) < self.wanted.slack:
                return position

    def _next(self) -> float | None:
        """Where the next trial is, if there is to be one."""
        left = MAX_TRIALS - len(self.tried)
        if left == 0 or any(self.enough <= number <= 0 for number in self.tried.values()):
            return None
        points = self._ascending(self.tried)
        low, high = _bracket(points)
        if low and high:
            if isinstance(self.dial, _Stops) and high[0] - low[0] == 1:
                return self._turned(min(high[0] + 1, self.dial.end))  # once more, should sizes not quite rise
            return self._turned(self.dial.settled(self._between(low, high), low[0], high[0], left))
        end, other_end = (self.dial.end, 0) if low else (0, self.dial.end)
        if end in dict(points):
            return None if self._has_an_answer() else self._turned(other_end)
        if left == 2:  # the last but one, since the other end may have to be tried as well
            return self._turned(end)
        outside = (low[0], self.dial.end + 1) if low else (-1, points[0][0])
        return self._turned(self.dial.settled(self._beyond(points, outside), *outside, left - 1))

    def _between(self, low: Point, high: Point) -> float:
        if len(self.tried) > _HASTY_TRIALS and len(self.tried) % 2 == 0:
            return (low[0] + high[0]) / 2
        return crossing([low, high], self.aim)

    def _beyond(self, points: Sequence[Point], outside: tuple[float, float]) -> float:
        """Where to go on outside of all points: by the estimates' slope; by the last two points; to the middle.

        Each step that did not suffice is doubled, so that a stair is left behind.
        """
        if self.estimated:
            (position, number), (end, number_there) = segment(self._ascending(self.estimated), self.aim)
            nearest = points[-1] if points[-1][1] <= 0 else points[0]
            run = (end - position) * 2 ** (len(self.tried) - 1)
            parallel = (nearest[0] + run, nearest[1] + number_there - number)
            return crossing([nearest, parallel], self.aim)
        return crossing(points, self.aim) if len(points) > 1 else sum(outside) / 2

    def _has_an_answer(self) -> bool:
        numbers = self.tried.values()
        on_both_sides = min(numbers) <= 0 < max(numbers)
        return on_both_sides or any(-self.wanted.slack <= number <= 0 for number in numbers)

    def _ascending(self, numbers: dict[float, float]) -> list[Point]:
        return sorted((self._turned(position), number) for position, number in numbers.items())

    def _turned(self, position: float) -> float:
        """A position's ascending one, and back."""
        rises = self.wanted.rises
        for seen in (self.tried, self.estimated):  # estimates come last: trials beside each other may waver
            if seen and seen[min(seen)] != seen[max(seen)]:
                rises = seen[max(seen)] > seen[min(seen)]
        return position if rises else self.dial.end - position


def _bracket(points: Sequence[Point]) -> tuple[Point | None, Point | None]:
    """Neighbours of which the first is not above 0 and the second is; of several the best, of none the one at hand."""
    pairs = [(low, high) for low, high in pairwise(points) if low[1] <= 0 < high[1]]
    if pairs:
        return max(pairs, key=lambda pair: pair[0][1])
    return (points[-1], None) if points[-1][1] <= 0 else (None, points[0])
