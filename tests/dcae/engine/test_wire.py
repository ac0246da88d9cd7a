"""Values arrive as they were sent; nothing else can be sent, and nothing is made of what else arrives."""

import json
import math
from multiprocessing import Pipe
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dcae.codec.protocol import Interval
from dcae.engine.wire import receive, send
from dcae.results import Estimate, FileInfo

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=50)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner), max_leaves=8
)
ARRAYS = arrays.arrays(st.sampled_from(["u1", "<i4", "<f4", ">f8", "?"]), arrays.array_shapes(min_dims=0, min_side=0))


def sent(value):
    """The value behind the wire."""
    near, far = Pipe()
    send(near, value)
    return receive(far)


@given(VALUES)
def test_plain_values_arrive_as_they_are(value):
    assert sent(value) == value


@given(ARRAYS)
def test_arrays_arrive_with_type_shape_and_every_bit(array):
    found = sent({"it": [array]})["it"][0]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()


def test_array_that_is_a_view_arrives_as_it_looks():
    array = np.arange(24).reshape(4, 6)[::2, ::-3]
    np.testing.assert_array_equal(sent(array), array)


def test_what_is_not_finite_arrives():
    assert sent(math.inf) == math.inf
    assert math.isnan(sent(np.float32("nan")))


def test_records_arrive_whole():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    found = sent(Estimate(bits=MappingProxyType({"z": 8.0}), total_bytes=float(np.float64(9.5)), x_hat=picture))
    assert isinstance(found, Estimate)
    assert (found.bits, found.total_bytes) == ({"z": 8.0}, 9.5)
    np.testing.assert_array_equal(found.x_hat, picture)
    assert sent(Interval(0.1, 2.0)) == Interval(0.1, 2.0)
    assert isinstance(sent(Interval(0.1, 2.0)), Interval)


@pytest.mark.parametrize("value", [object(), {1: 2}, {3}, np.array(["text"]), np.array([object()]), Exception("no")])
def test_what_is_none_of_these_cannot_be_sent(value):
    near, _ = Pipe()
    with pytest.raises(TypeError, match="cannot travel"):
        send(near, value)


@pytest.mark.parametrize(
    "head",
    [
        ["pickle", 0],
        ["record", "os.system", {"command": "true"}],
        ["record", "FileInfo", {"width": 1}],
        ["array", "O", [1], 0],
        ["array", "u1", [7], 0],
        ["array", "u1", [1], 5],
        ["bytes"],
        [],
    ],
)
def test_what_is_no_message_is_refused(head):
    near, far = Pipe()
    near.send_bytes((1).to_bytes(4, "big") + json.dumps(head).encode())
    near.send_bytes(b"\x00")
    with pytest.raises(ValueError, match=r"no message|array"):
        receive(far)


def test_other_end_that_is_gone_is_said():
    near, far = Pipe()
    near.close()
    with pytest.raises(EOFError):
        receive(far)


def test_file_info_is_a_record_that_travels():
    info = FileInfo(
        width=1, height=1, lmbda=None, model="m", header_bytes=1, z_bytes=1, slice_bytes=(1, 2), other_bytes=0,
        total_bytes=5, bpp=40.0,
    )  # fmt: skip
    assert sent(info) == info
