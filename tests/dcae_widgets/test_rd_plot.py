"""The plot's Python side: what a curve and a point may be, and plotly.js on request."""

import gzip
import io
import json
import math

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from dcae_widgets import plotly_page
from dcae_widgets.plotly_page import plotly_gzipped
from dcae_widgets.rd_plot import RdPlot


@pytest.fixture
def sent(monkeypatch) -> list[tuple[dict, list[bytes]]]:
    """What plots have sent to their pages, in order."""
    messages = []
    monkeypatch.setattr(RdPlot, "send", lambda self, content, buffers=None: messages.append((content, buffers)))
    return messages


LINE = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]


def shifted(factor: float, up_db: float = 0.0) -> list[tuple[float, float]]:
    """The line with so many times the bits, and so much higher."""
    return [(factor * bpp, db + up_db) for bpp, db in LINE]


def reference(name: str, points=(), group: str = "means") -> dict:
    return {"name": name, "group": group, "points": list(points), "source": "measured here", "ours": False}


def compared() -> RdPlot:
    """This photo's two curves, two means and a published curve, all shown."""
    plot = RdPlot(groups=["photo", "means", "published"])
    plot.set_curve("small", shifted(0.5))
    plot.set_curve("JPEG", LINE, "file")
    plot.references = [
        reference("jpeg", LINE),
        reference("webp", shifted(0.8)),
        reference("vtm", shifted(0.4), "published"),
    ]
    return plot


def width_px(image) -> int:
    return Image.open(io.BytesIO(image.data)).width


def test_points_that_arrive_one_by_one_stand_in_order_of_rate():
    plot = RdPlot()
    for points in ([(0.5, 32)], [(0.5, 32), (0.2, 29, "λ 0.001")], [(0.5, 32), (0.2, 29, "λ 0.001"), (0.3, 30)]):
        plot.set_curve("small", points)
    assert plot.curves == [
        {
            "name": "small",
            "kind": "estimate",
            "points": [[0.2, 29.0, "λ 0.001", None], [0.3, 30.0, "", None], [0.5, 32.0, "", None]],
        }
    ]


def test_a_curve_takes_the_place_of_the_one_of_its_name():
    plot = RdPlot()
    plot.set_curve("JPEG", [(1, 30)], "file")
    plot.set_curve("small", [(1, 31)])
    plot.set_curve("JPEG", [], "file")
    assert [(curve["name"], curve["points"]) for curve in plot.curves] == [
        ("JPEG", []),
        ("small", [[1.0, 31.0, "", None]]),
    ]


def test_state_is_json_though_numbers_are_numpys_and_the_picture_is_identical():
    plot = RdPlot()
    plot.set_curve("PNG", [(np.float32(4), np.float64(math.inf))], "file")
    plot.set_point(np.float64(4), math.inf, "file")
    plot.marks = [{"bpp": 2, "psnr_db": None, "kind": "file"}]
    state = json.loads(json.dumps([plot.curves, plot.point, plot.marks], allow_nan=False))
    assert state == [
        [{"name": "PNG", "kind": "file", "points": [[4.0, None, "", None]]}],
        {"bpp": 4.0, "psnr_db": None, "kind": "file", "label": "", "ms_ssim_db": None},
        [{"bpp": 2.0, "psnr_db": None, "kind": "file", "label": "", "ms_ssim_db": None}],
    ]


@pytest.mark.parametrize("points", [[(0, 30)], [(-1, 30)], [(math.inf, 30)], [(math.nan, 30)], [(1, math.nan)]])
def test_places_that_are_none_are_refused(points):
    with pytest.raises(TraitError, match=r"small has .* bpp, .* dB; the rate must be above 0, the PSNR a number"):
        RdPlot().set_curve("small", points)


def test_what_is_no_point_is_refused():
    with pytest.raises(TraitError, match=r"small has a point \(1,\); must be \(bpp, PSNR in dB\), or with"):
        RdPlot().set_curve("small", [(1,)])
    with pytest.raises(
        TraitError, match="has fields label, ms_ssim_db, bpp; must have bpp, psnr_db, kind, label, ms_ssim_db"
    ):
        RdPlot().point = {"bpp": 1}
    with pytest.raises(TraitError, match="has fields name; must have name, kind, points"):
        RdPlot().curves = [{"name": "small"}]


