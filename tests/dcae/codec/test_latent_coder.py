"""The entropy path: as short as the likelihoods say, and deaf to the noise of sigma as far as its margin goes."""

import copy
import dataclasses
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from dcae.codec import entropy_coder, latent_coder
from dcae.codec.entropy_coder import encode_symbols
from dcae.codec.exact_arithmetic import exact_arithmetic
from dcae.codec.latent_coder import LatentCoder
from dcae.codec.scale_levels import BOUNDARIES, unpack_flags
from dcae.codec.sections import BitstreamError, Section, SectionType, slice_section
from dcae.config import PRESETS
from dcae.model.entropy import total_bits, y_likelihoods, z_likelihoods
from dcae.model.float32_layers import PointwiseLinear
from dcae.model.quantiser import Quantised

HEIGHT, WIDTH = 192, 256
Z_SHAPE, Y_SHAPE = (1, 24, HEIGHT // 64, WIDTH // 64), (1, 80, HEIGHT // 16, WIDTH // 16)


@pytest.fixture
def coder(tiny) -> LatentCoder:
    """A coder of its own, which a test may change."""
    return LatentCoder(tiny)


@pytest.fixture(scope="module")
def latents(tiny):
    """y and z that the model itself finds likely: z from its tables, y from the mu and sigma that follow."""
    draw, coder = torch.Generator().manual_seed(1), LatentCoder(tiny)
    tables, z = coder.z_tables, []
    for start, size, offset in zip(tables.starts, tables.sizes, tables.offsets, strict=True):
        shares = torch.from_numpy(tables.frequencies[start : start + size - 1] + 0.0)
        z.append(offset + torch.multinomial(shares, Z_SHAPE[2] * Z_SHAPE[3], replacement=True, generator=draw))
    z = torch.stack(z).reshape(Z_SHAPE) + coder.medians
    y = []

    def code(_, mu, sigma):
        y.append(mu + sigma.clamp_min(0.11) * torch.randn(mu.shape, generator=draw, dtype=mu.dtype))
        return (y[-1] - mu).round() + mu

    with exact_arithmetic():
        coder.slice_loop(coder.h_scale_s(z), coder.h_mean_s(z), code)
    return torch.cat(y, dim=1), z


def with_noise(coder, size, seed=0):
    """The same coder on another machine: sigma differs by up to `size`, in units of max(1, sigma)."""
    other, rng = copy.deepcopy(coder), np.random.default_rng(seed)

    def disturb(_module, _inputs, outputs):
        support, mu, sigma = outputs
        return support, mu, sigma + size * sigma.clamp_min(1) * torch.from_numpy(rng.uniform(-1, 1, sigma.shape))

    for predictor in other.slice_loop.slices:
        predictor.register_forward_hook(disturb)
    return other


def without_flags(sections):
    return [section for section in sections if section.type != SectionType.LEVEL_FLAGS]


def num_flags(sections):
    payloads = [section.payload for section in sections if section.type == SectionType.LEVEL_FLAGS]
    return unpack_flags(payloads[0], np.prod(Y_SHAPE, dtype=int))[0].size if payloads else 0


def test_what_is_coded_is_decoded_exactly(coder, latents):
    coded = coder.encode(*latents)
    assert torch.equal(coder.decode(coded.sections, HEIGHT, WIDTH), coded.y_hat)


def test_decoder_computes_in_the_encoders_memory_layout_whatever_that_of_the_latents(coder, latents):
    """Convolutions round differently in another one, and so would everything that follows."""
    y, z = (part.contiguous(memory_format=torch.channels_last) for part in latents)
    coded = coder.encode(y, z)
    y_hat = coder.decode(coded.sections, HEIGHT, WIDTH)
    assert y_hat.stride() == coded.y_hat.stride()
    assert torch.equal(y_hat, coded.y_hat)


def test_sections_are_as_long_as_likely_latents_deserve(tiny, coder, latents):
    y, z = latents
    sections = coder.encode(y, z).sections
    with torch.no_grad():
        z_hat, z_probabilities = z_likelihoods(tiny.entropy_bottleneck, z.float())
        chosen: list[Quantised] = []
        slices = tiny.predict(z_hat, tiny.quantiser(y.float(), chosen))
        coded = slices.mu + torch.cat([part.values for part in chosen], dim=1)
        y_probabilities = y_likelihoods(tiny.gaussian_conditional, coded, slices.mu, slices.sigma)
    streams = {"z": (total_bits(z_probabilities), len(sections[0].payload))}
    for k, part in enumerate(y_probabilities.chunk(5, dim=1)):
        streams[f"slice {k}"] = (total_bits(part), len(sections[k + 1].payload) - 2)
    for name, (bits, length) in streams.items():
        assert abs(length - float(bits) / 8) <= 0.005 * float(bits) / 8 + 8, name


def test_there_are_no_flags_without_elements_at_a_boundary(coder, latents):
    kinds = [section.type for section in coder.encode(*latents).sections]
    assert kinds == [SectionType.Z] + 5 * [SectionType.SLICE]


def test_flags_make_up_for_noise_within_the_margin_and_nothing_else_does(coder, latents):
    coder.margin = 1e-3
    coded = coder.encode(*latents)
    assert 100 < num_flags(coded.sections) < np.prod(Y_SHAPE) / 10
    for seed in range(3):
        decoder = with_noise(coder, 0.5e-3, seed)
        decoded = decoder.decode(coded.sections, HEIGHT, WIDTH)
        assert torch.equal(decoded, coded.y_hat)
        with pytest.raises(
            BitstreamError, match=r"its symbols encode to other bytes|checksum differs|codes no symbols"
        ):
            decoder.decode(without_flags(coded.sections), HEIGHT, WIDTH)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sigma_exactly_at_boundaries_survives_noise_of_half_the_margin(make_model, latents, dtype):
    coder = LatentCoder(make_model(dataclasses.replace(PRESETS["tiny"], coding_dtype=dtype, scale_activation="none")))
    for part in (coder.h_scale_s, coder.h_mean_s, coder.slice_loop):
        part.double()  # so that sigma can be put within 1e-16 of a boundary; the margin stays as it is
    coder.dtype = torch.float64
    for index, predictor in enumerate(cast(Any, coder.slice_loop).slices):
        last = predictor.scale_transform[-1]
        torch.nn.init.zeros_(last.weight)
        last.bias.data = torch.from_numpy(BOUNDARIES[16 * index % 40 :][:16].copy())
    coded = coder.encode(*latents)
    assert num_flags(coded.sections) == np.prod(Y_SHAPE)
    decoder = with_noise(coder, coder.margin / 2)
    assert torch.equal(decoder.decode(coded.sections, HEIGHT, WIDTH), coded.y_hat)
    with pytest.raises(BitstreamError, match=r"slice 0 decodes|coded stream"):
        decoder.decode(without_flags(coded.sections), HEIGHT, WIDTH)


@pytest.mark.parametrize("num_slices", range(6))
def test_an_absent_slice_is_its_mean_refined(coder, latents, num_slices):
    coded = coder.encode(*latents)
    symbols, parts = [], latents[0].chunk(5, dim=1)

    def code(index, mu, sigma):
        symbols.append(index)
        return coder.choose_symbols(parts[index] - mu, sigma).values + mu if index < num_slices else mu

    with exact_arithmetic():
        z_hat = (latents[1] - coder.medians).round() + coder.medians
        expected = coder.slice_loop(coder.h_scale_s(z_hat), coder.h_mean_s(z_hat), code).y_hat
    assert torch.equal(coder.decode(coded.sections, HEIGHT, WIDTH, num_slices), expected)
    assert torch.equal(coder.decode(coded.sections[: num_slices + 1], HEIGHT, WIDTH), expected)
    assert symbols == [0, 1, 2, 3, 4]


def test_coding_leaves_the_model_as_it_was(tiny, latents):
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    LatentCoder(tiny).encode(*latents)
    for name, value in tiny.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name]), name


