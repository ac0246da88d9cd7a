"""Each point is measured once, and tables say what the points say."""

import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pyarrow import parquet

from dcae.analysis.baseline_codec import FileSession
from dcae.analysis.baselines import baseline
from dcae.analysis.comparison import (
    ComparedPoint,
    Comparer,
    comparison_csv,
    comparison_json,
    comparison_parquet,
    compressai_json,
)
from dcae.analysis.evaluate import rd_points
from dcae.analysis.measures import MEASURES
from dcae.analysis.point_store import PointStore
from dcae.rd import psnr_y_db
from dcae.samples import sample

IMAGE = sample("coffee")[100:148, 200:264]
PURE = {name: MEASURES[name].settings() for name in ("psnr_db", "psnr_y_db", "ms_ssim")}


class Counting:
    """JPEG that notes what it is asked to encode."""

    def __init__(self) -> None:
        self.jpeg, self.asked = baseline("jpeg"), []
        self.qualities = self.jpeg.qualities

    def open(self, image: NDArray[np.uint8]) -> FileSession:
        return FileSession(self, image)

    def encode(self, image: NDArray[np.uint8], quality: float | None) -> bytes:
        self.asked.append(quality)
        return self.jpeg.encode(image, quality)

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        return self.jpeg.decode(data)


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., tuple[list[ComparedPoint], list[float | None]]]:
    """Measures with a store that all calls of a test share; returns the points, and the qualities that were coded."""

    def measure(
        qualities: tuple[float, ...] = (30, 60), image: NDArray[np.uint8] = IMAGE, version: str = "1", **others: Any
    ) -> tuple[list[ComparedPoint], list[float | None]]:
        codec = Counting()
        comparer = Comparer(PointStore(tmp_path), others.get("measures", PURE))
        name = others.get("image_name", "a.png")
        points = list(comparer.points("jpeg", codec, lambda quality: version, name, image, qualities))
        assert (comparer.measured, comparer.found) == (len(codec.asked), len(qualities) - len(codec.asked))
        return points, codec.asked

    return measure


def point(image: str = "a.png", quality: float = 50, bpp: float = 1.0, **figures: Any) -> ComparedPoint:
    known = {"psnr_db": 30.0, "psnr_y_db": 31.0, "ms_ssim": 0.9, "lpips": None, "dists": None, "vmaf": 80.0} | figures
    return ComparedPoint(image=image, codec="jpeg", quality=quality, bytes=8, bpp=bpp, width=8, height=8, **known)


def test_a_point_is_that_of_eval_with_more_measures(measured: Callable[..., Any]):
    points, _ = measured()
    plain = list(rd_points("jpeg", baseline("jpeg"), "a.png", IMAGE, (30, 60)))
    for ours, theirs in zip(points, plain, strict=True):
        assert (ours.image, ours.codec, ours.quality, ours.bytes, ours.bpp) == (
            *(theirs.image, theirs.codec, theirs.quality, theirs.bytes, theirs.bpp),
        )
        assert (ours.psnr_db, ours.ms_ssim, ours.lpips, ours.vmaf) == (theirs.psnr_db, None, None, None)
    decoded = baseline("jpeg").decode(baseline("jpeg").encode(IMAGE, 60))
    assert points[1].psnr_y_db == psnr_y_db(decoded, IMAGE)
    assert (points[1].width, points[1].height) == (64, 48)


def test_only_what_is_missing_is_coded_and_the_points_are_the_same(measured: Callable[..., Any]):
    first, coded_first = measured((30, 60))
    both, coded_then = measured((10, 30, 45, 60))
    assert (coded_first, coded_then) == ([30, 60], [10, 45])
    assert [both[1], both[3]] == first
    assert measured((10, 30, 45, 60)) == (both, [])


