"""The engine answers as the codec itself does; it opens names, never paths, and keeps no more than it may."""

import io
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

import dcae
import dcae.engine.__main__ as process
from dcae.analysis import trace as tracing
from dcae.codec.bitstream import BitstreamError
from dcae.codec.catalogue import open_codec
from dcae.codec.codec import Codec
from dcae.codec.progressive import progressive
from dcae.engine import engine as engines
from dcae.engine.engine import Engine
from dcae.engine.photos import NotOpenError, photo_key
from dcae.engine.remote import RemoteEngine
from dcae.metrics import ms_ssim
from dcae.samples import sample

LMBDA = 0.013


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.ascontiguousarray(sample("flower")[100:292, 200:456])


@pytest.fixture(scope="module")
def remote():
    """A visitor's way to the process that `python -m dcae.engine` is, run in a thread."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "engine")
        before, sys.stdin = sys.stdin, io.StringIO(b"key".hex() + "\n")
        server = process.begun(path)
        sys.stdin = before
        threading.Thread(target=server.serve, daemon=True).start()
        yield RemoteEngine(path, b"key")
        server.close()


def test_visitor_gets_what_the_codec_itself_gives(remote, photo):
    codec, theirs = open_codec("tiny"), remote.codec("tiny")
    assert theirs.qualities == codec.qualities
    session, mine = theirs.open(photo), codec.open(photo)
    estimate, expected = session.estimate(LMBDA), mine.estimate(LMBDA)
    assert (estimate.total_bytes, dict(estimate.bits)) == (expected.total_bytes, dict(expected.bits))
    np.testing.assert_array_equal(estimate.x_hat, expected.x_hat)
    data = session.encode(LMBDA)
    assert data == mine.encode(LMBDA)
    np.testing.assert_array_equal(session.reconstruct(LMBDA), codec.decode(data))
    np.testing.assert_array_equal(theirs.decode(data), codec.decode(data))


def test_trace_prefixes_and_measure_are_those_of_the_analysis(remote, photo):
    codec = Codec(dcae.load("tiny"))
    found, expected = remote.trace("tiny", photo, LMBDA), tracing.trace(codec, photo, LMBDA)
    assert found.file == expected.file
    for name in ("image", "x_hat", "y_hat", "sigma", "symbols", "y_bits", "z_bits", "dictionary_attention"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    data = codec.encode(photo, LMBDA)
    for fill in ("prediction", "zeros"):
        steps = remote.prefixes("tiny", photo, LMBDA, fill)
        for step, other in zip(steps, progressive(codec, data, fill), strict=True):
            assert step.bytes == other.bytes
            np.testing.assert_array_equal(step.picture, other.picture)
    assert remote.ms_ssim(photo, steps[-1].picture) == ms_ssim(photo, steps[-1].picture)


def test_other_codecs_come_with_their_curves(remote, photo):
    jpeg = remote.codec("jpeg")
    assert jpeg.curve is not None
    assert set(jpeg.curve) <= set(jpeg.qualities)
    data = jpeg.open(photo).encode(50)
    assert data.startswith(b"\xff\xd8")
    assert jpeg.decode(data).shape == photo.shape


@pytest.mark.parametrize("name", ["/etc/passwd", "../weights", "nothing", "hevc", "~"])
def test_names_are_opened_and_never_paths(name):
    with pytest.raises(ValueError, match=r"there is no codec .* here; legal: small-"):
        Engine().describe(name)


def test_large_photo_is_refused():
    with pytest.raises(ValueError, match="2048 x 1025 px; at most 2097152 px"):
        Engine().open("tiny", np.zeros((1025, 2048, 3), np.uint8))


def test_large_file_is_refused(monkeypatch):
    data = open_codec("tiny").open(np.zeros((16, 16, 3), np.uint8)).encode(LMBDA)
    monkeypatch.setattr(engines, "MAX_PIXELS", 256)
    assert Engine().decode("tiny", data).shape == (16, 16, 3)
    monkeypatch.setattr(engines, "MAX_PIXELS", 255)
    with pytest.raises(BitstreamError, match="16 x 16 = 256 px; at most 255 px"):
        Engine().decode("tiny", data)


def test_trace_of_another_codec_is_refused(photo):
    engine = Engine()
    with pytest.raises(ValueError, match="'jpeg' is no model of ours; legal: small-"):
        engine.trace("jpeg", engine.open("jpeg", photo), 50)


def test_unknown_fill_is_refused(photo):
    engine = Engine()
    with pytest.raises(ValueError, match="fill is 'noise'; legal: prediction, zeros"):
        engine.prefixes("tiny", engine.open("tiny", photo), LMBDA, "noise")


def test_photo_that_was_not_used_for_longest_is_closed(monkeypatch, photo):
    monkeypatch.setattr(engines, "OPEN_PIXELS", 2 * photo.shape[0] * photo.shape[1])
    engine, photos = Engine(), [np.roll(photo, shift, axis=1) for shift in range(3)]
    keys = [engine.open("tiny", each) for each in photos[:2]]
    engine.estimate("tiny", keys[0], LMBDA)
    keys.append(engine.open("tiny", photos[2]))
    assert [engine.is_open("tiny", key) for key in keys] == [True, False, True]
    with pytest.raises(NotOpenError):
        engine.estimate("tiny", keys[1], LMBDA)


def test_session_that_was_closed_meanwhile_is_opened_again(remote, photo, monkeypatch):
    monkeypatch.setattr(engines, "OPEN_PIXELS", 1)
    session = remote.codec("tiny").open(photo)
    before = session.encode(LMBDA)
    remote.codec("tiny").open(np.flip(photo, axis=1))
    assert not remote.ask("is_open", "tiny", photo_key(photo))
    assert session.encode(LMBDA) == before


def test_photos_of_other_pixels_or_shape_have_other_keys(photo):
    other = photo.copy()
    other[-1, -1, -1] ^= 1
    keys = {photo_key(each) for each in (photo, other, photo.reshape(photo.shape[1], photo.shape[0], 3))}
    assert len(keys) == 3
    assert photo_key(photo[:, ::2]) == photo_key(photo[:, ::2].copy())
