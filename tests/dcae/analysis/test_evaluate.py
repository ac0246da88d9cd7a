"""Points are measured from real files; curves, BD-rates and tables say what the points say."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcae.analysis.baselines import baseline
from dcae.analysis.evaluate import (
    AVERAGING,
    MeanPoint,
    bd_rates,
    csv_text,
    evaluate,
    json_text,
    mean_curve,
    rd_points,
    write_results,
)
from dcae.codec.codec import Codec
from dcae.config import PRESETS
from dcae.metrics import ms_ssim
from dcae.model.dcae import DCAE
from dcae.rd import bd_rate, psnr_db
from dcae.results import RDPoint
from dcae.samples import sample

CURVE = (10, 30, 50, 70, 90)


@pytest.fixture(scope="module")
def images() -> list[tuple[str, NDArray[np.uint8]]]:
    """One on which MS-SSIM is defined, and a small one."""
    return [("large.png", sample("coffee")[:170, :165]), ("small.png", sample("flower")[200:264, 300:396])]


@pytest.fixture(scope="module")
def points(images: list[tuple[str, NDArray[np.uint8]]]) -> list[RDPoint]:
    """JPEG and WebP on both images."""
    return [point for name in ("jpeg", "webp") for point in evaluate(name, baseline(name), images, CURVE)]


def point(image: str, quality: float = 50, psnr: float = 30, ms_ssim: float | None = None) -> RDPoint:
    return RDPoint(image=image, codec="jpeg", quality=quality, bytes=8, bpp=1, psnr_db=psnr, ms_ssim=ms_ssim)


def test_a_point_is_the_whole_file_and_the_picture_that_it_decodes_to(images: list[tuple[str, NDArray[np.uint8]]]):
    name, image = images[0]
    codec = baseline("jpeg")
    data = codec.open(image).encode(50)
    decoded = codec.decode(data)
    assert list(rd_points("jpeg", codec, name, image, [50])) == [
        RDPoint(
            image="large.png",
            codec="jpeg",
            quality=50,
            bytes=len(data),
            bpp=8 * len(data) / (170 * 165),
            psnr_db=psnr_db(image, decoded),
            ms_ssim=ms_ssim(image, decoded),
        )
    ]


def test_ms_ssim_is_none_for_an_image_under_161_px(points: list[RDPoint]):
    assert {point.image for point in points if point.ms_ssim is None} == {"small.png"}
    assert {point.image for point in points if point.ms_ssim is not None} == {"large.png"}


def test_dcae_is_evaluated_as_any_codec_is(images: list[tuple[str, NDArray[np.uint8]]]):
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"])
    model.update()
    codec, (name, image) = Codec(model), images[1]
    measured = evaluate("tiny", codec, [(name, image)], [0.0018, 0.05])
    session = codec.open(image)
    assert [point.bytes for point in measured] == [len(session.encode(lmbda)) for lmbda in (0.0018, 0.05)]
    assert [point.psnr_db for point in measured] == [
        psnr_db(image, session.reconstruct(lmbda)) for lmbda in (0.0018, 0.05)
    ]


def test_a_codec_without_a_dial_has_one_point_of_quality_0(images: list[tuple[str, NDArray[np.uint8]]]):
    class Fixed:
        qualities = None

        def open(self, image: NDArray[np.uint8]) -> "Fixed":
            return self

        def estimate(self, quality: float | None):
            raise NotImplementedError

        def encode(self, quality: float | None) -> bytes:
            assert quality is None
            return b"12345678"

        def decode(self, data: bytes) -> NDArray[np.uint8]:
            return images[1][1]

    fixed = evaluate("fixed", Fixed(), images[1:], [None])
    assert [(point.quality, point.bytes, point.psnr_db) for point in fixed] == [(0.0, 8, math.inf)]


def test_means_are_over_the_images_own_values(points: list[RDPoint]):
    mean = mean_curve(points)[0]
    first = [p for p in points if (p.codec, p.quality) == ("jpeg", 10)]
    assert mean.images == 2
    assert mean.bytes == (first[0].bytes + first[1].bytes) / 2
    assert mean.bpp == pytest.approx((first[0].bpp + first[1].bpp) / 2)
    assert mean.psnr_db == pytest.approx((first[0].psnr_db + first[1].psnr_db) / 2)
    assert (mean.ms_ssim, mean.ms_ssim_images) == (first[0].ms_ssim, 1)


def test_the_curve_keeps_the_order_of_codecs_and_qualities(points: list[RDPoint]):
    assert [(mean.codec, mean.quality) for mean in mean_curve(points)] == [
        (codec, quality) for codec in ("jpeg", "webp") for quality in CURVE
    ]


def test_an_identical_image_makes_the_mean_infinite():
    assert mean_curve([point("a"), point("b", psnr=math.inf)])[0].psnr_db == math.inf


@pytest.mark.parametrize(
    "partial",
    [[point("a"), point("b"), point("a", quality=60)], [point("a"), point("a"), point("b")]],
    ids=["missing", "twice"],
)
def test_means_over_different_images_are_refused(partial: list[RDPoint]):
    with pytest.raises(ValueError, match=r"jpeg at \d+ has \d points for 2 images; must be one each"):
        mean_curve(partial)


def test_the_bd_rate_is_that_of_the_mean_curves_in_the_interval_of_both(points: list[RDPoint]):
    means = mean_curve(points)
    curves = {codec: [(mean.bpp, mean.psnr_db) for mean in means if mean.codec == codec] for codec in ("jpeg", "webp")}
    (rate,) = bd_rates(means, "jpeg")
    assert (rate.codec, rate.anchor, rate.reason) == ("webp", "jpeg", "")
    assert rate.percent == bd_rate(curves["jpeg"], curves["webp"])
    jpeg_db, webp_db = ([psnr for _, psnr in curve] for curve in curves.values())
    assert rate.psnr_interval_db == (max(jpeg_db[0], webp_db[0]), min(jpeg_db[-1], webp_db[-1]))


def test_without_the_anchors_curve_there_are_no_bd_rates(points: list[RDPoint]):
    assert bd_rates(mean_curve(points), "avif") == []


def test_curves_that_have_no_bd_rate_say_why(points: list[RDPoint]):
    means = [mean for mean in mean_curve(points) if mean.codec == "jpeg" or mean.quality <= 50]
    (rate,) = bd_rates(means, "jpeg")
    assert rate.percent is None
    assert rate.psnr_interval_db is None
    assert rate.reason == "test has 3 points; must be 4 or more"


def test_the_csv_has_a_row_a_point_and_a_row_a_mean(points: list[RDPoint]):
    means = mean_curve(points)
    rows = list(csv.DictReader(io.StringIO(csv_text(points, means))))
    assert [row["image"] for row in rows] == [p.image for p in points] + ["mean"] * len(means)
    assert [float(row["bpp"]) for row in rows] == [p.bpp for p in points] + [mean.bpp for mean in means]
    assert [row["ms_ssim"] == "n/a" for row in rows[: len(points)]] == [p.ms_ssim is None for p in points]
    assert "" not in {field for row in rows for field in row.values()}


def test_a_name_with_a_comma_stays_one_field_of_the_csv():
    rows = list(csv.DictReader(io.StringIO(csv_text([point('a, "b".png')], []))))
    assert rows[0]["image"] == 'a, "b".png'


def test_the_json_is_strict_and_says_how_it_was_averaged(points: list[RDPoint]):
    def refuse(constant: str):
        raise AssertionError(constant)

    measured = [*points, *(point(image, quality=100, psnr=math.inf) for image in ("large.png", "small.png"))]
    means = mean_curve(measured)
    text = json_text(measured, means, bd_rates(mean_curve(points), "jpeg"), {"jpeg": "as it was set"})
    record = json.loads(text, parse_constant=refuse)
    assert (record["averaging"], record["bd_method"]) == (AVERAGING, "akima")
    assert record["codecs"] == {"jpeg": "as it was set"}
    assert (len(record["points"]), len(record["means"])) == (len(measured), len(means))
    assert record["means"][-1]["psnr_db"] is None
    assert record["bd_rates"][0]["percent"] == bd_rates(mean_curve(points), "jpeg")[0].percent


def test_results_are_two_files_of_a_folder(tmp_path: Path, points: list[RDPoint]):
    means = mean_curve(points)
    paths = write_results(tmp_path, points, means, [], {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eval.csv", "eval.json"]
    assert Path(paths[0]).read_text() == csv_text(points, means)
    assert Path(paths[1]).read_text() == json_text(points, means, [], {})


def test_results_need_a_folder(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_results(tmp_path / "missing", [], [], [], {})


def test_a_mean_in_json_has_the_fields_by_name():
    mean = MeanPoint(codec="a", quality=1, images=1, bytes=8, bpp=1, psnr_db=30, ms_ssim=None, ms_ssim_images=0)
    assert mean.to_json_dict() == {
        "codec": "a",
        "quality": 1,
        "images": 1,
        "bytes": 8,
        "bpp": 1,
        "psnr_db": 30,
        "ms_ssim": None,
        "ms_ssim_images": 0,
    }
