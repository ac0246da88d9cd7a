"""The rate map's colours and its figure for print: one scale for all maps, all places, all parts."""

from typing import Any

import numpy as np
import pytest

from dcae.traces import RateMap
from dcae_widgets.heat import PALETTE
from dcae_widgets.rate_map_figure import heat_map, rate_map_figure, ticks_of

from .rate_maps import HEIGHT, WIDTH, file_of, image, rates


def made(bits: np.ndarray) -> RateMap:
    return RateMap(bits=bits, file=file_of(bits), height=HEIGHT, width=WIDTH)


def test_scale_ends_at_a_round_number_that_one_place_in_100_exceeds():
    of_places = rates().total / 256
    ticks = ticks_of(rates())
    assert ticks[0] == 0
    assert (of_places > ticks[-1]).mean() <= 0.01
    assert of_places.max() > ticks[-1] / 2


def test_ticks_are_numbers_of_few_digits():
    assert ticks_of(made(np.full((3, 8, 12), 0.27 * 256 / 3))) == [0, 0.1, 0.2, 0.3]


def test_photo_that_costs_nothing_has_a_scale_all_the_same():
    nothing = made(np.zeros((3, 8, 12)))
    assert ticks_of(nothing)[-1] == 1
    assert (heat_map(nothing, nothing.total) == PALETTE[0]).all()


def test_each_place_is_16_px_of_one_colour_of_the_common_scale():
    top = ticks_of(rates())[-1] * 256
    bits = np.zeros((8, 12))
    bits[1, 2], bits[3, 4], bits[5, 9] = top / 2, top, 2 * top
    picture = heat_map(rates(), bits)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert (picture[16:32, 32:48] == PALETTE[128]).all()
    assert (picture[48:64, 64:80] == PALETTE[255]).all()
    assert (picture[80:, 144:] == PALETTE[255]).all(), "the last place is cut as the image is"
    assert (picture == PALETTE[0]).all(axis=-1).sum() == HEIGHT * WIDTH - 256 - 256 - 10 * 6


def test_colours_grow_lighter_step_by_step():
    linear = np.where(PALETTE <= 10, PALETTE / 3294.6, ((PALETTE / 255 + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > -1e-3).all()
    assert luminance[-1] - luminance[0] > 0.9


def test_every_map_of_the_figure_has_the_same_scale():
    shown: list[Any] = [drawn for axes in rate_map_figure(image(), rates()).axes for drawn in axes.images]
    maps = [drawn for drawn in shown if drawn.get_array().ndim == 2]
    assert len(maps) == 4
    assert {drawn.get_clim() for drawn in maps} == {(0, ticks_of(rates())[-1])}
    assert np.allclose(maps[0].get_array(), rates().total / 256)


def test_figures_bar_adds_up_to_the_file():
    bar: Any = rate_map_figure(image(), rates()).axes[-1]
    assert sum(patch.get_width() for patch in bar.patches) == rates().file.total_bytes
    assert bar.get_title() == f"The file: {rates().file.total_bytes:,} bytes ({rates().file.bpp:.3f} bits a pixel)"


def test_figure_holds_all_of_its_words():
    figure = rate_map_figure(image(), rates())
    figure.draw_without_rendering()
    (legend,) = figure.subfigs[1].legends
    assert [text.get_text().split(":")[0] for text in legend.get_texts()] == [name for name, _ in rates().file.parts]
    for words in (legend, *(axes.title for axes in figure.axes)):
        box = words.get_window_extent()
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("slices", [1, 10])
def test_figure_has_a_panel_for_each_of_any_number_of_slices(slices: int):
    bits = np.ones((slices + 1, 8, 12))
    titles = [axes.get_title() for axes in rate_map_figure(image(), made(bits)).axes]
    of_slices = [f"slice {index}: 96 bits" for index in range(slices)]
    named = [title for title in titles if title.endswith(" bits")]
    assert named == [f"all together: {96 * (slices + 1):,} bits", *of_slices, "z: 96 bits"]
