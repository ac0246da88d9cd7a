"""The figure for print: what stands in it is the record's, on one scale for all heads."""

from typing import Any

import numpy as np
import pytest

from dcae_widgets.attention_figure import attention_figure, bias_ticks, key_offsets
from dcae_widgets.attention_window import AttentionWindow

from .attention_records import HEIGHT, PLAIN, SHIFTED, WIDTH, blocks, image, record


@pytest.fixture
def window() -> AttentionWindow:
    return AttentionWindow(blocks()[SHIFTED], 1, 4, 1, HEIGHT, WIDTH)


def drawn_in(axes: Any) -> np.ma.MaskedArray:
    return axes.images[0].get_array()


def panels(window: AttentionWindow) -> list[Any]:
    """The axes without those of the colour bars: photo, distances, windows, biases."""
    figure = attention_figure(image(), window, "a block")
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def test_biases_lie_where_the_key_is_as_seen_from_the_query():
    relative_position = np.zeros((7, 7))
    relative_position[3 - 2, 3 + 1] = 1  # query row - key row is -2: the key is 2 below; and 1 to the left
    assert np.argwhere(key_offsets(relative_position)).tolist() == [[3 + 2, 3 - 1]]


def test_bias_scale_is_even_about_nought_and_holds_all_heads():
    block = blocks()[PLAIN]
    ticks = bias_ticks(block)
    assert [-tick for tick in reversed(ticks)] == ticks
    assert ticks[-1] >= np.abs(block.relative_position).max()


def test_figure_has_each_heads_window_and_biases_on_one_scale(window: AttentionWindow):
    _, _, *rest = panels(window)
    windows, biases = rest[:2], rest[2:]
    for head, axes in enumerate(windows):
        expected = AttentionWindow(window.record, head, 4, 1, HEIGHT, WIDTH)
        assert np.array_equal(drawn_in(axes).data, expected.percent)
        assert np.array_equal(~drawn_in(axes).mask.ravel(), expected.seen)
        assert axes.get_title() == f"head {head}: {expected.distance_px:.1f} px"
    for head, axes in enumerate(biases):
        assert np.array_equal(drawn_in(axes), key_offsets(window.record.relative_position[head]))
    for group in (windows, biases):
        assert len({axes.images[0].get_clim() for axes in group}) == 1


def test_bars_are_the_heads_mean_distances_in_px_and_the_chosen_one_stands_out(window: AttentionWindow):
    bars = panels(window)[1]
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(window.record.mean_distance * 16)
    assert len({bar.get_facecolor() for bar in bars.patches}) == 2
    assert bars.lines[0].get_ydata()[0] == pytest.approx(window.record.windows.even_distance * 16)


def test_photo_has_the_window_its_masked_parts_and_the_position(window: AttentionWindow):
    boxes = [patch.get_bbox().extents.tolist() for patch in panels(window)[0].patches]
    (top, left, bottom, right), (masked,), cell = window.seen_px, window.masked_px, window.cell_px
    for piece in ((top, left, bottom, right), masked, cell):
        assert [piece[1], piece[0], piece[3], piece[2]] in boxes


def test_figure_holds_all_of_its_words(window: AttentionWindow):
    figure = attention_figure(image(), window, "g_s, stage 0, block 1 (shifted)")
    figure.draw_without_rendering()
    for words in (axes.title for axes in figure.axes):
        box = words.get_window_extent()
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1


def test_many_heads_stand_in_rows():
    block = record(8, 8, shifted=False)
    shown = panels(AttentionWindow(block, 7, 0, 0, HEIGHT, WIDTH))
    titles = [axes.get_title() for axes in shown if axes.get_title().startswith("head")]
    assert len(titles) == 16
