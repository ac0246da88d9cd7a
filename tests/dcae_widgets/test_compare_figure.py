"""A comparison for print: which part of the photo, pixel for pixel, and the table under it."""

import numpy as np
import pytest

from dcae.codec.matching import Missed
from dcae_widgets.codec_table import PSNR
from dcae_widgets.compare_figure import compare_figure, crop_of

from .matched_files import ROWS, file

PHOTO = np.arange(24 * 32 * 3, dtype=np.uint8).reshape(24, 32, 3)


@pytest.mark.parametrize(
    ("size", "visible", "crop"),
    [
        ((100, 80), [], (0, 0, 100, 80)),
        ((640, 427), [600, 400, 640, 427], (440, 267, 640, 427)),
        ((1000, 200), [400, 0, 700, 200], (450, 20, 650, 180)),
    ],
)
def test_part_that_is_printed_lies_in_the_photo(
    size: tuple[int, int], visible: list[int], crop: tuple[int, int, int, int]
):
    assert crop_of(size, visible) == crop


def test_photo_and_both_pictures_are_drawn_with_their_facts():
    ours = file("ours", 1234, 34.0)
    figure = compare_figure(PHOTO, [ours, file("WebP", 1300, float("inf"))], "a title")
    assert [axes.get_title() for axes in figure.axes] == [
        "the photo\n ",
        "ours\n1,234 bytes, PSNR 34.00 dB",
        "WebP\n1,300 bytes, PSNR ∞ dB",
    ]
    drawn = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    assert np.array_equal(drawn[0], PHOTO)
    assert np.array_equal(drawn[1], ours.picture)
    assert figure.get_suptitle() == "a title"


def test_file_that_was_missed_is_an_empty_place():
    figure = compare_figure(PHOTO, [file("ours", 1234, 34.0), Missed(name="JPEG", reason="no")], "")
    assert figure.axes[2].get_title() == "JPEG\nno file"
    assert not figure.axes[2].images


def test_table_stands_under_the_pictures_with_all_rows():
    figure = compare_figure(PHOTO, [ROWS[0].found, ROWS[2].found], "", ROWS, [PSNR, "LPIPS"], "All codecs at 1,000")
    (table,) = figure.axes[0].tables + figure.axes[-1].tables
    cells = {place: cell.get_text().get_text() for place, cell in table.get_celld().items()}
    assert [cells[row, 0] for row in range(5)] == ["codec", "JPEG", "AVIF", "ours", "WebP"]
    assert [cells[1, column] for column in range(7)] == ["JPEG", "980", "-2.0%", "10.208", "5", "30.00", "0.3000"]
    assert cells[2, 1] == "no file"
    assert cells[4, 6] == "–"
