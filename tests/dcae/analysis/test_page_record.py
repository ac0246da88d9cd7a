"""A page's lambdas are the weights' own, and its measures are those of what the codec decodes."""

import numpy as np
import pytest

from dcae.analysis.page_record import middle_part, page_codings, page_lmbdas
from dcae.codec.catalogue import open_codec
from dcae.codec.codec import Codec
from dcae.codec.protocol import Interval
from dcae.metrics import ms_ssim
from dcae.samples import sample


def test_lambdas_go_from_end_to_end_in_equal_ratios():
    lmbdas = page_lmbdas(Interval(0.0005, 0.15))
    assert (len(lmbdas), lmbdas[0], lmbdas[-1]) == (12, 0.0005, 0.15)
    ratios = np.diff(np.log(np.array(lmbdas, float)))
    np.testing.assert_allclose(ratios, np.log(300) / 11, atol=0.01)


def test_the_lambdas_of_a_list_are_all_shown():
    assert page_lmbdas((0.01, 0.02)) == [0.01, 0.02]


def test_the_middle_of_a_large_photo_is_in_its_middle():
    left, top, width, height = middle_part(2025, 1500)
    assert (width, height) == (1024, 1024)
    assert abs(left - (2025 - left - width)) <= 1
    assert top == 1500 - top - height


def test_ms_ssim_and_winners_are_of_this_coding():
    codec = open_codec("tiny")
    assert isinstance(codec, Codec)
    image = sample("coffee")[100:262, 200:364]
    (coding,) = page_codings(codec, image, [0.02])
    assert coding.ms_ssim == pytest.approx(ms_ssim(image, codec.decode(codec.encode(image, 0.02))), abs=1e-9)
    assert coding.winners is not None
    assert coding.winners.shape == (len(coding.rate_map.file.slice_bytes), *coding.rate_map.total.shape)
