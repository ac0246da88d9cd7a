"""A trace is what the encoder did: its symbols and bits are the file's, its attention is what was read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dcae.analysis.rate import rate_map
from dcae.analysis.trace import Tracer, blocks_of, trace
from dcae.codec import picture_network
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.sections import SectionType, slice_section, split_slice, symbols_checksum
from dcae.config import PRESETS, DCAEConfig
from dcae.model.attention import Stage, WindowAttention
from dcae.traces import Trace

from .networks import network, picture

TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(network(TINY))


@pytest.fixture(scope="module")
def traced(codec: Codec) -> Trace:
    return trace(codec, picture(70, 130), 0.02, blocks_of(codec.model))


@pytest.mark.parametrize(
    ("height", "width", "lmbda"), [(1, 1, 0.013), (64, 64, 0.15), (70, 130, 0.02), (129, 63, 0.0005)]
)
def test_the_trace_is_of_the_file_that_the_encoder_writes(codec: Codec, height: int, width: int, lmbda: float):
    image = picture(height, width)
    found, data = trace(codec, image, lmbda), codec.encode(image, lmbda)
    assert found.file.total_bytes == len(data)
    assert np.array_equal(found.x_hat, codec.decode(data))
    sections = [section for section in unpack(data)[1] if section.type == SectionType.SLICE]
    for index, section in enumerate(sections):
        symbols = found.slice_of(found.symbols, index)
        assert split_slice(section)[0] == symbols_checksum(symbols.astype("<i4").tobytes())
        assert split_slice(slice_section(symbols.astype("<i4").tobytes(), b""))[0] == split_slice(section)[0]


@pytest.mark.parametrize(
    "config",
    [TINY, replace(TINY, gain_knots=0), replace(TINY, num_slices=1), replace(TINY, dictionary_entries=0, num_slices=8)],
    ids=["tiny", "one lambda", "one slice", "no dictionary"],
)
def test_the_bits_of_each_part_are_those_of_the_file(config: DCAEConfig):
    model = network(config, seed=1)
    image = picture(150, 100, seed=2)
    found = trace(model, image, 0.05 if config.gain_knots else None)
    rates = rate_map(found)
    assert rates.bits.shape == (config.num_slices + 1, 12, 8)
    streams = [*found.file.slice_bytes, found.file.z_bytes]
    for bits, size in zip(rates.bits.sum(axis=(1, 2)), streams, strict=True):
        assert 0 <= 8 * size - bits <= 64
    assert sum(size for _, _, size in rates.table) == found.file.total_bytes


def test_the_decoders_latents_are_mu_value_and_refinement(traced: Trace):
    assert np.abs(traced.refinement).max() <= 0.5 + 1e-5
    np.testing.assert_allclose(traced.y_hat, traced.mu + traced.values + traced.refinement, atol=1e-4)
    assert np.abs(traced.z_hat - traced.z).max() <= 0.5 + 1e-4


def test_every_position_reads_one_whole_entry_in_all(traced: Trace):
    shape = (TINY.num_slices, TINY.dictionary_heads, 8, 12, TINY.dictionary_entries)
    assert traced.dictionary_attention.shape == shape
    np.testing.assert_allclose(traced.dictionary_attention.sum(axis=-1), 1, atol=1e-5)


def test_the_dictionarys_weights_are_a_plain_softmax(codec: Codec, traced: Trace):
    """Computed again from the first slice's query, in numpy."""
    loop, coder = codec.latent_coder.slice_loop, codec.latent_coder
    attention = loop.get_submodule("slices.0.dictionary_attention")
    with torch.inference_mode():
        z_hat = torch.from_numpy(traced.z_hat.copy())[None].to(coder.dtype)
        query = torch.cat([coder.h_scale_s(z_hat), coder.h_mean_s(z_hat)], dim=1)
        x = attention.aggregate(query)  # pyright: ignore[reportCallIssue]
        q = attention.query(attention.norm_query(x))[0].numpy()  # pyright: ignore[reportCallIssue]
        keys = attention.key(attention.norm_dictionary(loop.get_parameter("dictionary"))).numpy()  # pyright: ignore[reportCallIssue]
    size = TINY.dictionary_head_size
    for head in range(TINY.dictionary_heads):
        own = slice(head * size, (head + 1) * size)
        logits = attention.get_parameter("scale")[head].item() * q[..., own] @ keys[:, own].T  # (h, w, entries)
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(traced.dictionary_attention[0, head], weights, atol=1e-4)


