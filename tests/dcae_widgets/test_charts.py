"""Charts draw what they are given, and say it in words for those who cannot see it."""

import io

import numpy as np
import pytest
from PIL import Image

from dcae.results import FileInfo
from dcae_widgets.charts import byte_bar, pictures, rd_curves


def drawn(image) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.data)).convert("RGB"))


def test_pictures_are_shown_pixel_for_pixel():
    rng = np.random.default_rng(0)
    left, right = (rng.integers(0, 256, (40, 60, 3), np.uint8) for _ in range(2))
    sheet = drawn(pictures({"one": left, "two": right}))
    np.testing.assert_array_equal(sheet[:40, :60], left)
    np.testing.assert_array_equal(sheet[:40, -60:], right)


def test_long_captions_do_not_run_into_each_other():
    tiny = np.zeros((4, 4, 3), np.uint8)
    one, two = (drawn(pictures(dict.fromkeys(captions, tiny))) for captions in (["a" * 40], ["a" * 40, "b"]))
    np.testing.assert_array_equal(two[:, : one.shape[1]], one)


def test_enlarged_pixels_stay_squares_of_one_colour():
    image = np.arange(0, 240, 20, np.uint8).reshape(2, 2, 3)
    sheet = drawn(pictures({"λ": image}, scale=3))
    np.testing.assert_array_equal(sheet[3:6, 0:3], np.broadcast_to(image[1, 0], (3, 3, 3)))


def test_no_picture_is_refused():
    with pytest.raises(ValueError, match="0 images at scale 1"):
        pictures({})


def test_caption_has_a_glyph_for_lambda():
    blank, greek = (drawn(pictures({caption: np.zeros((8, 90, 3), np.uint8)})) for caption in ("", "λ"))
    missing = drawn(pictures({"\U0010ffff": np.zeros((8, 90, 3), np.uint8)}))
    assert (blank != greek).any()
    assert (missing != greek).any()


def test_bar_is_divided_as_the_file_is():
    info = FileInfo(
        width=8, height=8, lmbda=0.01, model="m", header_bytes=10, z_bytes=30, slice_bytes=(60,), other_bytes=0,
        total_bytes=100, bpp=12.5,
    )  # fmt: skip
    image = byte_bar(info)
    pixels = drawn(image).reshape(-1, 3)
    z, first, rest = (
        int((pixels == colour).all(1).sum()) for colour in ((224, 123, 57), (11, 60, 111), (154, 160, 166))
    )
    assert 1.7 < first / z < 2.3
    assert z > rest
    assert "slice 0 60 bytes" in str(image.alt)


def test_curves_are_named_and_the_picture_is_a_laptops_width_at_most():
    image = rd_curves({"ours": [(0.2, 30.0), (0.1, 28.0)], "JPEG": [(0.3, 29.0)]}, "One photo")
    assert image.alt == "One photo. Rate-distortion curves of ours, JPEG"
    assert drawn(image).shape[1] <= 1280
