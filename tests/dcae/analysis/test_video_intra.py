"""What is particular to HEVC and VVC: sides that a stream does not have, and a program that takes its time."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from dcae.analysis.baselines import available_baselines, missing_baselines
from dcae.analysis.video_intra import HEVC, MIN_SIDE_PX, VVENC, VideoIntraCodec
from dcae.rd import psnr_db
from dcae.samples import sample

BOTH = [
    pytest.param(codec, marks=pytest.mark.skipif(codec.missing is not None, reason=str(codec.missing)), id=codec.name)
    for codec in (HEVC, VVENC)
]


@pytest.mark.parametrize("codec", BOTH)
def test_a_file_is_the_size_of_the_picture_and_a_bare_stream(codec: VideoIntraCodec):
    data = codec.open(sample("coffee")[:65, :71]).encode(40)
    assert struct.unpack_from("<HH", data) == (71, 65)
    assert data[4:].startswith((b"\0\0\1", b"\0\0\0\1"))
    assert b"x265" not in data  # words about the encoder
    assert codec.decode(data).shape == (65, 71, 3)


@pytest.mark.parametrize("codec", BOTH)
def test_a_tall_picture_comes_back_whole(codec: VideoIntraCodec):
    """FFmpeg's VVC decoder spoils it in several threads, nearly every time."""
    y, x = np.arange(6144)[:, None], np.arange(MIN_SIDE_PX)
    tall = np.stack([100 * np.sin(y / 40 + x / 30), 60 * np.cos(y / 25 - x / 50), 0 * (y + x)], axis=2) + 128
    picture = tall.astype(np.uint8)
    assert psnr_db(picture, codec.decode(codec.open(picture).encode(45))) > 30


@pytest.mark.parametrize("codec", BOTH)
def test_a_stream_of_another_size_than_the_file_says_is_refused(codec: VideoIntraCodec):
    data = codec.open(sample("coffee")[:48, :64]).encode(40)
    with pytest.raises(ValueError, match=rf"no {codec.name} file of ours: 300 x 48 px need 57600 bytes of pixels"):
        codec.decode(struct.pack("<HH", 300, 48) + data[4:])
    with pytest.raises(ValueError, match=rf"no {codec.name} file of ours: 0 x 48 px"):
        codec.decode(struct.pack("<HH", 0, 48) + data[4:])


@pytest.mark.parametrize("codec", BOTH)
def test_what_takes_too_long_is_stopped(codec: VideoIntraCodec):
    with pytest.raises(TimeoutError, match=r"longer than its limit of 0\.001 s"):
        replace(codec, time_limit_s=0.001).open(sample("coffee")).encode(1)


@pytest.mark.parametrize("codec", BOTH)
def test_settings_name_the_program_the_encoder_and_its_options(codec: VideoIntraCodec):
    assert "FFmpeg " in codec.settings
    assert f"{codec.encoder} -preset " in codec.settings
    assert "QP" in codec.settings
    assert "VTM" not in codec.settings


def test_without_its_program_both_are_missing_and_the_others_are_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.analysis.ffmpeg.find_spec", lambda name: None)
    assert {"hevc", "vvenc"} <= set(missing_baselines())
    assert missing_baselines()["vvenc"] == "the package imageio-ffmpeg is not installed"
    assert "jpeg" in available_baselines()
