"""Maps of slices are the trace's numbers, of the photo's places, on scales that are what they say."""

import numpy as np
import pytest

from dcae_widgets.slice_maps import QUANTITIES, UNITS, channel_ranges, common_ranges, elements, own_ranges, slice_maps

from .coded_slices import CHANNELS, COLUMNS, ROWS, SLICES, trace


def test_quantities_are_those_of_the_trace_in_the_photo():
    coded = trace()
    found = dict(zip(QUANTITIES, elements(coded), strict=True))
    assert len(UNITS) == len(QUANTITIES)
    of_trace = {"bits": coded.y_bits / 256, "μ": coded.mu, "σ": coded.sigma, "ŷ": coded.y_hat}
    for name, values in {**of_trace, "y − μ": coded.y - coded.mu}.items():
        np.testing.assert_allclose(found[name], values[:, :ROWS, :COLUMNS])


def test_bits_of_a_slice_are_its_channels_sum_and_all_else_their_root_mean_square():
    coded = trace()
    maps = dict(zip(QUANTITIES, slice_maps(elements(coded), SLICES), strict=True))
    for index in range(SLICES):
        bits = coded.slice_of(coded.y_bits, index)[:, 3, 7]
        first, second = coded.slice_of(coded.y - coded.mu, index)[:, 3, 7].tolist()
        assert maps["bits"][index, 3, 7] == pytest.approx(bits.sum() / 256)
        assert maps["y − μ"][index, 3, 7] == pytest.approx(np.sqrt((first**2 + second**2) / 2))
    assert maps["ŷ"].shape == (SLICES, ROWS, COLUMNS)


def test_common_scale_is_that_of_all_slices_and_of_what_is_compared():
    maps = slice_maps(elements(trace()), SLICES)
    ranges = common_ranges(maps)
    assert (ranges[..., 0] == 0).all()
    assert [len(set(of_quantity[:, 1])) for of_quantity in ranges] == [1] * len(QUANTITIES)
    bits, mu, sigma, residual, y_hat = ranges[:, 0, 1]
    assert (mu, sigma) == (y_hat, residual)
    for group, top in (([0], bits), ([1, 4], mu), ([2, 3], sigma)):
        assert (maps[group] > top).mean() <= 0.01
        assert maps[group].max() > top / 3


def test_own_scale_is_that_of_each_map():
    maps = slice_maps(elements(trace()), SLICES)
    ranges = own_ranges(maps)
    for of_map, (low, high) in zip(maps.reshape(-1, ROWS, COLUMNS), ranges.reshape(-1, 2), strict=True):
        assert low == 0
        assert (of_map > high).mean() <= 0.017, "one place of 60"
        assert of_map.max() > high / 3
    assert ranges[4, 0, 1] > 4 * ranges[4, -1, 1]


def test_scale_of_a_channel_has_0_in_the_middle_where_there_are_signs():
    values = elements(trace())[:, CHANNELS - 1]
    low, high = channel_ranges(values).T
    assert low.tolist() == [0, -high[1], 0, -high[3], -high[4]]
    assert (high >= np.percentile(np.abs(values), 99, axis=(1, 2))).all()


def test_maps_of_nothing_have_a_scale_all_the_same():
    nothing = np.zeros((5, 2, 3, 4))
    for ranges in (common_ranges(nothing), own_ranges(nothing), channel_ranges(nothing[:, 0])):
        assert (ranges[..., 1] == 1).all()
