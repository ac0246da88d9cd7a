"""Which lambdas a hand may choose: the slider's range for a codec, its stops, and how a lambda is written.

Knows numbers. Does not know sliders, codecs' insides or files.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dcae.codec.protocol import Interval
from dcae.config import LMBDA_MAX, LMBDA_MIN

START_LMBDA = 0.013
"""Where a slider stands first: one of the lambdas of the published models, in the middle of the trained range."""


class Dial(NamedTuple):
    """The slider: from `low` to `high`, only at `stops` if there are any; without a dial `enabled` is False."""

    low: float
    high: float
    stops: tuple[float, ...]
    enabled: bool


def dial(qualities: Interval | Sequence[float] | None) -> Dial:
    """The dial of a codec with these legal qualities: of an interval, the part that models are trained for.

    >>> from dcae.codec.protocol import Interval
    >>> dial(Interval(0.0005, 0.15))
    Dial(low=0.0018, high=0.05, stops=(), enabled=True)
    >>> dial((0.013, 0.05)).stops, dial(None).enabled
    ((0.013, 0.05), False)
    """
    if qualities is None:
        return Dial(LMBDA_MIN, LMBDA_MAX, (), False)
    if isinstance(qualities, Interval):
        low, high = max(LMBDA_MIN, qualities.low), min(LMBDA_MAX, qualities.high)
        return Dial(low, high, (), True) if low < high else Dial(*qualities, (), True)
    stops = tuple(sorted(float(quality) for quality in qualities))
    return Dial(stops[0], stops[-1], stops, len(stops) > 1)


def nearest(qualities: Interval | Sequence[float] | None, lmbda: float) -> float | None:
    """The lambda on the dial that is nearest to the one asked for, on a log scale; None for a codec without one.

    Of an interval it is one that float32 keeps, written with the fewest digits: what a file holds, and what is copied.

    >>> nearest((0.0018, 0.013, 0.05), 0.02), nearest(None, 0.02)
    (0.013, None)
    >>> nearest(Interval(0.0005, 0.15), 0.1), nearest(Interval(0.0005, 0.15), 1 / 99)
    (0.05, 0.01010101)
    """
    if qualities is None:
        return None
    low, high, stops, _ = dial(qualities)
    if stops:
        return min(stops, key=lambda stop: abs(math.log(stop / lmbda)))
    return float(decimal(min(max(lmbda, low), high)))


def decimal(lmbda: float) -> str:
    """The shortest decimal that is the same lambda as float32.

    >>> decimal(0.012345678901), decimal(0.05)
    ('0.012345679', '0.05')
    """
    return np.format_float_positional(np.float32(lmbda), unique=True, trim="-")


def spread(qualities: Interval | Sequence[float] | None, count: int) -> tuple[float | None, ...]:
    """Lambdas over the dial for a curve: evenly spaced on a log scale, or all stops, the middle ones first.

    >>> spread(Interval(0.0005, 0.15), 3)
    (0.009486833, 0.0018, 0.05)
    >>> spread(None, 3)
    (None,)
    """
    if qualities is None:
        return (None,)
    low, high, stops, _ = dial(qualities)
    values = list(stops) or [float(decimal(value)) for value in np.geomspace(low, high, count)]
    middle = (len(values) - 1) / 2
    return tuple(values[index] for index in sorted(range(len(values)), key=lambda index: abs(index - middle)))
