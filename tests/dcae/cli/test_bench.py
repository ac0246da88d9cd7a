"""`dcae bench` says in a line or in JSON what it measured, of what was asked for."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcae.analysis.live.REST_S", (0.0, 0.01))


def test_json_has_the_sizes_the_steps_and_two_times(run: Run, weights: Path):
    result = run("bench", "live", "--model", weights, "--width", 70, "--height", 40, "--steps", 3, "--json")
    assert result.exit_code == 0, result.stderr
    fields = json.loads(result.stdout)
    assert {name: fields[name] for name in ("steps", "width", "height", "background")} == {
        "steps": 3, "width": 70, "height": 40, "background": True,
    }  # fmt: skip
    assert 0 < fields["median_ms"] <= fields["p95_ms"]


def test_for_people_it_is_one_line(run: Run, weights: Path):
    small = ("--model", weights, "--width", 20, "--height", 10, "--steps", 2)
    for options, meanwhile in (((), "points of a curve meanwhile"), (("--no-background",), "nothing meanwhile")):
        result = run("bench", "live", *small, *options)
        assert result.exit_code == 0, result.stderr
        assert result.stdout.startswith("20 x 10 px, 2 steps, ")
        assert meanwhile in result.stdout
        assert len(result.stdout.splitlines()) == 1


def test_what_is_no_size_is_refused(run: Run):
    result = run("bench", "live", "--width", 0)
    assert result.exit_code == 2
    assert "Invalid value for '--width'" in result.stderr


def test_what_the_trainer_adds_is_a_ratio_of_two_paces(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.training.pace.ROUNDS", 1)
    result = run("bench", "train", "--preset", "tiny", "--steps", 1)
    assert result.exit_code == 0, result.stderr
    found = re.fullmatch(r"tiny: ([\d.]+) steps/s, a bare loop ([\d.]+); ratio ([\d.]+) \(.*\)\n", result.stdout)
    assert found
    trainer, bare, ratio = map(float, found.groups())
    assert ratio == pytest.approx(bare and trainer / bare, rel=0.05)