def test_a_coder_in_float32_codes_in_float32_with_faster_layers(coder, make_model, latents):
    in_float64, coder = coder, LatentCoder(make_model(dataclasses.replace(PRESETS["tiny"], coding_dtype="float32")))
    assert any(isinstance(layer, PointwiseLinear) for layer in coder.slice_loop.modules())
    assert not any(isinstance(layer, PointwiseLinear) for layer in in_float64.slice_loop.modules())
    coded = coder.encode(*latents)
    assert coded.y_hat.dtype == torch.float32
    assert torch.equal(coder.decode(coded.sections, HEIGHT, WIDTH), coded.y_hat)


class _WithoutFloat64(TorchFunctionMode):
    """Stands in for an Apple GPU, which has no float64 and casts before it hands a tensor over."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        given = [*args[1:], *(kwargs or {}).values()]
        if func is torch.Tensor.to and any(value is torch.float64 for value in given):
            assert not any(isinstance(value, torch.device | str) for value in given), "moved and cast in one call"
        return func(*args, **(kwargs or {}))


def test_a_tensor_is_moved_before_it_becomes_float64(tiny, latents):
    with _WithoutFloat64(), pytest.raises(AssertionError, match="moved and cast in one call"):
        torch.ones(1).to(torch.device("cpu"), torch.float64)
    with _WithoutFloat64():
        coder = LatentCoder(tiny)
        coded = coder.encode(*latents)
        assert torch.equal(coder.decode(coded.sections, HEIGHT, WIDTH), coded.y_hat)
    assert coded.y_hat.dtype == torch.float64


@pytest.mark.parametrize(
    ("dtype", "device", "expected"),
    [
        (torch.float64, "mps", "cpu"),
        (torch.float32, "mps", "mps"),
        (torch.float64, "cuda:1", "cuda:1"),
        (torch.float64, "cpu", "cpu"),
    ],
)
def test_only_a_device_without_float64_leaves_the_entropy_path_to_the_cpu(dtype, device, expected):
    assert latent_coder._device_with(dtype, torch.device(device)) == torch.device(expected)


def test_latents_that_no_weights_should_make_are_refused(coder, latents):
    y, z = latents
    with pytest.raises(ValueError, match=r"a symbol is 1e\+08; must be below 8388608: these weights do not fit this"):
        coder.encode(y + 1e8, z)
    with pytest.raises(ValueError, match="a symbol is nan; must be below 8388608"):
        coder.encode(y, z * float("nan"))


def test_a_slice_of_other_symbols_is_refused(coder, latents):
    sections = list(coder.encode(*latents).sections)
    payload = sections[2].payload
    sections[2] = Section(SectionType.SLICE, bytes([payload[0] ^ 1]) + payload[1:])
    message = r"slice 1 decodes to other symbols than were encoded \(checksum differs\)"
    with pytest.raises(BitstreamError, match=message):
        coder.decode(sections, HEIGHT, WIDTH)


def test_more_slices_than_the_model_has_are_refused(coder, latents):
    sections = coder.encode(*latents).sections
    with pytest.raises(BitstreamError, match="file has 6 slices; its model has 5"):
        coder.decode([*sections, sections[-1]], HEIGHT, WIDTH)


@pytest.mark.parametrize("which", [0, 1, 5])
def test_a_stream_too_short_for_its_symbols_is_refused_before_any_is_decoded(coder, latents, monkeypatch, which):
    sections = list(coder.encode(*latents).sections)
    sections[which] = Section(SectionType.Z, b"") if which == 0 else slice_section(b"", b"")
    monkeypatch.setattr(entropy_coder, "_read", None)
    with pytest.raises(BitstreamError, match=r"coded stream has 0 bytes; \d+ symbols need \d+ at least"):
        coder.decode(sections, HEIGHT, WIDTH)


def test_flags_behind_the_last_element_are_refused(coder, latents):
    z, *slices = coder.encode(*latents).sections
    flags = Section(SectionType.LEVEL_FLAGS, b"\xff\xff\x7f")
    with pytest.raises(BitstreamError, match=r"level flag at element 1048575: the picture has 15360 elements"):
        coder.decode([z, flags, *slices], HEIGHT, WIDTH)


def test_a_prediction_that_is_no_number_is_refused(coder):
    torch.nn.init.constant_(coder.slice_loop.slices[0].mean_transform[-1].bias, float("inf"))
    stream = encode_symbols(np.zeros(24, int), np.arange(24), coder.z_tables)
    with pytest.raises(BitstreamError, match="slice 0 is predicted as NaN or infinite: no encoder wrote this file"):
        coder.decode([Section(SectionType.Z, stream)], 64, 64)


def test_tables_are_those_of_the_weights_and_not_computed_anew(make_model, coder, latents):
    model = make_model(PRESETS["tiny"])
    model.gaussian_conditional._quantized_cdf[20, 5:9] += 3
    other = LatentCoder(model)
    assert (other.y_tables.frequencies != coder.y_tables.frequencies).sum() == 2
    assert other.encode(*latents).sections[0] == coder.encode(*latents).sections[0]
    assert other.encode(*latents).sections[1:] != coder.encode(*latents).sections[1:]


def test_tables_that_are_none_are_refused(make_model):
    model = make_model(PRESETS["tiny"])
    model.gaussian_conditional._quantized_cdf[:, 1] += 1
    with pytest.raises(ValueError, match="symbol tables: frequencies from 0"):
        LatentCoder(model)


def test_a_model_without_tables_is_refused(make_model):
    model = make_model(PRESETS["tiny"])
    model.gaussian_conditional._quantized_cdf.resize_(0)
    with pytest.raises(ValueError, match=r"the model has no CDF tables yet; run update\(\) first"):
        LatentCoder(model)


def test_a_record_says_what_each_stream_holds(coder, latents):
    record = []
    coder.encode(*latents, record=record)
    assert [part.symbols.shape for part in record] == [Z_SHAPE, *[(1, 16, *Y_SHAPE[2:])] * 5]
    assert [part.sigma is None for part in record] == [True, *[False] * 5]
    np.testing.assert_array_equal(
        record[0].symbols + record[0].mu.numpy(), (latents[1] - coder.medians).round() + coder.medians
    )
