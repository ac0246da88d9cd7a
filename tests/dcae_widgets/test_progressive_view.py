"""A photo slice by slice: the pictures, bytes and PSNR of the records, chosen by one number."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcae.rd import psnr_db
from dcae_widgets.progressive_view import ProgressiveView

from .coded_slices import SLICES, image, steps

PREDICTED, ZEROS = steps(40), steps(90)


@pytest.fixture
def view() -> ProgressiveView:
    return ProgressiveView(image(), PREDICTED, ZEROS)


def test_both_fills_and_the_photo_are_compared_by_the_divider(view: ProgressiveView):
    assert (view.photo_view.mode, view.photo_view.first, view.photo_view.second) == ("split", 0, 1)
    predicted, zeros, photo = view.photo_view.layers
    assert (predicted.name, zeros.name) == ("1 slice, the others predicted", "1 slice, the others zeros")
    assert np.array_equal(predicted.image, PREDICTED[1].picture)
    assert np.array_equal(zeros.image, ZEROS[1].picture)
    assert np.array_equal(photo.image, image())


@pytest.mark.parametrize("count", range(SLICES + 1))
def test_number_of_slices_is_that_of_slider_plot_and_pictures(view: ProgressiveView, count: int):
    view.slider.value = count
    assert view.num_slices == view.plot.chosen == count
    assert np.array_equal(view.photo_view.layers[0].image, PREDICTED[count].picture)
    assert np.array_equal(view.photo_view.layers[1].image, ZEROS[count].picture)


def test_stair_that_is_chosen_moves_the_slider(view: ProgressiveView):
    view.plot.chosen = 3
    assert view.slider.value == view.num_slices == 3
    assert view.photo_view.layers[0].name == "3 slices, the others predicted"
    view.num_slices = 0
    assert (view.slider.value, view.plot.chosen) == (0, 0)
    assert view.photo_view.layers[1].name == "z alone, the others zeros"


def test_stairs_are_bytes_and_psnr_of_the_records(view: ProgressiveView):
    assert [series["name"] for series in view.plot.series] == ["absent: predicted", "absent: zeros"]
    for series, made in zip(view.plot.series, (PREDICTED, ZEROS), strict=True):
        assert series["kind"] == "step"
        assert series["x"] == [step.bytes for step in made]
        assert series["y"] == [psnr_db(image(), step.picture) for step in made]
    assert view.plot.series[1]["text"][1] == f"1 slice, zeros: 1,060 bytes, {psnr_db(image(), ZEROS[1].picture):.2f} dB"


def test_stage_is_told_in_words(view: ProgressiveView):
    a, b = (psnr_db(image(), made[2].picture) for made in (PREDICTED, ZEROS))
    view.num_slices = 2
    assert view.told == (
        f"After <b>2 slices</b>: 1,400 of 1,500 bytes (93%); absent slices predicted {a:.2f} dB, zeros {b:.2f} dB"
    )


def test_identical_picture_has_no_stair_that_ends_the_others():
    whole = (*PREDICTED[:-1], replace(PREDICTED[-1], picture=image()))
    view = ProgressiveView(image(), whole, whole)
    view.num_slices = SLICES
    assert view.plot.series[0]["y"][-1] is None
    assert "predicted inf dB" in view.told
    assert view.picture().data


def test_file_without_slices_is_shown():
    view = ProgressiveView(image(), PREDICTED[:1], ZEROS[:1])
    assert view.num_slices == 0
    assert "z alone" in view.told


def test_number_of_slices_that_is_none_is_refused(view: ProgressiveView):
    for count in (-1, SLICES + 1):
        with pytest.raises(ValueError, match=f"num_slices is {count}; must be 0 to {SLICES}"):
            view.num_slices = count
    assert view.slider.value == 1


def test_steps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="must be the same, from 0 slices on"):
        ProgressiveView(image(), PREDICTED, ZEROS[:-1])
    with pytest.raises(ValueError, match="must be the same, from 0 slices on"):
        ProgressiveView(image(), PREDICTED[1:], ZEROS[1:])
    with pytest.raises(ValueError, match="must be the same, from 0 slices on"):
        ProgressiveView(image(), (), ())
    with pytest.raises(ValueError, match=r"a picture is \(90, 150, 3\), the image \(89, 150, 3\)"):
        ProgressiveView(image()[1:], PREDICTED, ZEROS)


def test_another_coding_is_shown_after_as_many_slices(view: ProgressiveView):
    view.num_slices, view.photo_view.view = 2, [30.0, 40.0, 2.0]
    layers = view.photo_view.layers
    view.show(image(), ZEROS, PREDICTED)
    assert (view.num_slices, view.slider.value, view.plot.chosen) == (2, 2, 2)
    assert view.photo_view.layers == layers
    assert np.array_equal(layers[0].image, ZEROS[2].picture)
    assert view.plot.series[0]["y"] == [psnr_db(image(), step.picture) for step in ZEROS]
    assert f"predicted {psnr_db(image(), ZEROS[2].picture):.2f} dB" in view.told
    assert view.photo_view.view == [30.0, 40.0, 2.0]


def test_another_photo_of_fewer_slices_is_shown_in_the_same_layers(view: ProgressiveView):
    view.num_slices = SLICES
    layers, brief = view.photo_view.layers, [replace(step, picture=step.picture[:40]) for step in PREDICTED[:2]]
    sizes: list[set[int]] = []
    view.photo_view.observe(lambda change: sizes.append({layer.height for layer in change["new"]}), "layers")
    view.show(image()[:40], brief, brief)
    assert (view.num_slices, view.slider.max, view.plot.chosen) == (1, 1, 1)
    assert view.photo_view.layers == layers
    assert [layer.image.shape for layer in layers] == [(40, 150, 3)] * 3
    assert sizes == [set(), {40}], "layers of two sizes are never seen together"
    view.show(image(), PREDICTED, ZEROS)
    assert (view.num_slices, view.slider.max) == (1, SLICES)
    view.num_slices = SLICES


def test_another_coding_that_does_not_fit_is_refused_and_the_one_before_stays(view: ProgressiveView):
    with pytest.raises(ValueError, match=r"a picture is \(90, 150, 3\), the image \(40, 150, 3\)"):
        view.show(image()[:40], PREDICTED, ZEROS)
    assert np.array_equal(view.photo_view.layers[2].image, image())


def test_csv_has_a_line_for_each_step_of_each_fill(view: ProgressiveView, tmp_path: Path):
    view.to_csv(tmp_path / "steps.csv")
    with (tmp_path / "steps.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["absent_slices"] for line in lines] == ["predicted"] * 4 + ["zeros"] * 4
    assert [int(line["bytes"]) for line in lines[4:]] == [step.bytes for step in ZEROS]
    assert float(lines[5]["psnr_db"]) == psnr_db(image(), ZEROS[1].picture)


def test_npz_has_all_pictures(view: ProgressiveView, tmp_path: Path):
    view.to_npz(tmp_path / "steps.npz")
    with np.load(tmp_path / "steps.npz") as read:
        assert read["bytes"].tolist() == [60, 1060, 1400, 1500]
        assert np.array_equal(read["zeros_pictures"], np.stack([step.picture for step in ZEROS]))
        assert read["predicted_psnr_db"].tolist() == view.psnrs["predicted"]


def test_static_picture_says_in_words_what_each_slice_brings(view: ProgressiveView):
    a, b = (psnr_db(image(), made[1].picture) for made in (PREDICTED, ZEROS))
    assert f"1 slice: 1060 bytes, {a:.2f} dB predicted, {b:.2f} dB with zeros" in str(view.picture().alt)


def test_closing_closes_all_of_it(view: ProgressiveView):
    widgets = [view, *view.photo_view.layers, view.photo_view, view.plot, view.slider, *view.children]
    view.close()
    assert all(widget.comm is None for widget in widgets)
