"""A log that is read while it grows: whole lines once, half ones later, a shorter file anew."""

import json
import math
import os
from pathlib import Path

import pytest

from dcae_widgets.run_log import RunLog

from .fake_run import LMBDAS, FakeRun


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path / "run")


def test_a_log_that_is_not_there_yet_says_nothing(run: FakeRun):
    log = RunLog(run.log)
    assert not log.read()
    assert log.is_empty
    assert log.best is None


def test_only_what_was_added_is_new(run: FakeRun):
    log = RunLog(run.log)
    run.train(0, 50)
    assert log.read()
    assert [step.step for step in log.steps] == [10, 20, 30, 40, 50]
    assert [held_out.step for held_out in log.held_out] == [0, 50]
    known = log.steps[0]
    assert not log.read()
    run.step(60, loss=1.5, bpp=0.5, psnr_db=31.0)
    assert log.read()
    assert log.steps[0] is known
    assert log.steps[-1][:5] == (60, 15.0, 1.5, 0.5, 31.0)


def test_points_stand_in_order_of_the_rate(run: FakeRun):
    points = [{"lmbda": lmbda, "bpp": lmbda * 10, "psnr_db": 30, "loss": 1} for lmbda in reversed(LMBDAS)]
    run.write("held_out", 0, loss=1.0, best=True, points=points)
    log = RunLog(run.log)
    log.read()
    assert [point[0] for point in log.held_out[0].points] == list(LMBDAS)


def test_the_best_is_the_last_that_was_kept_as_the_best(run: FakeRun):
    for step, loss in ((0, 1.4), (50, 1.1), (100, 1.2)):
        run.held_out(step, loss)
    log = RunLog(run.log)
    log.read()
    assert log.best is not None
    assert log.best.step == 50


def test_a_half_written_line_waits_for_its_other_half(run: FakeRun):
    log = RunLog(run.log)
    run.step(10)
    whole = run.log.read_bytes()
    run.log.write_bytes(whole[:30])
    log.read()
    assert log.is_empty
    with run.log.open("ab") as file:
        file.write(whole[30:])
    assert log.read()
    assert (len(log.steps), log.unreadable) == (1, 0)


def test_a_log_that_was_cut_back_is_read_anew(run: FakeRun):
    log = RunLog(run.log)
    run.train(0, 50)
    log.read()
    run.log.write_bytes(run.log.read_bytes().splitlines(keepends=True)[0])
    assert log.read()
    assert (log.steps, len(log.held_out)) == ([], 1)


def test_a_log_that_was_cut_back_and_has_grown_again_between_two_looks_is_read_anew(run: FakeRun):
    log = RunLog(run.log)
    run.train(0, 50)
    log.read()
    before = run.log.read_bytes()
    os.truncate(run.log, len(before.splitlines(keepends=True)[0]))
    for step in range(10, 130, 10):
        run.step(step, loss=9.0)
    assert run.log.stat().st_size > len(before)
    log.read()
    assert [step.loss for step in log.steps] == [9.0] * 12
    assert len(log.held_out) == 1


def test_a_log_that_is_gone_is_forgotten(run: FakeRun):
    log = RunLog(run.log)
    run.step(10)
    log.read()
    run.log.unlink()
    assert log.read()
    assert log.is_empty
    assert not log.read()


def test_lines_that_are_no_records_are_passed_over_and_counted(run: FakeRun):
    run.step(10)
    with run.log.open("a") as file:
        file.write('rubbish\n{"kind": "step", "step": 20}\n[1]\n{"kind": "step", "step": "x"}\n')
        file.write("[" * 99_999 + "\n")
    run.step(30)
    log = RunLog(run.log)
    log.read()
    assert [step.step for step in log.steps] == [10, 30]
    assert log.unreadable == 5


def test_kinds_of_later_versions_are_passed_over(run: FakeRun):
    run.write("photo", 5)
    log = RunLog(run.log)
    assert log.read()
    assert log.unreadable == 0


def test_a_loss_that_is_no_number_is_kept_as_such(run: FakeRun):
    run.step(10, loss=math.nan)
    run.log.write_text(run.log.read_text() + json.dumps({**json.loads(run.log.read_text()), "loss": None}) + "\n")
    log = RunLog(run.log)
    log.read()
    assert [math.isnan(step.loss) for step in log.steps] == [True, True]


def test_an_end_is_known_until_the_run_goes_on(run: FakeRun):
    log = RunLog(run.log)
    run.step(10)
    run.end(10, "stopped")
    log.read()
    assert log.end == "stopped"
    run.step(20)
    log.read()
    assert log.end == ""
