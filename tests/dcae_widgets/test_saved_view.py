"""What every view inherits: exports that hold its numbers, and an end that leaves no widget."""

import csv
from pathlib import Path

import numpy as np
import pytest
from ipywidgets import HBox, IntSlider, Label, Widget
from matplotlib.figure import Figure
from PIL import Image as PillowImage

from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.saved_view import SavedView


class Counted(SavedView):
    """Two numbers."""

    def _figure(self) -> Figure:
        figure = Figure(figsize=(2, 1), dpi=100)
        figure.suptitle("two numbers")
        return figure

    def _words(self) -> str:
        return "Two numbers"

    def _table(self):
        return ["name", "value"], [("a", 1), ("b", 2.5)]

    def _arrays(self):
        return {"values": np.array([1, 2.5])}


def test_numbers_are_taken_along_as_a_table_and_as_arrays(tmp_path: Path):
    view = Counted()
    view.to_csv(tmp_path / "numbers.csv")
    view.to_npz(tmp_path / "numbers.npz")
    with (tmp_path / "numbers.csv").open() as file:
        assert list(csv.reader(file)) == [["name", "value"], ["a", "1"], ["b", "2.5"]]
    assert np.load(tmp_path / "numbers.npz")["values"].tolist() == [1, 2.5]


def test_picture_is_saved_as_pixels_and_as_lines_with_its_words_as_text(tmp_path: Path):
    view = Counted()
    view.to_png(tmp_path / "picture.png")
    view.to_svg(tmp_path / "picture.svg")
    with PillowImage.open(tmp_path / "picture.png") as picture:
        assert picture.size == (200, 100)
    assert ">two numbers</text>" in (tmp_path / "picture.svg").read_text()
    assert view.picture().alt == "Two numbers"


def test_end_of_a_view_is_that_of_all_that_it_is_made_of():
    layer = Layer("photo", np.zeros((2, 3, 3), np.uint8))
    inner: list[Widget] = [PhotoView([layer]), IntSlider()]
    box = HBox(inner)
    view = Counted([box, Label("words")])
    parts = [view, box, layer, *inner, *view.children]
    view.close()
    assert [part.comm for part in parts] == [None] * len(parts)


@pytest.mark.parametrize("name", ["_figure", "_words", "_table", "_arrays"])
def test_view_without_one_of_its_parts_is_no_view(name: str):
    with pytest.raises(NotImplementedError, match=f"SavedView needs {name}"):
        getattr(SavedView(), name)()
