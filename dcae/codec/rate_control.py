"""Files of a wanted size, or whose pictures are as good as wanted, from any codec of the protocol.

Knows which of several files is the one that was asked for, and when none is. Before each trial and each estimate the
work can be ended (`dcae.codec.interruption`). Does not know how qualities are searched (`dcae.codec.quality_search`),
DCAE, or measures: those are handed in. No torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import interruption_point
from dcae.codec.protocol import Codec, Session
from dcae.codec.quality_search import Wanted, search
from dcae.results import Estimate

SIZE_SLACK, MEASURE_SLACK_DB = 0.01, 0.05
"""A dial without stops is turned until a file is so little (of its size) below, or its picture so little above."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reached:
    """A file that was made for a target.

    Attributes:
        data: The whole file.
        quality: What it was made with; None for a codec that has no dial.
        value: What was reached, as the target says it: the size in bytes, or the measure of the file's picture.
        trials: How many files were made, this one among them.
    """

    data: bytes
    quality: float | None
    value: float
    trials: int

    @property
    def size(self) -> int:
        """Of the file, bytes."""
        return len(self.data)


@dataclass(frozen=True)
class Measure:
    """What says how good a picture is; more is better.

    Attributes:
        name: For messages, such as PSNR.
        of: The measure of a decoded picture, uint8, H x W x 3.
        db: The measure in dB, in which it is nearly a straight line over the logarithm of the size.
    """

    name: str
    of: Callable[[NDArray[np.uint8]], float]
    db: Callable[[float], float] = float


class UnreachableTarget(ValueError):
    """No quality of the codec reaches the target with this image.

    Attributes:
        smallest: The smallest file that was made; those of both ends of the qualities were.
        largest: The largest one.
    """

    def __init__(self, message: str, smallest: Reached, largest: Reached) -> None:
        super().__init__(message)
        self.smallest, self.largest = smallest, largest


def encode_to_size(codec: Codec, session: Session, target_bytes: int) -> Reached:
    """The largest file of at most `target_bytes`.

    Where the quality is an interval: within 1 % below, if 8 trials find one. Where it is a list: that of the nearest
    setting, if sizes rise or fall with the quality all the way (`dcae.codec.quality_search.search`).

    Args:
        codec: Whose session it is.
        session: An image, open for encoding.
        target_bytes: 1 or more.

    Raises:
        UnreachableTarget: the smallest file is larger, or the largest more than 1 % smaller.
        ValueError: the target is no size.
    """
    if target_bytes < 1:
        raise ValueError(f"target is {target_bytes} bytes; must be 1 or more")
    goal = _Goal(
        value=len,
        estimated=lambda estimate: estimate.total_bytes,
        excess=lambda size: math.log(size / target_bytes),
        slack=-math.log(1 - SIZE_SLACK),
        rises=True,
    )
    return max(_that_do(codec, session, goal, f"{target_bytes} bytes are"), key=lambda file: file.size)


def encode_to_measure(codec: Codec, session: Session, measure: Measure, target: float) -> Reached:
    """The smallest file whose decoded picture has at least `target`.

    Where the quality is an interval: within 0.05 dB above, if 8 trials find one; otherwise as `encode_to_size`.

    Args:
        codec: Whose session it is.
        session: An image, open for encoding.
        measure: Of that image.
        target: As `measure.of` gives it.

    Raises:
        UnreachableTarget: the best picture has less, or the worst more than 0.05 dB too much.
        ValueError: the target is not finite in dB.
    """
    if not math.isfinite(target) or not math.isfinite(measure.db(target)):
        raise ValueError(f"target is {measure.name} {target}; must be finite, and less than an identical picture's")
    goal = _Goal(
        value=lambda data: measure.of(codec.decode(data)),
        estimated=lambda estimate: measure.of(estimate.x_hat),
        excess=lambda value: measure.db(target) - measure.db(value),
        slack=MEASURE_SLACK_DB,
        rises=False,
        name=measure.name,
    )
    files = _that_do(codec, session, goal, f"{measure.name} {target:g} is")
    return min(files, key=lambda file: (file.size, file.value))


class _Goal(NamedTuple):
    """What is wanted: an excess of 0 or little below. A file whose excess is above 0 will not do."""

    value: Callable[[bytes], float]
    estimated: Callable[[Estimate], float]
    excess: Callable[[float], float]  # of a value
    slack: float
    rises: bool  # whether a greater quality is expected to mean a greater excess
    name: str | None = None  # of the value, if that is not the size


def _that_do(codec: Codec, session: Session, goal: _Goal, target: str) -> list[Reached]:
    """Of the files that were made those that do, one at least.

    Raises:
        UnreachableTarget: there is none, or all do and are far from the target.
    """
    made: list[tuple[bytes, float | None, float]] = []

    def trial(quality: float | None) -> float:
        interruption_point()  # a program of its own, as VVC's encoder is, cannot be ended while it runs
        data = session.encode(quality)
        made.append((data, quality, goal.value(data)))
        return goal.excess(made[-1][2])

    def estimate(quality: float | None) -> float:
        interruption_point()
        return goal.excess(goal.estimated(session.estimate(quality)))

    answered = search(codec.qualities, Wanted(trial, estimate, goal.slack, goal.rises))
    files = [Reached(data=data, quality=quality, value=value, trials=len(made)) for data, quality, value in made]
    if not answered:
        files.sort(key=lambda file: file.size)
        raise UnreachableTarget(f"{target} out of reach: {_range_in_words(files, goal.name)}", files[0], files[-1])
    return [file for file in files if goal.excess(file.value) <= 0]


def _range_in_words(files: list[Reached], name: str | None) -> str:
    """What can be reached, of files by size."""

    def facts(file: Reached) -> str:
        reached = [] if name is None else [f"{name} {file.value:.5g}"]
        dial = [] if file.quality is None else [f"quality {file.quality:g}"]
        return f"{file.size} bytes" + (f" ({', '.join(reached + dial)})" if reached + dial else "")

    if len(files) == 1:
        return f"the only file has {facts(files[0])}"
    return f"the smallest file has {facts(files[0])}, the largest {facts(files[-1])}"
