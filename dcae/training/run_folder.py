"""The folder of one run: its configuration, its saved state, its weights, and the files by which a run is spoken to.

Whatever is written here is whole at any moment, so that a run may be killed at any moment. Knows files. Does not know
what a state holds or when it is saved.
"""

from __future__ import annotations

import errno
import fcntl
import io
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from dcae.files import write_atomically
from dcae.training.config import TrainingConfig

log = logging.getLogger(__name__)


def is_full_disk(error: OSError) -> bool:
    """Whether the system refuses for want of room, which may come back."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class RunFolder:
    """A folder in which at most one process trains at a time.

    Attributes:
        path: The folder; it need not exist yet.
        best, last: Its two weights files.
        view_request, view: What a watcher asks to see, and the answer.
    """

    RETRY_S = 5.0
    """How long a run waits before it tries again to write to a full disk."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.best, self.last = self.path / "best.safetensors", self.path / "last.safetensors"
        self.log, self.config = self.path / "log.jsonl", self.path / "config.toml"
        self.view_request, self.view = self.path / "view.json", self.path / "view.npz"
        self._state = self.path / "state.pt"
        self._pause, self._stop, self._lock = (self.path / name for name in ("pause", "stop", "run.lock"))
        self._asked_to_stop = False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder and holds its lock; the system frees it however the process ends.

        Raises:
            ValueError: if another process trains in it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as file:
            for wait_s in (0.02, 0.1, 0.5, None):  # whoever looks whether a run trains holds the lock for a moment
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if wait_s is None:
                        raise ValueError(f"a run is training in {self.path}; pause or stop it first") from None
                time.sleep(wait_s)
            yield

    @property
    def is_running(self) -> bool:
        """Whether a process trains in it now."""
        if not self._lock.exists():
            return False
        with self._lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: others may look at the same moment
            except BlockingIOError:
                return True
        return False

    @property
    def holds_a_run(self) -> bool:
        """Whether a run was begun in it."""
        return self.config.exists()

    def read_config(self) -> TrainingConfig:
        """The configuration of the run that was begun in it, with this folder as `out`, wherever it was then.

        Raises:
            ValueError: if none was.
        """
        if not self.holds_a_run:
            raise ValueError(f"{self.path} holds no run: it has no {self.config.name}")
        return TrainingConfig.from_toml(self.config, {"out": str(self.path)})

    def load_state(self) -> dict[str, Any] | None:
        """The last saved state, with tensors on the CPU; None if the run was killed before its first one.

        Raises:
            ValueError: if the file is none that a run has written.
        """
        if not self._state.exists():
            return None
        try:
            return torch.load(self._state, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds for what is no such file
            raise ValueError(f"{self._state} holds no state of a run: {error}") from error

    def save_state(self, state: dict[str, Any]) -> None:
        """Replaces the saved state; waits while the disk is full."""
        stream = io.BytesIO()
        torch.save(state, stream)
        self.write(self._state, stream.getvalue())

    def write(self, path: Path, data: bytes) -> None:
        """Writes a file of the run, whole or not at all; waits while the disk is full."""
        self.until_written(lambda: write_atomically(path, data))

    def until_written(self, write: Callable[[], object]) -> None:
        """Calls `write` until the disk has room for it: a full disk halts a run, and ends it only if it is stopped.

        Raises:
            OSError: the system refuses for another reason, or the disk is full and the run is to stop.
        """
        while True:
            try:
                write()
                return
            except OSError as error:
                if not is_full_disk(error) or self.stop_requested:
                    raise
                log.warning("%s: the disk is full; the run waits for room", self.path)
            time.sleep(self.RETRY_S)

    @property
    def pause_requested(self) -> bool:
        """Whether the run is to wait."""
        return self._pause.exists()

    def request_pause(self) -> None:
        """Makes the run wait after its current step."""
        self._pause.touch()

    def clear_pause(self) -> None:
        """Makes a waiting run go on."""
        self._pause.unlink(missing_ok=True)

    @property
    def stop_requested(self) -> bool:
        """Whether the run is to end after its current step: this process was told so, or another left word."""
        return self._asked_to_stop or self._stop.exists()

    def request_stop(self) -> None:
        """Makes this process's run end after its current step, without a file: the disk may be full."""
        self._asked_to_stop = True

    def clear_stop(self) -> None:
        """Forgets the word that another process left."""
        self._stop.unlink(missing_ok=True)
