"""`dcae eval`: figures of a folder on the screen, in CSV and in JSON, over the same pictures for every codec."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from compressai.models import FactorizedPrior
from PIL import features
from typer.testing import Result

from dcae.analysis.baselines import BASELINES
from dcae.codec.codec import Codec
from dcae.images import load_image, save_png
from dcae.samples import sample

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them too small for MS-SSIM, and a note."""
    folder = tmp_path / "photos"
    folder.mkdir()
    save_png(folder / "a_large.png", sample("coffee")[:170, :165])
    save_png(folder / "b_small.png", sample("flower")[200:264, 300:396])
    (folder / "note.txt").write_text("no picture")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results" / "first"


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "eval.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def printed_rows(result: Result) -> list[list[str]]:
    """The words of each row of the table on the screen, without its head."""
    table = result.stdout.partition(" pictures; ")[0]
    return [line.split() for line in table.splitlines()[1:-1]]


def shown(row: dict[str, str]) -> list[str]:
    """A row of the CSV file as the screen shows it."""
    ms_ssim = "n/a" if row["ms_ssim"] == "n/a" else f"{float(row['ms_ssim']):.5f}"
    figures = [f"{float(row['quality']):.4g}", f"{float(row['bpp']):.4f}", f"{float(row['psnr_db']):.3f}", ms_ssim]
    return [row["image"], row["codec"], *figures]


def record_of(out: Path) -> dict[str, Any]:
    return json.loads((out / "eval.json").read_text())


def test_every_picture_has_its_figures_and_so_has_their_mean(run: Run, folder: Path, out: Path, codec: Codec):
    result = run("eval", folder, "--model", codec_path(codec, folder), "--lmbda", 0.0018, "--lmbda", 0.05, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = rows_of(out)
    assert [(row["image"], row["quality"]) for row in rows] == [
        (image, lmbda) for image in ("a_large.png", "b_small.png") for lmbda in ("0.0018", "0.05")
    ] + [("mean", "0.0018"), ("mean", "0.05")]
    small = load_image(folder / "b_small.png")
    assert int(rows[3]["bytes"]) == len(codec.encode(small, 0.05))
    assert float(rows[5]["bpp"]) == pytest.approx((float(rows[1]["bpp"]) + float(rows[3]["bpp"])) / 2)
    assert [row["ms_ssim"] == "n/a" for row in rows] == [False, False, True, True, False, False]
    assert printed_rows(result) == [shown(row) for row in rows[:4]] + [
        [*shown(row), "(MS-SSIM", "of", "1)"] for row in rows[4:]
    ]
    record = record_of(out)
    assert [point["bytes"] for point in record["points"]] == [int(row["bytes"]) for row in rows[:4]]
    name = f"mine-{codec.identity[:8]}"
    assert {row["codec"] for row in rows} == {name}
    assert record["codecs"] == {name: f"DCAE, weights {codec.identity}"}
    assert "BD-rate" not in result.stdout
    assert result.stdout.splitlines()[-1] == f"written: {out / 'eval.csv'}, {out / 'eval.json'}"


def codec_path(codec: Codec, folder: Path) -> Path:
    """The codec's weights as mine.safetensors beside the folder."""
    from dcae.checkpoint import save_weights

    path = folder.parent / "mine.safetensors"
    save_weights(codec.model, path)
    return path


def test_the_default_lambdas_are_8_from_0_0018_to_0_05_evenly_in_their_logarithm(
    run: Run, folder: Path, out: Path, shipped: str
):
    (folder / "a_large.png").unlink()
    assert run("eval", folder, "--model", "tiny", "--out", out).exit_code == 0
    means = record_of(out)["means"]
    assert {mean["codec"] for mean in means} == {shipped}
    lmbdas = [mean["quality"] for mean in means]
    assert (len(lmbdas), lmbdas[0], lmbdas[-1]) == (8, 0.0018, 0.05)
    assert np.ptp(np.diff(np.log(lmbdas))) < 1e-3


def test_weights_of_one_lambda_have_one_point(run: Run, folder: Path, out: Path, fixed_weights: Path):
    (folder / "a_large.png").unlink()
    assert run("eval", folder, "--model", fixed_weights, "--out", out).exit_code == 0
    assert [mean["quality"] for mean in record_of(out)["means"]] == [0.0]


def test_ms_ssim_is_n_a_where_every_picture_is_under_161_px(run: Run, folder: Path, out: Path):
    (folder / "a_large.png").unlink()
    result = run("eval", folder, "--codec", "jpeg", "--out", out)
    assert result.stdout.splitlines()[0].split() == ["image", "codec", "quality", "bpp", "PSNR", "dB", "MS-SSIM"]
    assert [(row[0], row[-1]) for row in printed_rows(result)] == [
        (image, "n/a") for image in ("b_small.png", "mean") for _ in BASELINES["jpeg"].curve
    ]
    record = record_of(out)
    assert all(row["ms_ssim"] is None for row in [*record["points"], *record["means"]])


def test_bd_rates_are_against_every_baseline_with_averaging_interval_and_method(run: Run, folder: Path, out: Path):
    result = run("eval", folder, "--codec", "webp", "--codec", "jpeg", "--codec", "webp", "--out", out)
    reverse, rate = record_of(out)["bd_rates"]
    assert (reverse["codec"], reverse["anchor"]) == ("jpeg", "webp")
    assert (1 + rate["percent"] / 100) * (1 + reverse["percent"] / 100) == pytest.approx(1)
    low, high = rate["psnr_interval_db"]
    assert (rate["codec"], rate["anchor"]) == ("webp", "jpeg")
    assert "2 pictures; mean over the images of each image's own bpp" in result.stdout
    sentence = f"{rate['percent']:+.2f} % (of the mean curves, {low:.2f} to {high:.2f} dB, akima)"
    assert f"BD-rate of webp against jpeg: {sentence}" in result.stdout


def test_a_curve_too_short_for_a_bd_rate_says_so(run: Run, folder: Path, out: Path, fixed_weights: Path):
    (folder / "a_large.png").unlink()
    result = run("eval", folder, "--codec", "dcae", "--codec", "jpeg", "--model", fixed_weights, "--out", out)
    assert result.exit_code == 0
    assert "against jpeg: n/a (test has 1 points; must be 4 or more)" in result.stdout


def test_a_picture_that_cannot_be_read_is_named_and_left_out(run: Run, folder: Path, out: Path):
    (folder / "broken.jpg").write_bytes(b"broken")
    result = run("eval", folder, "--codec", "jpeg", "--out", out)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"dcae: {folder / 'broken.jpg'}: not a picture")
    assert result.stderr.count("\n") == 1
    assert {row["image"] for row in rows_of(out)} == {"a_large.png", "b_small.png", "mean"}


