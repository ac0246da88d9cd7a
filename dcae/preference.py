"""Which of two pictures people prefer: votes of a blind test, counted, with confidence intervals.

"No difference" is left out of the share of preferences, as ties are in a sign test, and has a share of its own: so each
share is of independent yes-or-no answers, for which the interval holds. Knows numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

LEVEL = 0.95
"""How often the interval of such a test covers the true share."""

Preferred = Literal["first", "second", "neither"]
"""Which of a pair's two pictures a vote is for, whichever side it was on."""
PREFERRED: tuple[Preferred, ...] = ("first", "second", "neither")


class Share(NamedTuple):
    """A share of answers and its confidence interval, all 0 to 1.

    Attributes:
        share: of the answers; not a number without any.
        low: the interval's lower end.
        high: its upper end.
    """

    share: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often each answer was given.

    Attributes:
        first: for the pair's first picture.
        second: for its second one.
        neither: for no difference.

    Raises:
        ValueError: a count is negative.
    """

    first: int = 0
    second: int = 0
    neither: int = 0

    def __post_init__(self) -> None:
        if min(self.first, self.second, self.neither) < 0:
            raise ValueError(f"counts are {self.first}, {self.second} and {self.neither}; each must be 0 or more")

    @property
    def votes(self) -> int:
        """All of them."""
        return self.first + self.second + self.neither

    @property
    def preference(self) -> Share:
        """Of those who saw a difference, the share who preferred the first picture."""
        return share_of(self.first, self.first + self.second)

    @property
    def indifference(self) -> Share:
        """Of all votes, the share that saw no difference."""
        return share_of(self.neither, self.votes)


def tally(votes: Iterable[Preferred]) -> Tally:
    """Counts votes.

    >>> tally(["first", "neither", "first"])
    Tally(first=2, second=0, neither=1)
    """
    given = list(votes)
    return Tally(first=given.count("first"), second=given.count("second"), neither=given.count("neither"))


def share_of(count: int, total: int, level: float = LEVEL) -> Share:
    """A binomial share with Wilson's interval: the shares p for which |count / total - p| <= c sqrt(p (1 - p) / total).

    c is the normal quantile of the level, 1.96 for 0.95. Unlike the exact interval it is not wider than it says, and
    unlike count / total +- c s it never leaves 0 to 1, even where all answers agree. Without answers any share may be.

    Args:
        count: of the answers meant, 0 to `total`.
        total: of all answers.
        level: how often such an interval covers the true share, above 0 and below 1.

    Raises:
        ValueError: a count that is not 0 to `total`, or a level that is not within 0 and 1.

    >>> [round(value, 3) for value in share_of(15, 20)]
    [0.75, 0.531, 0.888]
    """
    if not 0 <= count <= total:
        raise ValueError(f"count is {count} of {total}; must be 0 to {total}")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; must be above 0 and below 1")
    if total == 0:
        return Share(float("nan"), 0.0, 1.0)
    from scipy.stats import binomtest  # here, not above: it takes a second, and whoever only counts does without

    low, high = binomtest(count, total).proportion_ci(level, method="wilson")
    return Share(count / total, float(low), float(high))
