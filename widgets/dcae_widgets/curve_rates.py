"""BD-rates of the curves of a plot against the one that was chosen, each with its interval, or with why there is none.

Knows points and names. Does not know widgets, nor where curves come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dcae.rd import MIN_BD_POINTS, bd_rate

METHOD = "akima"
"""How the points are joined."""
MIN_COMMON_DB = 0.5
"""Of a shorter interval a mean says nothing of two curves."""

Places = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class CurveRate:
    """How many more bits a curve needs than the anchor.

    Attributes:
        percent: negative if it needs fewer; None if it is not defined.
        low_db: where the interval begins that both curves cover; None as above.
        high_db: where it ends.
        why: why there is no percentage; "" if there is one.
    """

    percent: float | None = None
    low_db: float | None = None
    high_db: float | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """As a legend says it.

        >>> CurveRate(percent=-31.24, low_db=28.1, high_db=36.04).words, CurveRate(why="no common interval").words
        ('-31.2 %, 28.1 to 36.0 dB', 'no common interval')
        """
        if self.percent is None:
            return self.why
        return f"{self.percent:+.1f} %, {self.low_db:.1f} to {self.high_db:.1f} dB"


def curve_rate(anchor: Places, curve: Places) -> CurveRate:
    """The BD-rate of one curve.

    Args:
        anchor: (bpp, dB), in any order.
        curve: likewise.

    >>> anchor = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]
    >>> curve_rate(anchor, [(bpp / 2, db) for bpp, db in anchor]).words
    '-50.0 %, 30.0 to 40.0 dB'
    >>> curve_rate(anchor, [(bpp, db + 9.8) for bpp, db in anchor]).why
    'no common interval'
    """
    if min(len(anchor), len(curve)) < MIN_BD_POINTS:
        return CurveRate(why=f"fewer than {MIN_BD_POINTS} points")
    low = max(min(db for _, db in points) for points in (anchor, curve))
    high = min(max(db for _, db in points) for points in (anchor, curve))
    if high - low < MIN_COMMON_DB:
        return CurveRate(why="no common interval")
    try:
        percent = bd_rate(anchor, curve, METHOD)
    except ValueError:  # what is left to be wrong is a curve that goes down, which is a result, and no mistake
        return CurveRate(why="a curve does not rise")
    return CurveRate(percent=percent, low_db=low, high_db=high)


def rates_against(anchor: str, curves: Mapping[str, Places]) -> dict[str, CurveRate]:
    """The BD-rates of all curves but the anchor against it; none if it is not among them.

    Args:
        anchor: its name.
        curves: (bpp, dB) by name; a curve without points has no rate.

    >>> line = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]
    >>> rates = rates_against("a", {"a": line, "b": line, "c": []})
    >>> {name: rate.words for name, rate in rates.items()}
    {'b': '+0.0 %, 30.0 to 40.0 dB'}
    """
    if not curves.get(anchor):
        return {}
    return {name: curve_rate(curves[anchor], curve) for name, curve in curves.items() if curve and name != anchor}
