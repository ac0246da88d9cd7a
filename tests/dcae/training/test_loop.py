"""A short run lowers the loss, leaves whole files, and follows its clock."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dcae.checkpoint import read_weights
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.training.config import TrainingConfig
from dcae.training.loop import Run, schedule
from dcae.training.loss import rate_distortion_loss
from dcae.training.optimizers import split_parameters


@pytest.fixture
def config(tmp_path: Path) -> TrainingConfig:
    photos = tmp_path / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for index in range(3):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        coarse.resize((160, 128), Image.Resampling.BICUBIC).save(photos / f"{index}.png")
    return TrainingConfig(
        photos=(str(photos),),
        out=str(tmp_path / "run"),
        preset="tiny",
        batch=2,
        crop_px=64,
        held_out=1,
        warmup=0.0,
        muon_lr=0.003,
    )


def test_run_lowers_the_loss_and_leaves_weights_that_code(config: TrainingConfig):
    run = Run(config)
    run.evaluate()
    for _ in range(20):
        run.step()
    run.evaluate()
    records = [json.loads(line) for line in (Path(config.out) / "log.jsonl").read_text().splitlines()]
    held_out = [record["held_out_loss"] for record in records if "held_out_loss" in record]
    assert held_out[1] < held_out[0]
    best = read_weights(Path(config.out) / "best.safetensors")
    assert best.gaussian_conditional._quantized_cdf.numel() > 0


def test_run_that_starts_from_weights_continues_them(config: TrainingConfig, tmp_path: Path):
    first = Run(config)
    first.step()
    first.evaluate()
    started = Run(TrainingConfig(**{**vars(config), "start": str(Path(config.out) / "last.safetensors")}))
    for ours, theirs in zip(started.model.parameters(), first.average.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_weights_of_another_network_are_refused(config: TrainingConfig):
    Run(config).evaluate()
    other = {**vars(config), "start": str(Path(config.out) / "last.safetensors"), "preset": "small"}
    with pytest.raises(ValueError, match="holds another network than preset 'small'"):
        Run(TrainingConfig(**other))


def test_lmbdas_of_a_batch_span_the_range(config: TrainingConfig):
    run = Run(TrainingConfig(**{**vars(config), "batch": 8}))
    lmbdas = run._lmbdas()
    strata = (lmbdas.log() - np.log(0.0018)) / (np.log(0.05) - np.log(0.0018)) * 8
    assert strata.floor().tolist() == list(range(8))


def test_learning_rate_ends_at_zero():
    assert schedule(1.0, 0.01, 0.15) == pytest.approx(0, abs=1e-12)
    assert schedule(3.0, 0.01, 0.15) == pytest.approx(0, abs=1e-12)


def test_every_parameter_but_the_quantiles_has_one_optimiser():
    model = DCAE(PRESETS["tiny"])
    matrices, others = split_parameters(model)
    named = {id(parameter) for name, parameter in model.named_parameters() if name != "entropy_bottleneck.quantiles"}
    assert sorted(map(id, [*matrices, *others])) == sorted(named)


def test_loss_is_the_weighted_sum_of_the_paper():
    x = torch.zeros(2, 3, 64, 64)
    output = {"x_hat": x + 0.1, "likelihoods": {"y": torch.full((2, 4096), 0.5), "z": torch.full((2, 4096), 0.25)}}
    lmbda = torch.tensor([0.013, 0.0325])
    loss = rate_distortion_loss(output, x, lmbda)
    per_sample = lmbda * 255**2 * 0.01 + 3
    assert loss.bpp == pytest.approx(3)
    assert float(loss.loss) == pytest.approx(float((per_sample * torch.tensor([1.0, 0.4**0.5])).mean()), rel=1e-5)