def test_window_attention_is_what_the_block_weighed_with(codec: Codec, traced: Trace):
    assert set(traced.window_attention) == set(blocks_of(codec.model))
    for key, found in traced.window_attention.items():
        block = codec.model.get_submodule(key[0])
        side = TINY.hyper_window if key[0] == "h_a" else TINY.window
        rows, columns = -(-found.height // side), -(-found.width // side)
        assert found.weights.shape[:2] == (rows, columns), block
        np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-5)


def plain_attention(block: WindowAttention, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The definition, over the whole map at once: (heads, height width, height width).

    The windows tile the plane, shifted ones from half a window further in; nobody sees another tile.
    """
    (height, width), p, size = x.shape[:2], block.window, block.head_size
    weight, bias = (parameter.detach().double().numpy() for parameter in (block.qkv.weight, block.qkv.bias))
    q, k, _ = np.moveaxis((x @ weight.T + bias).reshape(height * width, 3, block.heads, size), 0, 2)
    places = np.array(list(np.ndindex(height, width)))
    tiles = (places - (p // 2 if block.shifted else 0)) // p
    apart = (tiles[:, None] != tiles[None]).any(axis=-1)
    row, column = np.moveaxis(places[:, None] - places[None] + p - 1, -1, 0).clip(0, 2 * p - 2)
    logits = q @ k.swapaxes(1, 2) / size**0.5 + block.relative_position.detach().double().numpy()[:, row, column]
    logits[:, apart] = -np.inf
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(("height", "width"), [(70, 130), (1, 1), (129, 190)])
def test_window_attention_is_a_plain_softmax_over_the_tiles_of_the_map(height: int, width: int):
    """In a network of two blocks a stage, so that the second is shifted, with the biases of a trained one's size."""
    model = network(replace(TINY, depths=(0, 1, 2), hyper_depth=2), seed=3)
    blocks = {name: module for name, module in model.named_modules() if isinstance(module, WindowAttention)}
    for block in blocks.values():
        torch.nn.init.normal_(block.relative_position)
    model.update()
    inputs: dict[nn.Module, torch.Tensor] = {}
    for block in blocks.values():
        block.register_forward_pre_hook(lambda module, given: inputs.update({module: given[0]}))
    found = trace(model, picture(height, width), 0.02, blocks_of(model))
    assert {attention.shifted for attention in found.window_attention.values()} == {False, True}
    for (transform, stage, index), attention in found.window_attention.items():
        layers = [name for name, layer in model.get_submodule(transform).named_children() if isinstance(layer, Stage)]
        name = f"{transform}.{layers[stage]}.blocks.{index}.attention"
        weights = plain_attention(blocks[name], inputs[blocks[name]][0].double().numpy())
        places = list(np.ndindex(attention.height, attention.width))
        on_map = np.stack([attention.on_map(*place) for place in places], axis=1).reshape(weights.shape)
        np.testing.assert_allclose(on_map, weights, rtol=0, atol=2e-6)
        assert not on_map[weights == 0].any(), "masked keys weigh exactly nothing"
        np.testing.assert_allclose(attention.weights.sum(axis=-1), 1, rtol=0, atol=1e-5)
        windows = attention.windows
        of_map = attention.weights.swapaxes(2, 3)[windows.inside]  # (height width, heads, p p)
        assert not of_map[~np.broadcast_to(windows.sees[windows.inside][:, None], of_map.shape)].any()
        far = np.linalg.norm(np.array(places)[:, None] - np.array(places), axis=-1)
        np.testing.assert_allclose(attention.mean_distance, (weights * far).sum(axis=-1).mean(axis=-1), atol=1e-5)


def test_a_position_of_a_map_is_as_many_px_as_it_stands_for(traced: Trace):
    sizes = {key: (record.height, record.width, record.position_px) for key, record in traced.window_attention.items()}
    assert sizes == {("g_a", 2, 0): (16, 24, 8), ("g_s", 0, 0): (16, 24, 8), ("h_a", 0, 0): (4, 6, 32)}


def test_a_block_that_is_none_is_refused_with_those_there_are(codec: Codec):
    with pytest.raises(ValueError, match=r"no block \('g_a', 0, 0\); this model has \('g_a', 2, 0\)"):
        trace(codec, picture(64, 64), 0.013, [("g_a", 0, 0)])


def test_nothing_is_left_in_the_network(codec: Codec):
    def hooks() -> int:
        modules = [*codec.model.modules(), *codec.latent_coder.slice_loop.modules()]
        return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in modules)

    before = hooks()
    trace(codec, picture(64, 64), 0.013, blocks_of(codec.model))
    assert hooks() == before


