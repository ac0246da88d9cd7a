"""What a comparison of codecs computes, in the worker's thread: two matched files, then what is asked about them.

It hears what is wanted and publishes what was found out. Knows codecs and measures that are handed in. Draws nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcae.codec.interruption import interruptible
from dcae.codec.matching import Lock, Matched, MatchedFile, Missed, PhotoFiles
from dcae.codec.protocol import ENCODER_ERRORS, Codec
from dcae_widgets.measuring import Measure
from dcae_widgets.worker import Superseded, Worker

MAX_PX = 2**21
"""Larger photos are scaled down: each search makes several files, and a hand waits for them."""
PATIENCE_S = 2.0
"""A match goes on for so long although the slider has moved on, so that something is shown while a hand moves."""
REST_S = 0.4
"""How long after the slider has moved nothing is begun that the next move would end."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """What the hand has chosen.

    Attributes:
        serial: counts up.
        photo: uint8, H x W x 3.
        first: a codec's name.
        second: another one's.
        lock: what their files have in common.
        target: the first file's, bytes or dB.
        factor: how many times the first file's bytes the second one may have.
    """

    serial: int
    photo: NDArray[np.uint8]
    first: str
    second: str
    lock: Lock
    target: float
    factor: float = 1.0

    def is_of(self, other: Wanted) -> bool:
        """Whether the two differ in the target alone: the slider has moved between them."""
        chosen = (self.first, self.second, self.lock)
        return self.photo is other.photo and chosen == (other.first, other.second, other.lock)


class TableWanted(NamedTuple):
    """What a table of codecs is to be of.

    Attributes:
        photo: uint8, H x W x 3.
        lock: what the files have in common.
        target: bytes or dB.
        names: the codecs.
        known: the file that the target is of; its codec is not asked for another one.
    """

    photo: NDArray[np.uint8]
    lock: Lock
    target: float
    names: tuple[str, ...]
    known: Matched | None


class Found(NamedTuple):
    """Two files, or why there is none."""

    wanted: Wanted
    first: Matched
    second: Matched


class Needed(NamedTuple):
    """How many times the first file's bytes the second codec needs for the first file's PSNR; None if it cannot."""

    wanted: Wanted
    factor: float | None


class Row(NamedTuple):
    """One codec of a table.

    Attributes:
        table: which one.
        found: its file, or why there is none.
        values: what each measure says of its picture; None where that is not defined.
        reasons: why a measure says nothing, by its name.
    """

    table: TableWanted
    found: Matched
    values: Mapping[str, float | None]
    reasons: Mapping[str, str]


class Failed(NamedTuple):
    """What went wrong."""

    wanted: Wanted | None
    error: Exception


Event = Found | Needed | Row | Failed


class MatchMaking:
    """Makes the files that are wanted, in a thread of its own; the newest wish wins.

    Between wishes it finds out what the second codec needs for an equal picture, and fills a table that was asked for.

    Args:
        codecs: by the names that are shown.
        measures: of a picture beside its photo, by their names.
        publish: is handed events, in the worker's thread.
    """

    def __init__(
        self, codecs: Mapping[str, Codec], measures: Mapping[str, Measure], publish: Callable[[Event], None]
    ) -> None:
        self._codecs, self._measures, self._publish = codecs, measures, publish
        self._files: PhotoFiles | None = None
        self._found: Found | None = None
        self._table: tuple[TableWanted, list[str]] | None = None
        self._wanted: Wanted | None = None
        self.worker: Worker[Wanted] = Worker(self._run, self._step, self._fail, quiet_s=REST_S)

    def want(self, wanted: Wanted) -> None:
        """Takes a wish, in place of one that waits."""
        self.worker.submit(wanted, moving=True)

    def tabulate(self, table: TableWanted, wanted: Wanted) -> None:
        """Begins a table, in place of one that is not done; `wanted` is the newest wish."""
        self._table = table, list(table.names)
        self.worker.submit(wanted)

    def close(self) -> None:
        """Ends the thread as soon as its work lets it."""
        self.worker.close()

    def _run(self, wanted: Wanted) -> None:
        self._wanted, self._found = wanted, None
        if self._files is None or self._files.image is not wanted.photo:
            self._files = PhotoFiles(wanted.photo, self._codecs)
        with interruptible(self._patience(wanted)):
            pair = self._files.pair(wanted.first, wanted.second, wanted.lock, wanted.target, wanted.factor)
        self._found = Found(wanted, *pair)
        self._publish(self._found)

    def _patience(self, wanted: Wanted) -> Callable[[], None]:
        """What ends a match: another photo or codec at once, another target only after a while."""
        end = time.monotonic() + PATIENCE_S

        def check() -> None:
            newest = self.worker.waiting
            if self.worker.closed or (newest and (not newest.is_of(wanted) or time.monotonic() > end)):
                raise Superseded

        return check

    def _step(self) -> bool:
        if self._files is None:
            return False
        with interruptible(self.worker.give_up):
            if self._found is None:
                return self._next_row(self._files)
            self._publish(Needed(self._found.wanted, _factor_needed(self._files, self._found)))
            self._found = None
            return True

    def _next_row(self, files: PhotoFiles) -> bool:
        """Adds one codec to the table; returns whether there is another one."""
        if self._table is None or self._table[0].photo is not files.image or not self._table[1]:
            return False
        table, names = self._table
        is_known = isinstance(table.known, MatchedFile) and table.known.name == names[0]
        try:
            found = table.known if is_known and table.known else files.at(names[0], table.lock, table.target)
            row = Row(table, found, *self._measured(files, found))
        except Superseded:
            raise
        except Exception as error:  # the table goes on without this codec
            row = Row(table, Missed(name=names[0], reason=f"{type(error).__name__}: {error}"), {}, {})
        del names[0]
        self._publish(row)
        return bool(names)

    def _measured(self, files: PhotoFiles, file: Matched) -> tuple[dict[str, float | None], dict[str, str]]:
        values: dict[str, float | None] = {}
        reasons: dict[str, str] = {}
        if not isinstance(file, MatchedFile):
            return values, reasons
        for name, measure in self._measures.items():
            self.worker.give_up()
            try:
                values[name] = measure(files.image, file.picture)
            except ENCODER_ERRORS as error:  # such as weights that this machine lacks
                values[name], reasons[name] = None, str(error)
        return values, reasons

    def _fail(self, error: Exception) -> None:
        self._publish(Failed(self._wanted, error))


def _factor_needed(files: PhotoFiles, found: Found) -> float | None:
    first, second = found.first, found.second
    if not isinstance(first, MatchedFile) or not math.isfinite(first.psnr_db):
        return None
    if found.wanted.lock == "bytes":
        second = files.at(found.wanted.second, "psnr_db", first.psnr_db)
    return second.size / first.size if isinstance(second, MatchedFile) else None


def fitted(image: NDArray[np.uint8], max_px: int = MAX_PX) -> tuple[NDArray[np.uint8], str]:
    """A photo of at most so many pixels, scaled down if need be, and what was done in words.

    >>> fitted(np.zeros((100, 200, 3), np.uint8), 5000)[1]
    'scaled from 200 x 100 to 100 x 50 px'
    >>> fitted(np.zeros((100, 200, 3), np.uint8))[1]
    ''
    """
    height, width = image.shape[:2]
    scale = math.sqrt(max_px / (height * width))
    if scale >= 1:
        return image, ""
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    smaller = np.array(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
    return smaller, f"scaled from {width} x {height} to {size[0]} x {size[1]} px"
