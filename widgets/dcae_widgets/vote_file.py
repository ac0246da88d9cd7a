"""The votes of blind tests on disk: one line of JSON each, so that a tally goes on after a restart.

Knows lines. Does not know pictures, nor what is made of the votes.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from dcae.codec.matching import MatchedFile
from dcae.preference import PREFERRED, Preferred


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One answer, and to what.

    Attributes:
        photo: its name.
        first: the first file's codec; likewise `second`.
        first_quality: what it was made with.
        first_bytes: its size.
        first_psnr_db: of its picture, dB; None if that is the photo itself.
        left: which of the two stood on the left.
        vote: which was preferred.
        time: when, as ISO 8601 in UTC.
    """

    photo: str
    first: str
    first_quality: float | None
    first_bytes: int
    first_psnr_db: float | None
    second: str
    second_quality: float | None
    second_bytes: int
    second_psnr_db: float | None
    left: Literal["first", "second"]
    vote: Preferred
    time: str


def vote_on(
    photo: str,
    first: MatchedFile,
    second: MatchedFile,
    left: Literal["first", "second"],
    vote: Preferred,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Vote:
    """An answer that is given now."""
    sides: dict[str, Any] = {}
    for side, file in (("first", first), ("second", second)):
        psnr_db = None if file.psnr_db == float("inf") else file.psnr_db  # JSON has no infinity
        sides |= {side: file.name, f"{side}_quality": file.quality, f"{side}_bytes": file.size}
        sides[f"{side}_psnr_db"] = psnr_db
    return Vote(photo=photo, left=left, vote=vote, time=now().isoformat(timespec="seconds"), **sides)


def read_votes(path: str | os.PathLike[str]) -> list[Vote]:
    """All votes of a file, the oldest first; none if there is no such file.

    Raises:
        ValueError: it is no text, or a line is no vote; the message says which.
        OSError: the file cannot be read.
    """
    path = Path(path)
    if not path.exists():
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no file of votes: {error}") from error
    return [_vote(line, f"{path}, line {k}") for k, line in enumerate(lines, 1) if line]


def add_vote(path: str | os.PathLike[str], vote: Vote) -> None:
    """Adds a vote to a file, which is made if there is none. Several processes may do so at once: a class has one file.

    Raises:
        ValueError: there is something else in its place.
        OSError: it cannot be written.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a file; votes are added to one")
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # so that what is cut off again is nobody else's
        file.seek(0)
        before = file.read()
        begin = b"" if before.endswith(b"\n") or not before else b"\n"
        line = begin + json.dumps(asdict(vote)).encode() + b"\n"
        try:
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(len(before))
            raise


def _vote(line: str, where: str) -> Vote:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is no vote: {error}") from error
    names = {field.name for field in fields(Vote)}
    if not isinstance(record, dict) or set(record) != names or record["vote"] not in PREFERRED:
        raise ValueError(f"{where} is no vote; it must hold {', '.join(sorted(names))}")
    return Vote(**record)
