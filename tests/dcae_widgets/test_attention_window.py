"""A window over the photo: the pixels, colours and words are those of the keys that the record says."""

from itertools import product

import numpy as np
import pytest

from dcae_widgets.attention_window import AttentionWindow
from dcae_widgets.heat import heat_image

from .attention_records import HEIGHT, PLAIN, SHIFTED, WIDTH, blocks, image


def window(block: tuple[str, int, int], head: int, row: int, column: int) -> AttentionWindow:
    return AttentionWindow(blocks()[block], head, row, column, HEIGHT, WIDTH)


def test_positions_are_those_of_the_photo_without_its_padding():
    assert window(PLAIN, 0, 0, 0).shape == (9, 13)
    assert window(SHIFTED, 0, 0, 0).shape == (5, 7)


@pytest.mark.parametrize("block", [PLAIN, SHIFTED])
def test_each_key_has_its_share_where_it_lies(block: tuple[str, int, int]):
    rows, columns = window(block, 1, 0, 0).shape
    for row, column in product(range(rows), range(columns)):
        found = window(block, 1, row, column)
        on_map = 100 * found.record.on_map(row, column)[1]
        at = [on_map[tuple(key)] for key, seen in zip(found.keys, found.seen, strict=True) if seen]
        assert found.percent.ravel()[found.seen] == pytest.approx(at)
        assert not found.percent.ravel()[~found.seen].any()
        assert found.percent.sum() == pytest.approx(100, abs=1e-3)
        assert found.ticks[-1] >= found.percent.max()
        far = np.hypot(*(np.indices(on_map.shape) - np.array([row, column])[:, None, None]))
        assert found.distance_px == pytest.approx((on_map / 100 * far).sum() * found.record.position_px, rel=1e-5)


def test_window_and_what_is_masked_are_drawn_at_their_pixels():
    found = window(SHIFTED, 0, 4, 1)  # map rows 2 to 5 of 6; columns 0 and 1, and 6 and 7 from the other side
    assert found.seen_px == (32, 0, 70, 32)
    assert found.masked_px == [(32, 96, 70, 102)]
    assert found.cell_px == (64, 16, 70, 32)
    drawn = found.over(image())
    changed = (drawn != image()).any(axis=-1)
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[32:, :32] = outside[32:, 96:] = outside[63:, 15:33] = False
    assert not changed[outside].any(), "the photo stays as it is elsewhere"
    on_map = 100 * found.record.on_map(4, 1)[0]
    colours = heat_image(on_map, 0, found.ticks[-1], 16, (96, 128))
    assert np.array_equal(drawn[32:63, :32], colours[32:63, :32])
    assert {tuple(colour) for colour in drawn[32:, 96:].reshape(-1, 3).tolist()} == {(185, 190, 196), (93, 100, 108)}


def test_position_has_a_white_frame_in_a_black_one():
    drawn = window(PLAIN, 0, 3, 5).over(image())  # y 24 to 31, x 40 to 47
    black, white = np.zeros((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), bool)
    black[23:33, 39:49], white[24:32, 40:48] = True, True
    black[24:32, 40:48], white[25:31, 41:47] = False, False
    assert (drawn[black] == 0).all()
    assert (drawn[white] == 255).all()


def test_frame_at_the_photos_corners_is_cut():
    for row, column in product((0, 8), (0, 12)):
        drawn = window(PLAIN, 0, row, column).over(image())
        top, left, bottom, right = window(PLAIN, 0, row, column).cell_px
        assert (drawn[top:bottom, left:right] == 255).all(axis=-1).sum() >= 2 * (bottom - top)


def test_words_of_a_key_say_where_it_is_how_much_it_gets_and_how_far_it_lies():
    found = window(PLAIN, 2, 1, 1)
    share = 100 * found.record.on_map(1, 1)[2]
    assert found.words_of(found.query) == f"x 8 to 15, y 8 to 15 px: {share[1, 1]:.2f} %, the position itself"
    assert found.words_of(15) == f"x 24 to 31, y 24 to 31 px: {share[3, 3]:.2f} %, 23 px away"
    assert window(PLAIN, 0, 8, 12).words_of(4) == (
        f"x 96, y 72 px, in the photo's padding: {100 * found.record.on_map(8, 12)[0, 9, 12]:.2f} %, 8 px away"
    )


def test_words_of_what_is_masked_say_so():
    found = window(SHIFTED, 0, 0, 0)  # the last window: rows 6 and 7 are padding, then 0 and 1
    said = [found.words_of(place) for place in range(16)]
    assert said[0] == "Beyond the map: masked, 0 %"
    assert said[8] == "x 96 to 101, y 0 to 15 px: masked, 0 %"
    assert sum("masked" in words for words in said) == 12


@pytest.mark.parametrize(
    ("head", "row", "column", "message"),
    [
        (3, 0, 0, "head is 3; must be 0 to 2"),
        (-1, 0, 0, "head is -1; must be 0 to 2"),
        (0, 9, 0, r"position is \(9, 0\); must be \(0, 0\) to \(8, 12\), in the photo"),
        (0, 0, -1, r"position is \(0, -1\); must be \(0, 0\) to \(8, 12\), in the photo"),
    ],
)
def test_what_is_not_there_is_refused(head: int, row: int, column: int, message: str):
    with pytest.raises(ValueError, match=message):
        window(PLAIN, head, row, column)
