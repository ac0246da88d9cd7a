"""Records of what a coding went through: their shapes fit, they are read only, and their sums are sums."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dcae.results import FileInfo
from dcae.traces import RateMap, Trace, WindowAttentionTrace
from dcae.windows import Windows

FILE = FileInfo(
    width=40, height=30, lmbda=0.01, model="any", header_bytes=50, z_bytes=3, slice_bytes=(8, 9), other_bytes=0,
    total_bytes=70, bpp=8 * 70 / 1200,
)  # fmt: skip


@pytest.fixture
def values() -> dict[str, Any]:
    """A trace of two slices that no network has made."""
    rng = np.random.default_rng(0)
    y, z = rng.normal(size=(4, 4, 4)).astype(np.float32), rng.normal(size=(2, 1, 1)).astype(np.float32)
    image = np.zeros((30, 40, 3), np.uint8)
    return {
        "image": image, "x_hat": image, "file": FILE, "y": y, "z": z, "y_hat": y + 0.5, "z_hat": z, "mu": y * 0,
        "sigma": y * 0 + 1, "symbols": y.round().astype(np.int32), "values": y.round(),
        "z_symbols": z.astype(np.int32), "y_bits": y * 0 + 2,
        "z_bits": z * 0 + 8, "dictionary_attention": np.ones((2, 1, 4, 4, 1), np.float32), "gain": None,
        "inverse_gain": None, "num_slices": 2, "window_attention": {},
    }  # fmt: skip


@pytest.fixture
def rates() -> RateMap:
    bits = np.zeros((3, 2, 3))
    bits[0], bits[2] = 16, 4
    return RateMap(bits=bits, file=FILE, height=30, width=40)


@pytest.fixture
def attention() -> WindowAttentionTrace:
    """Two heads over a map of 5 x 6 positions in shifted windows of 4 x 4; each head looks at one key alone.

    Head 0 at the query itself, head 1 at the first key that it sees.
    """
    like = {"height": 5, "width": 6, "shifted": True, "position_px": 8}
    windows = Windows(height=5, width=6, side=4, shifted=True)
    weights = np.zeros((2, 2, 2, 16, 16), np.float32)
    weights[:, :, 0, range(16), range(16)] = 1
    first = windows.sees.argmax(axis=-1)  # 0 for padding, which sees nothing
    np.put_along_axis(weights[:, :, 1], first[..., None], 1, axis=-1)
    return WindowAttentionTrace(weights=weights, relative_position=np.zeros((2, 7, 7), np.float32), **like)


def test_attention_of_a_position_lies_where_its_keys_are_on_the_map(attention: WindowAttentionTrace):
    for row, column in np.ndindex(5, 6):
        itself, first = attention.on_map(row, column)
        assert np.argwhere(itself).tolist() == [[row, column]]
        assert np.argwhere(first).tolist() == [list(attention.windows.seen(row, column)[:2])]


def test_mean_distance_is_over_the_positions_of_the_map_alone(attention: WindowAttentionTrace):
    corners = [attention.windows.seen(*place)[:2] for place in np.ndindex(5, 6)]
    far = np.linalg.norm(np.array(corners) - list(np.ndindex(5, 6)), axis=1)
    assert attention.mean_distance == pytest.approx([0, far.mean()])


def test_attention_that_does_not_fit_its_map_is_refused(attention: WindowAttentionTrace):
    with pytest.raises(ValueError, match=r"weights have shape \(2, 2, 2, 16, 16\); must be \(2, 3, 2, 16, 16\)"):
        replace(attention, width=9)
    with pytest.raises(ValueError, match=r"relative_position has shape \(2, 7, 5\); must be \(heads, 2 p - 1, 2 p - 1"):
        replace(attention, relative_position=attention.relative_position[:, :, :5])
    with pytest.raises(ValueError, match="read-only"):
        attention.weights[:] = 0


def test_a_slice_is_its_channels(values: dict[str, Any]):
    trace = Trace(**values)
    assert np.array_equal(trace.slice_of(trace.y, 1), values["y"][2:])
    with pytest.raises(ValueError, match="slice_index is 2; must be 0 to 1"):
        trace.slice_of(trace.y, 2)


def test_a_trace_cannot_be_changed(values: dict[str, Any]):
    with pytest.raises(ValueError, match="read-only"):
        Trace(**values).y[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mu": np.zeros((4, 4, 5))}, r"mu has shape \(4, 4, 5\); must be \(4, 4, 4\)"),
        ({"z_bits": np.zeros(1)}, r"z_bits has shape \(1,\); must be \(2, 1, 1\)"),
        ({"num_slices": 3}, "y has 4 channels; must be a multiple of num_slices, 3"),
        ({"x_hat": np.zeros((1, 1, 3))}, r"image has shape \(30, 40, 3\) and x_hat \(1, 1, 3\); must be the same"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(values: dict[str, Any], change: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        Trace(**{**values, **change})


def test_the_table_adds_up_to_the_file(rates: RateMap):
    assert rates.table == [("z", 24.0, 3), ("slice 0", 96.0, 8), ("slice 1", 0.0, 9), ("header and other", 0.0, 50)]
    assert sum(size for _, _, size in rates.table) == FILE.total_bytes


def test_bits_a_pixel_and_totals_are_of_places_of_sixteen_px(rates: RateMap):
    assert rates.names == ["slice 0", "slice 1", "z"]
    assert rates.total.tolist() == [[20.0] * 3] * 2
    assert float(rates.bits_per_px[0, 0, 0]) == 16 / 256


def test_a_rectangle_has_its_share_of_the_places_that_it_cuts(rates: RateMap):
    assert rates.bits_within(0, 0, 32, 48).tolist() == [96, 0, 24]
    assert rates.bits_within(8, 16, 24, 32).tolist() == [16, 0, 4]
    assert rates.bits_within(0, 0, 1, 1).tolist() == [16 / 256, 0, 4 / 256]
    assert rates.bits_within(40, 0, 99, 99).tolist() == [0, 0, 0]


def test_maps_must_be_as_many_as_the_files_parts(rates: RateMap):
    with pytest.raises(ValueError, match="2 maps for 2 slices; must be one more, z's"):
        replace(rates, bits=rates.bits[:2])
