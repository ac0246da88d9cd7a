"""Figures with their units, how much is done, and a state in words."""

import math
from pathlib import Path

import pytest

from dcae_widgets.run_figures import NOT_KNOWN, figures, progress, sentence
from dcae_widgets.run_log import RunLog
from dcae_widgets.watched_run import Plan

from .fake_run import FakeRun


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def log_of(run: FakeRun) -> RunLog:
    log = RunLog(run.log)
    log.read()
    return log


def test_of_an_empty_log_nothing_is_known(run: FakeRun):
    assert {value for _, value in figures(log_of(run), Plan(), "waiting")} == {NOT_KNOWN}
    assert progress(log_of(run), Plan(), "waiting") == -1
    assert progress(log_of(run), Plan(steps=300), "waiting") == 0


def test_figures_are_those_of_the_last_step_with_their_units(run: FakeRun):
    run.held_out(0)
    run.step(1200, loss=1.0221, bpp=0.5119, psnr_db=31.204, steps_per_s=4.0)
    assert dict(figures(log_of(run), Plan(steps=3000), "training")) == {
        "step": "1,200 of 3,000",
        "elapsed": "5:00 min",
        "time left": "7:30 min",
        "speed": "4.00 steps/s",
        "training loss": "1.022",
        "training rate": "0.512 bpp",
        "training PSNR": "31.20 dB",
    }


def test_a_run_by_the_clock_knows_its_time_and_not_its_steps(run: FakeRun):
    run.step(120)
    plan = Plan(minutes=2.0)
    shown = dict(figures(log_of(run), plan, "training"))
    assert (shown["step"], shown["elapsed"], shown["time left"]) == ("120", "0:30 min", "1:30 min")
    assert progress(log_of(run), plan, "training") == 0.25


@pytest.mark.parametrize("state", ["finished", "stopped", "killed"])
def test_a_run_that_has_ended_has_no_time_left(run: FakeRun, state: str):
    run.step(120)
    assert dict(figures(log_of(run), Plan(minutes=2.0), state))["time left"] == NOT_KNOWN


def test_a_finished_run_is_all_done_and_a_stopped_one_is_not(run: FakeRun):
    run.step(290)
    assert progress(log_of(run), Plan(steps=300), "finished") == 1
    assert progress(log_of(run), Plan(steps=300), "stopped") == pytest.approx(290 / 300)


def test_a_loss_that_is_no_number_is_said_to_be_none(run: FakeRun):
    run.step(10, loss=math.nan)
    assert dict(figures(log_of(run), Plan(), "training"))["training loss"] == "no number"


def test_each_state_has_a_sentence():
    states = ("waiting", "training", "paused", "stopping", "finished", "stopped", "killed")
    assert len({sentence(state, Path("a")) for state in states}) == 6  # training and finished say where