def test_a_picture_that_one_codec_cannot_take_is_left_out_for_all(run: Run, folder: Path, out: Path):
    save_png(folder / "long.png", np.zeros((1, 16384, 3), np.uint8))
    result = run("eval", folder, "--codec", "jpeg", "--codec", "webp", "--out", out)
    assert result.exit_code == 2
    assert "long.png: image is 16384 x 1 px; webp's sides are at most 16383 px" in result.stderr
    assert {row["image"] for row in rows_of(out)} == {"a_large.png", "b_small.png", "mean"}


def test_nothing_is_written_when_no_picture_could_be_measured(run: Run, folder: Path, out: Path):
    for path in folder.iterdir():
        path.unlink()
    (folder / "broken.jpg").write_bytes(b"broken")
    assert run("eval", folder, "--codec", "jpeg", "--out", out).exit_code == 2
    assert list(out.iterdir()) == []


def test_a_codec_that_the_machine_lacks_is_named_and_the_others_measured(
    run: Run, folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
):
    check = features.check
    monkeypatch.setattr("PIL.features.check", lambda name: name != "avif" and check(name))
    result = run("eval", folder, "--codec", "avif", "--codec", "jpeg", "--out", out)
    assert result.exit_code == 2
    assert "dcae: avif is not available: this Pillow" in result.stderr
    assert {row["codec"] for row in rows_of(out)} == {"jpeg"}


