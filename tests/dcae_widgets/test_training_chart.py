"""A run as one picture for print: it says in words what it shows, at any time of a run."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dcae_widgets.run_log import RunLog
from dcae_widgets.training_chart import training_chart
from dcae_widgets.watched_run import read_view

from .fake_run import FakeRun


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def height_px(chart: Any) -> int:
    return Image.open(io.BytesIO(chart.data)).height


def test_a_run_is_drawn_and_said_in_words(run: FakeRun):
    run.train(0, 100)
    run.answer(100, 0.013)
    log, view = RunLog(run.log), read_view(run.folder / "view.npz")
    log.read()
    chart = training_chart(log.steps, log.held_out, view, "my codec: finished", "a block transform")
    assert chart.alt is not None
    assert chart.alt.startswith("my codec: finished. ")
    assert "fewer bits than at the start, at equal PSNR (BD-rate). 10 lines of steps, 3 measurements" in chart.alt
    assert f"step 100, λ 0.013: {view.bpp:.3f} bits a pixel, {view.psnr_db:.2f} dB" in chart.alt
    without = training_chart(log.steps, log.held_out, None, "my codec: finished")
    assert height_px(without) < height_px(chart)


def test_an_empty_log_is_drawn_without_complaint():
    chart = training_chart([], [], None, "my codec: waiting")
    assert chart.alt == "my codec: waiting. 0 lines of steps, 0 measurements on held-out photos"


def test_losses_that_are_no_numbers_are_drawn_without_complaint(run: FakeRun):
    for step in (10, 20):
        run.step(step, loss=float("nan"))
    run.held_out(20, float("nan"))
    log = RunLog(run.log)
    log.read()
    assert training_chart(log.steps, log.held_out, None, "diverged").data
