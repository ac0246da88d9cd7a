"""The run's picture in the viewer: the photo stays, what is made of it changes, and bits are colours."""

from pathlib import Path

import numpy as np
import pytest

from dcae_widgets.run_picture import NAMES, RunPicture, heat_map
from dcae_widgets.watched_run import View, read_view

from .fake_run import FakeRun


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def view_of(run: FakeRun, step: int = 10, size: tuple[int, int] = (256, 384)) -> View:
    run.answer(step, 0.013, size)
    return read_view(run.folder / "view.npz")


def test_there_is_nothing_at_first():
    picture = RunPicture()
    assert picture.view is None
    assert picture.photo_view.layers == []


def test_original_reconstruction_and_bits_are_shown(run: FakeRun):
    picture, view = RunPicture(), view_of(run)
    picture.show(view)
    assert [layer.name for layer in picture.photo_view.layers] == list(NAMES)
    original, made, bits = (layer.image for layer in picture.photo_view.layers)
    assert np.array_equal(original, view.original)
    assert np.array_equal(made, view.picture)
    assert bits.shape == view.original.shape
    assert picture.photo_view.mode == "split"


def test_of_the_same_photo_only_what_has_changed_crosses_and_the_view_stays(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch
):
    picture = RunPicture()
    picture.show(view_of(run))
    layers = list(picture.photo_view.layers)
    picture.photo_view.view, picture.photo_view.second = [100, 100, 2], 2
    changed = []
    for layer in layers:
        monkeypatch.setattr(layer, "set_image", lambda image, name=layer.name: changed.append(name))
    picture.show(view_of(run, 200))
    assert list(picture.photo_view.layers) == layers
    assert changed == ["decoded"]
    assert (picture.photo_view.view, picture.photo_view.second) == ([100, 100, 2], 2)


def test_a_photo_of_another_size_takes_the_place_of_the_one_before(run: FakeRun):
    picture = RunPicture()
    picture.show(view_of(run))
    picture.photo_view.view = [100, 100, 2]
    view = view_of(run, size=(192, 256))
    picture.show(view)
    assert [(layer.height, layer.width) for layer in picture.photo_view.layers] == [(192, 256)] * 3
    assert np.array_equal(picture.photo_view.layers[0].image, view.original)
    assert picture.photo_view.view == [128, 96, 0]


def test_without_bits_there_is_no_map_of_them(run: FakeRun):
    picture, view = RunPicture(), view_of(run)
    picture.show(view)
    picture.show(view._replace(bits=None))
    assert [layer.name for layer in picture.photo_view.layers] == list(NAMES[:2])


def test_all_pictures_are_shown_by_the_same_layers(run: FakeRun):
    """A page keeps all that a closed layer held."""
    picture, view = RunPicture(), view_of(run)
    picture.show(view)
    layers = list(picture.photo_view.layers)
    picture.show(view._replace(bits=None))
    picture.show(view_of(run, size=(192, 256)))
    assert list(picture.photo_view.layers) == layers
    assert all(layer.comm is not None for layer in layers)
    picture.show(view._replace(bits=None))
    picture.close()
    assert all(layer.comm is None for layer in layers)


def test_more_bits_are_brighter_and_each_place_has_one_colour():
    colours = heat_map(np.array([[0, 50, 100]], np.float32))
    assert colours.shape == (16, 48, 3)
    brightness = colours.astype(int).sum(2)
    assert len(np.unique(brightness[:, :16])) == 1
    assert brightness[0, 0] < brightness[0, 16] < brightness[0, 32]


def test_bits_that_are_no_numbers_are_dark():
    assert heat_map(np.array([[np.nan, 100]], np.float32))[0, 0].max() < 10
