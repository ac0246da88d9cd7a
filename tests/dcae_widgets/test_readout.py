"""The readout's numbers are those of one file, and its parts add up to it."""

import json
import math
from typing import Any

import numpy as np
import pytest
from traitlets import TraitError

from dcae.results import Estimate, FileInfo
from dcae_widgets.readout import Readout, estimate_parts

INFO = FileInfo(
    width=8, height=8, lmbda=0.01, model="m", header_bytes=10, z_bytes=30, slice_bytes=(50, 7), other_bytes=3,
    total_bytes=100, bpp=12.5,
)  # fmt: skip


def test_parts_of_a_file_add_up_to_it():
    parts = INFO.parts
    assert parts == [("z", 30), ("slice 0", 50), ("slice 1", 7), ("header and other", 13)]
    assert sum(size for _, size in parts) == INFO.total_bytes


def test_parts_of_an_estimate_add_up_to_its_total():
    estimate = Estimate(bits={"z": 11.5, "slice 0": 100.25}, total_bytes=30.5, x_hat=np.zeros((8, 8, 3), np.uint8))
    parts = estimate_parts(estimate)
    assert [name for name, _ in parts] == ["z", "slice 0", "header and other"]
    assert sum(size for _, size in parts) == pytest.approx(30.5)


def test_no_part_of_an_estimate_is_negative():
    estimate = Estimate(bits={"z": 12.0}, total_bytes=1.0, x_hat=np.zeros((8, 8, 3), np.uint8))
    assert min(size for _, size in estimate_parts(estimate)) == 0


def test_showing_changes_everything_in_one_message(monkeypatch: pytest.MonkeyPatch):
    readout = Readout()
    readout.pending = True
    sent = []
    monkeypatch.setattr(readout, "_send", lambda message, buffers=None: sent.append(message["state"]))
    readout.show("file", {"bytes": 100, "psnr_db": 30.5}, INFO.parts, "8 × 8 px")
    assert len(sent) == 1
    assert set(sent[0]) == {"kind", "numbers", "parts", "caption", "pending"}
    assert not readout.pending


def test_parts_that_are_not_the_file_are_refused():
    with pytest.raises(ValueError, match="parts have 100 bytes together; must be the file's, 99"):
        Readout().show("file", {"bytes": 99}, INFO.parts)
    with pytest.raises(ValueError, match="must be the file's, None"):
        Readout().show("opened", {"bpp": 1}, INFO.parts)


def test_parts_of_an_estimate_may_be_rounded():
    readout = Readout()
    readout.show("estimate", {"bytes": 100.75}, INFO.parts)
    with pytest.raises(ValueError, match="parts have 100 bytes together; must be the file's, 102"):
        readout.show("estimate", {"bytes": 102}, INFO.parts)


def test_state_is_json_whatever_the_numbers_are():
    readout = Readout()
    numbers: Any = {"bytes": np.int64(3), "psnr_db": math.inf, "ms_ssim": None, "bpp": np.float32(0.5)}
    readout.show("file", numbers)
    state = json.loads(json.dumps(readout.get_state("numbers"), allow_nan=False))
    assert state["numbers"] == {"bytes": 3, "psnr_db": "inf", "ms_ssim": None, "bpp": 0.5}


def test_number_without_a_place_is_refused():
    with pytest.raises(TraitError, match="psnr"):
        Readout().show("file", {"psnr": 30})


def test_unknown_kind_is_refused():
    with pytest.raises(TraitError, match="guess"):
        Readout().show("guess", {})
