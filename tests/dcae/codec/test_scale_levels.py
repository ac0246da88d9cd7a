"""Scale levels: every machine uses the encoder's level, whatever its rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from dcae.codec.scale_levels import (
    BOUNDARIES,
    MARGINS,
    SCALE_TABLE,
    flag,
    levels,
    pack_flags,
    resolve,
    unpack_flags,
)
from dcae.codec.sections import BitstreamError

UNITS = np.maximum(BOUNDARIES, 1)  # what margins are counted in

# Scales crowd around the boundaries, where levels are in doubt: within two margins.
crowded = st.builds(lambda j, e: BOUNDARIES[j] + e * UNITS[j], st.integers(0, 62), st.floats(-2e-4, 2e-4))
sigmas = st.lists(st.one_of(crowded, st.floats(-1.0, 400.0), st.sampled_from([0.0, *BOUNDARIES])), max_size=60)


def test_the_scale_table_is_compressais():
    np.testing.assert_allclose(SCALE_TABLE, np.exp(np.linspace(np.log(0.11), np.log(256), 64)), rtol=1e-13)


def test_a_scale_of_the_table_has_its_own_level():
    np.testing.assert_array_equal(levels(SCALE_TABLE), np.arange(64))


@given(st.floats(0.01, 1000.0))
def test_the_level_is_the_nearest_in_log_distance(sigma):
    distance = np.abs(np.log(SCALE_TABLE / sigma))
    assert distance[levels(sigma)] <= distance.min() + 1e-12


def test_scales_beyond_the_table_and_raw_negative_outputs_are_clamped():
    np.testing.assert_array_equal(levels([-np.inf, -3.0, 0.0, 1e-9, 256.0, 1e9, np.inf]), [0, 0, 0, 0, 63, 63, 63])


@pytest.mark.parametrize("function", [levels, lambda s: flag(s, 1e-9)])
def test_nan_is_refused(function):
    with pytest.raises(ValueError, match="sigma holds 2 NaN among 3 values; it must hold none"):
        function(np.array([np.nan, 1.0, np.nan]))


def test_nan_is_refused_when_decoding():
    with pytest.raises(ValueError, match="sigma holds 1 NaN among 1 values"):
        resolve(np.array([np.nan]), np.empty(0, np.int64), np.empty(0, bool))


def test_levels_are_bytes_of_sigmas_shape():
    sigma = np.ones((3, 4, 5), np.float32)
    assert levels(sigma).shape == resolve(sigma, *flag(sigma, 1e-9)).shape == (3, 4, 5)
    assert levels(sigma).dtype == np.uint8


@pytest.mark.parametrize("margin", MARGINS.values())
def test_elements_within_the_margin_and_no_others_are_flagged(margin):
    for sign in (-1, 1):
        positions, upper = flag(BOUNDARIES + sign * 0.99 * margin * UNITS, margin)
        np.testing.assert_array_equal(positions, np.arange(63))
        assert (upper == (sign > 0)).all()
        np.testing.assert_array_equal(flag(BOUNDARIES + sign * margin * UNITS, margin)[0], np.arange(63))
        assert flag(BOUNDARIES + sign * 1.01 * margin * UNITS, margin)[0].size == 0
    assert flag([-np.inf, -1.0, 0.0, 0.11, 256.0, 1e9, np.inf], margin)[0].size == 0


@given(sigmas)
def test_the_level_is_the_number_of_boundaries_that_are_not_greater(values):
    counted = [sum(boundary <= sigma for boundary in BOUNDARIES) for sigma in values]
    assert levels(values).tolist() == counted


@pytest.mark.parametrize("ulps", [-1, 0, 1])
def test_levels_are_exact_to_the_last_bit_at_boundaries(ulps):
    sigma = np.nextafter(BOUNDARIES, BOUNDARIES + ulps)
    np.testing.assert_array_equal(levels(sigma), np.arange(63) + (ulps >= 0))


@pytest.mark.parametrize("dtype", MARGINS)
@given(values=sigmas, seed=st.integers(0, 2**32 - 1))
def test_every_decoder_resolves_the_encoders_levels(dtype, values, seed):
    margin = MARGINS[dtype]
    sigma = np.array(values, np.float64)
    positions, upper = unpack_flags(pack_flags(*flag(sigma, margin)), sigma.size)
    noise = np.random.default_rng(seed).uniform(-1, 1, sigma.shape)
    for direction in (noise, np.sign(noise), np.zeros_like(noise)):
        decoded = sigma + 0.99 * margin * direction * np.maximum(sigma, 1)
        np.testing.assert_array_equal(resolve(decoded, positions, upper), levels(sigma))


def test_without_flags_noise_does_change_a_level():
    sigma = BOUNDARIES * (1 + 1e-12)
    assert not np.array_equal(levels(sigma * (1 - 1e-11)), levels(sigma))


@given(st.lists(sigmas, min_size=1, max_size=4), st.integers(0, 4))
def test_slices_use_the_flags_of_their_own_elements(slices, present):
    margin = MARGINS["float32"]
    starts = np.cumsum([0] + [len(s) for s in slices])
    flagged = [flag(s, margin, int(start)) for s, start in zip(slices, starts, strict=False)]
    positions = np.concatenate([p for p, _ in flagged])
    upper = np.concatenate([u for _, u in flagged])
    positions, upper = unpack_flags(pack_flags(positions, upper), int(starts[-1]))
    for s, start in list(zip(slices, starts, strict=False))[:present]:
        moved = np.array(s) - 0.9 * margin * np.maximum(s, 1)
        np.testing.assert_array_equal(resolve(moved, positions, upper, int(start)), levels(s))


@given(npst.arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 2**33), unique=True), st.randoms())
def test_flags_are_unpacked_as_they_were_packed(positions, random):
    positions = np.sort(positions)
    upper = np.array([random.random() < 0.5 for _ in positions], bool)
    unpacked = unpack_flags(pack_flags(positions, upper), 2**33 + 1)
    np.testing.assert_array_equal(unpacked[0], positions)
    np.testing.assert_array_equal(unpacked[1], upper)
    assert unpacked[1].dtype == bool


@given(st.binary(max_size=30))
def test_every_payload_is_refused_or_the_one_that_its_flags_are_packed_to(data):
    try:
        positions, upper = unpack_flags(data, 2**40)
    except BitstreamError:
        return
    assert pack_flags(positions, upper) == data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x00\x80", "level flags are cut: their last byte is 0x80"),
        (b"\x80", "level flags are cut"),
        (b"\x80\x80\x80\x80\x80\x01", "a varint of 6 bytes; at most 5 are legal"),
        (b"\x81\x00", "^level flags: a varint is longer than its value needs$"),
        (b"\x14", "level flag at element 10: the picture has 10 elements"),
        (b"\x00" * 11, "level flag at element 10: the picture has 10 elements"),
    ],
)
def test_flags_that_pack_did_not_write_are_refused(data, message):
    with pytest.raises(BitstreamError, match=message):
        unpack_flags(data, 10)


@pytest.mark.parametrize(("positions", "wrong"), [([4, 4], 1), ([5, 4], 1), ([-1], 0), ([0, 1, 3, 3], 3)])
def test_positions_that_do_not_ascend_are_not_packed(positions, wrong):
    with pytest.raises(ValueError, match=rf"flag {wrong} does not lie behind the one before"):
        pack_flags(np.array(positions), np.zeros(len(positions), bool))


def test_each_position_has_a_side():
    with pytest.raises(ValueError, match="argument 2 is shorter than argument 1"):
        pack_flags(np.array([1, 2]), np.array([True]))
