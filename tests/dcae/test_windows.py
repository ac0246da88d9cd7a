"""Windows against the plane that they tile: who shares one, who sees whom, and how far that is."""

import re
from itertools import product

import numpy as np
import pytest

from dcae.windows import Windows

SIZES = [
    (1, 1, 4),
    (1, 9, 4),
    (2, 3, 4),
    (3, 4, 4),
    (4, 4, 4),
    (5, 6, 4),
    (8, 12, 4),
    (9, 7, 4),
    (6, 11, 5),
    (12, 4, 8),
]
every_map = pytest.mark.parametrize(
    "windows",
    [
        Windows(height=height, width=width, side=side, shifted=shifted)
        for (height, width, side), shifted in product(SIZES, (False, True))
    ],
    ids=str,
)


def tile(windows: Windows, row: int, column: int) -> tuple[int, int]:
    """Which tile of the plane holds a position; shifted ones begin half a window further in, and nothing is rolled."""
    shift = windows.side // 2 if windows.shifted else 0
    return (row - shift) // windows.side, (column - shift) // windows.side


def of_map(windows: Windows) -> list[tuple[int, int]]:
    return list(product(range(windows.height), range(windows.width)))


@every_map
def test_every_position_of_the_map_has_one_place_of_its_own(windows: Windows):
    assert windows.positions.shape == (windows.rows, windows.columns, windows.side**2, 2)
    held = windows.positions[windows.inside].tolist()
    assert sorted(map(tuple, held)) == of_map(windows)
    for place in of_map(windows):
        assert windows.positions[windows.find(*place)].tolist() == list(place)


@every_map
def test_a_position_sees_its_tile_of_the_map_and_nothing_else(windows: Windows):
    for row, column in of_map(windows):
        top, left, bottom, right = windows.seen(row, column)
        tile_mates = [place for place in of_map(windows) if tile(windows, *place) == tile(windows, row, column)]
        assert list(product(range(top, bottom), range(left, right))) == tile_mates
        window_row, window_column, query = windows.find(row, column)
        keys = windows.positions[window_row, window_column, windows.sees[window_row, window_column, query]]
        assert sorted(map(tuple, keys.tolist())) == tile_mates


@every_map
def test_what_is_seen_and_what_is_masked_are_the_whole_window(windows: Windows):
    for row, column in of_map(windows):
        window_row, window_column, _ = windows.find(row, column)
        inside = windows.inside[window_row, window_column]
        pieces = [windows.seen(row, column), *windows.masked(row, column)]
        covered = [
            place for top, left, bottom, right in pieces for place in product(range(top, bottom), range(left, right))
        ]
        assert sorted(covered) == sorted(map(tuple, windows.positions[window_row, window_column, inside].tolist()))


def test_only_shifted_windows_at_the_edges_hold_what_is_masked():
    plain, shifted = (Windows(height=8, width=8, side=4, shifted=value) for value in (False, True))
    assert not [place for place in of_map(plain) if plain.masked(*place)]
    assert {len(shifted.masked(*place)) for place in of_map(shifted)} == {0, 1, 3}
    assert shifted.masked(7, 0) == [(6, 6, 8, 8), (0, 6, 2, 8), (0, 0, 2, 2)]


@every_map
def test_padding_sees_nothing_and_is_not_seen(windows: Windows):
    padding = ~windows.inside
    assert not windows.sees[padding].any()
    assert not windows.sees.swapaxes(2, 3)[padding].any()


@every_map
def test_even_distance_is_the_mean_over_all_pairs_that_see_each_other(windows: Windows):
    means = []
    for place in of_map(windows):
        mates = np.array([other for other in of_map(windows) if tile(windows, *other) == tile(windows, *place)])
        means.append(np.linalg.norm(mates - place, axis=1).mean())
    assert windows.even_distance == pytest.approx(np.mean(means), abs=1e-12)


@pytest.mark.parametrize("position", [(-1, 0), (5, 0), (0, -1), (0, 6)])
def test_a_position_off_the_map_is_refused(position: tuple[int, int]):
    windows = Windows(height=5, width=6, side=4, shifted=True)
    message = rf"position is {re.escape(str(position))}; must be \(0, 0\) to \(4, 5\)"
    for ask in (windows.find, windows.seen, windows.masked):
        with pytest.raises(ValueError, match=message):
            ask(*position)
