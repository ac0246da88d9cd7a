"""Cells: colours and words cross together, and each cell has its own."""

from typing import Any

import numpy as np
import pytest

from dcae_widgets.cell_grid import CellGrid
from dcae_widgets.heat import PALETTE, heat_image

VALUES = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])


def filled(values: np.ndarray = VALUES, ticks: tuple[float, ...] = (0.0, 5.0), **more: Any) -> CellGrid:
    grid = CellGrid(row_title="y (px)", column_title="x (px)")
    texts = [f"cell {index}" for index in range(values.size)]
    grid.show("A title", values, texts, ticks, "bits", row_names=["0", "8"], column_names=["0", "", "16"], **more)
    return grid


def test_colours_are_those_of_the_scale_row_by_row():
    grid = filled()
    assert grid.shape == [2, 3]
    assert np.array_equal(np.frombuffer(grid.colours, np.uint8).reshape(2, 3, 3), heat_image(VALUES, 0, 5))
    assert grid.palette == PALETTE.tobytes()


def test_values_around_nought_are_blue_over_white_to_red():
    grid = filled(np.array([[-2.0, 0.0, 2.0]]), (-2.0, 0.0, 2.0))
    blue, white, red = np.frombuffer(grid.colours, np.uint8).reshape(3, 3).astype(int)
    assert blue[2] > 2 * blue[0]
    assert white.min() > 240
    assert red[0] > 2 * red[2]


def test_other_numbers_cross_in_one_message(monkeypatch: pytest.MonkeyPatch):
    grid = filled()
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(grid, "_send", lambda message, buffers=None: sent.append(message["state"]))
    grid.show("B", VALUES.T, ["a"] * 6, [0, 9], "%", row_names=[], column_names=[], marked=3, hatched=[1, 2])
    (state,) = sent
    assert {name: state[name] for name in ("title", "shape", "ticks", "unit", "marked", "hatched")} == {
        "title": "B", "shape": [3, 2], "ticks": [0.0, 9.0], "unit": "%", "marked": 3, "hatched": [1, 2],
    }  # fmt: skip


def test_each_cell_must_have_its_text():
    with pytest.raises(ValueError, match="5 texts for 6 cells; must be as many"):
        CellGrid(row_title="", column_title="").show("", VALUES, ["a"] * 5, [0, 1], "", row_names=[], column_names=[])
