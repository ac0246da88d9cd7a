"""`dcae ladder`: every rung in one table, measured ones on any pictures, published ones on Kodak's alone."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import features
from typer.testing import Result

from dcae.analysis.baselines import available_baselines
from dcae.analysis.evaluate import MeanPoint, bd_rates
from dcae.codec.codec import Codec
from dcae.images import load_image, save_png
from dcae.published_curves import published_curves
from dcae.rd import bd_rate
from dcae.samples import sample
from dcae.shipped_weights import immutable_name

Run = Callable[..., Result]

QUICK = ["--codec", "jpeg", "--codec", "webp", "--codec", "avif"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small pictures, of a contrast that puts `tiny` where published curves are: 28 to 32 dB."""
    folder = tmp_path / "photos"
    folder.mkdir()
    save_png(folder / "a.png", sample("chelsea")[100:164, 150:246])
    save_png(folder / "b.png", sample("chelsea")[200:264, 50:146])
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results" / "first"


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    with (out / "ladder.csv").open(newline="") as file:
        return {row["rung"]: row for row in csv.DictReader(file)}


def means_of(out: Path) -> list[MeanPoint]:
    return [MeanPoint(**mean) for mean in json.loads((out / "eval.json").read_text())["means"]]


def test_other_pictures_have_the_measured_rungs_and_it_says_why_no_others(run: Run, folder: Path, out: Path):
    result = run("ladder", folder, "--model", "tiny", *QUICK, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    rows, name = rows_of(out), immutable_name("tiny")
    assert sorted(rows) == ["avif", "jpeg", "webp"]
    means = means_of(out)
    assert len([mean for mean in means if mean.codec == name]) == 8
    for anchor, row in rows.items():
        (rate,) = [rate for rate in bd_rates(means, anchor) if rate.codec == name]
        assert float(row["percent"]) == rate.percent
        assert f"{anchor}  " in result.stdout
    assert "published curves are left out: these are not Kodak's 24 photos: they are 2, not 24" in result.stdout
    assert f"BD-rates of {name}" in result.stdout
    paths = [str(out / file) for file in ("eval.csv", "eval.json", "ladder.csv", "ladder.json")]
    assert result.stdout.splitlines()[-1] == f"written: {', '.join(paths)}"


def test_on_kodak_published_curves_are_rungs_with_what_to_mind(
    run: Run, folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dcae.cli.ladder.why_not_kodak", lambda images: None if len(list(images)) == 2 else "")
    result = run("ladder", folder, "--model", "tiny", *QUICK, "--out", out)
    assert result.exit_code == 0
    rows, curves = rows_of(out), published_curves()
    assert set(rows) == {"jpeg", "webp", "avif", *curves}
    ours = [(mean.bpp, mean.psnr_db) for mean in means_of(out) if mean.codec == immutable_name("tiny")]
    for name, curve in curves.items():
        assert float(rows[name]["percent"]) == bd_rate(curve.points, ours)
        assert rows[name]["source"] == curve.source
    assert f"vtm: {curves['vtm'].note}" in result.stdout
    assert f"{curves['mbt2018-mean'].note}" in result.stdout
    assert "left out" not in result.stdout
    assert json.loads((out / "ladder.json").read_text())["published_left_out"] == ""


def test_refinement_is_a_second_curve_that_climbs_no_rung(
    run: Run, folder: Path, out: Path, codec: Codec, weights: Path
):
    (folder / "b.png").unlink()
    save_png(folder / "a.png", sample("chelsea")[100:164, 150:214])
    result = run("ladder", folder, "--model", weights, "--refine", 2, *QUICK, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    name = weights.stem
    points = json.loads((out / "eval.json").read_text())["points"]
    plain, refined = ([p for p in points if p["codec"] == codec_name] for codec_name in (name, f"{name}+2"))
    session = codec.open(load_image(folder / "a.png"))
    assert [p["quality"] for p in plain] == [p["quality"] for p in refined]
    assert plain[3]["bytes"] == len(session.encode(plain[3]["quality"]))
    assert refined[3]["bytes"] == len(session.refine(refined[3]["quality"], 2).data)
    assert (
        f"refined: DCAE, weights {codec.identity}, 2 steps of refinement; it climbs no rung by itself" in result.stdout
    )
    rungs = json.loads((out / "ladder.json").read_text())["rungs"]
    assert {rung["refined"]["codec"] for rung in rungs} == {f"{name}+2"}


def test_weights_that_do_not_say_their_lambda_cannot_be_refined(run: Run, folder: Path, out: Path, fixed_weights: Path):
    result = run("ladder", folder, "--model", fixed_weights, "--refine", 2, "--out", out)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("dcae: --refine needs weights that say their lambda: of several, or a folder")


def test_a_curve_too_short_for_a_bd_rate_says_so(run: Run, folder: Path, out: Path, fixed_weights: Path):
    result = run("ladder", folder, "--model", fixed_weights, *QUICK, "--out", out)
    assert result.exit_code == 0
    assert "jpeg, webp, avif: test has 1 points; must be 4 or more" in result.stdout
    assert {row["climbed"] for row in rows_of(out).values()} == {"no"}


def test_a_picture_that_cannot_be_read_is_named_and_left_out_of_every_mean(
    run: Run, folder: Path, out: Path, fixed_weights: Path
):
    (folder / "broken.png").write_bytes(b"broken")
    result = run("ladder", folder, "--model", fixed_weights, *QUICK, "--out", out)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"dcae: {folder / 'broken.png'}: not a picture")
    assert {mean.images for mean in means_of(out)} == {2}


def test_a_codec_that_the_machine_lacks_is_named_and_no_rung(
    run: Run, folder: Path, out: Path, fixed_weights: Path, monkeypatch: pytest.MonkeyPatch
):
    check = features.check
    monkeypatch.setattr("PIL.features.check", lambda name: name != "avif" and check(name))
    result = run("ladder", folder, "--model", fixed_weights, *QUICK, "--out", out)
    assert result.exit_code == 2
    assert "dcae: avif is not available: this Pillow" in result.stderr
    assert sorted(rows_of(out)) == ["jpeg", "webp"]


def test_the_rungs_are_all_codecs_of_the_machine_unless_some_are_named(
    run: Run, folder: Path, out: Path, fixed_weights: Path, monkeypatch: pytest.MonkeyPatch
):
    """What nobody asked for and the machine lacks is said, and is no failure."""
    monkeypatch.setattr("dcae.analysis.ffmpeg.find_spec", lambda name: None)
    result = run("ladder", folder, "--model", fixed_weights, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(rows_of(out)) == sorted(available_baselines())
    assert "vvenc is left out: the package imageio-ffmpeg is not installed" in result.stdout
    assert "hevc is left out" in result.stdout


def test_other_weights_can_be_a_rung(run: Run, folder: Path, out: Path, fixed_weights: Path, weights: Path):
    result = run("ladder", folder, "--model", fixed_weights, "--codec", weights, "--out", out)
    assert result.exit_code == 0
    assert sorted(rows_of(out)) == [weights.stem]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{folder}", "--model", "none"], "no weights named 'none'"),
        (["{folder}/a.png"], "a.png is no folder"),
        (["{folder}", "--model", "{weights}", "--out", "{folder}/a.png"], "a.png: File exists"),
    ],
    ids=["model", "no folder", "out is a file"],
)
def test_what_cannot_be_measured_is_refused_in_one_line(
    run: Run, folder: Path, out: Path, weights: Path, arguments: list[str], line: str
):
    places = {"folder": folder, "weights": weights}
    result = run("ladder", "--out", out, *(argument.format(**places) for argument in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


def test_nothing_is_written_when_no_picture_could_be_measured(run: Run, folder: Path, out: Path, fixed_weights: Path):
    for path in folder.iterdir():
        path.write_bytes(b"broken")
    assert run("ladder", folder, "--model", fixed_weights, *QUICK, "--out", out).exit_code == 2
    assert list(out.iterdir()) == []
