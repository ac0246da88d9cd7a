"""Images: every common file becomes upright 8-bit RGB or one clear error; padding and cropping are exact."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcae.images import (
    MAX_PIXELS,
    check_image,
    crop,
    load_image,
    pad,
    padded_size,
    png_bytes,
    save_png,
    to_float,
    to_uint8,
)

RED = (255, 0, 0)


@pytest.fixture
def photo() -> np.ndarray:
    """Noise, which any slip of a pixel or a level changes."""
    return np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def encoded(image: Image.Image, image_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def hand_made_png(width: int, height: int, bits: int, colour_type: int, rows: bytes, transparent: bytes = b"") -> bytes:
    def chunk(kind: bytes, payload: bytes) -> bytes:
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))
    key = chunk(b"tRNS", transparent) if transparent else b""
    return b"\x89PNG\r\n\x1a\n" + header + key + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_path_bytes_a_file_object_and_a_pillow_image_give_the_same_pixels(photo, tmp_path: Path):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(Image.fromarray(photo)))
    with path.open("rb") as file:
        sources = [path, str(path), path.read_bytes(), memoryview(path.read_bytes()), file, Image.open(path)]
        for source in sources:
            np.testing.assert_array_equal(load_image(source), photo)


def test_a_loaded_image_is_the_callers_own(photo):
    picture = Image.fromarray(photo)
    loaded = load_image(picture)
    loaded[:] = 0
    np.testing.assert_array_equal(np.asarray(picture), photo)


@pytest.mark.parametrize("size", [(1, 1), (1, 65535), (65535, 1)])
def test_sides_from_1_to_65535_px_are_read(size):
    assert load_image(encoded(Image.new("RGB", size, RED))).shape == (size[1], size[0], 3)


def test_a_side_of_65536_px_is_refused():
    with pytest.raises(ValueError, match=r"image is 65536 x 1 px; sides must be 1 to 65535 px"):
        load_image(encoded(Image.new("1", (65536, 1))))


@pytest.mark.parametrize("image_format", ["WEBP", "TIFF", "BMP", "PPM", "JPEG2000", "PNG"])
def test_lossless_formats_are_read_exactly(photo, image_format: str):
    options = {"WEBP": {"lossless": True}, "JPEG2000": {"irreversible": False}}.get(image_format, {})
    np.testing.assert_array_equal(load_image(encoded(Image.fromarray(photo), image_format, **options)), photo)


@pytest.mark.parametrize("image_format", ["JPEG", "AVIF", "GIF"])
def test_lossy_formats_are_read(image_format: str):
    pixels = load_image(encoded(Image.new("RGB", (16, 16), RED), image_format))
    assert np.abs(pixels.astype(int) - RED).max() <= 4


def test_grey_and_bilevel_become_three_equal_channels():
    grey = np.array([[0, 100, 255]], np.uint8)
    np.testing.assert_array_equal(load_image(encoded(Image.fromarray(grey))), np.dstack([grey] * 3))
    bilevel = load_image(encoded(Image.fromarray(np.array([[True, False]]))))
    assert bilevel.tolist() == [[[255] * 3, [0] * 3]]


def test_palette_without_transparency_keeps_its_colours():
    picture = Image.new("P", (2, 1))
    picture.putpalette([*RED, 0, 0, 255])
    picture.putdata([0, 1])
    assert load_image(encoded(picture)).tolist() == [[[255, 0, 0], [0, 0, 255]]]


@pytest.mark.parametrize(("transparency", "second"), [(1, [255, 255, 255]), (b"\xff\x80", [127, 127, 255])])
def test_palette_with_transparency_is_composited_over_white(transparency, second: list[int]):
    picture = Image.new("P", (2, 1))
    picture.putpalette([*RED, 0, 0, 255])
    picture.putdata([0, 1])
    assert load_image(encoded(picture, transparency=transparency)).tolist() == [[[255, 0, 0], second]]


def test_alpha_is_composited_over_white_not_dropped():
    rgba = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 51]]], np.uint8)
    assert load_image(encoded(Image.fromarray(rgba))).tolist() == [[[255] * 3, [10, 20, 30], [204] * 3]]
    grey_alpha = np.array([[[0, 0], [0, 255]]], np.uint8)
    assert load_image(Image.fromarray(grey_alpha)).tolist() == [[[255] * 3, [0] * 3]]


def test_a_transparent_colour_of_an_rgb_png_becomes_white():
    rows = b"\0" + bytes(RED) + b"\x01\x02\x03"
    assert load_image(hand_made_png(2, 1, 8, 2, rows, struct.pack(">3H", *RED))).tolist() == [[[255] * 3, [1, 2, 3]]]


def test_sixteen_bit_grey_is_scaled_to_the_nearest_of_256_levels():
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.round(deep / 257).astype(np.uint8)
    for image_format in ("PNG", "TIFF", "PPM"):
        loaded = load_image(encoded(Image.fromarray(deep), image_format))
        np.testing.assert_array_equal(loaded, np.dstack([expected] * 3))


def test_the_transparent_grey_of_a_sixteen_bit_png_becomes_white():
    rows = b"\0" + struct.pack(">2H", 300, 514)
    assert load_image(hand_made_png(2, 1, 16, 0, rows, struct.pack(">H", 300))).tolist() == [[[255] * 3, [2] * 3]]


def test_sixteen_bit_colour_is_read_to_within_one_level():
    deep = np.array([0, 255, 256, 32768, 40000, 65535])
    rows = b"\0" + struct.pack(">6H", *deep)
    loaded = load_image(hand_made_png(2, 1, 16, 2, rows)).ravel()
    assert np.abs(loaded - deep / 257).max() < 1
    assert loaded[[0, -1]].tolist() == [0, 255]


def grey_tiff(strip: bytes, *, bits: int, photometric: int, strip_bytes: int) -> bytes:
    """A TIFF of two grey pixels beside each other; of `photometric` 0 says that 0 is white."""
    tags = [
        (256, 2),
        (257, 1),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, strip_bytes),
    ]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory + bytes(4)


def test_a_sixteen_bit_tiff_whose_0_is_white_is_no_negative():
    tiff = grey_tiff(struct.pack("<HH", 0, 65535), bits=16, photometric=0, strip_bytes=4)
    assert load_image(tiff)[0, :, 0].tolist() == [255, 0]


def test_a_twelve_bit_tiff_is_not_read_sixteen_times_too_dark():
    strip = b"\xff\xf8\x00\x00"  # 4095 and 2048, 12 bits each, and one byte of fill
    tiff = grey_tiff(strip, bits=12, photometric=1, strip_bytes=3)
    assert load_image(tiff)[0, :, 0].tolist() == [255, 128]


def test_cmyk_becomes_rgb():
    picture = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert load_image(encoded(picture, "TIFF"))[0, 0].tolist() == [255, 0, 0]


def test_the_inverted_cmyk_of_an_adobe_jpeg_comes_out_right():
    jpeg = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100)
    assert b"Adobe" in jpeg  # so the file stores its inks inverted
    assert np.abs(load_image(jpeg).astype(int) - RED).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(photo, orientation: int):
    upright = {
        1: photo,
        2: photo[:, ::-1],
        3: photo[::-1, ::-1],
        4: photo[::-1],
        5: photo.transpose(1, 0, 2),
        6: np.rot90(photo, -1),
        7: photo[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(photo),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    loaded = load_image(encoded(Image.fromarray(photo), "PNG", exif=exif))
    np.testing.assert_array_equal(loaded, upright[orientation])


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, (0, 0, 255))]
    for image_format in ("GIF", "WEBP", "PNG", "TIFF"):
        options = {"lossless": True} if image_format == "WEBP" else {}
        animation = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], **options)
        assert load_image(animation)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("mode", ["F", "I", "LAB", "HSV"])
def test_pixels_without_a_stated_meaning_are_refused(mode: str, tmp_path: Path):
    with pytest.raises(ValueError, match=rf"^{mode} image: pixels of mode {mode}; legal: 1, L, P, .*I;16$"):
        load_image(Image.new(mode, (2, 2)))


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"not a picture", b"%!PS-Adobe"]
)
def test_a_file_that_is_no_picture_is_one_error_that_names_it(content: bytes, tmp_path: Path):
    path = tmp_path / "holiday.svg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"holiday.svg: not a picture that can be read \(legal: PNG, JPEG, .*\)"):
        load_image(path)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "PPM", "JPEG2000"])
def test_a_cut_file_is_an_error_that_names_it_wherever_it_is_cut(image_format: str, tmp_path: Path):
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), image_format)
    path = tmp_path / "cut.image"
    for length in range(1, int(len(whole) * 0.9), max(len(whole) // 40, 1)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut.image: \S+"):
            load_image(path)


def test_a_file_damaged_inside_says_so():
    whole = bytearray(encoded(Image.new("RGB", (40, 40), RED), "PNG"))
    whole[60] ^= 0xFF
    with pytest.raises(ValueError, match=r"image of \d+ bytes: damaged or cut \(\w+: "):
        load_image(bytes(whole))


def test_a_picture_that_memory_does_not_hold_is_not_called_damaged(photo, monkeypatch: pytest.MonkeyPatch):
    def convert(image: Image.Image, mode: str):
        raise MemoryError("no room")

    monkeypatch.setattr(Image.Image, "convert", convert)
    with pytest.raises(MemoryError, match="no room"):
        load_image(encoded(Image.fromarray(photo)))


def test_a_missing_file_is_the_systems_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        load_image(tmp_path / "missing.png")


def test_what_is_no_source_of_an_image_is_a_type_error(photo):
    with pytest.raises(TypeError, match="cannot load an image from ndarray; legal: path, bytes"):
        load_image(photo)


def test_more_pixels_than_allowed_are_refused_unless_the_limit_is_raised(photo, tmp_path: Path):
    path = tmp_path / "large.png"
    path.write_bytes(encoded(Image.fromarray(photo)))
    with pytest.raises(ValueError, match=r"large.png: 7 x 5 px = 35 px; at most 34 px are read \(max_pixels raises"):
        load_image(path, max_pixels=34)
    assert load_image(path, max_pixels=35).shape == photo.shape
    with pytest.raises(ValueError, match=r"35 px; at most 34 px"):
        load_image(Image.fromarray(photo), max_pixels=34)


def test_the_pixel_claim_is_refused_from_the_header_before_any_decoding():
    claim = hand_made_png(20000, 20000, 8, 2, rows=b"no rows at all")
    with pytest.raises(ValueError, match=rf"400000000 px; at most {MAX_PIXELS} px"):
        load_image(claim)


def test_an_array_that_is_an_image_is_returned_as_it_is(photo):
    assert check_image(photo) is photo


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 3)), r"image is float64; must be uint8, 0 to 255, H x W x 3"),
        (np.full((1, 2, 3), np.nan, np.float32), r"image is float32 with 6 NaN or infinite of 6 values; must be uint8"),
        (np.zeros((4, 4, 3), np.int64), r"image is int64; must be uint8"),
        (np.zeros((4, 4), np.uint8), r"image has shape \(4, 4\); must be \(H, W, 3\)"),
        (np.zeros((4, 4, 4), np.uint8), r"image has shape \(4, 4, 4\); must be \(H, W, 3\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"image has shape \(1, 4, 4, 3\); must be \(H, W, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), r"image is 4 x 0 px; sides must be 1 to 65535 px"),
        (np.zeros((1, 65536, 3), np.uint8), r"image is 65536 x 1 px; sides must be 1 to 65535 px"),
    ],
)
def test_an_array_that_is_no_image_is_refused_with_what_is_legal(array, message: str):
    with pytest.raises(ValueError, match=message):
        check_image(array)


def test_a_list_is_no_image():
    with pytest.raises(TypeError, match="image is a list; must be a numpy array, uint8, H x W x 3"):
        check_image([[[0, 0, 0]]])  # pyright: ignore[reportArgumentType]


def test_every_level_survives_the_way_to_float_and_back():
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    planes = to_float(levels)
    assert (planes.dtype, planes.shape) == (np.float32, (3, 16, 16))
    assert planes.flags.c_contiguous
    assert (planes.min(), planes.max()) == (0, 1)
    np.testing.assert_array_equal(to_uint8(planes), levels)


def test_floats_are_clipped_and_halves_rounded_up():
    planes = np.array([-0.1, 1.1, 0.5 / 255, 1.5 / 255, 2.4999 / 255, 254.5 / 255]).reshape(3, 2, 1)
    assert to_uint8(planes).transpose(2, 0, 1).ravel().tolist() == [0, 255, 1, 2, 2, 255]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_do_not_become_pixels(bad: float):
    planes = np.zeros((3, 2, 2), np.float32)
    planes[1, 1, 1] = bad
    with pytest.raises(ValueError, match=r"float32 with 1 NaN or infinite of 12 values; must all be finite"):
        to_uint8(planes)


def test_only_three_planes_of_floats_become_an_image(photo):
    with pytest.raises(TypeError, match="planes are uint8; must be a numpy array of floats"):
        to_uint8(photo)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"planes have shape \(1, 3, 4, 4\); must be \(3, H, W\)"):
        to_uint8(np.zeros((1, 3, 4, 4)))


@given(height=st.integers(1, 300), width=st.integers(1, 300), multiple=st.sampled_from([1, 64, 128]))
def test_crop_undoes_pad_and_no_smaller_legal_size_would_do(height: int, width: int, multiple: int):
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    padded = pad(image, multiple)
    assert padded.shape[:2] == padded_size(height, width, multiple)
    for side, padded_side in zip((height, width), padded.shape, strict=False):
        assert padded_side % multiple == 0
        assert side <= padded_side < side + multiple
    np.testing.assert_array_equal(crop(padded, height, width), image)


@given(height=st.integers(1, 300), width=st.integers(1, 300))
def test_padding_continues_an_edge_by_steps_that_the_image_has(height: int, width: int):
    image = np.add.outer(np.arange(height), np.arange(width))[:, :, None]  # neighbours differ by exactly 1
    padded = pad(image)
    for axis, side in ((0, height), (1, width)):
        steps = np.abs(np.diff(padded, axis=axis))
        assert (steps == (1 if side > 1 else 0)).all()


def test_a_long_enough_side_is_reflected_once_as_numpy_does(photo):
    large = np.tile(photo, (8, 6, 1))  # 40 x 42 px
    np.testing.assert_array_equal(pad(large), np.pad(large, ((0, 24), (0, 22), (0, 0)), mode="reflect"))


def test_one_pixel_is_repeated():
    assert (pad(np.full((1, 1, 3), 7, np.uint8)) == 7).all()


def test_pad_and_crop_work_on_planes_too(photo):
    planes = to_float(photo)
    padded = pad(planes, axes=(1, 2))
    np.testing.assert_array_equal(padded, to_float(pad(photo)))
    np.testing.assert_array_equal(crop(padded, *photo.shape[:2], axes=(1, 2)), planes)


@pytest.mark.parametrize("size", [(0, 4, 64), (4, 0, 64), (4, 4, 0)])
def test_there_is_no_padded_size_of_nothing(size):
    with pytest.raises(ValueError, match=r"size is \d x \d px, multiple \d+; each must be 1 or more"):
        padded_size(*size)


@pytest.mark.parametrize("size", [(6, 7), (5, 8), (0, 7)])
def test_a_crop_larger_than_the_image_or_empty_is_refused(photo, size):
    with pytest.raises(ValueError, match=r"cannot crop \d x \d px out of 7 x 5 px"):
        crop(photo, *size)


def test_a_saved_png_holds_the_pixels(photo, tmp_path: Path):
    save_png(tmp_path / "out.png", photo[:, ::-1])  # a view with negative strides
    np.testing.assert_array_equal(load_image(tmp_path / "out.png"), photo[:, ::-1])
    np.testing.assert_array_equal(load_image(png_bytes(photo)), photo)


def test_an_array_that_is_no_image_leaves_no_png_behind(tmp_path: Path):
    with pytest.raises(ValueError, match="image is float64; must be uint8"):
        save_png(tmp_path / "out.png", np.zeros((4, 4, 3)))  # pyright: ignore[reportArgumentType]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("shape", "fitted"), [((40, 60, 3), (20, 30, 3)), ((600, 1, 3), (600, 1, 3)), ((9, 9, 3), (9, 9, 3))]
)
def test_picture_of_more_pixels_than_fit_is_scaled_down_in_its_proportions(shape, fitted):
    picture = load_image(png_bytes(np.full(shape, 7, np.uint8)), fit_pixels=600)
    assert picture.shape == fitted
    assert (picture == 7).all()
