"""Sizes grow as they are named, one at a time; bytes follow laws that no clock has a say in."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from dcae.analysis.growth import ALONG, measure_growth, pixel_growth, thread_growth
from dcae.analysis.parts import untrained
from dcae.codec.codec import Codec
from dcae.costs import fitted_slope


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(untrained("tiny"))


def test_memory_grows_as_pixels_do(codec: Codec):
    growth = pixel_growth(codec, 0.08, rounds=1, first_mpx=0.02)
    assert growth.sizes == pytest.approx((0.02, 0.04, 0.08), rel=0.35)  # sides are multiples of 64 px
    assert fitted_slope(growth.sizes, growth.peak_bytes)[0] == pytest.approx(1, abs=0.15)


@pytest.mark.slow
def test_memory_grows_as_the_batch_and_the_window_sees_more(codec: Codec):
    names = ["batch", "widths", "slices", "window"]
    batch, widths, slices, window = measure_growth(codec, names, max_mpx=0.2, side_px=64, rounds=1)
    assert fitted_slope(batch.sizes, batch.peak_bytes)[0] == pytest.approx(1, abs=0.1)
    assert fitted_slope(widths.sizes, widths.peak_bytes)[0] > 0.5
    assert [growth.along for growth in (batch, widths, slices, window)] == names
    assert all(min(growth.seconds) > 0 for growth in (batch, widths, slices, window))
    assert all(codec.model.config.M % count == 0 for count in slices.sizes)


def test_threads_are_those_that_are_said_and_afterwards_as_before(codec: Codec):
    before, seen = torch.get_num_threads(), []

    def encode(*_: object) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return torch.zeros(8) + 1

    stub: Any = SimpleNamespace(model=codec.model, encode=encode, decode=lambda _: None)
    growth = thread_growth(stub, 64, 64, rounds=2, most=4)
    assert growth
    assert growth.sizes == (1, 2, 4)
    assert seen == [1, 2, 4] * 3
    assert torch.get_num_threads() == before
    assert thread_growth(stub, 64, 64, most=1) is None


def test_what_does_not_grow_is_refused(codec: Codec):
    assert ALONG == ("pixels", "batch", "widths", "slices", "window", "threads")
    with pytest.raises(ValueError, match="there is no growth along 'depth'; legal: pixels"):
        measure_growth(codec, ["depth"], max_mpx=0.2)
