"""VMAF ranks pictures as it should, is not defined for tiny ones, and never crosses picture and original."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dcae.analysis.vmaf import MIN_VMAF_SIDE_PX, vmaf, vmaf_settings, why_not_vmaf
from dcae.samples import sample

needs_vmaf = pytest.mark.skipif(why_not_vmaf() is not None, reason=str(why_not_vmaf()))


@pytest.fixture(scope="module")
def original() -> NDArray[np.uint8]:
    """With odd sides, where halves of the stacked picture begin at odd rows."""
    return sample("coffee")[100:223, 200:365]


def blurred(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 5 neighbouring rows."""
    rows = np.stack([np.roll(image, shift, axis=0) for shift in range(-2, 3)])
    return rows.mean(0).astype(np.uint8)


@needs_vmaf
def test_identical_pictures_have_about_97_and_less_detail_has_less(original: NDArray[np.uint8]):
    same, less = vmaf(original, original), vmaf(blurred(original), original)
    assert same is not None
    assert less is not None
    assert 96 < same <= 100
    assert less < same - 20


@needs_vmaf
def test_the_picture_is_judged_by_its_original_and_not_the_other_way_round(original: NDArray[np.uint8]):
    less = blurred(original)
    forwards, backwards = vmaf(less, original), vmaf(original, less)
    assert forwards is not None
    assert backwards is not None
    assert forwards < backwards - 20


@needs_vmaf
def test_it_is_defined_from_32_px_on(original: NDArray[np.uint8]):
    side = MIN_VMAF_SIDE_PX
    assert vmaf(original[: side - 1], original[: side - 1]) is None
    assert vmaf(original[:, : side - 1], original[:, : side - 1]) is None
    assert vmaf(original[:side, :side], original[:side, :side]) is not None


@needs_vmaf
def test_its_settings_name_model_and_program():
    assert vmaf_settings().startswith("vmaf_v0.6.1, luma of BT.709 in limited range, FFmpeg ")


def test_pictures_of_different_sizes_are_refused(original: NDArray[np.uint8]):
    with pytest.raises(ValueError, match=r"images have shapes \(123, 165, 3\) and \(100, 165, 3\); must be the same"):
        vmaf(original, original[:100])


def test_without_ffmpeg_the_reason_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.analysis.ffmpeg.find_spec", lambda name: None)
    assert why_not_vmaf() == "the package imageio-ffmpeg is not installed"
