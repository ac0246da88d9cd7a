"""A name means shipped weights, a file, or a folder of fixed-lambda weights; anything else is said to be none."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from dcae import checkpoint
from dcae.checkpoint import save_weights
from dcae.codec.bitstream import unpack
from dcae.codec.catalogue import open_codec
from dcae.codec.codec import Codec
from dcae.codec.fixed_lmbda import FixedLmbdaCodec
from dcae.codec.sections import tiles_of
from dcae.config import PRESETS

FIXED = dataclasses.replace(PRESETS["tiny"], gain_knots=0)


@pytest.fixture(scope="module")
def weights(make_model, tmp_path_factory) -> Path:
    """Weights of one fixed lambda in a file."""
    path = tmp_path_factory.mktemp("weights") / "fixed.safetensors"
    save_weights(make_model(FIXED), path)
    return path


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_file_of_weights_is_opened(tiny, codec, tmp_path, as_type):
    save_weights(tiny, tmp_path / "mine.safetensors")
    opened = open_codec(as_type(tmp_path / "mine.safetensors"), max_pixels=5000)
    assert isinstance(opened, Codec)
    assert opened.identity == codec.identity
    assert opened.max_pixels == 5000


def test_shipped_weights_are_opened_by_their_alias_even_where_a_folder_has_the_same_name(tmp_path, monkeypatch):
    (tmp_path / "tiny").mkdir()
    monkeypatch.chdir(tmp_path)
    opened = open_codec("tiny")
    assert isinstance(opened, Codec)
    assert opened.identity == Codec(checkpoint.load("tiny")).identity


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".pth.tar"])
def test_a_published_checkpoint_is_opened_by_its_ending(make_model, tmp_path, monkeypatch, suffix):
    monkeypatch.setitem(checkpoint.PRESETS, "paper", FIXED)  # the published network is large
    model = make_model(FIXED)
    torch.save({"state_dict": dict(model.named_parameters())}, tmp_path / f"best{suffix}")
    opened = open_codec(tmp_path / f"best{suffix}")
    assert isinstance(opened, Codec)
    assert opened.qualities is None


def test_a_folder_is_opened_as_a_codec_of_its_lambdas(weights, tmp_path):
    for lmbda in ("0.05", "0.0018"):
        (tmp_path / f"{lmbda}.safetensors").symlink_to(weights)
    opened = open_codec(tmp_path, max_pixels=100)
    assert isinstance(opened, FixedLmbdaCodec)
    assert opened.qualities == (0.0018, 0.05)
    with pytest.raises(ValueError, match=r"image is 11 x 10 = 110 px; at most 100 px"):
        opened.open(np.zeros((10, 11, 3), np.uint8))


def test_pictures_are_made_in_float32_on_demand(make_model, tmp_path, monkeypatch):
    monkeypatch.setattr("dcae.codec.picture_network.fastest_dtype", lambda _: torch.bfloat16)
    save_weights(make_model(dataclasses.replace(FIXED, coding_dtype="float32")), tmp_path / "0.05.safetensors")
    for float32 in (False, True):
        opened = open_codec(tmp_path / "0.05.safetensors", float32=float32)
        assert isinstance(opened, Codec)
        assert (opened.transforms.network is opened.model) == float32
        of_folder = open_codec(tmp_path, float32=float32)
        assert isinstance(of_folder, FixedLmbdaCodec)
        codec = of_folder.codec_of(0.05)
        assert (codec.transforms.network is codec.model) == float32


def test_what_is_nowhere_is_said_to_be_nowhere():
    with pytest.raises(FileNotFoundError, match="no weights named 'large'; shipped: small-"):
        open_codec("large")
    with pytest.raises(FileNotFoundError, match=r"there is no file .*large\.pth"):
        open_codec("large.pth")


@pytest.mark.parametrize("in_folder", [False, True])
def test_tiles_are_of_the_size_that_is_asked_for(weights, tmp_path, in_folder):
    path = tmp_path if in_folder else tmp_path / "0.05.safetensors"
    (tmp_path / "0.05.safetensors").symlink_to(weights)
    codec = open_codec(path, tile_px=256)
    data = codec.encode(np.zeros((20, 300, 3), np.uint8), 0.05 if in_folder else None)
    assert tiles_of(unpack(data)[1])[0] == 256
