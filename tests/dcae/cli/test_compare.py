"""`dcae compare`: a killed run goes on where it was, its table is the same, and CompressAI draws its curves."""

import csv
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from compressai.models import FactorizedPrior
from typer.testing import Result

from dcae.analysis.baselines import BASELINES, available_baselines
from dcae.analysis.vmaf import why_not_vmaf
from dcae.cli.evaluation import Contender, _sha256
from dcae.codec.codec import Codec
from dcae.images import load_image, save_png
from dcae.samples import sample

Run = Callable[..., Result]

POINTS = 2 * len(BASELINES["jpeg"].curve)
DIES_AT_THE_9TH = """
import os, signal, sys
from dcae.analysis.pillow_codecs import PillowCodec
from dcae.cli import app

encode, files = PillowCodec.encode, []

def encode_and_die(self, image, quality):
    files.append(quality)
    if len(files) == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return encode(self, image, quality)

PillowCodec.encode = encode_and_die
app(sys.argv[1:])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of 64 x 48 px."""
    folder = tmp_path / "photos"
    folder.mkdir()
    save_png(folder / "a.png", sample("coffee")[100:148, 200:264])
    save_png(folder / "b.png", sample("flower")[200:248, 300:364])
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "x"


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "points.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def kept(out: Path) -> int:
    return len(list((out / "cache").glob("*.json")))


