"""The monitor over a fake run: what it shows, asks for and writes, live and afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcae_widgets import training_monitor
from dcae_widgets.training_monitor import TrainingMonitor

from .fake_codec import FakeCodec, until
from .fake_run import FakeRun

Watch = Callable[..., TrainingMonitor]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[FakeRun]:
    made = FakeRun(tmp_path / "run", steps=300, preset="tiny", start="")
    yield made
    made.release()


@pytest.fixture
def watch(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Monitors whose thread sleeps, so that a test says when the folder is looked at."""
    monkeypatch.setattr(training_monitor, "POLL_S", 3600.0)
    monkeypatch.setattr(training_monitor, "CURVES_S", 0.0)
    monitors = []

    def made(**arguments: Any) -> TrainingMonitor:
        monitors.append(TrainingMonitor(run.folder, **arguments))
        return monitors[-1]

    yield made
    for monitor in monitors:
        monitor.close()


def steps_drawn(monitor: TrainingMonitor) -> list[float]:
    return np.frombuffer(monitor.curves.series, np.float32).reshape(-1, 4)[:, 0].tolist()


def test_of_two_that_watch_one_may_leave(run: FakeRun, watch: Watch):
    run.lock()
    first, second = watch(lmbda=0.02), watch(lmbda=0.03)
    first.close()
    second.refresh()
    assert run.wanted_lmbda() == 0.03


def test_a_run_is_shown_from_before_its_first_step_to_its_end(run: FakeRun, watch: Watch):
    monitor = watch()
    assert (monitor.state, monitor.panel.commands, monitor.panel.enabled) == ("waiting", [], False)
    assert monitor.panel.caption == "There is no picture yet."
    assert run.wanted_lmbda() is None, "nobody is there to draw"

    run.lock()
    monitor.refresh()
    assert run.wanted_lmbda() == 0.013
    assert monitor.panel.caption == "The run draws its first picture soon."

    run.train(0, 50)
    run.answer(50, 0.013)
    monitor.refresh()
    assert (monitor.panel.state, monitor.panel.commands, monitor.panel.enabled) == ("training", ["pause", "stop"], True)
    assert steps_drawn(monitor) == [10, 20, 30, 40, 50]
    assert monitor.curves.start == "a block transform"
    assert dict(monitor.panel.figures)["step"] == "50 of 300"
    assert monitor.panel.share == pytest.approx(50 / 300)
    assert monitor.panel.caption.startswith("Step 50, λ 0.013: ")
    assert [layer.name for layer in monitor.photo_view.layers] == ["original", "decoded", "bits map"]

    run.end(50)
    monitor.refresh()
    assert (monitor.panel.state, monitor.panel.commands, monitor.panel.enabled) == ("finished", [], False)
    assert "λ cannot be moved: nobody trains now, and without open_codec=" in monitor.panel.caption
    assert monitor.panel.error == ""


