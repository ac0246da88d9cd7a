"""A run's folder from outside: what its files say of it, and what is written into them."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dcae.codec.protocol import Interval
from dcae_widgets.watched_run import Plan, WatchedRun, read_view

from .fake_run import FakeRun


@pytest.fixture
def run(tmp_path: Path) -> Iterator[FakeRun]:
    made = FakeRun(tmp_path / "run")
    yield made
    made.release()


@pytest.fixture
def watched(run: FakeRun) -> WatchedRun:
    return WatchedRun(run.folder)


def state(watched: WatchedRun) -> str:
    watched.log.read()
    return watched.state()


def test_a_run_is_waited_for_before_its_folder_is_there(tmp_path: Path):
    watched = WatchedRun(tmp_path / "none")
    assert not watched.is_held()
    assert state(watched) == "waiting"
    assert watched.plan() == Plan()
    assert watched.new_view() is None


def test_states_follow_the_files(run: FakeRun, watched: WatchedRun):
    run.lock()
    assert state(watched) == "waiting"
    run.train(0, 10)
    assert state(watched) == "training"
    watched.pause()
    assert state(watched) == "paused"
    watched.go_on()
    assert state(watched) == "training"
    watched.stop()
    assert state(watched) == "stopping"
    (run.folder / "stop").unlink()
    run.end(10, "stopped")
    assert state(watched) == "stopped"
    run.lock()
    assert state(watched) == "training"
    run.step(20)
    run.end(20)
    assert state(watched) == "finished"


def test_a_run_without_an_end_and_without_a_lock_was_killed_once_it_looks_so_twice(run: FakeRun, watched: WatchedRun):
    run.lock()
    run.train(0, 10)
    run.release()
    assert [state(watched), state(watched), state(watched)] == ["training", "killed", "killed"]
    run.lock()
    assert state(watched) == "training"
    run.release()
    assert [state(watched), state(watched)] == ["training", "killed"]


def test_asking_whether_a_run_is_held_does_not_hold_it(run: FakeRun, watched: WatchedRun):
    run.lock()
    run.release()
    assert not watched.is_held()
    run.lock()
    assert watched.is_held()
    assert WatchedRun(run.folder).is_held()


def test_a_stopped_run_does_not_go_on_waiting(run: FakeRun, watched: WatchedRun):
    watched.pause()
    watched.stop()
    assert (run.folder / "stop").exists()
    assert not (run.folder / "pause").exists()


def test_who_watches_asks_for_a_lambda_until_it_watches_no_more(run: FakeRun, watched: WatchedRun):
    watched.ask_for(0.05)
    watched.ask_for(0.013)
    assert json.loads((run.folder / "view.json").read_text()) == {"lmbda": 0.013}
    watched.ask_no_more()
    watched.ask_no_more()
    assert run.wanted_lmbda() is None


def test_a_picture_is_new_once(run: FakeRun, watched: WatchedRun):
    run.answer(10, 0.013)
    view = watched.new_view()
    assert view is not None
    assert (view.step, view.lmbda, view.original.shape, view.picture.shape) == (10, 0.013, (256, 384, 3), (256, 384, 3))
    assert view.bits is not None
    assert view.bits.shape == (16, 24)
    assert watched.new_view() is None
    run.answer(20, 0.05)
    view = watched.new_view()
    assert view is not None
    assert view.step == 20


def test_what_is_no_picture_is_refused_once(run: FakeRun, watched: WatchedRun):
    path = run.folder / "view.npz"
    path.write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=r"view\.npz is no picture of a run"):
        watched.new_view()
    assert watched.new_view() is None
    np.savez(path, original=np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(ValueError, match=r"view\.npz is no picture of a run"):
        watched.new_view()


@pytest.mark.parametrize(
    ("original", "picture", "bits", "message"),
    [
        ((32, 32, 3), (32, 48, 3), (2, 2), r"has pictures of \(32, 32, 3\) and \(32, 48, 3\); must be one H x W x 3"),
        ((32, 32, 4), (32, 32, 4), (2, 2), r"has pictures of \(32, 32, 4\) and"),
        ((32, 32, 3), (32, 32, 3), (2, 3), r"has bits of \(2, 3\) places for 32 x 32 px"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(tmp_path: Path, original, picture, bits, message):
    path = tmp_path / "view.npz"
    pictures = {"original": np.zeros(original, np.uint8), "picture": np.zeros(picture, np.uint8)}
    np.savez(path, **pictures, bits=np.zeros(bits, np.float32), step=1, lmbda=0.01, bpp=1.0, psnr_db=30.0)
    with pytest.raises(ValueError, match=message):
        read_view(path)


@pytest.mark.parametrize(
    ("config", "plan"),
    [
        ({"minutes": 2, "steps": 0, "preset": "tiny", "start": ""}, Plan(2, None, start="a block transform")),
        ({"minutes": 60.0, "steps": 300, "preset": "paper"}, Plan(None, 300)),
        ({"steps": 9, "start": "runs/a/best.safetensors"}, Plan(None, 9, start="the weights best")),
        ({"steps": 9, "lmbdas": [0.013]}, Plan(None, 9, (0.013,))),
        ({"steps": 9, "lmbda_min": 0.002, "lmbda_max": 0.02}, Plan(None, 9, Interval(0.002, 0.02))),
        ({"steps": 9, "lmbda_min": 0.02, "lmbda_max": 0.02}, Plan(None, 9, (0.02,))),
    ],
)
def test_a_plan_is_what_the_configuration_says(tmp_path: Path, config, plan):
    assert WatchedRun(FakeRun(tmp_path, **config).folder).plan() == plan


def test_a_plan_is_read_again_when_the_configuration_is_another(tmp_path: Path):
    watched = WatchedRun(FakeRun(tmp_path, steps=10).folder)
    assert watched.plan().steps == 10
    FakeRun(tmp_path, steps=200)
    assert watched.plan().steps == 200
    (tmp_path / "config.toml").write_text("steps = [")
    assert watched.plan() == Plan()


def test_a_model_without_a_linear_path_does_not_start_as_a_block_transform(tmp_path: Path):
    run = FakeRun(tmp_path, preset="tiny")
    with (run.folder / "config.toml").open("a") as file:
        file.write("[model]\nlinear_path = false\n")
    assert WatchedRun(run.folder).plan().start == ""
