"""What is drawn of a log: few rows of a long one, a smoothed loss, and how far the curve has come."""

import math
from pathlib import Path

import numpy as np
import pytest

from dcae_widgets.plotly_page import plotly_gzipped
from dcae_widgets.run_log import HeldOut, RunLog, Step
from dcae_widgets.training_curves import MAX_CURVES, MAX_POINTS, TrainingCurves, loss_series, verdict

from .fake_run import FakeRun


def steps(losses: list[float]) -> list[Step]:
    return [Step(10 * (1 + row), 1.0, loss, 0.5, 30.0, 0.5, 4.0) for row, loss in enumerate(losses)]


def measured(step: int, points: tuple[tuple[float, float, float], ...], loss: float = 1.0) -> HeldOut:
    return HeldOut(step, 0.0, loss, True, points)


RISING = tuple((lmbda, 0.1 * (1 + row), 28.0 + 2 * row) for row, lmbda in enumerate((0.002, 0.005, 0.01, 0.02)))


def log_of(tmp_path: Path, last: int) -> RunLog:
    run = FakeRun(tmp_path)
    run.train(0, last)
    log = RunLog(run.log)
    log.read()
    return log


def test_no_step_is_no_row():
    assert loss_series([]).shape == (0, 4)


def test_a_short_log_is_drawn_line_by_line():
    series = loss_series(steps([2.0, 1.0, 1.5]))
    assert series[:, 0].tolist() == [10, 20, 30]
    assert series[:, 1].tolist() == [2.0, 1.0, 1.5]
    assert series[:, 3].tolist() == [0.5, 0.5, 0.5]


def test_the_smoothed_loss_begins_at_the_first_and_stays_within_all():
    smooth = loss_series(steps([2.0, 1.0, 1.5, 1.2]))[:, 2]
    assert smooth[0] == 2.0
    assert all(1.0 < value <= 2.0 for value in smooth)


@pytest.mark.parametrize("lines", [MAX_POINTS, MAX_POINTS + 1, 3 * MAX_POINTS + 7, 20_000])
def test_a_long_log_is_drawn_with_few_rows_that_keep_its_mean(lines: int):
    losses = [1 + 1 / (1 + row) for row in range(lines)]
    series = loss_series(steps(losses))
    assert MAX_POINTS / 2 <= len(series) <= MAX_POINTS
    assert np.all(np.diff(series[:, 0]) > 0)
    whole = lines // -(-lines // MAX_POINTS)
    stride = -(-lines // MAX_POINTS)
    assert series[:whole, 1].mean() == pytest.approx(np.mean(losses[: whole * stride]), rel=1e-5)


def test_a_loss_that_is_no_number_is_a_gap_that_the_smoothed_one_passes_over():
    series = loss_series(steps([2.0, math.nan, 1.0]))
    assert np.isnan(series[:, 1]).tolist() == [False, True, False]
    assert np.isfinite(series[:, 2]).all()
    assert np.isnan(loss_series(steps([math.nan]))[0, 2])


def test_a_verdict_takes_two_measurements():
    assert verdict([]) == verdict([measured(0, RISING)]) == ""


def test_a_verdict_is_the_bits_at_equal_psnr():
    fewer = tuple((lmbda, 0.8 * bpp, psnr_db) for lmbda, bpp, psnr_db in RISING)
    assert (
        verdict([measured(0, RISING), measured(9, fewer)])
        == "20.0 % fewer bits than at the start, at equal PSNR (BD-rate)"
    )
    assert (
        verdict([measured(0, fewer), measured(9, RISING)])
        == "25.0 % more bits than at the start, at equal PSNR (BD-rate)"
    )


@pytest.mark.parametrize("other", [RISING[:1], tuple((lmbda, bpp, psnr_db + 30) for lmbda, bpp, psnr_db in RISING)])
def test_curves_without_a_common_interval_are_compared_by_their_losses(other):
    words = verdict([measured(0, RISING, 1.4), measured(1200, other, 1.1)])
    assert words == "mean loss 1.400 at the start, 1.100 at step 1,200"


def test_all_of_a_log_is_shown(tmp_path: Path):
    curves, log = TrainingCurves(), log_of(tmp_path, 100)
    curves.show(log.steps, log.held_out, "a block transform")
    assert np.frombuffer(curves.series, np.float32).reshape(-1, 4)[:, 0].tolist() == list(range(10, 101, 10))
    assert [(step, best) for step, _, best in curves.held_out] == [(0, True), (50, True), (100, True)]
    assert [curve["step"] for curve in curves.curves] == [0, 50, 100]
    assert curves.curves[0]["points"][0] == [0.0018, 0.15, 25.6]
    assert curves.start == "a block transform"
    assert "fewer bits than at the start" in curves.verdict


def test_of_many_measurements_the_first_and_the_last_are_drawn(tmp_path: Path):
    curves, log = TrainingCurves(), log_of(tmp_path, 50 * 99)
    curves.show(log.steps, log.held_out, "")
    assert len(curves.held_out) == 100
    assert len(curves.curves) == MAX_CURVES
    assert (curves.curves[0]["step"], curves.curves[-1]["step"]) == (0, 4950)


def test_a_measurement_of_another_run_of_as_many_is_shown(tmp_path: Path):
    curves = TrainingCurves()
    curves.show([], [measured(0, RISING, 1.4)], "")
    curves.show([], [measured(0, RISING, 1.2)], "")
    assert curves.held_out == [[0, 1.2, True]]


def test_plotly_is_sent_when_it_is_asked_for_and_never_else(monkeypatch: pytest.MonkeyPatch):
    sent = []
    monkeypatch.setattr(TrainingCurves, "send", lambda self, content, buffers=None: sent.append((content, buffers)))
    curves = TrainingCurves()
    curves._handle_custom_msg({"type": "something else"}, [])
    assert sent == []
    curves._handle_custom_msg({"type": "plotly.js"}, [])
    assert sent == [({"type": "plotly.js"}, [plotly_gzipped()])]
