"""One photo is measured and read; what is wrong with it is said."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcae.images import MAX_PIXELS, png_bytes
from dcae.training.data.photos import check_holds_crop, photo_size, read_photo


def test_size_is_read_from_the_header_of_a_file_or_of_bytes(tmp_path: Path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg")
    assert photo_size(tmp_path / "a.jpg") == (30, 20)
    whole = png_bytes(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    assert photo_size(whole[:200]) == (30, 20)
    with pytest.raises(ValueError, match="damaged or cut"):
        read_photo(whole[:200], (30, 20))


def test_size_of_no_picture_is_refused(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="not a picture that can be read"):
        photo_size(tmp_path / "a.png")
    with pytest.raises(FileNotFoundError):
        photo_size(tmp_path / "b.png")


def test_decompression_bomb_is_refused_by_its_header():
    bomb = io.BytesIO()
    Image.new("1", (20000, 10000)).save(bomb, "PNG")
    assert 20000 * 10000 > MAX_PIXELS
    with pytest.raises(ValueError, match="20000 x 10000 px = 200000000 px; at most 128000000 px are read"):
        photo_size(bomb.getvalue())


def test_photo_turned_by_its_orientation_is_the_one_of_its_header(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert read_photo(tmp_path / "a.jpg", photo_size(tmp_path / "a.jpg")).shape == (30, 20, 3)


def test_photo_of_another_size_than_measured_is_refused(tmp_path: Path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="is 30 x 20 px; its header said 31 x 20 px"):
        read_photo(tmp_path / "a.png", (31, 20))


def test_photo_smaller_than_a_crop_is_refused():
    with pytest.raises(ValueError, match="63 x 200 px; a crop has 64 x 64 px"):
        check_holds_crop((63, 200), 64)
    check_holds_crop((64, 64), 64)