def test_what_has_changed_is_measured_anew(measured: Callable[..., Any]):
    measured()
    changed = IMAGE.copy()
    changed[0, 0, 0] ^= 1
    assert measured(image=changed)[1] == [30, 60]
    assert measured(version="2")[1] == [30, 60]
    assert measured(measures=PURE | {"ms_ssim": "another version"})[1] == [30, 60]
    assert measured()[1] == []


def test_a_picture_under_another_name_is_the_same_picture(measured: Callable[..., Any]):
    first, _ = measured()
    again, coded = measured(image_name="b.png")
    assert coded == []
    assert again == [replace(known, image="b.png") for known in first]


def test_a_kept_point_that_lacks_figures_is_measured_anew(measured: Callable[..., Any], tmp_path: Path):
    first, _ = measured((30,))
    (path,) = tmp_path.iterdir()
    record = json.loads(path.read_text())
    del record["figures"]["psnr_db"]
    path.write_text(json.dumps(record))
    assert measured((30,)) == (first, [30])


def test_the_table_has_a_row_a_point_and_nothing_where_nothing_was_measured():
    rows = list(csv.DictReader(io.StringIO(comparison_csv([point(), point(quality=60, psnr_db=math.inf, vmaf=None)]))))
    assert [row["quality"] for row in rows] == ["50", "60"]
    assert rows[0]["psnr_y_db"] == "31.0"
    assert [row["lpips"] for row in rows] == ["", ""]
    assert (rows[1]["psnr_db"], rows[1]["vmaf"]) == ("inf", "")


def test_the_parquet_file_is_the_same_table_with_types():
    points = [point(), point(quality=60, psnr_db=math.inf, vmaf=None)]
    read = parquet.read_table(io.BytesIO(comparison_parquet(points)))
    assert [ComparedPoint(**row) for row in read.to_pylist()] == points
    types = {name: str(kind) for name, kind in zip(read.schema.names, read.schema.types, strict=True)}
    assert (types["image"], types["bytes"], types["lpips"]) == ("string", "int64", "double")
    assert parquet.read_table(io.BytesIO(comparison_parquet([]))).schema == read.schema


def test_the_record_says_how_it_was_measured():
    record = json.loads(comparison_json({"jpeg": "Pillow"}, {"psnr_db": "dB"}, {"vmaf": "no FFmpeg"}))
    assert (record["codecs"], record["measures"]) == ({"jpeg": "Pillow"}, {"psnr_db": "dB"})
    assert record["missing"] == {"vmaf": "no FFmpeg"}


def test_compressais_curve_is_the_mean_of_the_images_in_order_of_bits():
    points = [point(name, quality, bpp, vmaf=vmaf) for name, quality, bpp, vmaf in [
        ("a", 10, 3.0, 90.0), ("a", 20, 1.0, 70.0), ("b", 10, 4.0, 92.0), ("b", 20, 2.0, 60.0),
    ]]  # fmt: skip
    record = json.loads(compressai_json(points, "Pillow"))
    assert record["name"] == "jpeg"
    assert record["description"].startswith("Pillow; mean over the images")
    assert (record["results"]["bpp"], record["results"]["vmaf"]) == ([1.5, 3.5], [65.0, 91.0])
    assert list(record["results"]) == ["bpp", "psnr-rgb", "psnr-y", "ms-ssim-rgb", "vmaf"]


def test_a_measure_that_a_point_lacks_or_that_is_infinite_is_no_curve_of_compressais():
    points = [point("a", ms_ssim=None), point("b", psnr_y_db=math.inf)]
    assert list(json.loads(compressai_json(points, ""))["results"]) == ["bpp", "psnr-rgb", "vmaf"]


def test_compressais_file_is_of_one_codec():
    with pytest.raises(ValueError, match="points are of 0 codecs; must be of one"):
        compressai_json([], "")
    with pytest.raises(ValueError, match="points are of 2 codecs; must be of one"):
        compressai_json([point(), replace(point(), codec="webp")], "")
