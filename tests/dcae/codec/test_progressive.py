"""Slice by slice: pictures that `decode` makes of the cut files, whatever stands for the slices that are not there."""

from typing import Any

import numpy as np
import pytest
import torch

from dcae.codec.bitstream import keep_slices, pack, unpack
from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import StreamDecoder
from dcae.codec.progressive import progressive
from dcae.codec.sections import BitstreamError, Section
from dcae.images import padded_size
from dcae.results import PartialPicture

FILLS: Any = ("prediction", "zeros")
HEIGHT, WIDTH, LMBDA = 70, 90, 0.02


@pytest.fixture(scope="module")
def image(make_image) -> np.ndarray:
    return make_image(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def file(codec: Codec, image) -> bytes:
    return codec.encode(image, LMBDA)


@pytest.fixture(scope="module")
def steps(codec: Codec, file) -> dict[str, tuple[PartialPicture, ...]]:
    return {fill: progressive(codec, file, fill) for fill in FILLS}


@pytest.mark.parametrize("fill", FILLS)
def test_each_picture_is_what_the_file_cut_there_decodes_to(codec: Codec, file, steps, fill):
    assert [step.num_slices for step in steps[fill]] == [0, 1, 2, 3, 4, 5]
    for step in steps[fill]:
        cut = keep_slices(file, step.num_slices)
        assert step.bytes == len(cut)
        np.testing.assert_array_equal(step.picture, codec.decode(cut, fill=fill))
        np.testing.assert_array_equal(step.picture, codec.decode(file, step.num_slices, fill))


def test_prediction_is_what_a_decoder_does_unless_told_otherwise(codec: Codec, file, steps):
    for step, same in zip(steps["prediction"], progressive(codec, file), strict=True):
        np.testing.assert_array_equal(step.picture, same.picture)
        np.testing.assert_array_equal(step.picture, codec.decode(keep_slices(file, step.num_slices)))
    for step, picture in zip(steps["prediction"], codec.prefixes(file), strict=True):
        np.testing.assert_array_equal(step.picture, picture)


def test_zeros_are_zeros_of_y_hat_before_the_inverse_gain(codec: Codec, image, steps):
    session = codec.open_whole(image)
    y_hat = codec.latent_coder.encode(*session.latents(LMBDA)).y_hat
    for step in steps["zeros"]:
        silenced = y_hat.clone()
        silenced[:, step.num_slices * codec.model.config.slice_channels :] = 0
        np.testing.assert_array_equal(step.picture, codec.synthesise(silenced, LMBDA, HEIGHT, WIDTH))


def test_what_is_left_out_alone_makes_the_difference(steps):
    predicted, zeros = (steps[fill] for fill in FILLS)
    np.testing.assert_array_equal(predicted[-1].picture, zeros[-1].picture)
    for a, b in zip(predicted[:-1], zeros[:-1], strict=True):
        assert (a.picture != b.picture).any()
    for fill in FILLS:
        assert len({step.picture.tobytes() for step in steps[fill]}) == 6


@pytest.mark.parametrize("fill", FILLS)
def test_each_stream_is_decoded_once(codec: Codec, file, monkeypatch: pytest.MonkeyPatch, fill):
    begin, decoded = StreamDecoder.__init__, []

    def counted(decoder, stream, tables):
        decoded.append(stream)
        begin(decoder, stream, tables)

    monkeypatch.setattr(StreamDecoder, "__init__", counted)
    progressive(codec, file, fill)
    assert len(decoded) == len(set(decoded)) == 1 + 5


def test_g_s_runs_once_for_each_picture(codec: Codec, file):
    runs: list[int] = []
    handle = codec.model.g_s.register_forward_hook(lambda *_: runs.append(1))
    progressive(codec, file)
    handle.remove()
    assert len(runs) == 6


@pytest.mark.parametrize("fill", FILLS)
def test_file_that_ends_early_ends_early_here(codec: Codec, file, steps, fill):
    cut = progressive(codec, keep_slices(file, 2), fill)
    assert [(step.num_slices, step.bytes) for step in cut] == [(s.num_slices, s.bytes) for s in steps[fill][:3]]
    for step, same in zip(cut, steps[fill], strict=False):
        np.testing.assert_array_equal(step.picture, same.picture)


def test_slices_before_a_cut_are_those_of_the_whole_file(codec: Codec, file):
    header, sections = unpack(file)
    *cut, whole = codec.latent_coder.prefixes(sections, *padded_size(header.height, header.width))
    for count, y_hat in enumerate(cut):
        channels = count * codec.model.config.slice_channels
        assert torch.equal(y_hat[:, :channels], whole[:, :channels])
        assert not torch.equal(y_hat[:, channels:], whole[:, channels:])


def test_pictures_are_read_only(steps):
    with pytest.raises(ValueError, match="read-only"):
        steps["zeros"][0].picture[:] = 0


@pytest.mark.parametrize("fill", FILLS)
def test_damaged_slice_is_refused(codec: Codec, file, fill):
    header, sections = unpack(file)
    damaged = pack(header, [*sections[:-1], Section(sections[-1].type, sections[-1].payload + bytes(4))])
    with pytest.raises(BitstreamError, match="its symbols encode to other bytes"):
        progressive(codec, damaged, fill)


def test_fill_that_is_none_is_refused(codec: Codec, file):
    other: Any = "noise"
    for call in (progressive, lambda codec, data, fill: codec.decode(data, 2, fill)):
        with pytest.raises(ValueError, match="fill is 'noise'; must be one of prediction, zeros"):
            call(codec, file, other)
