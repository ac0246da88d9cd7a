"""The ladder: each rung's BD-rate is that of the curves, in order of height, and says where its curve is from."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dcae.analysis.evaluate import MeanPoint
from dcae.analysis.ladder import MEASURED, PUBLISHED, Rung, ladder, ladder_csv, ladder_json, ladder_table, write_ladder
from dcae.published_curves import PublishedCurve, published_curves
from dcae.rd import bd_rate

CURVES = published_curves()


def means_of(name: str, points: list[tuple[float, float]], factor: float = 1) -> list[MeanPoint]:
    return [
        MeanPoint(
            codec=name,
            quality=float(k),
            images=24,
            bytes=8,
            bpp=factor * bpp,
            psnr_db=psnr_db,
            ms_ssim=None,
            ms_ssim_images=0,
        )
        for k, (bpp, psnr_db) in enumerate(points)
    ]


def up_to(curve: PublishedCurve, max_bpp: float) -> PublishedCurve:
    kept = [point for point in curve.points if point[0] <= max_bpp]
    return replace(curve, bpp=tuple(bpp for bpp, _ in kept), psnr_db=tuple(psnr_db for _, psnr_db in kept))


@pytest.fixture
def rungs() -> list[Rung]:
    """The published DCAE as the model, with a JPEG of three times its bits, one too short, and two published curves."""
    points = CURVES["dcae"].points
    means = [*means_of("ours", points), *means_of("jpeg", points, 3), *means_of("short", points[:2])]
    published = [up_to(CURVES["vtm"], 1.5), up_to(CURVES["bpg"], 1.5)]
    return ladder(means, "ours", {"jpeg": "Pillow", "short": "cut"}, published)


def test_rungs_are_in_order_of_height_with_those_without_a_figure_last(rungs: list[Rung]):
    assert [(rung.name, rung.kind) for rung in rungs] == [
        ("jpeg", MEASURED),
        ("bpg", PUBLISHED),
        ("vtm", PUBLISHED),
        ("short", MEASURED),
    ]
    assert rungs[0].rate.percent == pytest.approx(-200 / 3)


def test_bd_rate_against_a_published_curve_is_the_known_one(rungs: list[Rung]):
    """-16.98 %: DCAE's own points (RD_data.json) against CompressAI's vtm.json up to 1.5 bpp, computed elsewhere."""
    vtm = rungs[2]
    assert vtm.rate.percent == pytest.approx(-16.98, abs=0.005)
    assert vtm.rate.psnr_interval_db == (29.24, 37.87)
    assert (vtm.source, vtm.note) == (CURVES["vtm"].source, CURVES["vtm"].note)


def test_a_rung_is_climbed_below_0_percent_only():
    curve = CURVES["bpg"]
    points = curve.points
    for factor, climbed in ((0.99, True), (1, False), (1.01, False)):
        (rung,) = ladder(means_of("ours", points, factor), "ours", {}, [curve])
        assert rung.rate.percent == pytest.approx(100 * (factor - 1), abs=1e-9)
        assert rung.climbed == climbed


def test_a_rung_without_a_bd_rate_says_why_and_is_not_climbed(rungs: list[Rung]):
    assert rungs[-1].rate.percent is None
    assert rungs[-1].rate.reason == "anchor has 2 points; must be 4 or more"
    assert not rungs[-1].climbed


def test_all_points_of_both_curves_count():
    points = CURVES["mbt2018-mean"].points
    (rung,) = ladder(means_of("ours", points), "ours", {}, [CURVES["bmshj2018-hyperprior"]])
    assert rung.rate.percent == bd_rate(CURVES["bmshj2018-hyperprior"].points, points)


def test_table_csv_and_json_say_the_same(rungs: list[Rung]):
    table = [line.split() for line in ladder_table(rungs).splitlines()[1:]]
    rows = list(csv.DictReader(io.StringIO(ladder_csv(rungs))))
    record = json.loads(ladder_json(rungs, "ours", "weights", 24, ""))
    assert [line[0] for line in table] == [row["rung"] for row in rows] == [rung.name for rung in rungs]
    for rung, line, row, entry in zip(rungs, table, rows, record["rungs"], strict=True):
        assert (row["kind"], row["source"]) == (entry["kind"], entry["source"]) == (rung.kind, rung.source)
        assert entry["rate"]["percent"] == rung.rate.percent
        assert (row["climbed"] == "yes") == entry["climbed"] == rung.climbed
        if rung.rate.percent is None or rung.rate.psnr_interval_db is None:
            assert line[1:4] == ["n/a", "n/a", "no"]
            assert row["percent"] == row["psnr_low_db"] == row["psnr_high_db"] == "n/a"
        else:
            low, high = rung.rate.psnr_interval_db
            assert line[1:6] == [f"{rung.rate.percent:+.2f}", f"{low:.2f}", "to", f"{high:.2f}", row["climbed"]]
            assert float(row["percent"]) == rung.rate.percent
            assert [float(row["psnr_low_db"]), float(row["psnr_high_db"])] == [low, high]
            assert entry["rate"]["psnr_interval_db"] == [low, high]


def test_json_says_how_it_was_measured(rungs: list[Rung]):
    record = json.loads(ladder_json(rungs, "ours", "DCAE, weights 0123", 2, "they are 2, not 24"))
    assert record["averaging"].startswith("mean over the images of each image's own bpp")
    assert (record["bd_method"], record["pictures"]) == ("akima", 2)
    assert (record["model"], record["settings"]) == ("ours", "DCAE, weights 0123")
    assert record["published_left_out"] == "they are 2, not 24"


def test_refinement_stands_beside_and_climbs_no_rung():
    curve = CURVES["bpg"]
    means = [*means_of("ours", curve.points, 1.02), *means_of("refined", curve.points, 0.96)]
    rungs = ladder(means, "ours", {}, [curve], "refined")
    assert rungs[0].rate.percent == pytest.approx(2)
    assert rungs[0].refined is not None
    assert (rungs[0].refined.codec, rungs[0].refined.percent) == ("refined", pytest.approx(-4))
    assert not rungs[0].climbed
    assert ladder_table(rungs).splitlines()[1].split()[:3] == ["bpg", "+2.00", "-4.00"]
    (row,) = csv.DictReader(io.StringIO(ladder_csv(rungs)))
    assert float(row["refined_percent"]) == rungs[0].refined.percent
    assert (row["climbed"], json.loads(ladder_json(rungs, "ours", "", 24, ""))["rungs"][0]["climbed"]) == ("no", False)


def test_without_refinement_there_is_no_column_of_it(rungs: list[Rung]):
    assert "refined" not in ladder_table(rungs)
    assert {row["refined_percent"] for row in csv.DictReader(io.StringIO(ladder_csv(rungs)))} == {"n/a"}


@pytest.mark.parametrize("names", [("mine", None), ("ours", "mine")])
def test_a_ladder_without_its_climber_is_refused(names: tuple[str, str | None]):
    with pytest.raises(ValueError, match="there is no curve of 'mine'; there are ours"):
        ladder(means_of("ours", CURVES["bpg"].points), names[0], {}, refined=names[1])


def test_both_files_are_written(tmp_path: Path, rungs: list[Rung]):
    text = ladder_csv(rungs)
    paths = write_ladder(tmp_path, text, "{}\n")
    assert paths == (str(tmp_path / "ladder.csv"), str(tmp_path / "ladder.json"))
    assert (tmp_path / "ladder.csv").read_text() == text
    assert (tmp_path / "ladder.json").read_text() == "{}\n"
