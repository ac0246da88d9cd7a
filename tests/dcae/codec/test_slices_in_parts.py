"""Files of models with neighbours, a trellis or both: slices in parts, exact, and as docs/format.md says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcae.analysis.calibration import ScaleCoding, calibrate
from dcae.analysis.trace import trace
from dcae.codec import latent_coder
from dcae.codec.bitstream import keep_slices, pack, unpack
from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import StreamDecoder
from dcae.codec.latent_coder import LatentCoder
from dcae.codec.preview import Preview
from dcae.codec.refine import true_loss
from dcae.codec.scale_levels import levels, resolve
from dcae.codec.sections import BitstreamError, Section, SectionType
from dcae.codec.tiles import Part
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.neighbours import Neighbours
from dcae.model.slices import SlicePredictor

LMBDA = 0.013
HEIGHT, WIDTH = 100, 150
PLACES = ((0, 0), (1, 1), (0, 1), (1, 0))


@pytest.fixture(
    scope="module",
    params=[{"neighbours": 8}, {"trellis": True}, {"neighbours": 8, "trellis": True}],
    ids=["neighbours", "trellis", "both"],
)
def model(request, make_model) -> DCAE:
    """`tiny` with neighbours that say something, or a trellis."""
    return make_model(replace(PRESETS["tiny"], **request.param))


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


def decoded_parts(codec: Codec, file: bytes, monkeypatch) -> list[tuple[np.ndarray, list[int]]]:
    """sigma and symbols of each part of y that a decoder reads, in its order."""
    read, parts = StreamDecoder.read, []

    def begun(sigma, *rest):
        parts.append((sigma, []))
        return resolve(sigma, *rest)

    def noted(decoder, indexes):
        symbols = read(decoder, indexes)
        if parts:  # z's stream comes first
            parts[-1][1].extend(symbols.tolist())
        return symbols

    with monkeypatch.context() as patch:
        patch.setattr(StreamDecoder, "read", noted)
        patch.setattr(latent_coder, "resolve", begun)
        codec.decode(file)
    return parts


def test_a_reader_written_from_the_document_alone_finds_the_same_symbols(codec, model, file, reader, monkeypatch):
    parts = decoded_parts(codec, file, monkeypatch)
    buffers = {name: buffer.tolist() for name, buffer in model.named_buffers()}
    tables = reader.tables_of(
        *(buffers[f"gaussian_conditional.{name}"] for name in ("_offset", "_cdf_length", "_quantized_cdf"))
    )
    sections = reader.read_file(file)["sections"]
    sides = reader.read_flags(dict(sections).get(3, b""), 80 * 8 * 12)
    slices, count = [payload for kind, payload in sections if kind == 2], model.config.parts_of_slice
    assert len(parts) == count * len(slices) == count * 5
    size = len(parts[0][0])
    for k, payload in enumerate(slices):
        mine = range(count * k, count * (k + 1))
        of_parts = [reader.levels_of(parts[part][0].tolist(), part * size, sides) for part in mine]
        if model.config.trellis:
            channels = [np.array(part).reshape(model.config.slice_channels, -1).tolist() for part in of_parts]
            symbols, _ = reader.read_slice_along_trellis(payload, channels, tables)
        else:
            symbols = reader.read_slice_in_parts(payload, of_parts, tables)
        assert symbols == [symbol for part in mine for symbol in parts[part][1]]


def test_values_are_those_that_the_document_says(codec, model, image, file, reader, monkeypatch):
    seen = trace(codec, image, LMBDA)
    if not model.config.trellis:
        np.testing.assert_array_equal(seen.values, seen.symbols)
        return
    buffers = {name: buffer.tolist() for name, buffer in model.named_buffers()}
    tables = reader.tables_of(
        *(buffers[f"gaussian_conditional.{name}"] for name in ("_offset", "_cdf_length", "_quantized_cdf"))
    )
    parts, count = decoded_parts(codec, file, monkeypatch), model.config.parts_of_slice
    payload = next(payload for kind, payload in reader.read_file(file)["sections"] if kind == 2)
    of_parts = [
        np.array(reader.levels_of(sigma.tolist(), 0, {})).reshape(16, -1).tolist() for sigma, _ in parts[:count]
    ]
    values = np.array(reader.read_slice_along_trellis(payload, of_parts, tables)[1])
    mine = seen.values[:16]
    if count == 4:
        mine = np.stack([mine[:, row::2, column::2] for row, column in PLACES])
    np.testing.assert_array_equal(values, mine.ravel())
    assert 0.2 < (values != np.rint(values)).mean()  # halves


def test_what_is_recorded_stands_in_its_place(codec, model, image, file, monkeypatch):
    seen = trace(codec, image, LMBDA)
    size, count = model.config.slice_channels, model.config.parts_of_slice
    for k, (sigma, symbols) in enumerate(decoded_parts(codec, file, monkeypatch)):
        for array, part in ((seen.symbols, symbols), (seen.sigma, sigma)):
            mine = array[k // count * size : (k // count + 1) * size]
            if count == 4:
                row, column = PLACES[k % 4]
                mine = mine[:, row::2, column::2]
            np.testing.assert_array_equal(mine.ravel(), np.array(part, mine.dtype))
    bits = seen.y_bits.sum() + seen.z_bits.sum()
    assert 8 * len(file) == pytest.approx(float(bits), abs=8 * (72 + 6 * 8))
    refined = seen.y_hat - seen.mu - seen.values
    assert float(np.abs(refined).max()) < 0.5 + 1e-4  # 1/2 tanh


def test_what_was_charged_is_judged_by_the_tables_that_charged_it(codec, image):
    seen = trace(codec, image, LMBDA)
    charged, found = float(seen.y_bits.sum(dtype=float)), calibrate(codec, seen).total_bits
    assert 0.97 * charged < found < charged  # what says which symbol an escape is does not count
    by_level_alone = calibrate(ScaleCoding(codec.latent_coder.y_tables, levels), seen).total_bits
    assert (by_level_alone != found) == codec.model.config.trellis


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
        *others, mu, sigma = outputs
        return *others, mu, sigma + 4e-4 * sigma.clamp_min(1) * torch.from_numpy(rng.uniform(-1, 1, sigma.shape))

    disturbed = Neighbours if model.config.neighbours else SlicePredictor
    for module in coder.slice_loop.modules():
        if isinstance(module, disturbed):
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
    losses = [true_loss(image, len(data), codec.decode(data), LMBDA) for data in (file, refined.data)]
    assert refined.improved
    assert losses[1] < losses[0]


def test_an_estimate_of_a_trellis_with_one_lambda_chooses_what_its_file_holds(make_model, image):
    codec = Codec(make_model(replace(PRESETS["tiny"], trellis=True, gain_knots=0)))
    estimated = Preview(codec.model, torch.float32).estimate(codec.open_whole(image).y, None).bits
    charged = trace(codec, image).y_bits.reshape(5, -1).sum(axis=1, dtype=float)
    for k, bits in enumerate(charged):
        assert estimated[f"slice {k}"] == pytest.approx(bits, rel=0.005)


@pytest.mark.parametrize("trellis", [False, True])
def test_tables_that_do_not_fit_the_config_are_refused(make_model, trellis):
    model, other = (make_model(replace(PRESETS["tiny"], trellis=each)) for each in (trellis, not trellis))
    model.gaussian_conditional = other.gaussian_conditional
    with pytest.raises(ValueError, match=f"{128 - 64 * trellis} tables of y; must be {64 + 64 * trellis}"):
        LatentCoder(model)
