"""Records refuse numbers that contradict each other and are written down as promised."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from dcae.results import ChannelResponse, Estimate, FileInfo, PartialPicture, RDPoint

POINT: dict[str, Any] = {
    "image": "a.png",
    "codec": "tiny",
    "quality": 0.0123,
    "bytes": 10,
    "bpp": 0.5,
    "psnr_db": 30.0,
    "ms_ssim": 0.9,
}
ESTIMATE: dict[str, Any] = {
    "bits": {"z": 8.0, "slice 0": 16.0},
    "total_bytes": 9,
    "x_hat": np.zeros((2, 2, 3), np.uint8),
}
INFO: dict[str, Any] = {
    "width": 40,
    "height": 20,
    "lmbda": 0.0123,
    "model": "tiny-01234567",
    "header_bytes": 10,
    "z_bytes": 20,
    "slice_bytes": (30, 0, 25),
    "other_bytes": 15,
    "total_bytes": 100,
    "bpp": 1.0,
}


def point(**changed: Any) -> RDPoint:
    return RDPoint(**POINT | changed)


def estimate(**changed: Any) -> Estimate:
    return Estimate(**ESTIMATE | changed)


def info(**changed: Any) -> FileInfo:
    return FileInfo(**INFO | changed)


def test_file_info_writes_exactly_the_promised_json_keys():
    text = json.dumps(info().to_json_dict())
    assert json.loads(text) == {
        "width": 40,
        "height": 20,
        "lmbda": 0.0123,
        "model": "tiny-01234567",
        "bytes": {"header": 10, "z": 20, "slices": [30, 0, 25], "other": 15, "total": 100},
        "bpp": 1.0,
    }


@pytest.mark.parametrize("field", ["header_bytes", "z_bytes", "other_bytes", "total_bytes"])
def test_the_parts_of_a_file_are_the_whole_file(field: str):
    with pytest.raises(ValueError, match=r"header \d+ \+ z \d+ \+ slices 55 \+ other \d+ = \d+ bytes; must be the tot"):
        info(**{field: INFO[field] + 1})


def test_a_part_of_a_file_is_not_negative():
    with pytest.raises(ValueError, match=r"parts have \(-5, 35, 30, 0, 25, 15\) bytes; each must be 0 or more"):
        info(header_bytes=-5, z_bytes=35)


def test_the_bpp_of_a_file_is_that_of_its_total():
    with pytest.raises(ValueError, match=r"bpp is 1.01; 100 bytes for 40 x 20 px are 1.0"):
        info(bpp=1.01)


def test_an_rd_point_is_written_with_null_for_what_json_lacks():
    text = json.dumps(point(psnr_db=math.inf, ms_ssim=None).to_json_dict(), allow_nan=False)
    assert json.loads(text) == POINT | {"psnr_db": None, "ms_ssim": None}
    assert point().to_json_dict() == POINT


@pytest.mark.parametrize(("field", "value"), [("bytes", 0), ("bpp", 0.0), ("bpp", math.inf), ("bpp", math.nan)])
def test_an_rd_point_has_a_rate(field: str, value: float):
    with pytest.raises(ValueError, match=r"a.png has \d+ bytes, [\w.]+ bpp; both must be above 0"):
        point(**{field: value})


def test_one_byte_is_a_file_and_a_part_may_cost_nothing():
    assert point(bytes=1).bytes == 1
    assert estimate(bits={"z": 0.0}).bits == {"z": 0.0}


@pytest.mark.parametrize("field", ["psnr_db", "ms_ssim"])
def test_an_rd_point_has_no_nan(field: str):
    with pytest.raises(ValueError, match=r"a.png has PSNR [\w.]+ dB, MS-SSIM [\w.]+; neither may be NaN"):
        point(**{field: math.nan})


def test_an_estimate_cannot_be_changed_but_what_it_was_made_from_can():
    x_hat, bits = np.zeros((2, 2, 3), np.uint8), {"z": 8.0}
    made = estimate(x_hat=x_hat, bits=bits)
    with pytest.raises(ValueError, match="read-only"):
        made.x_hat[0] = 1
    with pytest.raises(TypeError, match="does not support item assignment"):
        made.bits["z"] = 0  # pyright: ignore[reportIndexIssue]
    x_hat[0] = 1
    bits["z"] = 1.0
    assert made.bits == {"z": 8.0}


def test_a_partial_picture_cannot_be_changed():
    partial = PartialPicture(num_slices=2, bytes=100, picture=np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        partial.picture[0] = 1


@pytest.mark.parametrize("bits", [-1.0, math.nan, math.inf])
def test_an_estimate_has_finite_lengths(bits: float):
    with pytest.raises(ValueError, match=r"z has \S+ bits; must be 0 or more, and finite"):
        estimate(bits={"z": bits})


def test_an_estimated_file_is_not_smaller_than_its_parts():
    estimate(total_bytes=3)
    with pytest.raises(ValueError, match=r"total is 2 bytes; its parts alone are 3"):
        estimate(total_bytes=2)


def test_an_estimate_shows_an_image():
    with pytest.raises(ValueError, match=r"x_hat is float64 \(2, 2, 3\); must be uint8, \(H, W, 3\)"):
        estimate(x_hat=np.zeros((2, 2, 3)))


@pytest.mark.parametrize("record", [point(), estimate(), info()])
def test_records_are_frozen(record: RDPoint | Estimate | FileInfo):
    for field in dataclasses.fields(record):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, field.name, 0)


def test_channel_response_is_of_one_size_and_read_only():
    learned, linear = np.ones((2, 3, 3), np.float32), np.full((2, 3, 3), 2, np.float32)
    response = ChannelResponse(channel=4, learned=learned, linear=linear)
    assert (response.together == 3).all()
    with pytest.raises(ValueError, match="read-only"):
        response.learned[:] = 0
    with pytest.raises(ValueError, match=r"linear has shape \(1, 3, 3\) and learned \(2, 3, 3\); must be the same"):
        ChannelResponse(channel=4, learned=learned, linear=linear[:1])