def test_a_killed_run_goes_on_and_its_table_is_that_of_one_that_was_not(
    run: Run, folder: Path, out: Path, tmp_path: Path
):
    arguments = ["compare", folder, "--codecs", "jpeg", "--processes", 1, "--out"]
    command = [sys.executable, "-c", DIES_AT_THE_9TH, *map(str, arguments), str(out)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert kept(out) == 8
    assert not (out / "points.csv").exists()
    resumed = run(*arguments, out)
    assert (resumed.exit_code, resumed.stderr) == (0, "")
    assert f"{POINTS - 8} points measured, 8 kept from before" in resumed.stdout
    whole = run(*arguments, tmp_path / "whole")
    assert f"{POINTS} points measured, 0 kept from before" in whole.stdout
    for name in ("points.csv", "points.parquet", "compare.json", "compressai/jpeg.json"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_every_point_has_its_row_with_every_measure(run: Run, folder: Path, out: Path, codec: Codec, weights: Path):
    result = run("compare", folder, "--codecs", f"jpeg,{weights}", "--lmbda", 0.01, "--lmbda", 0.03, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = rows_of(out)
    assert len(rows) == POINTS + 4
    (row,) = [
        row for row in rows if row["codec"] == weights.stem and row["image"] == "b.png" and row["quality"] == "0.03"
    ]
    assert int(row["bytes"]) == len(codec.encode(load_image(folder / "b.png"), 0.03))
    assert all(20 < float(row["psnr_y_db"]) < 60 for row in rows if row["codec"] == "jpeg")
    assert {row["ms_ssim"] for row in rows} == {""}
    assert all(bool(row["vmaf"]) == (why_not_vmaf() is None) for row in rows)
    assert result.stdout.splitlines()[-1] == "written: " + ", ".join(
        str(out / name)
        for name in (
            "points.csv",
            "points.parquet",
            "compare.json",
            "compressai/jpeg.json",
            f"compressai/{weights.stem}.json",
        )
    )


@pytest.mark.slow
def test_compressais_own_plot_draws_the_curves(run: Run, folder: Path, out: Path, tmp_path: Path):
    assert run("compare", folder, "--codecs", "jpeg, webp,", "--out", out).exit_code == 0
    files = [str(out / "compressai" / f"{name}.json") for name in ("jpeg", "webp")]
    picture = tmp_path / "curves.png"
    command = [sys.executable, "-m", "compressai.utils.plot", "-f", *files, "-m", "psnr", "-o", str(picture)]
    environment = os.environ | {"MPLBACKEND": "Agg", "MPLCONFIGDIR": str(tmp_path)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    colours = set(map(tuple, load_image(picture).reshape(-1, 3).tolist()))
    assert {(31, 119, 180), (255, 127, 14)} <= colours  # the first two of matplotlib


def test_a_changed_picture_is_measured_anew_and_a_renamed_one_is_not(run: Run, folder: Path, out: Path):
    arguments = ["compare", folder, "--codecs", "jpeg", "--out", out]
    assert run(*arguments).exit_code == 0
    (folder / "b.png").rename(folder / "c.png")
    save_png(folder / "a.png", sample("coffee")[101:149, 200:264])
    assert f"{POINTS // 2} points measured, {POINTS // 2} kept from before" in run(*arguments).stdout
    assert {row["image"] for row in rows_of(out)} == {"a.png", "c.png"}


def test_weights_under_the_same_name_that_have_changed_are_measured_anew(run: Run, folder: Path, out: Path):
    checkpoint = folder / "1.pth.tar"

    def compared(seed: int) -> str:
        torch.manual_seed(seed)
        torch.save(FactorizedPrior(8, 12).state_dict(), checkpoint)
        _sha256.cache_clear()  # as in a process of its own, which every command line is
        return run("compare", folder, "--codecs", f"bmshj2018-factorized={checkpoint}", "--out", out).stdout

    assert "2 points measured, 0 kept" in compared(1)
    assert "0 points measured, 2 kept" in compared(1)
    assert "2 points measured, 0 kept" in compared(2)


def test_the_version_of_a_codec_is_its_settings_and_what_is_in_its_files(tmp_path: Path):
    (tmp_path / "w").write_bytes(b"weights")
    contender = Contender(BASELINES["jpeg"], [1, 2], "settings", {1: tmp_path / "w"})
    assert contender.version(1) == f"settings, weights file {hashlib.sha256(b'weights').hexdigest()}"
    assert contender.version(2) == contender.version(None) == "settings"


def test_the_codecs_are_dcae_and_all_of_the_machine_unless_some_are_named(
    run: Run, folder: Path, out: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
):
    """What nobody asked for and the machine lacks is said, and is no failure."""
    monkeypatch.setattr("dcae.analysis.ffmpeg.find_spec", lambda name: None)
    (folder / "b.png").unlink()
    result = run("compare", folder, "--model", weights, "--lmbda", 0.01, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert {row["codec"] for row in rows_of(out)} == {weights.stem, *available_baselines()}
    for name in ("hevc", "vvenc", "vmaf"):
        assert f"{name} is left out: the package imageio-ffmpeg is not installed" in result.stdout


def test_a_picture_that_cannot_be_read_is_named_and_left_out(run: Run, folder: Path, out: Path):
    (folder / "broken.jpg").write_bytes(b"broken")
    result = run("compare", folder, "--codecs", "jpeg", "--out", out)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"dcae: {folder / 'broken.jpg'}: not a picture")
    assert {row["image"] for row in rows_of(out)} == {"a.png", "b.png"}


def test_no_codec_at_all_is_refused_in_one_line(run: Run, folder: Path, out: Path):
    result = run("compare", folder, "--codecs", ", ,", "--out", out)
    assert result.exit_code == 2
    assert "--codecs names none; legal: dcae" in result.stderr


def test_no_table_is_written_when_no_picture_could_be_measured(run: Run, folder: Path, out: Path):
    for path in folder.iterdir():
        path.write_bytes(b"broken")
    assert run("compare", folder, "--codecs", "jpeg", "--out", out).exit_code == 2
    assert [path.name for path in out.iterdir()] == ["cache"]


@pytest.mark.slow
def test_two_processes_measure_what_one_does(run: Run, folder: Path, tmp_path: Path):
    arguments = ["compare", folder, "--codecs", "jpeg,webp", "--out"]
    assert run(*arguments, tmp_path / "one").exit_code == 0
    command = [sys.executable, "-m", "dcae.cli", *map(str, arguments), str(tmp_path / "two"), "--processes=2"]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "two" / "points.csv").read_bytes() == (tmp_path / "one" / "points.csv").read_bytes()
    assert f"{kept(tmp_path / 'two')} points measured, 0 kept from before" in result.stdout