def test_a_kind_is_estimate_or_file():
    with pytest.raises(TraitError, match="a point is of kind 'guess'; legal: estimate, file"):
        RdPlot().set_point(1, 30, "guess")
    with pytest.raises(TraitError, match="small is of kind 'guess'; legal: estimate, file"):
        RdPlot().set_curve("small", [], "guess")


def test_a_reference_says_its_group_and_its_source():
    with pytest.raises(TraitError, match="jpeg is of group 'photo'; legal: means, published"):
        RdPlot().references = [reference("jpeg", group="photo")]
    with pytest.raises(TraitError, match="has fields name; must have name, group, points, source, ours"):
        RdPlot().references = [{"name": "jpeg"}]


def test_two_curves_of_one_name_are_refused():
    curve = {"name": "small", "kind": "file", "points": []}
    with pytest.raises(TraitError, match=r"curves are named \['small', 'small'\]; each name must be there once"):
        RdPlot().curves = [curve, curve]


def test_a_refused_value_leaves_the_plot_as_it_was():
    plot = RdPlot()
    plot.set_point(1, 30)
    with pytest.raises(TraitError, match="the rate must be above 0"):
        plot.set_point(0, 31)
    assert plot.point["psnr_db"] == 30


def test_a_cleared_plot_keeps_its_title_alone():
    plot = RdPlot(title="flower", marks=[{"bpp": 1, "psnr_db": 30, "kind": "file"}])
    plot.set_curve("small", [(1, 30)])
    plot.set_point(1, 30)
    plot.clear()
    assert (plot.curves, plot.point, plot.marks, plot.title) == ([], {}, [], "flower")


def test_like_is_compared_with_like():
    plot = compared()
    assert plot.rates == {}
    plot.anchor = "photo/JPEG"
    assert [(key, round(rate["percent"], 6)) for key, rate in plot.rates.items()] == [("photo/small", -50)]
    assert (plot.rates["photo/small"]["low_db"], plot.rates["photo/small"]["high_db"]) == (30, 40)
    plot.anchor = "means/jpeg"
    rates = {key: round(rate["percent"], 6) for key, rate in plot.rates.items()}
    assert rates == {"means/webp": -20, "published/vtm": -60}


def test_rates_follow_points_groups_and_anchor():
    plot = compared()
    plot.anchor = "photo/JPEG"
    plot.set_curve("small", shifted(0.25))
    assert plot.rates["photo/small"]["percent"] == pytest.approx(-75)
    plot.groups = ["means"]
    assert plot.rates == {}, "the anchor is not shown"
    plot.anchor = "means/webp"
    assert set(plot.rates) == {"means/jpeg"}, "published curves are not shown"
    plot.anchor = ""
    assert plot.rates == {}


def test_rates_say_what_they_are_of_and_arrive_with_it(monkeypatch):
    plot, sent = compared(), []
    monkeypatch.setattr(plot, "_send", lambda message, buffers=None: sent.append(message["state"]))
    plot.anchor = "photo/JPEG"
    assert plot.rated == ["photo/JPEG", "psnr"]
    assert [sorted(state) for state in sent] == [["anchor"], ["rated", "rates"]]
    plot.measure = "ms_ssim"
    assert (plot.rates, plot.rated) == ({}, ["photo/JPEG", "ms_ssim"])


def test_curves_that_hardly_overlap_have_no_rate_and_it_is_said():
    plot = compared()
    plot.set_curve("above", shifted(1, up_db=9.6))
    plot.set_curve("short", LINE[:3])
    plot.set_curve("falling", [(0.25, 30), (0.5, 33), (1, 32), (2, 40)])
    plot.anchor = "photo/JPEG"
    why = {key: rate["why"] for key, rate in plot.rates.items() if rate["percent"] is None}
    assert why == {
        "photo/above": "no common interval",
        "photo/short": "fewer than 4 points",
        "photo/falling": "a curve does not rise",
    }


