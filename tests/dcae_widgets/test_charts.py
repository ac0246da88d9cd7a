"""Charts draw what they are given, and say it in words for those who cannot see it."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from dcae.results import FileInfo
from dcae_widgets.charts import byte_bar, coding, pictures, rd_curves


def png(image) -> bytes:
    return image.data


def drawn(image) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png(image))).convert("RGB"))


def count(image, colour: tuple[int, int, int]) -> int:
    return int((drawn(image) == colour).all(2).sum())


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
    z, first, rest = (count(image, colour) for colour in ((224, 123, 57), (11, 60, 111), (154, 160, 166)))
    assert 1.7 < first / z < 2.3
    assert z > rest
    assert "slice 0 60 bytes" in str(image.alt)


def test_curves_are_named_and_the_picture_is_a_laptops_width_at_most():
    image = rd_curves({"ours": [(0.2, 30.0), (0.1, 28.0)], "JPEG": [(0.3, 29.0)]}, "One photo")
    assert image.alt == "One photo. Rate-distortion curves of ours, JPEG"
    assert drawn(image).shape[1] <= 1280


def test_identical_pictures_and_empty_curves_are_left_out_of_curves():
    points = [(0.2, 30.0), (0.4, 33.0)]
    whole = drawn(rd_curves({"ours": [*points, (0.3, math.inf), (0.5, None)]}, "One photo"))
    np.testing.assert_array_equal(whole, drawn(rd_curves({"ours": points}, "One photo")))
    assert "JPEG" in str(rd_curves({"ours": points, "JPEG": []}, "One photo").alt)
    assert drawn(rd_curves({}, "Nothing")).size


def test_curves_do_not_depend_on_the_order_of_their_points():
    points = [(0.2, 30.0), (0.4, 33.0), (0.3, 31.0)]
    forth, back = (drawn(rd_curves({"ours": order}, "One photo")) for order in (points, points[::-1]))
    np.testing.assert_array_equal(forth, back)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_a_coded_photo_that_fits_is_shown_pixel_for_pixel_beside_the_decoded_one():
    photo = noise(90, 120)
    sheet = drawn(coding(photo, 255 - photo, {}, [], "flower"))
    top = next(top for top in range(sheet.shape[0] - 90) if (sheet[top : top + 90, :120] == photo).all())
    np.testing.assert_array_equal(sheet[top : top + 90, 132:252], 255 - photo)


@pytest.mark.parametrize("shape", [(3000, 4000), (4000, 300), (300, 4000), (1, 1)])
def test_a_coded_photo_of_any_size_fits_a_page_and_600_kb(shape):
    photo = noise(*shape)
    image = coding(photo, photo, {"bytes": 1234}, [("z", 1)], "noise, which no PNG can pack")
    assert drawn(image).shape[1] == 960
    assert len(png(image)) <= 600_000


def test_a_coded_photos_numbers_are_words_and_unknown_ones_are_left_out():
    numbers = {"decode_s": 0.5, "bytes": 23415.0, "bpp": 0.686, "ratio": 35.0, "psnr_db": math.inf, "ms_ssim": None}
    alt = coding(noise(8, 8), noise(8, 8), numbers, [("z", 23_000), ("slice 0", 415)], "flower at λ 0.0130").alt
    assert alt == (
        "flower at λ 0.0130: the photo beside the decoded picture; 23,415 bytes; 0.686 bits a pixel; "
        "35.0 times smaller than raw; PSNR infinite (identical); decoded in 0.50 s; z: 23,000 bytes; slice 0: 415 bytes"
    )


def test_a_coded_photos_bar_is_divided_as_the_file_is():
    image = coding(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8), {}, [("z", 25), ("slice 0", 75)], "")
    z, first = (count(image, colour) for colour in ((224, 123, 57), (11, 60, 111)))
    swatch = 12 * 12
    assert first - swatch == 3 * (z - swatch) == 720 * 28


def test_many_parts_go_to_further_lines_of_the_legend():
    photo = np.zeros((8, 8, 3), np.uint8)
    few, many = (drawn(coding(photo, photo, {}, [(f"slice {i}", 9) for i in range(n)], "")) for n in (2, 12))
    assert many.shape[0] > few.shape[0]
    assert many.shape[1] == few.shape[1]


def test_what_is_no_coded_photo_is_refused():
    photo = noise(8, 8)
    with pytest.raises(ValueError, match=r"photo is \(8, 8, 3\), decoded \(8, 4, 3\); must be of one size"):
        coding(photo, photo[:, :4], {}, [], "")
    with pytest.raises(ValueError, match=r"numbers have vmaf; legal: bytes, bpp, ratio, psnr_db, ms_ssim, encode_s"):
        coding(photo, photo, {"vmaf": 90.0}, [], "")
    with pytest.raises(ValueError, match=r"parts are \[\('z', 0\)\]; must have more than 0 bytes together"):
        coding(photo, photo, {}, [("z", 0)], "")
