"""Foreseen beside found: maps that are the arrays' means, curves that are the record's, refusals."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from traitlets import TraitError

from dcae.calibration import Calibration
from dcae_widgets.heat import heat_image
from dcae_widgets.hyper_figure import map_ticks
from dcae_widgets.hyper_view import HyperView

from .rate_maps import CHANNELS, SLICES, image, sigma

ERROR = np.random.default_rng(5).normal(0, 1, sigma().shape).astype(np.float32)


def calibration(scale: float) -> Calibration:
    groups = scale * np.array([0.2, 0.5, 2.0])
    bits = np.array([0.1, 1.0, 6.0])
    return Calibration(
        sigma=groups, expected_error=0.8 * groups, error=0.9 * groups, elements=np.array([900, 300, 60]),
        charged_bits=bits, fair_bits=1.1 * bits, hits=np.array([800, 200, 40]), total_bits=8000.0, least_bits=7600.0,
    )  # fmt: skip


def parts() -> dict[str, Calibration]:
    return {"all slices": calibration(1), **{f"slice {index}": calibration(2 + index) for index in range(SLICES)}}


@pytest.fixture
def view() -> HyperView:
    return HyperView(image(), sigma(), ERROR, parts(), z_bytes=123)


def test_maps_are_means_over_the_parts_channels_on_one_scale(view: HyperView):
    for part, channels in (("all slices", slice(None)), ("slice 1", slice(CHANNELS // SLICES, None))):
        view.part = part
        foreseen = np.maximum(sigma(), 0.11)[channels].mean(axis=0) * math.sqrt(2 / math.pi)
        found = np.abs(ERROR)[channels].mean(axis=0)
        most = map_ticks(foreseen, found)[-1]
        for layer, values in zip(view.photo_view.layers, (foreseen, found), strict=False):
            assert np.array_equal(layer.image, heat_image(values, 0, most, 16, image().shape[:2]))
            assert layer.name.endswith(f"0 to {most:g} steps")


def test_curves_are_the_parts(view: HyperView):
    view.part = "slice 0"
    errors, costs = (each for child in view.children for each in child.children if hasattr(each, "series"))
    of = view.calibrations["slice 0"]
    assert [each["y"] for each in errors.series] == [of.error.tolist(), of.expected_error.tolist()]
    assert [each["y"] for each in costs.series] == [of.fair_bits.tolist(), of.charged_bits.tolist()]
    assert errors.series[0]["text"][1] == "σ 1.000: 0.900 found, 0.800 foreseen, 300 numbers"


def test_part_can_be_chosen_from_the_list_and_no_other(view: HyperView):
    choice = view.children[0].children[0]
    choice.value = "slice 1"
    assert view.part == "slice 1"
    with pytest.raises(ValueError, match="part is 'slice 2'; must be one of all slices, slice 0, slice 1"):
        view.part = "slice 2"
    with pytest.raises(TraitError):
        choice.value = "z"
    assert view.part == choice.value == "slice 1"


def test_words_say_what_is_charged_and_what_would_do(view: HyperView):
    said = (
        "z, which foretells it: 123 bytes. all slices: 1,000 bytes charged; tables made for this very photo would need"
    )
    assert f"{said} 950 at least (5.0% less)." in str(view.picture().alt)


def test_numbers_are_taken_along(view: HyperView, tmp_path: Path):
    view.to_csv(tmp_path / "groups.csv")
    view.to_npz(tmp_path / "maps.npz")
    with (tmp_path / "groups.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["part", "group of", "group", "expected", "found", "count"]
    assert len(rows) == 1 + 6 * len(parts())
    maps = np.load(tmp_path / "maps.npz")
    assert maps["parts"].tolist() == list(parts())
    assert np.allclose(maps["found"][0], np.abs(ERROR).mean(axis=0))


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="calibrations are of slice 0; must be of all slices, slice 0"):
        HyperView(image(), sigma(), ERROR, {"slice 0": calibration(1)})
    with pytest.raises(ValueError, match=r"sigma has shape \(6, 8, 12\) and error \(6, 8, 11\)"):
        HyperView(image(), sigma(), ERROR[..., 1:], parts())
    with pytest.raises(ValueError, match="12 x 4 places of 16 px do not cover 150 x 90 px"):
        HyperView(image(), sigma()[:, :4], ERROR[:, :4], parts())
