"""Where a picture comes from says how it is read and how Python writes it."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest

from dcae.images import png_bytes, save_png
from dcae.samples import PHOTO_VARIABLE, sample
from dcae_widgets.limits import VISITORS
from dcae_widgets.photo_source import given_photo, shipped_photo, uploaded

from .fake_codec import photo


def test_nothing_given_is_the_first_shipped_photo(monkeypatch):
    monkeypatch.delenv(PHOTO_VARIABLE, raising=False)
    source = given_photo(None)
    assert (source.name, source.python) == ("flower", "sample('flower')")
    np.testing.assert_array_equal(source.read(), sample("flower"))


def test_photo_of_the_command_line_is_read_whole(tmp_path, monkeypatch):
    path = tmp_path / "mine.png"
    save_png(path, photo(1, 40, 2000))
    monkeypatch.setenv(PHOTO_VARIABLE, str(path))
    source = given_photo(None)
    assert (source.name, source.stem, source.python) == ("mine.png", "mine", f"load_image({str(path)!r})")
    assert source.read().shape == (40, 2000, 3)


def test_array_is_the_callers_and_is_copied():
    given = photo()
    source = given_photo(given)
    given[:] = 0
    np.testing.assert_array_equal(source.read(), photo())


def test_array_that_is_no_image_is_refused():
    floats: Any = np.zeros((4, 4, 3))
    with pytest.raises(ValueError, match="image is float64; must be uint8"):
        given_photo(floats)


@pytest.mark.parametrize("name", ["mine.png", "C:\\photos\\mine.png", "../../mine.png"])
def test_upload_is_known_by_its_files_name_alone(name):
    source = uploaded(name, png_bytes(photo()))
    assert source.name == "mine.png"
    np.testing.assert_array_equal(source.read(), photo())


def test_visitors_large_photo_is_scaled_down_and_its_python_says_so():
    large = np.zeros((1100, 1400, 3), np.uint8)
    source = uploaded("large.png", png_bytes(large), VISITORS)
    read = source.read()
    assert VISITORS.fit_pixels is not None
    assert 0.99 * VISITORS.fit_pixels < read.shape[0] * read.shape[1] <= VISITORS.fit_pixels
    assert source.python == f"load_image('large.png', fit_pixels={VISITORS.fit_pixels})"


def test_visitors_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    size, claim = struct.pack(">II", 1, 1), b"IHDR" + struct.pack(">II5B", 7000, 7000, 8, 2, 0, 0, 0)
    bomb = png_bytes(np.zeros((1, 1, 3), np.uint8))
    at = bomb.index(b"IHDR" + size)
    bomb = bomb[:at] + claim + struct.pack(">I", zlib.crc32(claim)) + bomb[at + len(claim) + 4 :]
    with pytest.raises(ValueError, match=r"^bomb\.png: 7000 x 7000 px = 49000000 px; at most 40000000 px"):
        uploaded("bomb.png", bomb, VISITORS).read()


def test_upload_that_is_no_picture_is_named():
    with pytest.raises(ValueError, match=r"^notes\.txt: not a picture that can be read"):
        uploaded("notes.txt", b"words").read()


@pytest.mark.parametrize(("name", "data"), [("a.bin", b"DCAE\x01"), ("a.DCAE", b"cut off")])
def test_compressed_file_is_told_by_its_first_bytes_or_its_name(name, data):
    source = uploaded(name, data)
    assert source.data == data
    with pytest.raises(ValueError, match=f"{name} is a compressed file"):
        source.read()


def test_unknown_shipped_photo_is_refused_when_it_is_read():
    with pytest.raises(ValueError, match="there is no sample 'nobody'"):
        shipped_photo("nobody").read()
