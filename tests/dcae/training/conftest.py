"""What tests of training share: a small configuration of a run over three photos, and its beginning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accelerate import Accelerator
from PIL import Image

from dcae.training.config import TrainingConfig
from dcae.training.loop import Run
from dcae.training.run_folder import RunFolder

from . import small_train

ChangeConfig = Callable[..., TrainingConfig]


@pytest.fixture
def few_crops_for_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this process end soon; `small_train.py` does the same in others."""
    monkeypatch.setattr("dcae.training.loop.PRIOR_CROPS", small_train.PRIOR_CROPS)
    monkeypatch.setattr("dcae.training.loop.TABLE_CROPS", small_train.TABLE_CROPS)
    monkeypatch.setattr("dcae.training.prior.STEPS", small_train.PRIOR_STEPS)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three small smooth photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(3):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        coarse.resize((160, 128), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def change(photos: Path, tmp_path: Path) -> ChangeConfig:
    """Makes the configuration of a run of six steps, with changes."""
    values = {
        "photos": (str(photos),),
        "out": str(tmp_path / "run"),
        "preset": "tiny",
        "steps": 6,
        "batch": 2,
        "crop_px": 64,
        "held_out": 1,
        "warmup": 0.0,
        "muon_lr": 0.003,
        "evaluations": 2,
        "log_steps": 2,
        "bfloat16": False,
    }

    def changed(**changes: Any) -> TrainingConfig:
        return TrainingConfig(**{**values, **changes})

    return changed


@pytest.fixture
def begin() -> Callable[[TrainingConfig], Run]:
    """Begins a run in this process, or goes on with the one in its folder."""

    def begun(config: TrainingConfig) -> Run:
        folder = RunFolder(config.out)
        folder.path.mkdir(parents=True, exist_ok=True)
        return Run(config, Accelerator(cpu=True), folder)

    return begun
