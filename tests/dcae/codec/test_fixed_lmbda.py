"""A folder of fixed-lambda weights is one codec with stops; at most two of its models are in memory."""

import dataclasses
import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from dcae.checkpoint import read_weights, save_weights
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.fixed_lmbda import KEPT_MODELS, FixedLmbdaCodec, weights_by_lmbda
from dcae.codec.sections import BitstreamError
from dcae.codec.tiles import Part
from dcae.config import PRESETS

FIXED = dataclasses.replace(PRESETS["tiny"], gain_knots=0)
NAMES = {0.0067: "0.0067", 0.013: "lambda_0.013", 0.05: "dcae_0.05_checkpoint_best"}


@pytest.fixture(scope="module")
def folder(make_model, tmp_path_factory) -> Path:
    """Three weights of one fixed lambda each, and a file that is no weights."""
    folder = tmp_path_factory.mktemp("folder")
    for seed, name in enumerate(NAMES.values(), start=1):
        save_weights(make_model(FIXED, seed=seed), folder / f"{name}.safetensors")
    (folder / "results_0.05.csv").write_text("no weights")
    return folder


class Reader:
    """Reads weights and remembers which, and which of their codecs are still in memory."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.codecs: weakref.WeakSet[Codec] = weakref.WeakSet()

    def __call__(self, path: Path) -> Codec:
        self.names.append(path.name.removesuffix(".safetensors"))
        codec = Codec(read_weights(path))
        self.codecs.add(codec)
        return codec


@pytest.fixture
def reader() -> Reader:
    """Of this test alone."""
    return Reader()


@pytest.fixture
def codec(folder: Path, reader: Reader) -> FixedLmbdaCodec:
    """The folder's codec, nothing read yet."""
    return FixedLmbdaCodec(weights_by_lmbda(folder), reader)


def test_the_qualities_are_the_lambdas_in_the_names_ascending(codec):
    assert codec.qualities == (0.0067, 0.013, 0.05)


def test_each_lambda_is_coded_with_its_own_weights(codec, folder, make_image):
    image = make_image(50, 70)
    session = codec.open(image)
    for lmbda, name in NAMES.items():
        alone = Codec(read_weights(folder / f"{name}.safetensors"))
        assert session.encode(lmbda) == codec.encode(image, lmbda) == alone.encode(image)
        np.testing.assert_array_equal(session.reconstruct(lmbda), alone.open(image).reconstruct())
        assert session.estimate(lmbda).total_bytes == alone.open(image).estimate().total_bytes


def test_models_are_read_when_they_are_needed_and_two_are_kept(codec, reader, make_image):
    session = codec.open(make_image(20, 30))
    assert reader.names == []
    for lmbda in (0.0067, 0.05, 0.0067, 0.05):
        session.encode(lmbda)
    assert reader.names == [NAMES[0.0067], NAMES[0.05]]
    session.encode(0.013)
    session.encode(0.05)
    assert len(reader.names) == 3
    session.encode(0.0067)
    assert reader.names[3:] == [NAMES[0.0067]]
    gc.collect()
    assert len(reader.codecs) == KEPT_MODELS == 2


def test_a_session_that_is_gone_leaves_nothing_in_memory(codec, make_image):
    session = codec.open(make_image(20, 30))
    session.encode(0.013)
    inner = weakref.ref(codec.session_of(session, 0.013))
    assert inner() is codec.session_of(session, 0.013)
    del session
    gc.collect()
    assert inner() is None


def test_a_session_does_not_look_at_the_callers_image_again(codec, make_image):
    image = make_image(20, 30)
    session = codec.open(image)
    expected = session.encode(0.013)
    image[:] = 0
    session.encode(0.0067)
    session.encode(0.05)
    assert session.encode(0.013) == expected


@pytest.mark.parametrize("lmbda", NAMES)
def test_a_file_is_decoded_with_the_weights_that_it_names(codec, folder, make_image, lmbda):
    session = codec.open(make_image(40, 30))
    data, picture = session.encode(lmbda), session.reconstruct(lmbda)
    fresh = Reader()
    again = FixedLmbdaCodec(weights_by_lmbda(folder), fresh)
    np.testing.assert_array_equal(again.decode(data), picture)
    assert fresh.names[-1] == NAMES[lmbda]
    assert again.decode(data, num_slices=0).shape == picture.shape
    zeros = codec.codec_of(lmbda).decode(data, 2, "zeros")
    np.testing.assert_array_equal(again.decode(data, 2, "zeros"), zeros)
    assert (again.decode(data, 2) != zeros).any()


