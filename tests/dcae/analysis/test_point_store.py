"""What was measured is found again under exactly what it depends on, and under nothing else."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dcae
from dcae.analysis.point_store import PointKey, PointStore, image_digest, program_digest

KEY = PointKey(image="a1", codec="JPEG, Pillow 13", quality=50, measures={"psnr_db": "dB", "vmaf": "0"}, program="b2")
FIGURES = {"bytes": 100, "psnr_db": 1 / 3, "psnr_y_db": math.inf, "vmaf": None}


def test_figures_come_back_exactly(tmp_path: Path):
    PointStore(tmp_path / "new" / "cache").keep(KEY, FIGURES)
    store = PointStore(tmp_path / "new" / "cache")
    assert store.find(KEY) == FIGURES
    assert store.find(replace(KEY, measures={"vmaf": "0", "psnr_db": "dB"})) == FIGURES


@pytest.mark.parametrize(
    "change",
    [
        {"image": "a2"},
        {"codec": "JPEG, Pillow 14"},
        {"quality": 51},
        {"quality": None},
        {"measures": {"psnr_db": "dB"}},
        {"measures": {"psnr_db": "dB", "vmaf": "1"}},
        {"program": "b3"},
    ],
)
def test_nothing_is_found_under_another_key(tmp_path: Path, change: dict[str, Any]):
    store = PointStore(tmp_path)
    store.keep(KEY, FIGURES)
    assert store.find(replace(KEY, **change)) is None


@pytest.mark.parametrize("spoilt", ["", "{", "[]", "{}", '{"key": {}, "figures": {}}'])
def test_a_spoilt_file_is_as_none_and_is_written_anew(tmp_path: Path, spoilt: str):
    store = PointStore(tmp_path)
    (tmp_path / KEY.file_name).write_text(spoilt)
    assert store.find(KEY) is None
    store.keep(KEY, FIGURES)
    assert store.find(KEY) == FIGURES


def test_a_file_under_a_wrong_name_is_not_believed(tmp_path: Path):
    store = PointStore(tmp_path)
    store.keep(KEY, FIGURES)
    (tmp_path / KEY.file_name).rename(tmp_path / replace(KEY, quality=51).file_name)
    assert store.find(replace(KEY, quality=51)) is None


def test_files_are_json_that_says_what_was_measured(tmp_path: Path):
    PointStore(tmp_path).keep(KEY, FIGURES)
    record = json.loads((tmp_path / KEY.file_name).read_text())
    assert record["key"]["codec"] == "JPEG, Pillow 13"
    assert record["figures"] == FIGURES | {"psnr_y_db": "inf"}


def test_an_image_is_known_by_its_size_and_pixels():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert image_digest(image) == image_digest(image.copy())
    assert image_digest(image) != image_digest(image.reshape(4, 2, 3))
    assert image_digest(image) != image_digest(image + np.uint8(1))


def test_the_program_is_what_codes_and_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("__init__.py", "rd.py", "codec/codec.py", "cli/compare.py", "training/loop.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(dcae, "__file__", str(tmp_path / "__init__.py"))

    def digest_after(name: str) -> str:
        (tmp_path / name).write_text(f"# {name}")
        program_digest.cache_clear()
        return program_digest()

    try:
        program_digest.cache_clear()
        digests = [program_digest(), *map(digest_after, ("cli/compare.py", "training/loop.py"))]
        assert len(set(digests)) == 1
        assert len({digests[0], digest_after("rd.py"), digest_after("codec/codec.py")}) == 3
    finally:
        program_digest.cache_clear()