def same(one: Trace, other: Trace) -> bool:
    return one.file == other.file and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("symbols", "y_bits", "sigma", "x_hat")
    )


def test_session_is_traced_as_its_image_is(codec: Codec):
    image = picture(70, 130)
    assert same(trace(codec, codec.open_whole(image), 0.02), trace(codec, image, 0.02))


def test_session_of_another_codec_and_the_attention_of_what_has_run_are_refused(codec: Codec):
    session = codec.open_whole(picture(64, 64))
    with pytest.raises(ValueError, match="the session is of another codec"):
        trace(Codec(network(TINY)), session, 0.02)
    with pytest.raises(ValueError, match="g_a has run in this session"):
        trace(codec, session, 0.02, [("g_a", 2, 0)])


def test_tracer_keeps_weights_and_g_a_from_one_lambda_to_the_next(codec: Codec, monkeypatch: pytest.MonkeyPatch):
    opened, seen = [], []
    monkeypatch.setattr(codec, "open_whole", lambda image: seen.append(image.shape) or Codec.open_whole(codec, image))
    tracer = Tracer(lambda name: opened.append(name) or codec)
    images = {"a": picture(64, 96), "b": picture(70, 130)}
    for name, lmbda in (("a", 0.02), ("a", 0.005), ("b", 0.005), ("b", 0.02)):
        assert same(tracer("tiny", images[name], lmbda), trace(codec, codec.open_whole(images[name]), lmbda))
    assert opened == ["tiny"]
    assert seen.count((64, 96, 3)) == 2 + 1  # the last one is the tracer's
    assert seen.count((70, 130, 3)) == 2 + 1
    tracer("other", images["b"], 0.02)
    assert opened == ["tiny", "other"]


def test_tracer_traces_weights_as_they_are_on_the_disk_now(codec: Codec, tmp_path: Path):
    path = tmp_path / "best.safetensors"
    codecs = [codec, Codec(network(TINY, seed=1))]
    tracer = Tracer(lambda name: codecs[int(Path(name).read_text())])
    image = picture(64, 64)
    for text in ("0", "01"):
        path.write_text(text)
        assert same(tracer(str(path), image, 0.02), trace(codecs[int(text)], image, 0.02))


def test_folder_of_weights_is_not_traced():
    with pytest.raises(TypeError, match="runs is no single model"):
        Tracer(lambda name: object())("runs", picture(64, 64), None)


def test_attention_is_found_where_pictures_are_made_in_bfloat16(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(picture_network, "fastest_dtype", lambda _: torch.bfloat16)
    codec = Codec(network(replace(TINY, coding_dtype="float32")))
    assert codec.transforms.network is not codec.model
    found = trace(codec, picture(64, 96), 0.02, blocks_of(codec.model))
    exact = trace(Codec(codec.model, float32=True), picture(64, 96), 0.02, blocks_of(codec.model))
    assert same(found, exact)
    assert found.window_attention