def test_commands_are_files_in_the_folder(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    monitor = watch()
    monitor.pause()
    assert (run.folder / "pause").exists()
    assert (monitor.state, monitor.panel.commands) == ("paused", ["continue", "stop"])
    monitor.go_on()
    assert not (run.folder / "pause").exists()
    assert monitor.state == "training"
    monitor.panel._handle_custom_msg({"type": "command", "command": "stop"}, [])
    assert (run.folder / "stop").exists()
    assert (monitor.state, monitor.panel.commands) == ("stopping", [])


def test_a_killed_run_says_how_it_is_resumed(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    run.release()
    monitor = watch()
    monitor.refresh()
    assert monitor.panel.state == "killed"
    assert f"`dcae train --resume {run.folder}`" in monitor.panel.sentence


def test_a_run_that_goes_on_from_an_earlier_state_is_drawn_anew(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 50)
    monitor = watch()
    assert len(steps_drawn(monitor)) == 5
    run.log.write_text("".join(run.log.read_text().splitlines(keepends=True)[:3]))
    monitor.refresh()
    assert steps_drawn(monitor) == [10, 20]
    assert [step for step, _, _ in monitor.curves.held_out] == [0]


def test_a_lambda_under_the_hand_is_asked_for_and_waited_for(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    run.answer(10, 0.013)
    monitor = watch()
    monitor.panel._handle_custom_msg({"type": "lmbda", "lmbda": 0.05, "final": False}, [])
    assert run.wanted_lmbda() == monitor.panel.lmbda == 0.05
    assert monitor.panel.caption.endswith("The run draws λ 0.05 next.")
    run.answer(20, 0.05)
    monitor.refresh()
    assert monitor.panel.caption.startswith("Step 20, λ 0.05: ")
    assert "next" not in monitor.panel.caption


def test_a_slider_has_the_lambdas_of_the_run(tmp_path: Path, run: FakeRun, watch: Watch):
    FakeRun(run.folder, steps=300, lmbda_min=0.02, lmbda_max=0.04)
    run.lock()
    monitor = watch()
    assert (monitor.panel.lmbda_min, monitor.panel.lmbda_max, monitor.panel.lmbda) == (0.02, 0.04, 0.02)
    assert run.wanted_lmbda() == 0.02


def test_a_run_of_one_lambda_has_no_slider(run: FakeRun, watch: Watch):
    FakeRun(run.folder, steps=300, lmbdas=[0.0067])
    run.lock()
    run.train(0, 10)
    run.answer(10, 0.0067)
    monitor = watch()
    assert not monitor.panel.enabled
    assert run.wanted_lmbda() == 0.0067
    assert monitor.panel.caption.endswith("The model has this one λ.")


def test_after_a_run_its_best_weights_draw_the_picture_at_any_lambda(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 50)
    run.answer(50, 0.013)
    (run.folder / "best.safetensors").write_bytes(b"weights")
    run.end(50)
    opened = []
    codec = FakeCodec()
    monitor = watch(open_codec=lambda path: opened.append(path) or codec)
    until(lambda: monitor.panel.enabled, "the estimate")
    assert opened == [str(run.folder / "best.safetensors")]
    assert monitor.panel.caption.startswith("The best weights, step 50, λ 0.013: ")
    original, made = (layer.image for layer in monitor.photo_view.layers)
    monitor.move_to(0.05)
    until(lambda: "λ 0.05:" in monitor.panel.caption, "the other lambda")
    assert monitor.panel.caption.endswith("dB.")
    assert codec.calls[-1] == ("estimate", 0.05)
    assert np.array_equal(monitor.photo_view.layers[0].image, original)
    assert not np.array_equal(monitor.photo_view.layers[1].image, made)
    assert run.wanted_lmbda() is None, "there is no run to ask"


def test_a_run_that_nobody_watched_is_shown_on_a_shipped_photo(run: FakeRun, watch: Watch):
    run.train(0, 50)
    (run.folder / "best.safetensors").write_bytes(b"weights")
    run.end(50)
    monitor = watch(open_codec=lambda path: FakeCodec())
    until(lambda: monitor.panel.enabled, "the estimate")
    assert monitor.photo_view.layers[0].image.shape == (384, 512, 3)


def test_a_run_that_ended_before_it_kept_weights_says_so(run: FakeRun, watch: Watch):
    run.train(0, 50)
    run.end(50)
    monitor = watch(open_codec=lambda path: FakeCodec())
    assert monitor.panel.caption == "λ cannot be moved: nobody trains now, and there is no best.safetensors yet."


def test_weights_that_cannot_be_read_are_said_in_words(run: FakeRun, watch: Watch):
    def refuse(path: str) -> FakeCodec:
        raise ValueError("no weights in it")

    run.train(0, 50)
    (run.folder / "best.safetensors").write_bytes(b"rubbish")
    run.end(50)
    monitor = watch(open_codec=refuse)
    until(lambda: monitor.panel.error, "the error")
    assert monitor.panel.error == "ValueError: no weights in it"


def test_a_picture_that_cannot_be_read_is_said_in_words_and_the_log_is_drawn(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    (run.folder / "view.npz").write_bytes(b"rubbish")
    monitor = watch()
    assert "view.npz is no picture of a run" in monitor.panel.error
    run.step(20)
    monitor.refresh()
    assert steps_drawn(monitor) == [10, 20]


def test_an_error_goes_with_the_next_picture_that_can_be_read(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    (run.folder / "view.npz").write_bytes(b"rubbish")
    monitor = watch()
    assert monitor.panel.error
    run.answer(10, 0.013)
    monitor.refresh()
    assert monitor.panel.error == ""


def test_lines_that_are_no_records_are_said_in_words(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    with run.log.open("a") as file:
        file.write("rubbish\n")
    monitor = watch()
    assert monitor.panel.error == f"lines of {run.log} that are no records: 1"
    assert steps_drawn(monitor) == [10]


def test_a_run_in_a_folder_that_is_gone_says_why_it_cannot_be_paused(run: FakeRun, watch: Watch):
    monitor = watch()
    (run.folder / "config.toml").unlink()
    run.folder.rmdir()
    monitor.pause()
    assert monitor.panel.error.startswith("FileNotFoundError: ")


def test_the_folder_is_looked_at_by_a_thread(run: FakeRun, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training_monitor, "POLL_S", 0.01)
    run.lock()
    monitor = TrainingMonitor(run.folder)
    try:
        run.train(0, 50)
        until(lambda: dict(monitor.panel.figures)["step"] == "50 of 300", "the step")
    finally:
        monitor.close()


def test_a_closed_monitor_asks_for_no_more_pictures_and_leaves_the_run_alone(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 10)
    monitor = watch()
    assert run.wanted_lmbda() == 0.013
    monitor.close()
    assert run.wanted_lmbda() is None
    assert not (run.folder / "stop").exists()
    assert monitor.panel.comm is None


def test_a_static_picture_says_what_is_shown(run: FakeRun, watch: Watch):
    run.lock()
    run.train(0, 50)
    run.answer(50, 0.013)
    picture = watch().picture()
    assert picture.alt is not None
    assert picture.alt.startswith(f"run: training, in {run.folder}. ")
    assert "step 50, λ 0.013:" in picture.alt
