"""What a training run does, as data: one TOML file.

Knows every number of a run and which are legal. Does not know tensors.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST, LMBDA_MAX, LMBDA_MIN, MULTIPLE_PX, PRESETS

STAGES = ("joint", "decoder")


@dataclass(frozen=True)
class TrainingConfig:
    """One training run.

    Attributes:
        photos: Folders of photos, searched in depth.
        out: Folder of the run: log, checkpoints, configuration.
        preset: Network to build.
        start: Weights file to start from; empty to start anew.
        stage: `joint`: everything learns, with noise for rounding; `decoder`: see `dcae.training.tuning`.
        minutes: Length of the run by the clock; the learning rate reaches zero at its end.
        batch: Crops a step.
        crop_px: Side of a crop, a multiple of 64.
        held_out: Photos kept out of training, spread evenly over the sorted list, on which `best` is chosen.
        lmbda_min: Lowest lambda of the run.
        lmbda_max: Highest lambda of the run; a sample's lambda is log-uniform between the two.
        muon_lr: Peak learning rate of Muon, for the matrices.
        adam_lr: Peak learning rate of Adam, for everything else.
        aux_lr: Learning rate of the quantiles' own Adam.
        warmup: Share of the time in which the learning rate rises.
        flat: Share of the time in which it then stays at its peak before the cosine to zero.
        clip_norm: Largest norm of the gradient.
        ema_decay: Decay of the moving average of the weights that is evaluated and kept.
        evaluate_minutes: Minutes between evaluations of the held-out photos.
        bfloat16: Whether the transforms run in bfloat16.
        threads: CPU threads.
        seed: Seed of crops, lambdas and noise.
    """

    photos: tuple[str, ...]
    out: str
    preset: str = "small"
    start: str = ""
    stage: str = "joint"
    minutes: float = 60.0
    batch: int = 8
    crop_px: int = 256
    held_out: int = 16
    lmbda_min: float = LMBDA_MIN
    lmbda_max: float = LMBDA_MAX
    muon_lr: float = 0.01
    adam_lr: float = 6e-4
    aux_lr: float = 1e-3
    warmup: float = 0.01
    flat: float = 0.15
    clip_norm: float = 1.0
    ema_decay: float = 0.998
    evaluate_minutes: float = 10.0
    bfloat16: bool = True
    threads: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_types()
        if self.preset not in PRESETS:
            raise ValueError(f"preset is {self.preset!r}; legal: {', '.join(PRESETS)}")
        if not PRESETS[self.preset].gain_knots:
            raise ValueError(f"preset {self.preset!r} has one fixed lambda; this trainer needs a model with gains")
        if self.stage not in STAGES:
            raise ValueError(f"stage is {self.stage!r}; legal: {', '.join(STAGES)}")
        if not self.photos:
            raise ValueError("photos is empty; name at least one folder")
        if self.crop_px < MULTIPLE_PX or self.crop_px % MULTIPLE_PX:
            raise ValueError(f"crop_px is {self.crop_px}; must be a multiple of {MULTIPLE_PX}")
        if not LMBDA_LOWEST <= self.lmbda_min <= self.lmbda_max <= LMBDA_HIGHEST:
            raise ValueError(
                f"lmbda_min is {self.lmbda_min}, lmbda_max is {self.lmbda_max}; "
                f"must be {LMBDA_LOWEST} to {LMBDA_HIGHEST}, in order"
            )
        self._check_numbers()

    def _check_types(self) -> None:
        legal = {int: int, float: (int, float), bool: bool, str: str, tuple[str, ...]: tuple}
        for name, hint in get_type_hints(TrainingConfig).items():
            value = getattr(self, name)
            if not isinstance(value, legal[hint]) or (hint is not bool and isinstance(value, bool)):
                raise ValueError(f"{name} is {value!r}; must be of type {getattr(hint, '__name__', hint)}")

    def _check_numbers(self) -> None:
        positive = ("minutes", "batch", "held_out", "muon_lr", "adam_lr", "aux_lr", "clip_norm", "evaluate_minutes")
        for name in (*positive, "threads"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; must be above 0")
        for name in ("warmup", "flat", "ema_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; must be 0 to 1, below 1")
        if self.warmup + self.flat >= 1:
            raise ValueError(f"warmup + flat is {self.warmup + self.flat}; must be below 1, the whole run")

    @classmethod
    def from_toml(cls, path: Path, changes: dict[str, Any] | None = None) -> TrainingConfig:
        """The run that a TOML file describes, with `changes` laid over it.

        Raises:
            ValueError: for a file that is no TOML, unknown names, and what `TrainingConfig` itself refuses.
        """
        try:
            values = {**tomllib.loads(path.read_text()), **(changes or {})}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is no TOML file: {error}") from error
        names = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - names):
            raise ValueError(f"{path} holds unknown names {unknown}; legal: {', '.join(sorted(names))}")
        if missing := sorted({"photos", "out"} - set(values)):
            raise ValueError(f"{path} lacks {missing}")
        photos = values["photos"]
        values["photos"] = (photos,) if isinstance(photos, str) else tuple(photos)
        return cls(**values)
