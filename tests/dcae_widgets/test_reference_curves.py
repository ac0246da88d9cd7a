"""The curves that stand beside a photo's are those of the project's own records, with their sources."""

import pytest

from dcae.kodak_means import kodak_means
from dcae.published_curves import audit_curves, published_curves
from dcae.rd import bd_rate, ms_ssim_db
from dcae_widgets.rd_plot import RdPlot
from dcae_widgets.reference_curves import reference_curves


def by_name(group: str) -> dict[str, dict]:
    return {curve["name"]: curve for curve in reference_curves() if curve["group"] == group}


def test_measured_means_have_psnr_and_ms_ssim():
    for name, curve in kodak_means().items():
        shown = by_name("means")[name]
        assert [point[:2] for point in shown["points"]] == [
            list(each) for each in zip(curve.bpp, curve.psnr_db, strict=True)
        ]
        assert [point[3] for point in shown["points"]] == [
            ms_ssim_db(value) for value in curve.ms_ssim if value is not None
        ]
        assert (name if curve.is_ours else curve.settings) in shown["source"]
        assert shown["ours"] == curve.is_ours


def test_published_curves_say_whose_they_are_and_have_no_ms_ssim():
    curves = published_curves() | audit_curves()
    shown = by_name("published")
    assert set(shown) == set(curves)
    for name, curve in curves.items():
        assert [tuple(point[:2]) for point in shown[name]["points"]] == curve.points
        assert all(point[3] is None for point in shown[name]["points"])
        assert curve.source in shown[name]["source"]
        assert curve.averaging in shown[name]["source"]


def test_a_plot_compares_them_as_the_arithmetic_does():
    plot = RdPlot(references=reference_curves(), groups=["means", "published"])
    plot.anchor = "published/vtm"
    curves = published_curves()
    expected = bd_rate(curves["vtm"].points, curves["dcae"].points)
    assert plot.rates["published/dcae"]["percent"] == pytest.approx(expected)
    assert len(plot.rates) == len(plot.references) - 1