def test_rates_over_ms_ssim_are_those_of_its_db_and_curves_without_it_have_none():
    plot = compared()
    plot.set_curve("small", [(0.5 * bpp, 20.0 + index, "", db - 20) for index, (bpp, db) in enumerate(LINE)])
    plot.set_curve("JPEG", [(bpp, 20.0 + index, "", db - 20) for index, (bpp, db) in enumerate(LINE)], "file")
    plot.anchor, plot.measure = "photo/JPEG", "ms_ssim"
    assert plot.rates["photo/small"]["percent"] == pytest.approx(-50)
    assert (plot.rates["photo/small"]["low_db"], plot.rates["photo/small"]["high_db"]) == (10, 20)
    plot.anchor = "means/jpeg"
    assert plot.rates == {}, "no mean has MS-SSIM here"


def test_the_static_picture_has_what_the_page_shows():
    plot = compared()
    plot.anchor = "means/jpeg"
    alt = str(plot.picture().alt)
    assert "small (estimates), JPEG, jpeg, Kodak mean: the anchor, webp, Kodak mean: -20.0 %, 30.0 to 40.0 dB, " in alt
    assert alt.endswith("vtm, published: -60.0 %, 30.0 to 40.0 dB; BD-rate over PSNR (akima) against jpeg")
    plot.groups, plot.anchor = ["means"], ""
    assert (
        plot.picture().alt == "Kodak's 24 photos, means. Rate-distortion curves of jpeg, Kodak mean, webp, Kodak mean"
    )


def test_the_static_picture_says_what_is_left_out_and_has_the_rates_scale():
    plot = compared()
    plot.set_curve("small", [(bpp, db, "", 15.0 + bpp) for bpp, db in LINE])
    plot.set_point(0.5, 32, "file", "", 14.25)
    linear = plot.picture()
    plot.rate_scale = "log"
    assert plot.picture().data != linear.data
    plot.measure, plot.groups = "ms_ssim", ["photo"]
    assert plot.picture().alt == (
        ". Rate-distortion curves of small (estimates); this photo: 0.500 bits a pixel, 14.25 dB; "
        "Left out, without MS-SSIM: JPEG"
    )
    plot.set_point(0.5, 32)
    assert str(plot.picture().alt).endswith("Left out, without MS-SSIM: JPEG, this photo’s point")


def test_plotly_is_the_installed_packages_own_and_the_same_bytes_each_time():
    first = plotly_gzipped()
    plotly_gzipped.cache_clear()
    assert plotly_gzipped() == first
    assert b"plotly.js" in gzip.decompress(first)[:100]
    assert len(first) < 2_000_000


def test_plotly_is_sent_when_it_is_asked_for_and_never_else(sent):
    plot = RdPlot()
    plot.set_curve("small", [(1, 30)])
    plot._handle_custom_msg({"type": "something else"}, [])
    assert sent == []
    plot._handle_custom_msg({"type": "plotly.js"}, [])
    assert sent == [({"type": "plotly.js"}, [plotly_gzipped()])]


def test_an_asking_that_is_heard_twice_is_answered_once(sent):
    plot = RdPlot()
    for asking in ("a", "a", "b"):
        plot._handle_custom_msg({"type": "plotly.js", "asking": asking}, [])
    assert len(sent) == 2


def test_a_plotly_package_without_its_script_is_said_to_the_page(sent, monkeypatch, tmp_path):
    plotly_gzipped.cache_clear()
    monkeypatch.setattr(plotly_page, "files", lambda package: tmp_path)
    RdPlot()._handle_custom_msg({"type": "plotly.js"}, [])
    [(content, buffers)] = sent
    assert buffers is None
    assert "the plotly package carries no plotly.js" in content["error"]


def test_the_static_picture_says_where_the_photo_stands():
    plot = RdPlot(title="flower")
    empty = plot.picture()
    plot.set_curve("JPEG", [(0.5, 30), (1, math.inf)], "file")
    plot.set_curve("small", [(0.5, 32)])
    plot.set_point(0.5, 32, "file", "16,042 bytes")
    image = plot.picture()
    assert image.alt == (
        "flower. Rate-distortion curves of JPEG, small (estimates); this photo: 0.500 bits a pixel, 32.00 dB"
    )
    assert empty.alt == "flower. Rate-distortion curves of nothing yet"
    assert width_px(image) <= 1280
