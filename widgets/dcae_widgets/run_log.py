"""The log of a training run, read while it is written: each time only what was added.

Knows lines of JSON. Does not know who writes them, nor how they are drawn.
"""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

_TAIL_BYTES = 256
"""So much before the place where reading goes on is compared with what was there: a log that was cut back and has grown
again is another one."""


class Step(NamedTuple):
    """Means over the steps since the line before.

    Attributes:
        step: How many steps were done.
        seconds: That the run has taken, s.
        loss: Of the crops it is trained on; NaN if it is no number.
        bpp: Bits a pixel.
        psnr_db: dB.
        rate: The schedule's factor on the learning rate, 0 to 1.
        steps_per_s: Steps a second.
    """

    step: int
    seconds: float
    loss: float
    bpp: float
    psnr_db: float
    rate: float
    steps_per_s: float


class HeldOut(NamedTuple):
    """What the averaged weights do on photos that are kept out of training.

    Attributes:
        step: After how many steps; 0 before any.
        seconds: That the run had taken, s.
        loss: Mean over the points.
        best: Whether it is the lowest so far.
        points: (lambda, bits a pixel, PSNR in dB), in order of the rate.
    """

    step: int
    seconds: float
    loss: float
    best: bool
    points: tuple[tuple[float, float, float], ...]


class RunLog:
    """What a log has said so far.

    Args:
        path: The file; it need not be there yet.

    Attributes:
        steps: The lines of steps.
        held_out: The measurements on photos kept out of training.
        end: How the run has ended, "finished" or "stopped"; "" while nothing says that it has.
        unreadable: How many whole lines were no records.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    @property
    def best(self) -> HeldOut | None:
        """The measurement of the weights that are kept as the best; None if there is none."""
        return next((each for each in reversed(self.held_out) if each.best), None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was trained or measured yet."""
        return not self.steps and not self.held_out

    def read(self) -> bool:
        """Reads what was added; a line that is half written is left for the next time.

        Returns:
            Whether there was anything new, or the log was begun anew.
        """
        try:
            state = self.path.stat()
        except FileNotFoundError:
            was_there = self._offset > 0
            self._forget()
            return was_there
        known = (state.st_ino, state.st_size, state.st_mtime_ns)
        if known == self._known:
            return False
        self._known = known
        with self.path.open("rb") as file:
            file.seek(max(0, self._offset - len(self._tail)))
            anew = file.read(len(self._tail)) != self._tail
            if anew:
                self._forget()
                self._known = known
                file.seek(0)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._tail = (self._tail + whole)[-_TAIL_BYTES:]
        for line in whole.splitlines():
            self._take(line)
        return anew or bool(whole)

    def _forget(self) -> None:
        self.steps: list[Step] = []
        self.held_out: list[HeldOut] = []
        self.end, self.unreadable = "", 0
        self._offset, self._tail, self._known = 0, b"", (0, 0, 0)

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            match record["kind"]:
                case "step":
                    self.steps.append(_step(record))
                    self.end = ""
                case "held_out":
                    self.held_out.append(_held_out(record))
                    self.end = ""
                case "end":
                    self.end = str(record["reason"])
        except (ValueError, TypeError, KeyError, RecursionError):  # of another program, or of a disk that was full
            self.unreadable += 1


def _step(record: dict[str, Any]) -> Step:
    return Step(int(record["step"]), *(_number(record[name]) for name in Step._fields[1:]))


def _held_out(record: dict[str, Any]) -> HeldOut:
    points = [tuple(_number(point[name]) for name in ("lmbda", "bpp", "psnr_db")) for point in record["points"]]
    ordered: Any = tuple(
        sorted((point for point in points if all(map(math.isfinite, point))), key=lambda each: each[1])
    )
    seconds, loss = _number(record["seconds"]), _number(record["loss"])
    return HeldOut(int(record["step"]), seconds, loss, bool(record["best"]), ordered)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
