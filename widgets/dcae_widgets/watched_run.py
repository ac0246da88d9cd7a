"""A training run seen from outside, through the files of its folder: how far it is, and how it is spoken to.

The trainer and who watches it share nothing else, and may be one process or two. Knows files. Does not know widgets.
"""

import fcntl
import json
import math
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import Interval
from dcae.config import LMBDA_MAX, LMBDA_MIN, PRESETS
from dcae.files import write_atomically
from dcae.traces import PLACE_PX
from dcae_widgets.run_log import RunLog

RUNNING = ("training", "paused", "stopping")
"""The states of a run that a process works at."""


class Plan(NamedTuple):
    """What a run was told to do.

    Attributes:
        minutes: After how many it ends; None for a run by steps, or if that is not known.
        steps: After how many it ends; None for a run by the clock, or if that is not known.
        lmbdas: Which lambdas it is trained for: an interval, or the only one.
        start: What it begins with, such as "a block transform"; "" if that is not known.
    """

    minutes: float | None = None
    steps: int | None = None
    lmbdas: Interval | tuple[float] = Interval(LMBDA_MIN, LMBDA_MAX)
    start: str = ""


class View(NamedTuple):
    """What a run has made of one photo.

    Attributes:
        original: uint8, H x W x 3.
        picture: uint8, H x W x 3: its reconstruction.
        bits: float32, H/16 x W/16: what each place costs by estimate; None if that is not known.
        step: After how many steps.
        lmbda: With which lambda.
        bpp: Bits a pixel, by estimate.
        psnr_db: dB.
    """

    original: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    bits: NDArray[np.float32] | None
    step: int
    lmbda: float
    bpp: float
    psnr_db: float


class WatchedRun:
    """One run's folder.

    Args:
        folder: It need not be there yet.

    Attributes:
        folder: As given.
        log: What its log has said so far.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = RunLog(folder / "log.jsonl")
        self._plan, self._plan_of = Plan(), (0, 0)
        self._view_of = (0, 0)
        self._looked_dead = False

    @property
    def best(self) -> Path:
        """The weights that are the best so far."""
        return self.folder / "best.safetensors"

    def is_held(self) -> bool:
        """Whether a process trains in the folder now; it is asked in a way that leaves no trace."""
        try:
            with (self.folder / "run.lock").open() as file:
                try:
                    # Shared: of two that watch none takes the other for the trainer. Closing the file gives it back.
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
        except OSError:
            return False
        return False

    def state(self) -> str:
        """What the run does: "waiting", "training", "paused", "stopping", "finished", "stopped" or "killed".

        A run counts as killed only once it was found dead two times in a row: between its last line and the end of
        its process there is a moment.
        """
        if self.is_held():
            self._looked_dead = False
            if self._has("stop"):
                return "stopping"
            if self._has("pause"):
                return "paused"
            return "waiting" if self.log.is_empty else "training"
        if self.log.end or self.log.is_empty:
            return self.log.end or "waiting"
        was_dead, self._looked_dead = self._looked_dead, True
        return "killed" if was_dead else "training"

    def plan(self) -> Plan:
        """What config.toml says; what it does not say is not known."""
        path = self.folder / "config.toml"
        if (stamp := _stamp(path)) != self._plan_of:
            self._plan, self._plan_of = _plan(path), stamp
        return self._plan

    def new_view(self) -> View | None:
        """The picture that the run has drawn, if it is another one than the last time.

        Raises:
            ValueError: The file is no such picture.
        """
        path = self.folder / "view.npz"
        if (stamp := _stamp(path)) == self._view_of:
            return None
        self._view_of = stamp
        return read_view(path) if stamp != (0, 0) else None

    def pause(self) -> None:
        """Makes the run wait.

        Raises:
            OSError: The system refuses.
        """
        (self.folder / "pause").touch()

    def go_on(self) -> None:
        """Makes a run that waits go on.

        Raises:
            OSError: The system refuses.
        """
        (self.folder / "pause").unlink(missing_ok=True)

    def stop(self) -> None:
        """Makes the run save its state and end; one that waits goes on to do so.

        Raises:
            OSError: The system refuses.
        """
        (self.folder / "stop").touch()
        self.go_on()

    def ask_for(self, lmbda: float) -> None:
        """Asks the run for a picture at this lambda, from now on again and again.

        Raises:
            OSError: The system refuses, or there is no folder.
        """
        write_atomically(self.folder / "view.json", json.dumps({"lmbda": lmbda}).encode())

    def is_asked(self) -> bool:
        """Whether the run has been asked for pictures, by whomever."""
        return self._has("view.json")

    def ask_no_more(self) -> None:
        """Nobody watches: the run spends no more time on pictures."""
        (self.folder / "view.json").unlink(missing_ok=True)

    def _has(self, name: str) -> bool:
        return (self.folder / name).exists()


def read_view(path: Path) -> View:
    """A picture that a run has drawn.

    Raises:
        ValueError: The file is no such picture.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            original, picture, bits = (held[name] for name in ("original", "picture", "bits"))
            step, lmbda, bpp, psnr_db = (held[name].item() for name in ("step", "lmbda", "bpp", "psnr_db"))
    except Exception as error:  # zip, numpy and the disk raise many kinds for what is no such file
        raise ValueError(f"{path.name} is no picture of a run: {error}") from error
    height, width = original.shape[:2]
    if original.dtype != np.uint8 or original.shape != picture.shape or original.shape != (height, width, 3):
        raise ValueError(f"{path.name} has pictures of {original.shape} and {picture.shape}; must be one H x W x 3")
    if bits.shape != (height // PLACE_PX, width // PLACE_PX):
        raise ValueError(f"{path.name} has bits of {bits.shape} places for {height} x {width} px")
    return View(original, picture, bits, int(step), float(lmbda), float(bpp), float(psnr_db))


def _plan(path: Path) -> Plan:
    try:
        config = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return Plan()
    steps, minutes, only = config.get("steps", 0), config.get("minutes"), config.get("lmbdas", [])
    lmbdas = Interval(config.get("lmbda_min", LMBDA_MIN), config.get("lmbda_max", LMBDA_MAX))
    if len(only) == 1 or lmbdas.low == lmbdas.high:
        lmbdas = (float(only[0]) if only else lmbdas.low,)
    return Plan(None if steps else minutes, steps or None, lmbdas, _start(config))


def _start(config: dict[str, Any]) -> str:
    """What a run begins with: weights, or a network whose linear path is a block transform before it has learned."""
    if config.get("start"):
        return f"the weights {Path(config['start']).stem}"
    preset = PRESETS.get(config.get("preset", ""))
    has_path = config.get("model", {}).get("linear_path", preset is not None and preset.linear_path)
    return "a block transform" if has_path else ""


def seconds_left(plan: Plan, step: int, seconds: float, steps_per_s: float) -> float | None:
    """How long a run still takes, in s; None if that is not known.

    >>> seconds_left(Plan(minutes=2), 10, 30.0, 4.0), seconds_left(Plan(steps=300), 100, 30.0, 4.0)
    (90.0, 50.0)
    >>> seconds_left(Plan(), 10, 30.0, 4.0) is None
    True
    """
    if plan.minutes is not None:
        return max(0.0, 60 * plan.minutes - seconds)
    if plan.steps is not None and steps_per_s > 0 and math.isfinite(steps_per_s):
        return max(0.0, (plan.steps - step) / steps_per_s)
    return None


def _stamp(path: Path) -> tuple[int, int]:
    """By what a file that is replaced whole is known; (0, 0) if there is none."""
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_ino, state.st_mtime_ns
