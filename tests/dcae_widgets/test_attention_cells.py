"""A window and biases as cells: each number has its place, its words and its name."""

import numpy as np
import pytest

from dcae_widgets.attention_cells import show_biases, show_window
from dcae_widgets.attention_window import AttentionWindow
from dcae_widgets.cell_grid import CellGrid
from dcae_widgets.heat import heat_image

from .attention_records import HEIGHT, PLAIN, SHIFTED, WIDTH, blocks


@pytest.fixture
def grid() -> CellGrid:
    return CellGrid(row_title="", column_title="")


def test_window_has_its_rolled_rows_named_by_their_pixels_and_what_is_masked_crossed_out(grid: CellGrid):
    window = AttentionWindow(blocks()[SHIFTED], 1, 4, 1, HEIGHT, WIDTH)  # columns 6 and 7 before 0 and 1
    show_window(grid, window)
    assert grid.row_names == ["32", "48", "64", "80"]
    assert grid.column_names == ["96", "112", "0", "16"]
    assert grid.hatched == [0, 1, 4, 5, 8, 9, 12, 13]
    assert grid.marked == window.query == 4 * 2 + 3
    assert grid.texts == [window.words_of(place) for place in range(16)]
    assert grid.colours == heat_image(window.percent, 0, window.ticks[-1]).tobytes()
    assert grid.title == "The window, as head 1 weighs it"


def test_biases_lie_and_are_said_from_the_keys_side(grid: CellGrid):
    record = blocks()[PLAIN]
    show_biases(grid, record, 2)
    bias = record.relative_position[2, 3 + 2, 3 - 1]  # query row - key row is 2: the key is 2 above
    at = (3 - 2) * 7 + 3 + 1
    assert grid.texts[at] == f"A key 2 above, 1 right: {bias:+.3f} logits, its weight × {np.exp(bias):.2f}"
    assert grid.texts[grid.marked].startswith("The position itself: ")
    assert grid.row_names == grid.column_names == ["−3", "", "", "0", "", "", "+3"]
    top = grid.ticks[-1]
    assert grid.ticks == [-top, -top / 2, 0, top / 2, top]
    colour = heat_image(np.array([[bias]]), -top, top, diverging=True).ravel().tolist()
    assert list(grid.colours[3 * at : 3 * at + 3]) == colour