def test_an_unknown_codec_is_refused_with_what_the_machine_lacks(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dcae.analysis.jpeg_xl.find_spec", lambda name: None)
    result = run("eval", folder, "--codec", "gif")
    assert result.exit_code == 2
    assert "jpeg-xl is missing: the package imagecodecs is not installed" in result.stderr
    assert "jpeg is missing" not in result.stderr


def test_other_weights_are_codecs_too(run: Run, folder: Path, out: Path, weights: Path, fixed_weights: Path):
    (folder / "a_large.png").unlink()
    result = run("eval", folder, "--codec", weights, "--codec", "dcae", "--model", fixed_weights, "--out", out)
    assert result.exit_code == 0
    assert {row["codec"] for row in rows_of(out)} == {weights.stem, fixed_weights.stem}


def test_codecs_of_one_name_are_refused_and_a_model_may_be_named_twice(
    run: Run, folder: Path, out: Path, fixed_weights: Path, weights: Path, tmp_path: Path
):
    (folder / "a_large.png").unlink()
    namesakes = [tmp_path / place / "series" for place in ("a", "b")]
    for place in namesakes:
        place.mkdir(parents=True)
        shutil.copy(fixed_weights, place / "0.013.safetensors")
    both = run("eval", folder, "--codec", namesakes[0], "--codec", namesakes[1], "--out", out)
    assert both.exit_code == 2
    assert "two codecs would be called 'series' in tables and plots" in both.stderr
    shutil.copy(weights, tmp_path)
    twice = run("eval", folder, "--codec", weights, "--codec", tmp_path / weights.name, "--out", out)
    assert twice.exit_code == 0
    assert len({row["codec"] for row in rows_of(out)}) == 1


def test_checkpoints_of_compressais_zoo_are_a_codec(run: Run, folder: Path, out: Path, tmp_path: Path):
    (folder / "a_large.png").unlink()
    checkpoints = tmp_path / "runs" / "factorized"
    checkpoints.mkdir(parents=True)
    for seed in (1, 2):
        torch.manual_seed(seed)
        torch.save(FactorizedPrior(8, 12).state_dict(), checkpoints / f"{seed}.pth.tar")
    (checkpoints / "log.txt").write_text("no checkpoint")
    one = run("eval", folder, "--codec", f"bmshj2018-factorized={checkpoints / '2.pth.tar'}", "--out", out)
    assert (one.exit_code, one.stderr) == (0, "")
    assert {row["codec"] for row in rows_of(out)} == {"bmshj2018-factorized=2.pth.tar"}
    both = run("eval", folder, "--codec", f"bmshj2018-factorized={checkpoints}", "--codec", "jpeg", "--out", out)
    assert (both.exit_code, both.stderr) == (0, "")
    rows = [row for row in rows_of(out) if row["codec"] == "bmshj2018-factorized=factorized"]
    assert [row["quality"] for row in rows] == ["1.0", "2.0", "1.0", "2.0"]
    assert record_of(out)["codecs"]["bmshj2018-factorized=factorized"].endswith("1.pth.tar, 2.pth.tar")
    assert "BD-rate of bmshj2018-factorized=factorized against jpeg: n/a" in both.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{folder}", "--codec", "gif"], "--codec is 'gif'; legal: dcae (the weights of --model), "),
        (["{folder}", "--codec", "vtm={weights}"], "architecture is 'vtm'; legal: bmshj2018-factorized, "),
        (["{folder}", "--codec", "mbt2018={empty}"], "there are 0 checkpoints; must be 1 to 255"),
        (["{folder}", "--model", "{weights}", "--lmbda", "1"], "--lmbda is 1.0; must be 0.0005 to 0.15"),
        (["{folder}", "--model", "none"], "no weights named 'none'"),
        (["{folder}/note.txt"], "note.txt is no folder"),
        (["{empty}"], "holds no pictures; looked for .png, .jpg"),
        (["{folder}", "--codec", "jpeg", "--out", "{folder}/note.txt"], "note.txt: File exists"),
    ],
    ids=["codec", "architecture", "no checkpoints", "lambda", "model", "no folder", "no pictures", "out is a file"],
)
def test_what_cannot_be_measured_is_refused_in_one_line(
    run: Run, folder: Path, tmp_path: Path, weights: Path, arguments: list[str], line: str
):
    (tmp_path / "empty").mkdir()
    places = {"folder": folder, "empty": tmp_path / "empty", "weights": weights}
    result = run("eval", "--out", tmp_path / "out", *(argument.format(**places) for argument in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("dcae: ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_two_processes_measure_what_one_does(run: Run, weights: Path, folder: Path, tmp_path: Path):
    arguments = ["eval", folder, "--codec", "dcae", "--codec", "jpeg", "--model", weights, "--lmbda", 0.01]
    assert run(*arguments, "--out", tmp_path / "one").exit_code == 0
    command = [sys.executable, "-m", "dcae.cli", *map(str, arguments), "--out", str(tmp_path / "two"), "--processes=2"]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert result.returncode == 0, result.stderr
    one, two = ((tmp_path / name / "eval.csv").read_text().splitlines() for name in ("one", "two"))
    assert two == one
    assert result.stdout.count("written:") == 1
