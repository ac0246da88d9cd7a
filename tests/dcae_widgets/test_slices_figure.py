"""The slices' figure for print: all maps on scales that its bars state, and nothing cut off."""

from typing import Any

import numpy as np
import pytest

from dcae_widgets.channel_picture import pictures_of
from dcae_widgets.slice_maps import common_ranges, elements, slice_maps
from dcae_widgets.slices_figure import slices_figure

from .coded_slices import CHANNELS, SLICES, draw, draw_learned, trace

COSTS = np.array([50.0, 70, 30, 20, 10, 5])


def images_of(figure: Any) -> list[Any]:
    return [drawn for axes in figure.axes for drawn in axes.images]


def test_every_map_is_drawn_on_its_rows_scale():
    maps = slice_maps(elements(trace()), SLICES)
    ranges = common_ranges(maps).reshape(-1, 2)
    drawn = [each for each in images_of(slices_figure(trace(), COSTS, draw(1))) if each.get_array().ndim == 2]
    for each, values, (low, high) in zip(drawn, maps.reshape(-1, *maps.shape[2:]), ranges, strict=True):
        assert each.get_clim() == (low, high)
        np.testing.assert_allclose(each.get_array(), values)


@pytest.mark.parametrize("respond", [draw, draw_learned])
def test_what_the_channel_draws_is_shown_under_its_factors(respond: Any):
    figure = slices_figure(trace(), COSTS, respond(3))
    pictures = pictures_of(respond(3))
    drawn = [each for each in images_of(figure) if each.get_array().ndim == 3]
    assert [each.axes.get_title() for each in drawn] == list(pictures)
    for each, picture in zip(drawn, pictures.values(), strict=True):
        assert np.array_equal(each.get_array(), picture)


def test_bars_are_the_costs_in_their_order_with_the_channel_marked():
    figure: Any = slices_figure(trace(), COSTS, draw(0))
    (bars,) = (axes for axes in figure.axes if axes.get_title() == "What each channel costs")
    assert [bar.get_height() for bar in bars.patches] == sorted(COSTS, reverse=True)
    (mark,) = bars.lines
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (2, 50)
    assert figure.subfigs[1].get_suptitle().startswith("Channel 0, of slice 0: 50 bytes")


def test_figure_holds_all_of_its_words():
    figure = slices_figure(trace(), COSTS, draw(CHANNELS - 1))
    figure.draw_without_rendering()
    words = [text for axes in figure.axes for text in (axes.title, axes.xaxis.label, axes.yaxis.label)]
    for text in (*words, *(sub._suptitle for sub in figure.subfigs if sub._suptitle)):  # pyright: ignore
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
