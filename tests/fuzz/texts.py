"""Hostile texts: configurations of a run, logs of a run, and files of votes."""

import random
import tempfile
from pathlib import Path

from mutants import changed, refusal

from dcae.training.config import TrainingConfig
from dcae_widgets.run_log import RunLog
from dcae_widgets.vote_file import read_votes

LOG = b"""{"kind": "step", "step": 50, "seconds": 39.85, "loss": 1.3, "bpp": 0.75, "psnr_db": 31.0, "norm": 1.2,
 "rate": 0.5, "steps_per_s": 1.3}
{"kind": "end", "reason": "stopped"}
""".replace(b"\n ", b" ")
VOTE = b"""{"photo": "a", "first": "x", "first_quality": 0.01, "first_bytes": 9, "first_psnr_db": 30.5, "second": "y",
 "second_quality": null, "second_bytes": 9, "second_psnr_db": null, "left": "first", "vote": "neither",
 "time": "2026-11-27T10:00:00+00:00"}
""".replace(b"\n ", b" ")
WORDS = [
    b"nan",
    b"-1",
    b"1e999",
    b"[]",
    b"{}",
    b"null",
    b"true",
    b"9" * 400,
    b"9" * 5000,
    b'"\\ud800"',
    b"[" * 2000,
    b"\x00",
    b"\xff",
]


class _Texts:
    """Texts with bytes changed, or a value exchanged for one that nobody expects."""

    def __init__(self, honest: bytes) -> None:
        self.honest, self.path = honest, Path(tempfile.mkdtemp()) / "hostile"

    def mutant(self, seed: int) -> bytes:
        """A text of this seed's own."""
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return changed(self.honest, chance)
        words = self.honest.split(b" ")
        words[chance.randrange(len(words))] = chance.choice(WORDS)
        return b" ".join(words)

    def written(self, data: bytes) -> Path:
        """A file that holds it."""
        self.path.write_bytes(data)
        return self.path


class Configs(_Texts):
    """Configurations of a run."""

    def __init__(self, seed: int) -> None:
        super().__init__(TrainingConfig(photos=("photos",), out="run", preset="tiny", steps=9).to_toml().encode())

    def fate(self, data: bytes) -> str:
        """What becomes of a configuration: refused in one line, or a legal one."""
        try:
            TrainingConfig.from_toml(self.written(data))
        except (ValueError, TypeError) as error:
            return refusal(type(error)(str(error).replace(str(self.path), "#")))
        return "read"


class Logs(_Texts):
    """Logs of a run: what cannot be read is counted, and the rest is read."""

    def __init__(self, seed: int) -> None:
        super().__init__(LOG)

    def fate(self, data: bytes) -> str:
        """What becomes of a log; it is never refused."""
        log = RunLog(self.written(data))
        log.read()
        return f"read, {min(log.unreadable, 3)} lines unreadable"


class Votes(_Texts):
    """Files of votes."""

    def __init__(self, seed: int) -> None:
        super().__init__(VOTE)

    def fate(self, data: bytes) -> str:
        """What becomes of votes: refused in one line, or read."""
        try:
            read_votes(self.written(data))
        except ValueError as error:
            return refusal(ValueError(str(error).replace(str(self.path), "#")))
        return "read"