def test_weights_whose_identity_is_known_are_not_read_to_find_others(codec, reader, make_image):
    session = codec.open(make_image(20, 30))
    data = session.encode(0.0067)
    session.encode(0.05)
    codec.decode(data)
    assert reader.names == [NAMES[0.0067], NAMES[0.05]]


def test_a_file_of_other_weights_is_refused_with_all_identities(codec, make_model, make_image):
    data = Codec(make_model(FIXED, seed=9)).encode(make_image(8, 8))
    theirs = unpack(data)[0].identity.hex()
    with pytest.raises(BitstreamError, match=f"file was made with weights {theirs}; these .* are ") as error:
        codec.decode(data)
    for lmbda in NAMES:
        assert f"{codec.codec_of(lmbda).identity[:16]} ({lmbda:g})" in str(error.value)


@pytest.mark.parametrize("lmbda", [0.01, None])
@pytest.mark.parametrize("method", ["encode", "estimate", "reconstruct"])
def test_a_lambda_without_weights_is_refused_with_those_that_have(codec, make_image, method, lmbda):
    with pytest.raises(ValueError, match=rf"lmbda is {lmbda}; must be one of 0\.0067, 0\.013, 0\.05"):
        getattr(codec.open(make_image(8, 8)), method)(lmbda)


def test_weights_for_every_lambda_are_refused(tiny, tmp_path, reader, make_image):
    save_weights(tiny, tmp_path / "0.05.safetensors")
    codec = FixedLmbdaCodec(weights_by_lmbda(tmp_path), reader)
    with pytest.raises(ValueError, match=r"0\.05\.safetensors holds weights for every lambda from .*; a folder's"):
        codec.open(make_image(8, 8)).encode(0.05)


def test_what_is_no_image_is_refused_before_anything_is_read(codec, reader):
    with pytest.raises(ValueError, match=r"image has shape \(8, 8\)"):
        codec.open(np.zeros((8, 8), np.uint8))
    assert reader.names == []


def test_a_picture_of_too_many_pixels_is_refused(folder, reader, make_image):
    codec = FixedLmbdaCodec(weights_by_lmbda(folder), reader, max_pixels=63)
    with pytest.raises(ValueError, match="image is 8 x 8 = 64 px; at most 63 px"):
        codec.open(make_image(8, 8))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"holds no weights \(\.safetensors, \.pth, \.pt, \.pth\.tar\); legal are names with one lambda, such as"),
        (["readme_0.05.md", ".0.05.pth"], "holds no weights"),
        (["best.pth"], r"best\.pth has no lambda in its name; legal are"),
        (["epoch_12.pth"], "has no lambda in its name"),
        (["0.0.pth"], "has the numbers 0.0 in its name"),
        (["0.05_of_0.1.pth"], r"has the numbers 0\.05, 0\.1 in its name"),
        (["0.05.pth", "dcae_0.05.pth.tar"], r"0\.05\.pth and dcae_0\.05\.pth\.tar are both for lambda 0\.05; one file"),
    ],
)
def test_a_folder_whose_names_say_no_lambda_or_the_same_one_is_refused(tmp_path, names, message):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=message):
        weights_by_lmbda(tmp_path)


def test_names_of_every_legal_kind_are_read(tmp_path):
    for name in ("0.0067.pth", "lambda_0.013.safetensors", "dcae_0.05_checkpoint_best.pth.tar", "v2-.025.pt"):
        (tmp_path / name).touch()
    assert set(weights_by_lmbda(tmp_path)) == {0.0067, 0.013, 0.025, 0.05}


def test_a_part_is_decoded_and_whoever_waits_is_told(codec, make_image):
    told = []
    data = codec.encode(make_image(50, 70), 0.013, lambda *done: told.append(done))
    part = codec.decode(data, region=Part(5, 6, 7, 8), report=lambda *done: told.append(done))
    assert np.abs(part.astype(int) - codec.decode(data)[5:12, 6:14]).max() <= 1
    assert told == [(1, 1), (1, 1)]
