"""A run in processes of its own: killed and gone on with, paused from outside, shared by two."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from dcae.codec.catalogue import open_codec
from dcae.codec.fixed_lmbda import FixedLmbdaCodec
from dcae.training import TrainingConfig, resume, train
from dcae.training.loop import Run
from dcae.training.run_folder import RunFolder
from dcae.training.trainer import pause, unpause

from .conftest import ChangeConfig

pytestmark = pytest.mark.usefixtures("few_crops_for_the_prior")

LIMIT_S = 180
SHARED = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


@pytest.fixture(autouse=True)
def same_threads_afterwards() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def start(config: TrainingConfig, folder: Path, processes: int = 1) -> subprocess.Popen[bytes]:
    """`dcae train` in processes of its own, or `--resume` where a run is in its folder."""
    path = folder / "given.toml"
    path.write_text(config.to_toml())
    begun = RunFolder(config.out).holds_a_run
    program = [*(SHARED if processes == 2 else []), str(Path(__file__).with_name("small_train.py")), "train"]
    command = [sys.executable, *program, *(["--resume", config.out] if begun else [str(path)])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (folder / "output.txt").open("ab") as output:
        return subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def end(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Waits for its end, which must be a good one; leaves none of its processes."""
    try:
        assert process.wait(timeout=LIMIT_S) == 0, (folder / "output.txt").read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def figures(config: TrainingConfig, kind: str) -> list[dict[str, Any]]:
    """The log's records of a kind, without what a clock tells."""
    lines = (Path(config.out) / "log.jsonl").read_text().splitlines()
    found = [record for record in map(json.loads, lines) if record["kind"] == kind]
    return [{k: v for k, v in record.items() if k not in ("seconds", "steps_per_s")} for record in found]


@pytest.mark.slow
def test_a_run_that_is_killed_and_gone_on_with_is_the_unbroken_run(change: ChangeConfig, tmp_path: Path):
    settings = {"steps": 28, "save_minutes": 1e-6, "threads": 1}
    whole, killed = change(out=str(tmp_path / "whole"), **settings), change(**settings)
    train(whole)
    log, steps = Path(killed.out) / "log.jsonl", 0
    for wait_for in (5, 17):
        process = start(killed, tmp_path)
        begin = time.monotonic()
        while steps < wait_for and time.monotonic() - begin < LIMIT_S and process.poll() is None:
            steps = 2 * log.read_bytes().count(b'"kind": "step"') if log.exists() else 0
            time.sleep(0.01)
        process.kill()
        assert process.wait() == -signal.SIGKILL, (tmp_path / "output.txt").read_text()
        assert wait_for <= steps < 28
    end(start(killed, tmp_path), tmp_path)
    for kind in ("step", "held_out"):
        assert figures(killed, kind) == figures(whole, kind)
    a, b = (RunFolder(config.out).load_state() for config in (killed, whole))
    assert a
    assert b
    for part in ("model", "average"):
        assert all(torch.equal(a[part][name], b[part][name]) for name in b[part])


@pytest.mark.slow
def test_two_processes_train_as_one_does(change: ChangeConfig, tmp_path: Path):
    settings = {"steps": 6, "batch": 4, "log_steps": 1, "held_out": 2, "optimizer": "adam", "threads": 1}
    one, two = change(out=str(tmp_path / "one"), **settings), change(**settings)
    train(one)
    end(start(two, tmp_path, processes=2), tmp_path)
    for ours, theirs in zip(figures(two, "step"), figures(one, "step"), strict=True):
        assert ours.pop("kind") == theirs.pop("kind")
        assert ours == pytest.approx(theirs, rel=2e-3)
    for ours, theirs in zip(figures(two, "held_out"), figures(one, "held_out"), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=2e-3)
    a, b = (RunFolder(config.out).load_state() for config in (two, one))
    assert a
    assert b
    moved = torch.cat([(b["model"][n] - parameter).flatten() for n, parameter in a["model"].items()])
    assert float(moved.abs().mean()) < 0.05 * 6 * 6e-4  # a step of Adam moves a parameter by about 6e-4


@pytest.mark.slow
def test_a_run_waits_while_it_is_paused_and_ends_in_order_when_it_is_told_to(change: ChangeConfig, tmp_path: Path):
    config = change(steps=100_000, log_steps=1)
    log = Path(config.out) / "log.jsonl"
    process = start(config, tmp_path)
    try:
        begin = time.monotonic()
        while not (log.exists() and b'"step": 2' in log.read_bytes()) and time.monotonic() - begin < LIMIT_S:
            assert process.poll() is None, (tmp_path / "output.txt").read_text()
            time.sleep(0.01)
        pause(Path(config.out))
        with pytest.raises(ValueError, match="a run is training in"):
            resume(Path(config.out))
        size, begin = -1, time.monotonic()
        while size != log.stat().st_size and time.monotonic() - begin < LIMIT_S:
            size = log.stat().st_size  # the step that was begun may still be logged
            time.sleep(1)
        time.sleep(1)
        assert log.stat().st_size == size
        assert unpause(Path(config.out))
        begin = time.monotonic()
        while log.stat().st_size == size and time.monotonic() - begin < LIMIT_S:
            time.sleep(0.05)
        assert log.stat().st_size > size
        process.send_signal(signal.SIGTERM)
        end(process, tmp_path)
    finally:
        process.kill()
        process.wait()
    assert figures(config, "end") == [{"kind": "end", "step": figures(config, "step")[-1]["step"], "reason": "stopped"}]
    assert not unpause(Path(config.out))


@pytest.mark.slow
def test_several_lambdas_make_a_folder_that_opens_as_one_codec(change: ChangeConfig):
    config = change(lmbdas=(0.0035, 0.05), steps=1)
    paths = train(config)
    assert [path.name for path in paths] == ["lmbda_0.0035.safetensors", "lmbda_0.05.safetensors"]
    codec = open_codec(config.out)
    assert isinstance(codec, FixedLmbdaCodec)
    assert codec.qualities == (0.0035, 0.05)
    assert resume(Path(config.out)) == paths  # finished: nothing is trained again


def test_who_stops_one_of_several_runs_stops_them_all(change: ChangeConfig, monkeypatch: pytest.MonkeyPatch):
    config = change(lmbdas=(0.0035, 0.05), steps=50)
    take = Run.step
    monkeypatch.setattr(Run, "step", lambda run, x: (take(run, x), run.ask_to_stop())[0])
    assert train(config) == []
    assert RunFolder(Path(config.out) / "lmbda_0.0035").load_state()
    assert not (Path(config.out) / "lmbda_0.05").exists()


def test_a_folder_that_holds_a_run_is_not_begun_again(change: ChangeConfig):
    config = change()
    folder = RunFolder(config.out)
    folder.path.mkdir()
    folder.write(folder.config, config.to_toml().encode())
    with pytest.raises(ValueError, match="holds a run already: go on with it"):
        train(config)


def test_only_a_run_that_trains_can_be_paused(change: ChangeConfig, tmp_path: Path):
    with pytest.raises(ValueError, match=r"holds no run: it has no config\.toml"):
        pause(tmp_path)
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.write(folder.config, change().to_toml().encode())
    with pytest.raises(ValueError, match="no run is training in"):
        pause(folder.path)
