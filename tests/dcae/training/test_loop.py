"""A short run lowers the loss, leaves whole files, follows its clock, and is the same however it is cut."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from dcae.checkpoint import read_weights
from dcae.codec.codec import Codec
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.training.config import TrainingConfig
from dcae.training.loop import Run
from dcae.training.optimizers import main_optimizer, split_parameters
from dcae.training.run_folder import RunFolder

from .conftest import ChangeConfig

pytestmark = pytest.mark.usefixtures("few_crops_for_the_prior")

Begin = Callable[[TrainingConfig], Run]


def records(config: TrainingConfig, kind: str) -> list[dict[str, Any]]:
    lines = (Path(config.out) / "log.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == kind]


def test_run_lowers_the_loss_and_leaves_weights_that_code(change: ChangeConfig, begin: Begin):
    config = change(steps=20, log_steps=5)
    begin(config).go()
    held_out = records(config, "held_out")
    assert [record["step"] for record in held_out] == [0, 10, 20]
    assert held_out[-1]["loss"] < held_out[0]["loss"]
    assert [record["step"] for record in records(config, "step")] == [5, 10, 15, 20]
    assert records(config, "end")[0]["reason"] == "finished"
    codec = Codec(read_weights(Path(config.out) / "best.safetensors"))
    image = np.full((70, 50, 3), 90, np.uint8)
    assert codec.decode(codec.encode(image, 0.013)).shape == image.shape


def test_best_holds_the_weights_with_the_lowest_held_out_loss(change: ChangeConfig, begin: Begin):
    config = change(steps=4, muon_lr=3.0, adam_lr=1.0)  # so high that nothing gets better
    begin(config).go()
    assert [record["best"] for record in records(config, "held_out")] == [True, False, False]
    best = read_weights(Path(config.out) / "best.safetensors")
    start = begin(change(out=config.out + "-start", steps=4)).average
    assert all(torch.equal(a, b) for a, b in zip(best.parameters(), start.parameters(), strict=True) if a.dim() == 4)


@pytest.mark.slow
def test_a_run_that_was_stopped_and_goes_on_is_the_unbroken_run(change: ChangeConfig, begin: Begin):
    whole, broken = change(out=change().out + "-whole"), change()
    begin(whole).go()
    first = begin(broken)
    take = first.step

    def three_steps(x: torch.Tensor) -> None:
        take(x)
        if first.steps == 3:
            first.ask_to_stop()

    first.step = three_steps
    first.go()
    assert records(broken, "end")[0]["reason"] == "stopped"
    second = begin(broken)
    assert second.steps == 3
    second.go()
    for kind in ("step", "held_out"):
        ours, theirs = (
            [{k: v for k, v in record.items() if k not in ("seconds", "steps_per_s")} for record in records(run, kind)]
            for run in (broken, whole)
        )
        assert ours == theirs
    a, b = (read_weights(Path(run.out) / "last.safetensors") for run in (broken, whole))
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_accumulated_parts_make_the_step_of_the_whole_batch(change: ChangeConfig, begin: Begin):
    gradients = []
    for accumulate in (1, 4):
        run = begin(change(out=f"{change().out}-{accumulate}", batch=4, accumulate=accumulate, clip_norm=1e9))
        run.step(next(run.batches()))
        gradients.append({n: p.grad.clone() for n, p in run.model.named_parameters() if p.grad is not None})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-3, atol=1e-4, msg=name)


def test_a_clock_of_its_own_ends_a_run_by_minutes(change: ChangeConfig, begin: Begin):
    config = change(steps=0, minutes=0.02)
    run = begin(config)
    run.go()
    assert run.finished
    assert run.clock.seconds >= 1.2
    assert records(config, "end")[0]["seconds"] < 10


def test_a_pause_holds_the_run_and_its_clock(change: ChangeConfig, begin: Begin, monkeypatch: pytest.MonkeyPatch):
    run = begin(change(steps=2))
    run.folder.request_pause()
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(run.clock.seconds)
        if len(waits) == 3:
            run.folder.clear_pause()

    monkeypatch.setattr("dcae.training.loop.time.sleep", sleep)
    run.go()
    assert waits == [0.0, 0.0, 0.0]
    assert run.finished


def test_a_stop_file_ends_the_run_and_goes_with_it(change: ChangeConfig, begin: Begin):
    config = change(steps=50)
    run = begin(config)
    take = run.step
    run.step = lambda x: (take(x), (run.folder.path / "stop").touch())[0]
    run.go()
    assert (run.steps, run.finished) == (1, False)
    assert not (run.folder.path / "stop").exists()


def test_run_that_starts_from_weights_continues_them(change: ChangeConfig, begin: Begin):
    first = begin(change(steps=2))
    first.go()
    started = begin(change(out=change().out + "-2", start=str(first.folder.last)))
    last = read_weights(first.folder.last)
    for (name, ours), theirs in zip(started.model.named_parameters(), last.parameters(), strict=True):
        assert torch.equal(ours, theirs), name


def test_fixed_lambda_runs_train_a_network_without_gains(change: ChangeConfig, begin: Begin):
    config = change(lmbdas=(0.05,), steps=2)
    run = begin(config)
    run.go()
    assert run.model.gain is None
    assert [point["lmbda"] for point in records(config, "held_out")[0]["points"]] == [0.05]


@pytest.mark.slow
def test_ms_ssim_run_learns_by_its_own_loss(change: ChangeConfig, begin: Begin, photos: Path):
    from PIL import Image

    for path in photos.iterdir():
        Image.open(path).resize((256, 224)).save(path)
    config = change(loss="ms_ssim", crop_px=192, steps=15, muon_lr=0.001)
    begin(config).go()
    held_out = [record["loss"] for record in records(config, "held_out")]
    assert held_out[-1] < held_out[0]


@pytest.mark.parametrize(("stage", "learns"), [("symbols", True), ("decoder", False)])
def test_on_symbols_all_parts_learn_and_in_the_decoders_stage_the_encoder_rests(
    change: ChangeConfig, begin: Begin, stage: str, learns: bool
):
    run = begin(change(stage=stage, steps=2))
    before = {name: parameter.clone() for name, parameter in run.model.named_parameters()}
    run.go()
    changed = {name.split(".")[0] for name, now in run.model.named_parameters() if not torch.equal(now, before[name])}
    assert "synthesis_path" in changed
    encoder = {"g_a", "analysis_path", "gain", "h_a"}
    assert changed & encoder == (encoder if learns else set())


def test_every_parameter_but_the_quantiles_has_one_optimiser(change: ChangeConfig):
    model = DCAE(PRESETS["tiny"])
    matrices, others = split_parameters(model)
    named = {id(parameter) for name, parameter in model.named_parameters() if name != "entropy_bottleneck.quantiles"}
    assert sorted(map(id, [*matrices, *others])) == sorted(named)
    for optimizer in ("muon", "adam"):
        groups = main_optimizer(model, change(optimizer=optimizer)).param_groups
        assert sorted(id(p) for group in groups for p in group["params"]) == sorted(named)


def test_a_share_that_cannot_be_accumulated_in_equal_parts_is_refused(change: ChangeConfig, tmp_path: Path):
    two: Any = SimpleNamespace(num_processes=2)
    with pytest.raises(ValueError, match=r"batch is 14, accumulate is 2; on 2 processes .* multiple of 4"):
        Run(change(batch=14, accumulate=2), two, RunFolder(tmp_path / "run"))


def test_a_gradient_that_is_not_finite_moves_nothing(
    change: ChangeConfig, begin: Begin, monkeypatch: pytest.MonkeyPatch
):
    run = begin(change())
    before = [parameter.detach().clone() for parameter in run.model.parameters()]
    monkeypatch.setattr("dcae.training.loop.nn.utils.clip_grad_norm_", lambda *_: torch.tensor(math.nan))
    run.step(next(run.batches()))
    assert run.steps == 1
    assert all(torch.equal(a, b) for a, b in zip(before, run.model.parameters(), strict=True))


def test_a_step_is_of_the_schedules_rate_and_a_clipped_gradient(
    change: ChangeConfig, begin: Begin, monkeypatch: pytest.MonkeyPatch
):
    run, norms = begin(change(clip_norm=1e-3, warmup=0.4)), []

    def measure() -> None:
        gradients = [parameter.grad for parameter in run.learning if parameter.grad is not None]
        norms.append(float(torch.stack([gradient.norm() for gradient in gradients]).norm()))

    monkeypatch.setattr(run.optimizer, "step", measure)
    run.steps = 1  # of 6, in the warm-up
    run.step(next(run.batches()))
    rates = [group["lr"] for group in run.optimizer.param_groups]
    assert rates == pytest.approx([peak * (1 / 6) / 0.4 for peak in run.peaks])
    assert norms == pytest.approx([1e-3], rel=1e-3)


@pytest.mark.parametrize(("steps", "decay"), [(5, 5 / 25), (10_000, 0.9)])
def test_the_average_forgets_its_start_soon_and_then_by_its_decay(
    change: ChangeConfig, begin: Begin, steps: int, decay: float
):
    run = begin(change(ema_decay=0.9))
    run.steps = steps
    with torch.no_grad():
        for average, current in zip(run.average.parameters(), run.model.parameters(), strict=True):
            average.fill_(1.0)
            current.fill_(0.0)
    run._update_average()
    for average in run.average.parameters():
        torch.testing.assert_close(average, torch.full_like(average, decay))
