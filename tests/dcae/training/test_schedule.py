"""The clock of a run counts what was trained, and nothing else."""

import pytest

from dcae.training.schedule import Clock


def test_a_step_that_was_stopped_counts_as_a_minute_and_what_is_no_training_as_nothing(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr("dcae.training.schedule.time.monotonic", lambda: now[0])
    clock = Clock(5.0)
    now[0] = 1000.0
    clock.tick()
    assert clock.seconds == 65
    now[0] = 1500.0
    clock.restart()
    now[0] = 1502.0
    clock.tick()
    assert clock.seconds == 67
