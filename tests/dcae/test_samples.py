"""The shipped photos: each is listed with source, licence and hash, is what the list says, and can be loaded."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from dcae.images import save_png
from dcae.samples import PHOTO_VARIABLE, sample, sample_images, start_photo


def test_every_shipped_image_has_the_hash_that_the_readme_states(root: Path):
    readme = (root / "data" / "README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.MULTILINE))
    shipped = {path.name: path for path in (root / "data" / "images").iterdir()}
    assert {hash_: shipped[name].name for hash_, name in stated.items()} == {
        hashlib.sha256(path.read_bytes()).hexdigest(): name for name, path in shipped.items()
    }


def test_every_shipped_image_is_listed_with_size_licence_and_credit(root: Path):
    readme = (root / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\S+\.(?:png|jpg)) \| (\d+) x (\d+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", readme, re.MULTILINE
    )
    sizes = {name: (int(height), int(width), 3) for name, width, height, _, _ in rows}
    assert sorted(sizes) == sorted(path.name for path in (root / "data" / "images").iterdir())
    for name, _, _, licence, credit in rows:
        assert re.search("public domain|CC0|CC BY", licence)
        assert credit.strip()
        assert sample(Path(name).stem).shape == sizes[name]


def test_the_samples_are_the_shipped_images(root: Path):
    assert sorted(sample_images()) == sorted(path.stem for path in (root / "data" / "images").iterdir())
    assert sample(sample_images()[0]).dtype == np.uint8


def test_the_shipped_images_stay_under_3_mb(root: Path):
    assert sum(path.stat().st_size for path in (root / "data" / "images").iterdir()) < 3_000_000


def test_an_unknown_sample_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="there is no sample 'lena'; legal: flower, china, "):
        sample("lena")


def test_lesson_begins_with_the_photo_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(PHOTO_VARIABLE, raising=False)
    np.testing.assert_array_equal(start_photo(), sample("flower"))
    mine = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    save_png(tmp_path / "mine.png", mine)
    monkeypatch.setenv(PHOTO_VARIABLE, str(tmp_path / "mine.png"))
    np.testing.assert_array_equal(start_photo(), mine)


def test_lesson_scales_a_large_photo_down_and_keeps_its_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    save_png(tmp_path / "large.png", np.full((300, 600, 3), 77, np.uint8))
    monkeypatch.setenv(PHOTO_VARIABLE, str(tmp_path / "large.png"))
    assert start_photo(max_side_px=200).shape == (100, 200, 3)
    assert start_photo(max_side_px=600).shape == (300, 600, 3)
