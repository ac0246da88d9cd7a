"""What a training run does, as data: one TOML file.

Knows every number of a run and which are legal. Does not know tensors.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST, LMBDA_MAX, LMBDA_MIN, MULTIPLE_PX, PRESETS, DCAEConfig
from dcae.metrics import MIN_MS_SSIM_SIDE_PX

CHOICES = {
    "preset": tuple(PRESETS),
    "stage": ("joint", "symbols", "decoder"),
    "loss": ("mse", "ms_ssim"),
    "optimizer": ("muon", "adam"),
}
"""The legal words of the fields that take one of a few."""


@dataclass(frozen=True)
class TrainingConfig:
    """One training run.

    Attributes:
        photos: What to train on: folders (searched in depth), files, WebDataset shards (`*.tar`).
        out: Folder of the run: log, checkpoints, configuration.
        preset: Network to build.
        model: Fields of `DCAEConfig` that differ from the preset, such as `{"num_slices": 8}`.
        start: Weights file to start from; empty to start anew. Parameters whose name or shape differs start anew,
            residual blocks that it lacks as what changes nothing.
        stage: `joint`: everything learns, with noise for rounding; `symbols`: everything learns, on real symbols and by
            their tables; `decoder`: so does all but the encoder (`dcae.training.tuning`).
        loss: `mse`: lambda 255^2 MSE + bpp; `ms_ssim`: 1280 lambda (1 - MS-SSIM) + bpp.
        lpips: Weight of LPIPS in the loss, beside the distortion; 0 for none.
        lmbdas: One model of one fixed lambda for each of these, in folders of their own; empty: one model for all.
        lmbda_min: Lowest lambda of one model for all.
        lmbda_max: Highest lambda of one model for all; a sample's lambda is log-uniform between the two.
        minutes: Length of the run by the clock; the learning rate reaches zero at its end.
        steps: Length of the run in steps instead; 0 for a run by the clock.
        batch: Crops a step, over all processes.
        accumulate: Parts of a process's share of the batch that go through the network one after the other.
        crop_px: Side of a crop, a multiple of 64.
        held_out: Photos kept out of training, on which `best` is chosen.
        memory_gib: Photos are kept in memory if they need no more than this, else decoded again for each crop.
        workers: Processes that decode photos which are not in memory.
        optimizer: `muon`: Muon for matrices, Adam for the rest; `adam`: Adam for all.
        muon_lr: Peak learning rate of Muon.
        adam_lr: Peak learning rate of Adam.
        aux_lr: Learning rate of the quantiles' own Adam.
        warmup: Share of the run in which the learning rate rises.
        flat: Share of the run in which it then stays at its peak before the cosine to zero.
        clip_norm: Largest norm of the gradient.
        ema_decay: Decay of the moving average of the weights that is evaluated and kept.
        evaluations: Measurements on the held-out photos, evenly over the run; there is one more before it.
        save_minutes: Minutes between two saved states, from which a run that was killed can go on.
        log_steps: Steps between two lines of the log.
        picture_steps: Steps between two pictures for TensorBoard.
        bfloat16: Whether the transforms run in bfloat16.
        threads: CPU threads of a process; 0 for as many as torch chooses.
        seed: Seed of the network's start, crops, lambdas and noise.

    Raises:
        ValueError: for a value of another type than its field's, one out of its range, and ones that do not fit.
    """

    photos: tuple[str, ...]
    out: str
    preset: str = "small"
    model: Mapping[str, Any] = field(default_factory=dict)
    start: str = ""
    stage: str = "joint"
    loss: str = "mse"
    lpips: float = 0.0
    lmbdas: tuple[float, ...] = ()
    lmbda_min: float = LMBDA_MIN
    lmbda_max: float = LMBDA_MAX
    minutes: float = 60.0
    steps: int = 0
    batch: int = 8
    accumulate: int = 1
    crop_px: int = 256
    held_out: int = 16
    memory_gib: float = 4.0
    workers: int = 2
    optimizer: str = "muon"
    muon_lr: float = 0.01
    adam_lr: float = 6e-4
    aux_lr: float = 1e-3
    warmup: float = 0.01
    flat: float = 0.15
    clip_norm: float = 1.0
    ema_decay: float = 0.998
    evaluations: int = 6
    save_minutes: float = 5.0
    log_steps: int = 10
    picture_steps: int = 500
    bfloat16: bool = True
    threads: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_types()
        for name, legal in CHOICES.items():
            if getattr(self, name) not in legal:
                raise ValueError(f"{name} is {getattr(self, name)!r}; legal: {', '.join(legal)}")
        if not self.photos:
            raise ValueError("photos is empty; name at least one folder")
        self._check_numbers()
        self._check_crops()
        self._check_lmbdas()

    def _check_types(self) -> None:
        numbers = (int, float)
        legal: dict[Any, tuple[Any, str]] = {
            int: (int, "an integer"),
            float: (numbers, "a number"),
            bool: (bool, "true or false"),
            str: (str, "a string"),
            Mapping[str, Any]: (Mapping, "a table"),
            tuple[str, ...]: (str, "a list of strings"),
            tuple[float, ...]: (numbers, "a list of numbers"),
        }
        for name, hint in get_type_hints(TrainingConfig).items():
            value, (kind, words) = getattr(self, name), legal[hint]
            values = value if words.startswith("a list") else (value,)
            right = isinstance(values, tuple) and all(isinstance(v, kind) for v in values)
            if not right or (kind is not bool and any(isinstance(v, bool) for v in values)):
                raise ValueError(f"{name} is {value!r}; must be {words}")

    def _check_numbers(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{each.name} is {value}; must be finite")
        positive = ("minutes", "batch", "accumulate", "held_out", "memory_gib", "muon_lr", "adam_lr", "aux_lr")
        for name in (*positive, "clip_norm", "evaluations", "save_minutes", "log_steps", "picture_steps"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; must be above 0")
        for name in ("lpips", "steps", "workers", "threads", "seed"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; must be 0 or more")
        for name in ("warmup", "flat", "ema_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; must be 0 to 1, below 1")
        if self.warmup + self.flat >= 1:
            raise ValueError(f"warmup + flat is {self.warmup + self.flat}; must be below 1, the whole run")

    def _check_crops(self) -> None:
        if self.batch % self.accumulate:
            raise ValueError(f"batch is {self.batch}, accumulate is {self.accumulate}; must divide the batch")
        if self.crop_px < MULTIPLE_PX or self.crop_px % MULTIPLE_PX:
            raise ValueError(f"crop_px is {self.crop_px}; must be a multiple of {MULTIPLE_PX}")
        if self.loss == "ms_ssim" and self.crop_px < MIN_MS_SSIM_SIDE_PX:
            raise ValueError(f"crop_px is {self.crop_px}; with loss 'ms_ssim' at least {MIN_MS_SSIM_SIDE_PX}")

    def _check_lmbdas(self) -> None:
        for lmbda in self.lmbdas:
            if not LMBDA_LOWEST <= lmbda <= LMBDA_HIGHEST:
                raise ValueError(f"lmbdas holds {lmbda}; must be {LMBDA_LOWEST} to {LMBDA_HIGHEST}")
        if len(set(self.lmbdas)) < len(self.lmbdas):
            raise ValueError(f"lmbdas is {self.lmbdas}; each lambda once")
        if not LMBDA_LOWEST <= self.lmbda_min <= self.lmbda_max <= LMBDA_HIGHEST:
            raise ValueError(
                f"lmbda_min is {self.lmbda_min}, lmbda_max is {self.lmbda_max}; "
                f"must be {LMBDA_LOWEST} to {LMBDA_HIGHEST}, in order"
            )
        if not self.network.gain_knots and not self.lmbdas:
            raise ValueError(
                f"preset {self.preset!r} is a network of one fixed lambda (gain_knots is 0); "
                "name its lambda, or several for a network each: lmbdas = [0.013]"
            )

    @property
    def network(self) -> DCAEConfig:
        """The network: the preset with `model`'s fields, without gains where it is for one lambda.

        Raises:
            ValueError: for fields that no network has, and values that are not legal.
        """
        names = {field.name for field in fields(DCAEConfig)}
        if unknown := sorted(set(self.model) - names):
            raise ValueError(f"model holds unknown names {unknown}; legal: {', '.join(sorted(names))}")
        values = PRESETS[self.preset].to_dict()
        try:
            return DCAEConfig.from_dict({**values, **({"gain_knots": 0} if self.lmbdas else {}), **self.model})
        except TypeError as error:
            raise ValueError(f"model: {error}") from error

    @property
    def held_out_px(self) -> int:
        """The shortest side that a photo may have that is measured: multiples of 64 px are, and MS-SSIM takes three.

        >>> TrainingConfig(photos=("a",), out="b", loss="ms_ssim").held_out_px
        192
        """
        least = MIN_MS_SSIM_SIDE_PX if self.loss == "ms_ssim" else 1
        return -(-least // MULTIPLE_PX) * MULTIPLE_PX

    def of_each_lmbda(self) -> list[TrainingConfig]:
        """The runs of this configuration: itself, or one for each of several lambdas, in `out/lmbda_<lambda>`."""
        if len(self.lmbdas) < 2:
            return [self]
        return [replace(self, lmbdas=(lmbda,), out=str(Path(self.out) / f"lmbda_{lmbda:g}")) for lmbda in self.lmbdas]

    def to_toml(self) -> str:
        """The configuration as a TOML file that `from_toml` reads.

        >>> TrainingConfig(photos=("a",), out="b", model={"M": 160}).to_toml().splitlines()[-2:]
        ['[model]', 'M = 160']
        """
        values = {name.name: getattr(self, name.name) for name in fields(self) if name.name != "model"}
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
        if self.model:
            lines += ["", "[model]", *(f"{name} = {json.dumps(value)}" for name, value in self.model.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, path: Path, changes: Mapping[str, Any] | None = None) -> TrainingConfig:
        """The run that a TOML file describes, with `changes` laid over it.

        Raises:
            ValueError: for a file that is no TOML, unknown names, and what `TrainingConfig` itself refuses.
        """
        try:
            values = {**tomllib.loads(path.read_text(encoding="utf-8")), **(changes or {})}
        except (ValueError, RecursionError) as error:  # also of bytes that are no text, and of lists in lists in lists
            raise ValueError(f"{path} is no TOML file: {error}") from error
        names = {name.name for name in fields(cls)}
        if unknown := sorted(set(values) - names):
            raise ValueError(f"{path} holds unknown names {unknown}; legal: {', '.join(sorted(names))}")
        if missing := sorted({"photos", "out"} - set(values)):
            raise ValueError(f"{path} lacks {missing}")
        photos = values["photos"]
        values["photos"] = (photos,) if isinstance(photos, str) else photos
        arguments: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**arguments)
