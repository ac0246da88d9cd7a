"""The attention's view: photo, cells, plot and controls show one block, head and position, whoever chose it."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from traitlets import TraitError

from dcae.traces import Trace
from dcae_widgets.attention_view import AttentionView
from dcae_widgets.attention_window import AttentionWindow

from .attention_records import HEIGHT, PLAIN, SHIFTED, WIDTH, blocks, image
from .rate_maps import file_of, rates


@pytest.fixture
def view() -> AttentionView:
    return AttentionView(image(), blocks())


def shows(view: AttentionView, window: AttentionWindow) -> bool:
    """Whether each part of the view shows that window."""
    _, over = view.photo_view.layers
    top, left, bottom, right = window.seen_px
    controls = view.controls
    return all(
        [
            np.array_equal(over.image, window.over(image())),
            view.photo_view.outline == [left, top, right, bottom],
            view.window_grid.title == f"The window, as head {window.head} weighs it",
            view.window_grid.texts == [window.words_of(place) for place in range(16)],
            view.bias_grid.title == f"What head {window.head} adds for where a key lies",
            view.plot.chosen == window.head,
            view.plot.series[0]["y"] == pytest.approx(window.record.mean_distance * window.record.position_px),
            (controls.head.value, controls.row.value, controls.column.value)
            == (window.head, window.row, window.column),
            f"x {window.cell_px[1]} to {window.cell_px[3] - 1}, y {window.cell_px[0]}" in controls.words.value,
        ]
    )


def window(block: tuple[str, int, int], head: int, row: int, column: int) -> AttentionWindow:
    return AttentionWindow(blocks()[block], head, row, column, HEIGHT, WIDTH)


def test_view_begins_in_the_middle_of_the_photo_with_the_first_block(view: AttentionView):
    assert (view.block, view.head, view.position) == (PLAIN, 0, (4, 6))
    assert shows(view, window(PLAIN, 0, 4, 6))
    photo, over = view.photo_view.layers
    assert np.array_equal(photo.image, image())
    assert (view.photo_view.mode, photo.opacity, over.opacity) == ("blend", 1, 0.8)


def test_click_goes_to_the_position_of_the_pixel(view: AttentionView):
    view.photo_view.clicked = [101, 69, 1]
    assert view.position == (8, 12)
    assert shows(view, window(PLAIN, 0, 8, 12))
    view.photo_view.clicked = []
    assert view.position == (8, 12)


def test_numbers_go_to_every_position_of_the_photo_and_no_further(view: AttentionView):
    view.controls.row.value, view.controls.column.value = 99, 99
    assert view.position == (8, 12)
    view.controls.row.value = 0
    assert shows(view, window(PLAIN, 0, 0, 12))


def test_head_is_chosen_by_its_name_and_by_its_bar(view: AttentionView):
    view.controls.head.value = 2
    assert shows(view, window(PLAIN, 2, 4, 6))
    view.plot.chosen = 1
    assert shows(view, window(PLAIN, 1, 4, 6))
    view.plot.chosen = -1
    assert view.head == 1


def test_another_block_is_shown_at_the_same_pixel_with_a_head_that_it_has(view: AttentionView):
    view.head, view.position = 2, (8, 12)  # of which pixel 100, 68 is the middle
    view.controls.block.value = SHIFTED
    assert (view.block, view.head, view.position) == (SHIFTED, 1, (4, 6))
    assert shows(view, window(SHIFTED, 1, 4, 6))
    assert [label for label, _ in view.controls.head.options] == ["0 (of 2)", "1 (of 2)"]
    assert (view.controls.row.max, view.controls.column.max) == (4, 6)
    view.block = PLAIN
    assert shows(view, window(PLAIN, 1, 8, 12))


def test_line_over_the_bars_is_what_even_attention_would_be(view: AttentionView):
    assert view.plot.series[1]["y"] == pytest.approx([8 * view.record.windows.even_distance] * 3)


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("block", ("g_s", 0, 0), r"block is \('g_s', 0, 0\); must be one of \('g_a', 2, 0\), \('h_a', 0, 1\)"),
        ("head", 3, "head is 3; must be 0 to 2"),
        ("position", (9, 0), r"position is \(9, 0\); must be \(0, 0\) to \(8, 12\)"),
    ],
)
def test_choice_that_is_none_is_refused_and_the_last_stays(view: AttentionView, trait: str, value: Any, message: str):
    with pytest.raises(ValueError, match=message):
        setattr(view, trait, value)
    assert shows(view, window(PLAIN, 0, 4, 6))
    with pytest.raises(TraitError):
        view.position = (1, 2, 3)


def test_view_of_a_trace_has_its_blocks():
    y, z = np.zeros((4, 8, 12), np.float32), np.zeros((2, 2, 3), np.float32)
    trace = Trace(
        image=image(), x_hat=image(), file=file_of(rates().bits), y=y, z=z, y_hat=y, z_hat=z, mu=y, sigma=y,
        symbols=y.astype(np.int32), values=y, z_symbols=z.astype(np.int32), y_bits=y, z_bits=z,
        dictionary_attention=np.ones((2, 1, 8, 12, 1), np.float32), gain=None, inverse_gain=None, num_slices=2,
        window_attention=blocks(),
    )  # fmt: skip
    view = AttentionView.of(trace)
    assert list(view.blocks) == [PLAIN, SHIFTED]
    assert shows(view, window(PLAIN, 0, 4, 6))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no block of windows to show; ask for some"):
        AttentionView(image(), {})
    tall = np.zeros((97, 102, 3), np.uint8)
    with pytest.raises(ValueError, match=r"image is 102 x 97 px; block \('g_a', 2, 0\) is of a map over 128 x 96 px"):
        AttentionView(tall, blocks())
    with pytest.raises(TraitError, match="opacity"):
        AttentionView(image(), blocks(), opacity=2)


def test_csv_has_a_line_for_each_key_that_each_head_sees(view: AttentionView, tmp_path: Path):
    view.block, view.position = SHIFTED, (0, 0)
    view.to_csv(tmp_path / "attention.csv")
    with (tmp_path / "attention.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 4
    on_map = view.record.on_map(0, 0)
    for line in lines:
        assert (line["transform"], line["stage"], line["block"]) == ("h_a", "0", "1")
        at = tuple(int(line[name]) for name in ("head", "key_row", "key_column"))
        assert float(line["weight"]) == pytest.approx(float(on_map[at]))
    assert sum(float(line["weight"]) for line in lines) == pytest.approx(2)


def test_npz_has_the_blocks_weights_and_distances(view: AttentionView, tmp_path: Path):
    view.to_npz(tmp_path / "attention.npz")
    with np.load(tmp_path / "attention.npz") as read:
        assert np.array_equal(read["weights"], view.record.weights)
        assert np.array_equal(read["relative_position"], view.record.relative_position)
        assert np.array_equal(read["on_map"], view.record.on_map(4, 6))
        assert read["position"].tolist() == [4, 6]
        assert np.array_equal(read["mean_distance_px"], 8 * view.record.mean_distance)
        assert read["even_distance_px"] == 8 * view.record.windows.even_distance


def test_static_picture_is_written_as_png_and_as_svg(view: AttentionView, tmp_path: Path):
    view.to_png(tmp_path / "attention.png")
    with PillowImage.open(tmp_path / "attention.png") as picture:
        assert 900 < picture.width <= 1000
    assert (tmp_path / "attention.png").read_bytes() == view.picture().data
    view.to_svg(tmp_path / "attention.svg")
    assert ">g_a, stage 2, block 0<" in (tmp_path / "attention.svg").read_text("utf-8")
    assert f"head 0 {8 * view.record.mean_distance[0]:.1f} px" in str(view.picture().alt)


def test_closing_closes_all_of_it(view: AttentionView):
    parts = [view.photo_view, *view.photo_view.layers, view.window_grid, view.bias_grid, view.plot, view.controls]
    view.close()
    controls = [view.controls.block, view.controls.head, view.controls.row, view.controls.column, view.controls.words]
    assert all(widget.comm is None for widget in [view, *parts, *controls])
