"""What a channel draws is shown around grey, by a factor that its name states."""

import numpy as np

from dcae.results import ChannelResponse
from dcae_widgets.channel_picture import around_grey, factor_of, pictures_of


def response(learned: float, linear: float | None) -> ChannelResponse:
    sign = np.where(np.arange(48).reshape(4, 4, 3) % 2, 1, -1).astype(np.float32)
    return ChannelResponse(channel=0, learned=learned * sign, linear=None if linear is None else linear * sign)


def test_factor_brings_the_extremes_near_to_black_and_white():
    for extreme in (0.7, 3.0, 63.0, 64.0, 127.0, 255.0, 700.0):
        factor = factor_of(np.array([extreme, -extreme]))
        assert 127.5 / 2 < factor * extreme <= 127.5
        assert np.log2(factor) % 1 == 0


def test_factor_has_its_limits():
    assert factor_of(np.array([1e-6])) == 128
    assert factor_of(np.array([1e6])) == 1 / 8
    assert factor_of(np.zeros(3)) == 1


def test_grey_is_what_nothing_draws():
    assert (around_grey(np.zeros((1, 2, 3)), 16) == 128).all()


def test_each_part_is_its_levels_times_its_factor():
    pictures = pictures_of(response(7, 40))
    assert list(pictures) == ["learned part × 16", "linear path × 2", "together × 2"]
    for picture, (level, factor) in zip(pictures.values(), [(7, 16), (40, 2), (47, 2)], strict=True):
        assert set(picture.ravel().tolist()) == {128 - level * factor, 128 + level * factor}


def test_linear_path_and_together_have_one_factor():
    assert list(pictures_of(response(-60, 100))) == ["learned part × 2", "linear path × 1", "together × 1"]
    assert list(pictures_of(response(60, 100))) == ["learned part × 2", "linear path × 1/2", "together × 1/2"]


def test_network_without_a_linear_path_has_one_picture():
    assert list(pictures_of(response(7, None))) == ["learned part × 16"]
