"""Files of a model with neighbours, whose slices are coded in quarters: exact, as docs/format.md says, and safe."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcae.analysis.trace import trace
from dcae.codec import latent_coder
from dcae.codec.bitstream import keep_slices, pack, unpack
from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import StreamDecoder
from dcae.codec.latent_coder import LatentCoder
from dcae.codec.preview import Preview
from dcae.codec.refine import true_loss
from dcae.codec.scale_levels import resolve
from dcae.codec.sections import BitstreamError, Section, SectionType
from dcae.codec.tiles import Part
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.neighbours import Neighbours

LMBDA = 0.013
HEIGHT, WIDTH = 100, 150
PLACES = ((0, 0), (1, 1), (0, 1), (1, 0))


@pytest.fixture(scope="module")
def model(make_model) -> DCAE:
    """`tiny` with neighbours that say something."""
    return make_model(replace(PRESETS["tiny"], neighbours=8))


@pytest.fixture(scope="module")
def codec(model) -> Codec:
    return Codec(model)


@pytest.fixture(scope="module")
def image(make_image):
    return make_image(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def file(codec, image) -> bytes:
    return codec.encode(image, LMBDA)


def test_a_file_decodes_to_the_picture_of_the_encoders_y_hat(codec, image, file):
    session = codec.open(image)
    y_hat = codec.latent_coder.encode(*session.latents(LMBDA)).y_hat
    np.testing.assert_array_equal(codec.decode(file), codec.synthesise(y_hat, LMBDA, HEIGHT, WIDTH))


def test_any_number_of_slices_decodes_as_a_file_that_ends_there(codec, file):
    pictures = list(codec.prefixes(file))
    assert len(pictures) == 6
    for count, picture in enumerate(pictures):
        np.testing.assert_array_equal(picture, codec.decode(keep_slices(file, count)))
        np.testing.assert_array_equal(picture, codec.decode(file, count))


def test_tiles_are_decoded_as_a_whole_and_in_part(model, make_image):
    codec, image = Codec(model, tile_px=256), make_image(300, 280)
    data = codec.encode(image, LMBDA)
    picture = codec.decode(data)
    assert picture.shape == image.shape
    part = codec.decode(data, region=Part(200, 210, 90, 60))
    assert np.abs(part.astype(int) - picture[200:290, 210:270]).max() <= 1


def test_a_reader_written_from_the_document_alone_finds_the_same_symbols(
    codec, model, image, file, reader, monkeypatch
):
    sigmas: list[list[float]] = []
    read = StreamDecoder.read
    found: list[list[int]] = []

    def noted(decoder, indexes):
        found.append(read(decoder, indexes).tolist())
        return np.array(found[-1], np.int32)

    with monkeypatch.context() as patch:
        patch.setattr(StreamDecoder, "read", noted)
        patch.setattr(
            latent_coder, "resolve", lambda sigma, *rest: sigmas.append(sigma.tolist()) or resolve(sigma, *rest)
        )
        codec.decode(file)
    buffers = {name: buffer.tolist() for name, buffer in model.named_buffers()}
    tables = reader.tables_of(
        *(buffers[f"gaussian_conditional.{name}"] for name in ("_offset", "_cdf_length", "_quantized_cdf"))
    )
    sections = reader.read_file(file)["sections"]
    flags = dict(sections).get(3, b"")
    sides = reader.read_flags(flags, 80 * 8 * 12)
    slices = [payload for kind, payload in sections if kind == 2]
    assert len(sigmas) == len(found) - 1 == 4 * len(slices) == 20
    size = len(sigmas[0])
    for k, payload in enumerate(slices):
        levels = [reader.levels_of(sigmas[4 * k + q], (4 * k + q) * size, sides) for q in range(4)]
        assert reader.read_slice_in_parts(payload, levels, tables) == [
            s for part in found[1 + 4 * k : 5 + 4 * k] for s in part
        ]


def test_what_is_recorded_stands_in_its_place(codec, model, image, file, monkeypatch):
    read, found = StreamDecoder.read, []
    with monkeypatch.context() as patch:
        patch.setattr(StreamDecoder, "read", lambda decoder, indexes: found.append(read(decoder, indexes)) or found[-1])
        codec.decode(file)
    seen = trace(codec, image, LMBDA)
    size = model.config.slice_channels
    for k, part in enumerate(found[1:]):
        row, column = PLACES[k % 4]
        mine = seen.symbols[k // 4 * size : (k // 4 + 1) * size, row::2, column::2]
        np.testing.assert_array_equal(mine.ravel(), part)
    bits = seen.y_bits.sum() + seen.z_bits.sum()
    assert 8 * len(file) == pytest.approx(float(bits), abs=8 * (72 + 6 * 8))


def test_what_a_stream_charges_is_what_an_estimate_says(codec, model, image):
    latents = codec.open(image).latents(LMBDA)
    coded = codec.latent_coder.encode(*latents).sections
    lengths = [len(section.payload) - 2 for section in coded if section.type == SectionType.SLICE]
    estimated = Preview(model, torch.float32).of_latents(latents.y, latents.z, LMBDA, weighs=True).bits
    for k, length in enumerate(lengths):
        assert length == pytest.approx(estimated[f"slice {k}"] / 8, rel=0.003, abs=8)
    in_bfloat16 = Preview(model, torch.bfloat16).of_latents(latents.y, latents.z, LMBDA, weighs=True).bits
    assert sum(in_bfloat16.values()) == pytest.approx(sum(estimated.values()), rel=0.04)


def test_a_machine_with_a_little_noise_decodes_the_same(model, codec, image):
    coder = LatentCoder(model)
    coder.margin = 1e-3
    session = codec.open(image)
    coded = coder.encode(*session.latents(LMBDA))
    rng = np.random.default_rng(0)

    def disturb(_module, _inputs, outputs):
        mu, sigma = outputs
        return mu, sigma + 4e-4 * sigma.clamp_min(1) * torch.from_numpy(rng.uniform(-1, 1, sigma.shape))

    for module in coder.slice_loop.modules():
        if isinstance(module, Neighbours):
            module.register_forward_hook(disturb)
    assert SectionType.LEVEL_FLAGS in [section.type for section in coded.sections]
    y_hat = coder.decode(coded.sections, 128, 192)  # each slice's checksum says that its symbols are the same
    torch.testing.assert_close(y_hat, coded.y_hat, rtol=0, atol=0.05)  # mu follows from sigma, too


@pytest.mark.parametrize("place", [3, 40, -5])
def test_a_damaged_slice_is_refused(codec, file, place):
    header, sections = unpack(file)
    which = max(range(len(sections)), key=lambda k: len(sections[k].payload) * (sections[k].type == SectionType.SLICE))
    payload = bytearray(sections[which].payload)
    payload[place] ^= 0x10
    damaged = [*sections[:which], Section(SectionType.SLICE, bytes(payload)), *sections[which + 1 :]]
    with pytest.raises(BitstreamError):
        codec.decode(pack(header, damaged))


def test_refinement_makes_a_file_that_costs_less_by_the_loss(codec, image, file):
    session = codec.open(image)
    refined = session.refine(LMBDA, steps=8)
    losses = [true_loss(image, data, codec.decode(data), LMBDA) for data in (file, refined.data)]
    assert refined.improved
    assert losses[1] < losses[0]
