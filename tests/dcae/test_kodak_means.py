"""The mean curves of our own evaluations are what those evaluations hold."""

import json
from importlib.resources import files

import numpy as np
import pytest

from dcae.kodak_means import _curves, kodak_means
from dcae.rd import bd_rate
from dcae.shipped_weights import shipped_weights


def evaluation(weights: str) -> dict:
    return json.loads((files("dcae_data") / "weights" / f"{weights}.eval.json").read_text("utf-8"))


def test_all_shipped_weights_come_first_and_each_baseline_is_there_once():
    curves = list(kodak_means().values())
    ours = [curve.name for curve in curves if curve.is_ours]
    assert ours == [curve.name for curve in curves][: len(ours)]
    assert set(ours) == set(shipped_weights())
    assert ours[0].startswith("small")
    assert len({curve.name for curve in curves}) == len(curves)


def test_means_are_those_of_the_photos_own_points():
    name = next(iter(shipped_weights()))
    points = [point for point in evaluation(name)["points"] if point["codec"] == name]
    curve = kodak_means()[name]
    assert len({point["image"] for point in points}) == 24
    for index, quality in enumerate(curve.quality):
        of_one = [point for point in points if point["quality"] == quality]
        for key in ("bpp", "psnr_db", "ms_ssim"):
            assert getattr(curve, key)[index] == pytest.approx(np.mean([point[key] for point in of_one]))


def test_bd_rates_of_the_curves_are_those_that_the_evaluation_reports():
    curves = kodak_means()
    name = next(iter(shipped_weights()))
    reported = {(rate["codec"], rate["anchor"]): rate["percent"] for rate in evaluation(name)["bd_rates"]}
    ours, jpeg = (list(zip(curves[key].bpp, curves[key].psnr_db, strict=True)) for key in (name, "jpeg"))
    assert bd_rate(jpeg, ours) == pytest.approx(reported[name, "jpeg"], abs=0.01)


def test_every_curve_rises_in_rate_and_says_how_it_was_made():
    for curve in kodak_means().values():
        assert list(curve.bpp) == sorted(curve.bpp)
        assert curve.settings
        assert "mean over the images" in curve.averaging


def test_an_identical_pictures_psnr_is_infinite():
    mean = {"codec": "png", "quality": 1, "bpp": 9.0, "psnr_db": None, "ms_ssim": 1.0}
    curves = _curves({"averaging": "mean", "codecs": {"png": "PNG"}, "means": [mean]}, "small")
    assert curves["png"].psnr_db == (np.inf,)
    assert not curves["png"].is_ours
