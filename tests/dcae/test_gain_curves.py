"""The record of what lambda does to channels: lambdas that rise, and channels that are silent."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcae.analysis.trace import trace
from dcae.codec.codec import Codec
from dcae.config import PRESETS
from dcae.gain_curves import GainCurves
from dcae.model.dcae import DCAE
from dcae.traces import Trace


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"]).eval()
    model.update()
    image = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    codec = Codec(model)
    return [trace(codec, image, lmbda) for lmbda in (0.05, 0.0005, 0.005)]


def curves(**other) -> GainCurves:
    ones = np.ones((2, 4))
    values = {"lmbda": np.array([0.01, 0.02]), "gain": ones, "inverse_gain": ones, "bits": ones, "loud": ones}
    return GainCurves(**values | {"bpp": np.array([0.1, 0.2]), "num_slices": 2} | other)


def test_curves_are_of_the_traces_in_order_of_lambda(traces: list[Trace]):
    found = GainCurves.of(traces)
    ordered = [traces[1], traces[2], traces[0]]
    assert np.allclose(found.lmbda, [0.0005, 0.005, 0.05])
    for index, each in enumerate(ordered):
        assert np.array_equal(found.gain[index], np.float64(each.gain))
        assert np.allclose(found.bits[index], each.y_bits.sum(axis=(1, 2)))
        assert found.silent[index].tolist() == [not channel.any() for channel in each.symbols]
        assert found.bpp[index] == each.file.bpp


def test_channels_fall_silent_as_lambda_goes_down(traces: list[Trace]):
    silent = GainCurves.of(traces).silent.sum(axis=1)
    assert silent[0] > silent[2]


def test_no_traces_and_traces_without_gains_are_refused(traces: list[Trace]):
    with pytest.raises(ValueError, match="no traces; there must be 1 or more"):
        GainCurves.of([])
    with pytest.raises(ValueError, match="a trace is of a model of one fixed lambda, which has no gains"):
        GainCurves.of([replace(traces[0], gain=None)])


def test_two_traces_of_one_lambda_are_refused(traces: list[Trace]):
    with pytest.raises(ValueError, match="must rise"):
        GainCurves.of([traces[0], traces[0]])


@pytest.mark.parametrize("name", ["inverse_gain", "bits", "loud"])
def test_arrays_of_another_shape_are_refused(name: str):
    with pytest.raises(ValueError, match=rf"{name} has shape \(2, 3\); must be \(2, 4\)"):
        curves(**{name: np.ones((2, 3))})
    with pytest.raises(ValueError, match=r"bpp has shape \(3,\); must be \(2,\)"):
        curves(bpp=np.ones(3))


def test_record_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        curves().gain[0] = 2
