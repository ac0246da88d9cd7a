"""`dcae bench` says in a line or in JSON what it measured, of what was asked for."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from dcae.images import save_png
from dcae.samples import sample

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


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcae.analysis.roofline.PRODUCT_SIDE", 64)
    monkeypatch.setattr("dcae.analysis.roofline.COPY_BYTES", 1 << 16)


@pytest.mark.usefixtures("small_machine")
def test_parts_are_a_table_and_a_plot_or_json(run: Run, weights: Path, tmp_path: Path):
    command = ("bench", "parts", "--width", 64, "--height", 64, "--rounds", 1)
    result = run(*command, "--model", weights, "--batches", "1,2", "--crop-px", 64, "--plot", tmp_path / "parts.svg")
    assert result.exit_code == 0, result.stderr
    rows = result.stdout.splitlines()
    assert rows[0].startswith("component")
    assert [row[:18] for row in rows[-2:]] == ["a training step, 1", "a training step, 2"]
    assert "<svg" in (tmp_path / "parts.svg").read_text()
    fields = json.loads(run(*command, "--preset", "tiny", "--batches", "", "--json").stdout)
    assert sum(part["share"] for part in fields["components"]) == pytest.approx(1)
    assert (fields["network"], fields["training_bytes"]) == ("tiny", {})


def test_switches_are_lines_or_json(run: Run, weights: Path):
    command = ("bench", "switches", "--model", weights, "--width", 60, "--height", 64, "--rounds", 1)
    result = run(*command, "--only", "attention,channels-last")
    assert result.exit_code == 0, result.stderr
    assert re.fullmatch(r"attention: .*times as fast\nchannels-last: .*times as fast\n", result.stdout)
    (change,) = json.loads(run(*command, "--only", "bfloat16", "--json").stdout)
    assert (change["name"], change["before"]) == ("bfloat16", "g_a and g_s in float32")


def test_growth_is_a_table_and_a_plot_or_json(run: Run, weights: Path, tmp_path: Path):
    command = ("bench", "growth", "--model", weights, "--along", "slices", "--side-px", 64, "--rounds", 1)
    result = run(*command, "--plot", tmp_path / "growth.png")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("slices, slices\n")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
    (growth,) = json.loads(run(*command, "--json").stdout)
    assert {"sizes", "seconds", "peak_bytes", "slope_seconds", "slope_bytes_error"} < set(growth)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("parts", "--batches", "1,x"), "batches are '1,x'; must be numbers from 1"),
        (("ablations", "photos", "--seeds", "0,-1"), "seeds are '0,-1'; must be numbers from 0"),
        (("parts", "--preset", "huge"), "there is no preset 'huge'"),
        (("parts", "--plot", "parts.txt"), "must end in .svg, .png or .pdf"),
        (("parts", "--crop-px", "100", "--preset", "tiny"), "the side is 100 px; must be a multiple of 64 px"),
        (("growth", "--side-px", "100", "--preset", "tiny"), "the side is 100 px; must be a multiple of 64 px"),
        (("growth", "--max-mpx", "inf", "--preset", "tiny"), "max_mpx is inf; must be 0.2 or more, and finite"),
        (("growth", "--plot", "nowhere/growth.svg"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_measured_or_drawn_is_refused(run: Run, arguments: tuple[str, ...], said: str):
    result = run("bench", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_on_one_core_threads_do_not_grow_and_that_is_said(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.analysis.growth.thread_growth", lambda *_: None)
    result = run("bench", "growth", "--preset", "tiny", "--along", "threads")
    assert result.exit_code == 2
    assert "nothing to measure along threads: this machine has one core" in result.stderr


def test_what_the_trainer_adds_is_a_ratio_of_two_paces(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.training.pace.ROUNDS", 1)
    result = run("bench", "train", "--preset", "tiny", "--steps", 1)
    assert result.exit_code == 0, result.stderr
    found = re.fullmatch(r"tiny: ([\d.]+) steps/s, a bare loop ([\d.]+); ratio ([\d.]+) \(.*\)\n", result.stdout)
    assert found
    trainer, bare, ratio = map(float, found.groups())
    assert ratio == pytest.approx(bare and trainer / bare, rel=0.05)


def test_ablations_print_a_row_for_the_baseline_and_for_each_recipe(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dcae.training.loop.PRIOR_CROPS", 2)
    monkeypatch.setattr("dcae.training.prior.STEPS", 2)
    (tmp_path / "photos").mkdir()
    for name in ("coffee", "flower", "rocket"):
        save_png(tmp_path / "photos" / f"{name}.png", sample(name)[:130, :130])
    settings = ["preset='tiny'", "batch=1", "crop_px=64", "held_out=1", "bfloat16=false"]
    options = [part for setting in settings for part in ("--set", setting)]
    command = ("bench", "ablations", tmp_path / "photos", "--steps", 2, "--out", tmp_path / "runs", *options)
    result = run(*command, "--recipes", "slices_1", "--seeds", "3,5")
    assert result.exit_code == 0, result.stderr
    rows = result.stdout.splitlines()
    assert rows[0].split() == ["recipe", "parameters", "steps/s", "held-out", "loss", "BD-rate", "%"]
    assert [row.split()[0] for row in rows[1:3]] == ["as_it_is", "slices_1"]
    assert rows[1].endswith(" 0.00")
    order = ["seed_3/as_it_is", "seed_3/slices_1", "seed_5/as_it_is", "seed_5/slices_1"]
    assert [line for line in result.stderr.splitlines() if line.startswith("seed_")] == order


def test_an_unknown_recipe_is_one_line(run: Run, tmp_path: Path):
    result = run("bench", "ablations", "photos", "--recipes", "slices_3", "--out", tmp_path)
    assert result.exit_code == 2
    assert "there is no recipe 'slices_3'" in result.stderr
    assert len(result.stderr.splitlines()) == 1
