"""Which network makes the pictures, and how far those in bfloat16 are from those in float32."""

import dataclasses

import numpy as np
import pytest
import torch

import dcae
from dcae.codec import picture_network as module
from dcae.codec.codec import Codec
from dcae.codec.exact_arithmetic import exact_arithmetic
from dcae.codec.image_transforms import ImageTransforms
from dcae.codec.picture_network import in_bfloat16, picture_network
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.rd import psnr_db
from dcae.samples import sample

PAPER_LIKE = dataclasses.replace(
    PRESETS["tiny"], coding_dtype="float32", depths=(1, 2, 1), upsample="deconv", context="conv3x3",
    aggregation="dense", scale_activation="none", linear_path=False, gain_knots=0,
)  # fmt: skip


@pytest.fixture
def paper_like(make_model) -> DCAE:
    return make_model(PAPER_LIKE)


@pytest.fixture
def fast(monkeypatch):
    """A processor that multiplies in bfloat16."""
    monkeypatch.setattr(module, "fastest_dtype", lambda _: torch.bfloat16)


def test_a_network_that_codes_in_float32_makes_its_pictures_in_bfloat16(fast, paper_like):
    network = ImageTransforms(paper_like).network
    assert {parameter.dtype for parameter in network.g_s[1].parameters()} == {torch.bfloat16}
    assert network.slice_loop is paper_like.slice_loop


def test_a_network_that_codes_in_float64_makes_them_itself(fast, tiny):
    assert picture_network(tiny) is tiny


def test_where_the_processor_does_not_multiply_in_bfloat16_so_does_every_network(monkeypatch, paper_like):
    monkeypatch.setattr(module, "fastest_dtype", lambda _: torch.float32)
    assert picture_network(paper_like) is paper_like


@torch.inference_mode()
def test_float32_on_demand_is_the_models_own_picture_to_the_bit(fast, paper_like):
    y = torch.randn(1, paper_like.config.M, 8, 12, generator=torch.Generator().manual_seed(0))
    y = y.contiguous(memory_format=torch.channels_last)
    with exact_arithmetic():
        expected = paper_like.synthesise(y)
    assert torch.equal(ImageTransforms(paper_like, float32=True).synthesise(y, None), expected)
    assert not torch.equal(ImageTransforms(paper_like).synthesise(y, None), expected)


def test_a_file_decodes_to_the_same_latents_and_to_pictures_that_are_50_db_apart(fast, paper_like, make_image):
    image = make_image(100, 150)
    codecs = [Codec(paper_like), Codec(paper_like, float32=True)]
    data = codecs[0].encode(image)
    latents = [codec.open(image).reconstruct() for codec in codecs]
    pictures = [codec.decode(data) for codec in codecs]
    assert np.array_equal(latents[0], pictures[0])
    assert psnr_db(*pictures) >= 50


def test_the_model_is_left_as_it_was_and_last_layers_are_as_precise(paper_like):
    before = {name: value.clone() for name, value in paper_like.state_dict().items()}
    network = in_bfloat16(paper_like)
    ours, models = network.g_a[-1].state_dict(), paper_like.g_a[-1].state_dict()
    assert all(torch.equal(ours[name], value) for name, value in models.items())
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        y = network.analyse(x)
        assert y.dtype == network.synthesise(y).dtype == torch.float32
    after = paper_like.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.parametrize("lmbda", [0.0018, 0.05])
def test_in_bfloat16_photos_lose_at_most_a_50th_of_a_decibel(lmbda):
    codec, photo = Codec(dcae.load("small")), sample("coffee")
    psnrs, sizes = [], []
    for network in (codec.model, in_bfloat16(codec.model)):
        codec.transforms.network = network
        data = codec.encode(photo, lmbda)
        sizes.append(len(data))
        psnrs.append(psnr_db(photo, codec.decode(data)))
    assert abs(psnrs[1] - psnrs[0]) <= 0.02
    assert abs(sizes[1] / sizes[0] - 1) <= 0.005


def test_a_model_that_is_no_float32_itself_is_left_alone(fast, paper_like):
    network = paper_like.to(torch.bfloat16)
    assert picture_network(network) is network


def test_under_autocast_a_block_in_bfloat16_gives_the_same_but_for_its_precision(paper_like):
    block = paper_like.g_s[1].blocks[0].to(torch.bfloat16)
    x = torch.rand(1, 16, 24, 32, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    with torch.inference_mode():
        plain = block(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            cast = block(x)
    torch.testing.assert_close(cast.float(), plain.float(), rtol=0.05, atol=0.05)
