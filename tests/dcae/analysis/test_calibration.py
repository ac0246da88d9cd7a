"""A calibration counts what was coded: against counts one by one, and against a coding whose tables are right."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dcae.analysis.calibration import LEAST_ELEMENTS, LEAST_HITS, calibrate, calibrations
from dcae.analysis.trace import trace
from dcae.codec.codec import Codec
from dcae.codec.scale_levels import levels
from dcae.config import PRESETS, SCALE_MIN
from dcae.traces import Trace

from .networks import network


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(network(PRESETS["tiny"]))


@pytest.fixture(scope="module")
def traced(codec: Codec) -> Trace:
    image = np.random.default_rng(0).integers(0, 256, (96, 160, 3), dtype=np.uint8)
    return trace(codec, image, 0.02)


def drawn_from_the_tables(codec: Codec, traced: Trace) -> Trace:
    """The trace with symbols that come as often as their tables say, many to a level."""
    random, tables = np.random.default_rng(1), codec.latent_coder.y_tables
    sigma = np.broadcast_to(np.geomspace(0.12, 8, traced.sigma.shape[0])[:, None, None], traced.sigma.shape)
    symbols = np.zeros(sigma.shape, np.int32)
    for level in np.unique(levels(sigma)):
        place = levels(sigma) == level
        start, size = tables.starts[level], tables.sizes[level]
        frequencies = tables.frequencies[start : start + size - 1]
        values = tables.offsets[level] + np.arange(int(size) - 1)
        symbols[place] = random.choice(values, place.sum(), p=frequencies / frequencies.sum())
    y = traced.mu + random.normal(0, 1, sigma.shape) * sigma
    return replace(traced, sigma=sigma.astype(np.float32), symbols=symbols, y=y.astype(np.float32))


@pytest.mark.parametrize("slice_index", [None, 0, 4])
def test_charges_are_the_coders(codec: Codec, traced: Trace, slice_index: int | None):
    found = calibrate(codec, traced, slice_index)
    bits = traced.y_bits if slice_index is None else traced.slice_of(traced.y_bits, slice_index)
    assert found.least_bits < found.total_bits
    assert found.total_bits == pytest.approx(bits.sum(dtype=np.float64), rel=0.02)  # escapes cost a little extra
    assert found.total_bits <= bits.sum(dtype=np.float64) * (1 + 1e-6)


def test_groups_of_scales_are_counted_one_by_one(codec: Codec, traced: Trace):
    found, counts = calibrate(codec, traced), {}
    for sigma, y, mu in zip(traced.sigma.ravel(), traced.y.ravel(), traced.mu.ravel(), strict=True):
        scale = max(float(sigma), SCALE_MIN)
        count, scales, errors = counts.get(key := math.floor(4 * math.log2(scale / SCALE_MIN)), (0, 0.0, 0.0))
        counts[key] = count + 1, scales + scale, errors + abs(float(y - mu))
    kept = [counts[key] for key in sorted(counts) if counts[key][0] >= LEAST_ELEMENTS]
    assert found.elements.tolist() == [count for count, _, _ in kept]
    assert np.allclose(found.sigma, [scales / count for count, scales, _ in kept])
    assert np.allclose(found.error, [errors / count for count, _, errors in kept])
    assert np.allclose(found.expected_error, found.sigma * math.sqrt(2 / math.pi))


def test_tables_that_are_right_charge_what_is_fair(codec: Codec, traced: Trace):
    found = calibrate(codec, drawn_from_the_tables(codec, traced))
    often = found.hits > 300
    assert often.sum() >= 5
    assert (np.abs(found.fair_bits - found.charged_bits) <= 0.01 + 0.1 * found.charged_bits)[often].all()
    assert np.abs(found.error / found.expected_error - 1)[found.elements > 300].max() < 0.15
    assert found.excess < 0.2  # few symbols to a level: their own counts always fit a little better
    assert (found.hits >= LEAST_HITS).all()


def test_tables_that_are_wrong_are_found_out(codec: Codec, traced: Trace):
    fair = drawn_from_the_tables(codec, traced)
    wrong = calibrate(codec, replace(fair, sigma=3 * fair.sigma, symbols=fair.symbols))
    assert wrong.excess > 2 * calibrate(codec, fair).excess
    assert (wrong.error / wrong.expected_error)[wrong.elements > 300].max() < 0.5


def test_calibrations_are_of_all_and_of_each_slice(codec: Codec, traced: Trace):
    found = calibrations(codec, traced)
    assert list(found) == ["all slices", *(f"slice {index}" for index in range(traced.num_slices))]
    total = found.pop("all slices").total_bits
    assert sum(of.total_bits for of in found.values()) == pytest.approx(total)


def test_slice_that_is_none_is_refused(codec: Codec, traced: Trace):
    with pytest.raises(ValueError, match="slice_index is 5; must be 0 to 4"):
        calibrate(codec, traced, 5)
