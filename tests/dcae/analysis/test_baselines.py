"""JPEG, WebP and AVIF follow the project's one protocol, and say what they cannot do."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, features

from dcae.analysis.baselines import BASELINES, PillowCodec, baseline, missing_baselines
from dcae.codec.protocol import Codec
from dcae.rd import psnr_db
from dcae.samples import sample

HERE = [name for name, codec in BASELINES.items() if codec.missing is None]


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    return sample("coffee")[100:220, 200:361]


def open_as_any_codec(codec: Codec, image: NDArray[np.uint8], quality: float) -> NDArray[np.uint8]:
    return codec.decode(codec.open(image).encode(quality))


def without_avif(monkeypatch: pytest.MonkeyPatch) -> None:
    check = features.check
    monkeypatch.setattr("dcae.analysis.baselines.features.check", lambda name: name != "avif" and check(name))


def test_jpeg_and_webp_are_on_every_machine():
    assert {"jpeg", "webp"} <= set(HERE)


@pytest.mark.parametrize("name", HERE)
def test_a_picture_comes_back_in_its_size_and_nearly_as_it_was(name: str, photo: NDArray[np.uint8]):
    decoded = open_as_any_codec(baseline(name), photo, 90)
    assert decoded.shape == photo.shape
    assert psnr_db(photo, decoded) > 35


@pytest.mark.parametrize("name", HERE)
def test_the_curve_is_legal_and_both_rate_and_psnr_rise_along_it(name: str, photo: NDArray[np.uint8]):
    codec = baseline(name)
    assert set(codec.curve) <= set(codec.qualities)
    session = codec.open(photo)
    files = [session.encode(quality) for quality in codec.curve]
    psnrs = [psnr_db(photo, codec.decode(data)) for data in files]
    assert sorted(map(len, files)) == list(map(len, files))
    assert sorted(psnrs) == psnrs


@pytest.mark.parametrize("name", HERE)
def test_an_estimate_is_the_file_and_its_picture(name: str, photo: NDArray[np.uint8]):
    codec = baseline(name)
    session = codec.open(photo)
    estimate, data = session.estimate(40), session.encode(40)
    assert estimate.total_bytes == len(data)
    assert np.array_equal(estimate.x_hat, codec.decode(data))


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("quality", [None, -1, 101, 50.5, float("nan")])
def test_a_quality_out_of_range_is_refused_with_the_range(name: str, quality: float | None):
    session = baseline(name).open(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match=rf"{name} quality is {quality}; must be a whole number, [01] to 100"):
        session.encode(quality)


@pytest.mark.parametrize("name", HERE)
def test_the_longest_side_is_coded_and_one_more_pixel_is_refused(name: str):
    codec = baseline(name)
    longest = np.zeros((1, codec.max_side_px, 3), np.uint8)
    assert open_as_any_codec(codec, longest, 50).shape == longest.shape
    with pytest.raises(ValueError, match=f"image is {codec.max_side_px + 1} x 1 px; .* at most {codec.max_side_px} px"):
        codec.open(np.zeros((1, codec.max_side_px + 1, 3), np.uint8))


def test_jpeg_halves_its_colours_and_avif_keeps_them(photo: NDArray[np.uint8]):
    data = baseline("jpeg").open(photo).encode(50)
    with Image.open(io.BytesIO(data)) as picture:
        sampling = {component[1:3] for component in getattr(picture, "layer")}  # noqa: B009 (no declared attribute)
    assert sampling == {(2, 2), (1, 1)}
    if "avif" in HERE:
        red_dots = np.zeros((64, 64, 3), np.uint8)
        red_dots[::2, ::2, 0] = 255
        kept = open_as_any_codec(baseline("avif"), red_dots, 95)[::2, ::2, 0].mean()
        lost = open_as_any_codec(baseline("jpeg"), red_dots, 95)[::2, ::2, 0].mean()
        assert kept > 200 > lost


def test_settings_name_version_and_options():
    assert "subsampling=4:2:0, optimize=True" in baseline("jpeg").settings
    assert f"webp {features.version('webp')}, method=6" in baseline("webp").settings


def test_an_image_that_is_none_is_refused():
    with pytest.raises(ValueError, match="image is float64; must be uint8"):
        baseline("jpeg").open(np.zeros((8, 8, 3)))  # pyright: ignore[reportArgumentType]


def test_bytes_that_are_no_picture_are_refused():
    with pytest.raises(ValueError, match="not a picture that can be read"):
        baseline("jpeg").decode(b"no picture")


def test_an_unknown_baseline_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="there is no baseline 'gif'; legal: jpeg, webp, avif"):
        baseline("gif")


def test_a_codec_that_the_machine_lacks_is_listed_with_the_reason_and_refused(monkeypatch: pytest.MonkeyPatch):
    without_avif(monkeypatch)
    assert list(missing_baselines()) == ["avif"]
    assert "was built without AVIF" in missing_baselines()["avif"]
    with pytest.raises(ValueError, match=r"avif is not available: this Pillow .* was built without AVIF"):
        baseline("avif")
    assert isinstance(baseline("jpeg"), PillowCodec)
