"""All classical codecs follow the project's one protocol; one that the machine lacks is listed and breaks nothing."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import features

from dcae.analysis.baselines import BASELINES, available_baselines, baseline, fast_baselines, missing_baselines
from dcae.analysis.video_intra import VideoIntraCodec
from dcae.codec.protocol import Codec, Interval
from dcae.rd import psnr_db
from dcae.samples import sample

HERE = available_baselines()
IN_PROCESS = [name for name in HERE if not isinstance(BASELINES[name], VideoIntraCodec)]


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """Odd sides, 61 x 45 px."""
    return sample("coffee")[100:145, 200:261]


def coded(codec: Codec, image: NDArray[np.uint8], quality: float) -> NDArray[np.uint8]:
    """As any code does that takes any codec."""
    return codec.decode(codec.open(image).encode(quality))


def test_all_that_are_compared_have_a_name():
    assert list(BASELINES) == (
        ["jpeg", "jpeg-444", "webp", "avif", "avif-420", "jpeg-2000", "jpeg-xl", "hevc", "vvenc"]
    )
    assert len({codec.label for codec in BASELINES.values()}) == len(BASELINES)


def test_fast_ones_are_there_by_the_names_people_call_them_and_run_in_this_process():
    fast = fast_baselines()
    assert set(fast) <= {BASELINES[name].label for name in IN_PROCESS}
    assert {"JPEG 4:2:0", "WebP"} <= set(fast)


def test_each_is_available_or_missing():
    assert sorted([*available_baselines(), *missing_baselines()]) == sorted(BASELINES)
    assert {"jpeg", "jpeg-444", "webp"} <= set(available_baselines())


@pytest.mark.parametrize("name", HERE)
def test_a_picture_comes_back_in_its_size_and_nearly_as_it_was(name: str, photo: NDArray[np.uint8]):
    codec = baseline(name)
    decoded = coded(codec, photo, codec.curve[-1])
    assert (decoded.shape, decoded.dtype) == (photo.shape, np.uint8)
    assert psnr_db(photo, decoded) > 35


@pytest.mark.parametrize("name", HERE)
def test_a_picture_of_one_pixel_comes_back_in_about_its_colour(name: str):
    codec, pixel = baseline(name), np.array([[[200, 90, 60]]], np.uint8)
    decoded = coded(codec, pixel, codec.curve[-1])
    assert decoded.shape == (1, 1, 3)
    assert np.abs(decoded.astype(int) - pixel).max() <= 8


@pytest.mark.parametrize("name", HERE)
def test_the_curve_is_legal_and_both_rate_and_psnr_rise_along_it(name: str):
    codec, photo = baseline(name), sample("coffee")[100:220, 200:361]
    for quality in codec.curve:
        codec.check_quality(quality)
    session = codec.open(photo)
    tried = codec.curve if name in IN_PROCESS else codec.curve[::4]
    files = [session.encode(quality) for quality in tried]
    psnrs = [psnr_db(photo, codec.decode(data)) for data in files]
    assert all(len(data) < len(larger) for data, larger in pairwise(files))
    assert all(psnr < higher for psnr, higher in pairwise(psnrs))


@pytest.mark.parametrize("name", IN_PROCESS)
def test_an_estimate_is_the_file_and_its_picture(name: str, photo: NDArray[np.uint8]):
    codec = baseline(name)
    session, quality = codec.open(photo), codec.curve[3]
    estimate, data = session.estimate(quality), session.encode(quality)
    assert estimate.total_bytes == len(data)
    assert np.array_equal(estimate.x_hat, codec.decode(data))


@pytest.mark.parametrize("name", IN_PROCESS)
def test_both_ends_of_the_qualities_are_coded(name: str, photo: NDArray[np.uint8]):
    codec = baseline(name)
    legal = codec.qualities
    ends = legal if isinstance(legal, Interval) else (legal[0], legal[-1])
    assert [coded(codec, photo, quality).shape for quality in ends] == [photo.shape] * 2


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("quality", [None, -1, 1001, float("nan")])
def test_a_quality_out_of_range_is_refused_with_the_range(name: str, quality: float | None):
    session = BASELINES[name].open(np.zeros((8, 8, 3), np.uint8))
    legal = r"[\d.]+ to [\d.]+" if name in ("jpeg-2000", "jpeg-xl") else r"a whole number, [01] to (51|63|100)"
    with pytest.raises(ValueError, match=rf"{name} quality is {quality}; must be {legal}$"):
        session.encode(quality)


@pytest.mark.parametrize("name", ["jpeg", "hevc"])
def test_a_quality_between_two_stops_is_refused(name: str):
    with pytest.raises(ValueError, match=r"quality is 50\.5; must be a whole number"):
        BASELINES[name].open(np.zeros((8, 8, 3), np.uint8)).encode(50.5)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_the_longest_side_is_coded(name: str):
    codec = baseline(name)
    longest = np.zeros((1, codec.max_side_px, 3), np.uint8)
    assert coded(codec, longest, codec.curve[0]).shape == longest.shape


@pytest.mark.parametrize("name", BASELINES)
def test_one_more_pixel_than_the_longest_side_is_refused(name: str):
    codec = BASELINES[name]
    with pytest.raises(
        ValueError, match=rf"image is {codec.max_side_px + 1} x 1 px; .* {min(codec.max_side_px, 65535)} px"
    ):
        codec.open(np.zeros((1, codec.max_side_px + 1, 3), np.uint8))


def test_a_session_keeps_the_image_as_it_was(photo: NDArray[np.uint8]):
    image = photo.copy()
    session = baseline("jpeg").open(image)
    before = session.encode(50)
    image[:] = 0
    assert session.encode(50) == before


def test_an_image_that_is_none_is_refused():
    with pytest.raises(ValueError, match="image is float64; must be uint8"):
        baseline("jpeg").open(np.zeros((8, 8, 3)))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("data", [b"", b"no", b"no picture, and longer than a header"])
def test_bytes_that_are_no_picture_are_refused(name: str, data: bytes):
    refusals = "not a picture that can be read", "no JPEG XL file", f"no {name} file", "FFmpeg gave up"
    with pytest.raises(ValueError, match="|".join(refusals)):
        baseline(name).decode(data)


def test_an_unknown_baseline_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="there is no baseline 'gif'; legal: jpeg, jpeg-444, webp, avif"):
        baseline("gif")


def test_a_codec_that_the_machine_lacks_is_listed_with_the_reason_and_refused(monkeypatch: pytest.MonkeyPatch):
    check, before = features.check, set(available_baselines())
    monkeypatch.setattr("PIL.features.check", lambda name: name != "avif" and check(name))
    assert {"avif", "avif-420"} <= set(missing_baselines())
    assert "was built without AVIF" in missing_baselines()["avif"]
    assert set(available_baselines()) == before - {"avif", "avif-420"}
    with pytest.raises(ValueError, match=r"avif is not available: this Pillow .* was built without AVIF"):
        baseline("avif")
