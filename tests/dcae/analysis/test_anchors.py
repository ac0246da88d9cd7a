"""The audit of BD-rates: percentages against an independent script's, and what choices of anchor and averaging do."""

import json

import numpy as np
import pytest

from dcae.analysis.anchors import MEAN_OF_PSNR, PSNR_OF_MEAN, VTM_ANCHORS, averaged_curve, kodak_audit

AUDIT = kodak_audit()
CURVES = {curve.name: np.array(curve.points) for curve in (*AUDIT.codecs, *AUDIT.anchors)}
ALL, KNOWN = AUDIT.choices[:2]


def by_trapezoid(anchor: np.ndarray, codec: np.ndarray) -> float:
    """The mean distance of cubic Hermite curves through the points, summed finely: no package, no spline of its."""
    low, high = max(anchor[0, 1], codec[0, 1]), min(anchor[-1, 1], codec[-1, 1])
    psnr = np.linspace(low, high, 20001)
    far = _hermite(psnr, codec[:, 1], np.log(codec[:, 0])) - _hermite(psnr, anchor[:, 1], np.log(anchor[:, 0]))
    return 100 * (np.exp(((far[1:] + far[:-1]) / 2).mean()) - 1)


def _hermite(at: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    slope = np.gradient(y, x)
    k = np.clip(np.searchsorted(x, at) - 1, 0, len(x) - 2)
    width = x[k + 1] - x[k]
    t = (at - x[k]) / width
    ends = (1 + 2 * t) * (1 - t) ** 2 * y[k] + t**2 * (3 - 2 * t) * y[k + 1]
    return ends + width * (t * (1 - t) ** 2 * slope[k] - t**2 * (1 - t) * slope[k + 1])


@pytest.mark.parametrize("anchor", VTM_ANCHORS)
@pytest.mark.parametrize("codec", ["dcae", "hpcm-large", "tcm-large", "elic"])
def test_rates_are_an_independent_scripts_within_a_fifth_of_a_point(codec: str, anchor: str):
    percent = AUDIT.rate(codec, anchor, "akima", ALL).percent
    assert percent == pytest.approx(by_trapezoid(CURVES[anchor], CURVES[codec]), abs=0.2)


def test_the_same_points_are_17_or_21_percent_by_choice_of_anchor():
    rates = {name: AUDIT.rate("dcae", name, "akima", KNOWN).percent or 0 for name in VTM_ANCHORS}
    assert [round(rate, 1) for rate in rates.values()] == [-17.0, -17.9, -21.3, -21.4]


def test_averaging_and_mixing_it_change_the_rate():
    own = {curve.averaging: curve.name for curve in AUDIT.codecs if curve.name.startswith("small")}
    webp = {curve.averaging: curve.name for curve in AUDIT.anchors if curve.name.startswith("webp")}
    alike, mixed = (AUDIT.rate(own[MEAN_OF_PSNR], webp[way], "akima", ALL) for way in (MEAN_OF_PSNR, PSNR_OF_MEAN))
    assert alike.percent is not None
    assert mixed.percent is not None
    assert mixed.percent < alike.percent - 1
    assert (alike.averaging, mixed.averaging) == (MEAN_OF_PSNR, f"{MEAN_OF_PSNR} against {PSNR_OF_MEAN}")


def test_averages_are_of_decibels_or_of_errors():
    points = [{"codec": "a", "quality": 1, "bpp": bpp, "psnr_db": psnr} for bpp, psnr in ((1.0, 30.0), (2.0, 40.0))]
    record = json.dumps({"points": points})
    assert averaged_curve(record, "a", MEAN_OF_PSNR).points == ((1.5, 35.0),)
    assert averaged_curve(record, "a", PSNR_OF_MEAN).points[0][1] == pytest.approx(-10 * np.log10(0.00055))
    with pytest.raises(ValueError, match="there are no points of 'b'; there are of a"):
        averaged_curve(record, "b", MEAN_OF_PSNR)
    with pytest.raises(ValueError, match="averaging is 'median'; must be 'mean of PSNR' or"):
        averaged_curve(record, "a", "median")


def test_unknown_weights_are_refused():
    with pytest.raises(ValueError, match="there are no weights 'huge'; there are "):
        kodak_audit("huge")
