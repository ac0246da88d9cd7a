"""The dictionary for print: colours say who wins, bars how often, and no words are cut off."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from dcae.dictionary_use import DictionaryUse
from dcae_widgets.dictionary_figure import (
    NAMED,
    dictionary_figure,
    entry_colours,
    fires_image,
    named_winners,
    winners_image,
)
from dcae_widgets.heat import PALETTE

from .dictionaries import HEIGHT, WIDTH, image, lost, places, use


def test_each_place_has_its_winners_colour():
    colours, winners = entry_colours(use(), 1, 1), use().winners[1, 1]
    drawn = winners_image(use(), 1, 1, (HEIGHT, WIDTH))
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    for y, x in [(0, 0), (15, 16), (89, 149), (47, 80)]:
        assert drawn[y, x].tolist() == colours[winners[y // 16, x // 16]].tolist()


def test_the_most_frequent_winners_have_colours_of_their_own_and_the_others_are_grey():
    shares = use().shares[0, 1]
    named, colours = named_winners(use(), 0, 1), entry_colours(use(), 0, 1)
    assert sorted(shares[named], reverse=True) == shares[named].tolist()
    assert len(named) == min(NAMED, np.count_nonzero(shares))
    assert len({tuple(colours[entry]) for entry in named}) == len(named)
    others = np.delete(colours, named, axis=0)
    assert (others == 150).all()
    assert 11 not in named, "it never wins"


def test_where_an_entry_fires_is_drawn_from_0_to_1():
    drawn = fires_image(use(), 0, 0, 3, (HEIGHT, WIDTH))
    weight = use().attention[0, 0, 2, 4, 3]
    assert drawn[2 * 16, 4 * 16].tolist() == PALETTE[round(float(weight) * 255)].tolist()


@pytest.fixture
def figure() -> Figure:
    return dictionary_figure(image(), use(), 1, 0, 2, places().patches(1, 0, 2), [lost(), lost("entry 2", -30, 0.1)])


def test_bars_are_the_shares_and_the_chosen_one_is_marked(figure: Figure):
    bars: Any = figure.subfigs[1].axes[0]
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(100 * use().shares[1, 0])
    colours = [bar.get_facecolor() for bar in bars.patches]
    assert colours.count(colours[2]) == 1
    said = [float(text.get_text()) for text in figure.subfigs[1].axes[1].texts]
    assert said == pytest.approx(use().entropy_bits.ravel(), abs=0.005)


def test_ablations_are_bars_of_bytes_with_db_beside_them(figure: Figure):
    axes: Any = figure.subfigs[3].axes[0]
    assert [bar.get_width() for bar in axes.patches] == [100, -30]
    assert [text.get_text().strip() for text in axes.texts] == ["+100 B, -0.25 dB", "-30 B, +0.10 dB"]


def test_figure_holds_all_of_its_words(figure: Figure):
    figure.draw_without_rendering()
    shown = [axes for part in figure.subfigs for axes in part.axes]
    words: list[Any] = [axes.title for axes in shown] + [text for axes in shown for text in axes.texts]
    words += [text for axes in shown if axes.axison for text in axes.get_yticklabels()]
    words += [legend for part in figure.subfigs for legend in part.legends]
    for each in words:
        box = each.get_window_extent()
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, each
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, each


def test_without_patches_and_ablations_there_is_less_to_see():
    assert len(dictionary_figure(image(), use(), 0, 0, 0).subfigs) == 2


def test_entropies_of_many_heads_are_colours_without_numbers():
    weights = np.random.default_rng(0).dirichlet(np.ones(16), (5, 20, 6, 10)).astype(np.float32)
    figure = dictionary_figure(image(), DictionaryUse(attention=weights), 4, 19, 3)
    matrix: Any = figure.subfigs[1].axes[1]
    assert not matrix.texts
    assert np.array_equal(matrix.images[0].get_array(), DictionaryUse(attention=weights).entropy_bits)
