"""Colours of places: blocks that lie where their place does, ends that hold, refusals."""

import numpy as np
import pytest

from dcae_widgets.heat import DIVERGING, PALETTE, heat_image, palette, round_ticks


def test_each_place_is_a_block_of_its_colour_cut_where_the_picture_ends():
    values = np.array([[0.0, 0.5], [1.0, 2.0]])
    image = heat_image(values, 0, 1, 16, (20, 31))
    assert image.shape == (20, 31, 3)
    assert (image[:16, :16] == PALETTE[0]).all()
    assert (image[:16, 16:] == PALETTE[128]).all()
    assert (image[16:, :] == PALETTE[255]).all()


def test_what_is_out_of_range_or_no_number_has_the_colour_of_an_end():
    assert (heat_image(np.array([[-5, np.nan, np.inf]]), 0, 1) == [PALETTE[0], PALETTE[0], PALETTE[0]]).all()
    assert (heat_image(np.array([[9.0]]), 0, 1) == PALETTE[255]).all()


def test_zero_between_equal_ends_is_nearly_white_where_colours_diverge():
    assert heat_image(np.array([[0.0]]), -3, 3, diverging=True).min() > 240
    assert palette(DIVERGING).shape == (256, 3)


def test_scale_that_does_not_rise_is_refused():
    with pytest.raises(ValueError, match="colours from 1 to 1; the last must be above the first"):
        heat_image(np.zeros((1, 1)), 1, 1)


def test_blocks_that_do_not_cover_the_picture_are_refused():
    with pytest.raises(ValueError, match="blocks cover 32 x 16 px of a picture of 33 x 16 px"):
        heat_image(np.zeros((1, 2)), 0, 1, 16, (16, 33))


@pytest.mark.parametrize(("most", "last"), [(0, 1), (0.83, 1), (3.2, 4), (70, 80)])
def test_ticks_end_at_a_round_number_that_is_not_less(most, last):
    assert round_ticks(most)[0] == 0
    assert round_ticks(most)[-1] == last
