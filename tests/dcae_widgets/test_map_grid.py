"""Small multiples: numbers and colours cross as bytes, and each map's caption states its scale."""

from typing import Any

import numpy as np
import pytest

from dcae_widgets.heat import heat_image
from dcae_widgets.map_grid import MapGrid

VALUES = np.random.default_rng(1).normal(0, 1, (2, 3, 4, 5))
RANGES = np.stack([np.array([[0, -2, 0]] * 2), np.array([[1, 2, 3], [0.25, 2, 40]])], axis=-1)
NAMES: Any = {"row_names": ["a", "b"], "row_units": ["m", "s"], "column_names": ["x", "y", "z"]}


@pytest.fixture
def grid() -> MapGrid:
    grid = MapGrid(label="maps")
    grid.show(VALUES, RANGES, **NAMES)
    return grid


def test_numbers_cross_as_bytes(grid: MapGrid):
    assert grid.shape == [2, 3, 4, 5]
    assert np.array_equal(np.frombuffer(grid.values, "<f4").reshape(grid.shape), VALUES.astype("f4"))


def test_each_map_has_the_colours_of_its_scale(grid: MapGrid):
    colours = np.frombuffer(grid.colours, np.uint8).reshape(6, 4, 5, 3)
    assert np.array_equal(colours[5], heat_image(VALUES[1, 2], 0, 40))
    assert np.array_equal(colours[1], heat_image(VALUES[0, 1], -2, 2, diverging=True))


def test_captions_state_the_scales(grid: MapGrid):
    assert grid.captions == ["0 to 1", "−2 to 2", "0 to 3", "0 to 0.25", "−2 to 2", "0 to 40"]


def test_other_maps_cross_in_one_message_and_keep_the_place(grid: MapGrid, monkeypatch: pytest.MonkeyPatch):
    grid.place = [4, 3]
    sent: list[Any] = []
    monkeypatch.setattr(grid, "_send", lambda message, buffers=None: sent.append(message["buffer_paths"]))
    grid.show(VALUES + 1, RANGES, **NAMES)
    assert [sorted(paths) for paths in sent] == [[["colours"], ["values"]]]
    assert grid.place == [4, 3]


def test_maps_of_other_places_forget_the_place(grid: MapGrid):
    grid.place = [4, 3]
    grid.show(VALUES[..., :2], RANGES, **NAMES)
    assert grid.place == []


def test_names_and_ranges_are_as_many_as_maps(grid: MapGrid):
    with pytest.raises(ValueError, match=r"2 x 3 maps have ranges of shape \(2, 2, 2\), 2 names and 2 units of rows"):
        grid.show(VALUES, RANGES[:, :2], **NAMES)
    with pytest.raises(ValueError, match="1 names and 2 units of rows and 3 names of columns; must be as many"):
        grid.show(VALUES, RANGES, **{**NAMES, "row_names": ["a"]})


@pytest.mark.parametrize("place", [[5, 0], [0, 4], [-1, 0], [2]])
def test_place_that_is_none_is_refused(grid: MapGrid, place: list[int]):
    with pytest.raises(ValueError, match=r"must be \[\] or a column below 5 and a row below 4"):
        grid.place = place
    assert grid.place == []
