"""The dictionary's view: one slice, head, entry and place for all of its parts, which show what the record says."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcae.dictionary_use import DictionaryUse
from dcae_widgets.dictionary_figure import fires_image, named_winners, winners_image
from dcae_widgets.dictionary_view import DictionaryView

from .dictionaries import COLUMNS, COUNT, ENTRIES, HEADS, HEIGHT, ROWS, SLICES, WIDTH, image, lost, places, use


@pytest.fixture
def view() -> DictionaryView:
    return DictionaryView(image(), use(), places(), [lost()])


def over(view: DictionaryView) -> np.ndarray:
    return view.photo_view.layers[1].image


def test_photo_lies_under_the_winners_and_the_best_of_them_is_chosen(view: DictionaryView):
    assert np.array_equal(view.photo_view.layers[0].image, image())
    assert np.array_equal(over(view), winners_image(use(), 0, 0, (HEIGHT, WIDTH)))
    assert view.photo_view.mode == "blend"
    assert view.entry == use().shares[0, 0].argmax()
    assert view.place == [5, 3], "the middle"


def test_another_slice_and_head_are_shown_by_all_parts(view: DictionaryView):
    view.slice_index, view.head = 2, 1
    assert np.array_equal(over(view), winners_image(use(), 2, 1, (HEIGHT, WIDTH)))
    weights = np.frombuffer(view.panel.weights, "<f4").reshape(view.panel.shape)
    assert np.array_equal(weights, use().attention[2, 1])
    assert np.frombuffer(view.panel.shares, "<f4") == pytest.approx(use().shares[2, 1])
    assert view.panel.named == named_winners(use(), 2, 1)
    assert view.wins_plot.series[0]["y"] == pytest.approx(100 * use().shares[2, 1])
    assert view.wins_plot.title == "Slice 2, head 1: how often each entry wins"
    assert view.place_plot.series[0]["y"] == pytest.approx(100 * use().attention[2, 1, 3, 5])
    assert view.table.head == 1


def test_an_entry_that_never_wins_there_makes_room_for_the_best(view: DictionaryView):
    view.entry = 11
    view.shown = "winners"
    view.head = 1
    assert (view.entry, view.shown) == (named_winners(use(), 0, 1)[0], "winners")
    kept = named_winners(use(), 1, 1)[0]
    view.entry = kept
    view.slice_index = 1
    assert view.entry == kept, "it wins there"


def test_entropy_is_said_with_its_limit(view: DictionaryView):
    view.slice_index = 1
    bits, winning = use().entropy_bits[1, 0], np.count_nonzero(use().shares[1, 0])
    words = f"{winning} of 12 entries win somewhere; entropy {bits:.2f} of at most 3.58 bits"
    assert view._words_shown.value == words


@pytest.mark.parametrize("chooser", ["wins_plot", "place_plot", "panel"])
def test_an_entry_is_chosen_in_any_part_and_shown_where_it_fires(view: DictionaryView, chooser: str):
    setattr(getattr(view, chooser), "entry" if chooser == "panel" else "chosen", 7)
    chosen = (view.entry, view.panel.entry, view.wins_plot.chosen, view.place_plot.chosen, view.table.entry)
    assert set(chosen) == {7}
    assert view.shown == "entry"
    assert np.array_equal(over(view), fires_image(use(), 0, 0, 7, (HEIGHT, WIDTH)))
    assert view.photo_view.layers[1].name == "weight of entry 7, black 0 to yellow 1"
    view.shown = "winners"
    assert np.array_equal(over(view), winners_image(use(), 0, 0, (HEIGHT, WIDTH)))


def test_patches_are_those_of_slice_head_and_entry(view: DictionaryView):
    view.slice_index, view.entry = 1, 4
    expected = places().patches(1, 0, 4)
    pixels = np.frombuffer(view.panel.patches, np.uint8).reshape(COUNT, 48, 48, 3)
    assert all(np.array_equal(one, patch.pixels) for one, patch in zip(pixels, expected, strict=True))
    first = expected[0]
    where = f"x {16 * first.column}, y {16 * first.row} px"
    assert view.panel.patch_texts[0] == [first.photo, f"{100 * first.weight:.1f} %", where]


def test_without_photos_there_are_no_patches():
    view = DictionaryView(image(), use())
    assert (view.panel.patches, view.panel.patch_texts) == (b"", [])


def test_a_place_is_drawn_as_its_weights(view: DictionaryView):
    view.panel.place = [9, 5]
    assert view.place == [9, 5]
    assert view.place_plot.series[0]["y"] == pytest.approx(100 * use().attention[0, 0, 5, 9])
    assert view.place_plot.title == "What the place at x 144, y 80 px reads"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("slice_index", 3, "slice_index is 3; must be 0 to 2"),
        ("head", -1, "head is -1; must be 0 to 1"),
        ("entry", 12, "entry is 12; must be 0 to 11"),
        ("place", [10, 0], r"place is \[10, 0\]; must be a column below 10 and a row below 6"),
    ],
)
def test_what_is_none_is_refused_and_the_last_stays(view: DictionaryView, name: str, value: object, message: str):
    before = getattr(view, name)
    with pytest.raises(ValueError, match=message):
        setattr(view, name, value)
    assert getattr(view, name) == before


def test_records_of_another_image_or_model_are_refused():
    with pytest.raises(ValueError, match="image is 150 x 90 px; use is of 9 x 6 places of 16 px"):
        DictionaryView(image(), DictionaryUse(attention=use().attention[:, :, :, :9]))
    with pytest.raises(
        ValueError, match=r"places are of \(3, 2, 12\) slices, heads and entries; use is of \(2, 2, 12\)"
    ):
        DictionaryView(image(), DictionaryUse(attention=use().attention[:2]), places())


def test_another_coding_is_shown_where_the_one_before_was(view: DictionaryView):
    view.slice_index, view.head, view.entry, view.shown, view.place = 2, 1, 3, "winners", [9, 5]
    layers, turned = view.photo_view.layers, DictionaryUse(attention=use().attention[:, :, ::-1])
    view.show(image(), turned, places())
    assert (view.slice_index, view.head, view.entry, view.shown, view.place) == (2, 1, 3, "winners", [9, 5])
    assert view.photo_view.layers == layers
    assert np.array_equal(over(view), winners_image(turned, 2, 1, (HEIGHT, WIDTH)))
    assert view.place_plot.series[0]["y"] == pytest.approx(100 * turned.attention[2, 1, 5, 9])
    assert view.table.ablations == [], "they were of the coding before"


def test_another_photo_and_a_smaller_model_are_shown_in_the_same_layers(view: DictionaryView):
    view.slice_index, view.head, view.entry, view.place = 2, 1, 10, [9, 5]
    layers, few = view.photo_view.layers, DictionaryUse(attention=use().attention[:2, :1, :3, :4, :5])
    sizes: list[set[int]] = []
    view.photo_view.observe(lambda change: sizes.append({layer.height for layer in change["new"]}), "layers")
    view.show(image()[:48, :64], few)
    assert (view.slice_index, view.head, view.entry, view.place) == (1, 0, 4, [3, 2])
    assert [len(control.options) for control in view._controls.values()] == [2, 1, 2]
    assert view.photo_view.layers == layers
    assert [layer.image.shape for layer in layers] == [(48, 64, 3)] * 2
    assert sizes == [set(), {48}], "layers of two sizes are never seen together"
    assert (view.panel.size_px, view.panel.shape) == ([64, 48], [3, 4, 5])
    view.show(image(), use(), places())
    view.slice_index, view.head, view.entry = 2, 1, 11


def test_coding_of_another_size_is_refused_and_the_one_before_stays(view: DictionaryView):
    with pytest.raises(ValueError, match="image is 150 x 40 px; use is of 10 x 6 places of 16 px"):
        view.show(image()[:40], use())
    assert np.array_equal(view.photo_view.layers[0].image, image())


def test_table_has_a_line_for_each_entry_of_each_slice_and_head(view: DictionaryView, tmp_path: Path):
    view.to_csv(tmp_path / "use.csv")
    with (tmp_path / "use.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == SLICES * HEADS * ENTRIES
    for line in lines:
        at = int(line["slice"]), int(line["head"]), int(line["entry"])
        assert float(line["share_of_wins"]) == use().shares[at]
        assert float(line["mean_attention"]) == pytest.approx(use().mean_attention[at])


def test_arrays_are_the_records(view: DictionaryView, tmp_path: Path):
    view.to_npz(tmp_path / "use.npz")
    with np.load(tmp_path / "use.npz") as arrays:
        for name in ("attention", "winners", "shares", "mean_attention", "entropy_bits"):
            assert np.array_equal(arrays[name], getattr(use(), name)), name
        assert arrays["winners"].shape == (SLICES, HEADS, ROWS, COLUMNS)
        assert arrays["ablation_without"].tolist() == ["head 0"]
        assert arrays["ablation_total_bytes"].tolist() == [2100]


def test_picture_says_who_wins_and_what_was_lost(view: DictionaryView):
    words = view._words()
    first = named_winners(use(), 0, 0)[0]
    assert words.startswith(f"Winners of slice 0, head 0: entry {first} in {100 * use().shares[0, 0, first]:.1f} % of")
    assert words.endswith("; without head 0 +100 bytes")
    data: Any = view.picture().data
    assert data.startswith(b"\x89PNG")


def test_closing_closes_all_of_its_widgets():
    view = DictionaryView(image(), use(), places(), ablate=lambda **_: lost())
    assert len(view.table.buttons) == 3
    parts = [view.photo_view, *view.photo_view.layers, view.panel, view.wins_plot, view.place_plot, *view.table.buttons]
    view.close()
    assert all(part.comm is None for part in parts)
