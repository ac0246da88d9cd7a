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


def width_px(image) -> int:
    return Image.open(io.BytesIO(image.data)).width


def test_points_that_arrive_one_by_one_stand_in_order_of_rate():
    plot = RdPlot()
    for points in ([(0.5, 32)], [(0.5, 32), (0.2, 29, "λ 0.001")], [(0.5, 32), (0.2, 29, "λ 0.001"), (0.3, 30)]):
        plot.set_curve("small", points)
    assert plot.curves == [
        {"name": "small", "kind": "estimate", "points": [[0.2, 29.0, "λ 0.001"], [0.3, 30.0, ""], [0.5, 32.0, ""]]}
    ]


def test_a_curve_takes_the_place_of_the_one_of_its_name():
    plot = RdPlot()
    plot.set_curve("JPEG", [(1, 30)], "file")
    plot.set_curve("small", [(1, 31)])
    plot.set_curve("JPEG", [], "file")
    assert [(curve["name"], curve["points"]) for curve in plot.curves] == [("JPEG", []), ("small", [[1.0, 31.0, ""]])]


def test_state_is_json_though_numbers_are_numpys_and_the_picture_is_identical():
    plot = RdPlot()
    plot.set_curve("PNG", [(np.float32(4), np.float64(math.inf))], "file")
    plot.set_point(np.float64(4), math.inf, "file")
    plot.marks = [{"bpp": 2, "psnr_db": None, "kind": "file"}]
    state = json.loads(json.dumps([plot.curves, plot.point, plot.marks], allow_nan=False))
    assert state == [
        [{"name": "PNG", "kind": "file", "points": [[4.0, None, ""]]}],
        {"bpp": 4.0, "psnr_db": None, "kind": "file", "label": ""},
        [{"bpp": 2.0, "psnr_db": None, "kind": "file", "label": ""}],
    ]


@pytest.mark.parametrize("points", [[(0, 30)], [(-1, 30)], [(math.inf, 30)], [(math.nan, 30)], [(1, math.nan)]])
def test_places_that_are_none_are_refused(points):
    with pytest.raises(TraitError, match=r"small has .* bpp, .* dB; the rate must be above 0, the PSNR a number"):
        RdPlot().set_curve("small", points)


def test_what_is_no_point_is_refused():
    with pytest.raises(TraitError, match=r"small has a point \(1,\); must be \(bpp, PSNR in dB\) or with a label"):
        RdPlot().set_curve("small", [(1,)])
    with pytest.raises(TraitError, match="has fields label, bpp; must have bpp, psnr_db, kind, label"):
        RdPlot().point = {"bpp": 1}
    with pytest.raises(TraitError, match="has fields name; must have name, kind, points"):
        RdPlot().curves = [{"name": "small"}]


def test_a_kind_is_estimate_or_file():
    with pytest.raises(TraitError, match="a point is of kind 'guess'; legal: estimate, file"):
        RdPlot().set_point(1, 30, "guess")
    with pytest.raises(TraitError, match="small is of kind 'guess'; legal: estimate, file"):
        RdPlot().set_curve("small", [], "guess")


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
