"""A page's lambdas are the weights' own, and its measures are those of what the codec decodes."""

import numpy as np
import pytest

from dcae.analysis.baselines import baseline
from dcae.analysis.page_record import make_page, page_codings, page_lmbdas
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


def test_steps_are_counted_to_the_last_and_what_is_shown_is_said():
    told: list[tuple[int, int]] = []
    photo = sample("coffee")[100:140, 200:264]
    page = make_page("tiny", photo, "coffee", (4, 8, 48, 32), lambda *at: told.append(at), codecs=["jpeg"])
    steps = 12 + len(baseline("jpeg").curve)
    assert told == [(done, steps) for done in range(1, steps + 1)]
    np.testing.assert_array_equal(page.image, photo[8:40, 4:52])
    assert page.part == (4, 8, 48, 32)
    command = dict(page.made)["Command"]
    assert command.startswith("dcae page coffee.png --model tiny-")
    assert command.endswith(" --crop 4,8,48,32 --codec jpeg -o page.html")


def test_a_part_outside_the_photo_is_refused():
    with pytest.raises(ValueError, match="the part is 4,8,61,32; must lie in the picture of 64 x 40 px"):
        make_page("tiny", sample("coffee")[:40, :64], "coffee", (4, 8, 61, 32))


def test_ms_ssim_and_winners_are_of_this_coding():
    codec = open_codec("tiny")
    assert isinstance(codec, Codec)
    image = sample("coffee")[100:262, 200:364]
    (coding,) = page_codings(codec, image, [0.02])
    assert coding.ms_ssim == pytest.approx(ms_ssim(image, codec.decode(codec.encode(image, 0.02))), abs=1e-9)
    assert coding.winners is not None
    assert coding.winners.shape == (len(coding.rate_map.file.slice_bytes), *coding.rate_map.total.shape)
