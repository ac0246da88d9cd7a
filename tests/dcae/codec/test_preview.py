"""Estimates are those of the model in any arithmetic, and what the fast one costs is within its bounds."""

import dataclasses

import numpy as np
import pytest
import torch

import dcae
from dcae.codec.codec import Codec
from dcae.codec.preview import Preview, fastest_dtype
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.entropy import total_bits
from dcae.rd import psnr_db
from dcae.samples import sample

PAPER_LIKE = dataclasses.replace(
    PRESETS["tiny"], coding_dtype="float32", upsample="deconv", context="conv3x3", aggregation="dense",
    scale_activation="none", linear_path=False, gain_knots=0,
)  # fmt: skip


@pytest.fixture(params=["tiny", "paper-like"])
def model(request, make_model, tiny) -> DCAE:
    """Recipe weights of both kinds of networks: with a linear path and gains, and without."""
    return tiny if request.param == "tiny" else make_model(PAPER_LIKE)


@pytest.fixture
def y(model, make_image) -> torch.Tensor:
    """y of a picture, before any gain."""
    return Codec(model).open_whole(make_image(128, 192)).y.clone()


@pytest.mark.parametrize("lmbda", [0.0018, 0.05])
def test_in_the_models_own_arithmetic_an_estimate_is_the_models(model, y, lmbda):
    lmbda = lmbda if model.gain is not None else None
    with torch.inference_mode():
        y_hat, likelihoods = model.estimate(model.apply_gain(y, lmbda), costs=model.symbol_costs)
        x_hat = model.synthesise(y_hat, lmbda)
    preview = Preview(model, torch.float32)
    bits, previewed = preview.estimate(y, lmbda)
    assert preview.network is model
    assert list(bits) == ["z", *(f"slice {k}" for k in range(5))]
    assert bits["z"] == pytest.approx(float(total_bits(likelihoods["z"])), rel=1e-4)
    for k, part in enumerate(likelihoods["y"].chunk(5, dim=1)):
        assert bits[f"slice {k}"] == pytest.approx(float(total_bits(part)), rel=1e-3)
    # A symbol that lies between two integers may fall on the other side.
    assert float(((previewed - x_hat).abs() > 1 / 255).float().mean()) <= 0.01


def test_an_estimates_picture_is_the_files(model, make_image):
    codec, image = Codec(model), make_image(64, 100)
    codec.preview = Preview(model, torch.float32)
    session, lmbda = codec.open(image), 0.01 if model.gain is not None else None
    difference = session.estimate(lmbda).x_hat.astype(int) - session.reconstruct(lmbda)
    assert np.mean(np.abs(difference) > 1) <= 0.01


@pytest.mark.parametrize("lmbda", [0.0018, 0.0095, 0.05])
def test_bfloat16_moves_a_photo_by_at_most_a_50th_of_a_decibel_and_half_a_percent_of_bits(lmbda):
    # Whole photos: a small piece is moved more by one symbol of z on its other side, where the processor decides.
    codec, decibels, shares = Codec(dcae.load("small")), [], []
    previews = [Preview(codec.model, dtype) for dtype in (torch.bfloat16, torch.float32)]
    for name in ("coffee", "flower", "chelsea", "astronaut"):
        photo = sample(name)
        session, estimates = codec.open(photo), []
        for codec.preview in previews:
            estimates.append(session.estimate(lmbda))
        ours, reference = (psnr_db(photo, estimate.x_hat) for estimate in estimates)
        decibels.append(abs(ours - reference))
        shares.append(abs(estimates[0].total_bytes / estimates[1].total_bytes - 1))
    assert np.mean(decibels) <= 0.02
    assert np.mean(shares) <= 0.005


def test_a_model_is_left_as_it_was(tiny):
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    preview = Preview(tiny, torch.bfloat16)
    assert preview.network is not tiny
    assert next(preview.network.g_s.parameters()).dtype == torch.bfloat16
    for name, value in tiny.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name])


def test_a_preview_is_made_once(tiny):
    codec = Codec(tiny)
    assert codec.preview is codec.preview


@pytest.mark.parametrize("has_instructions", [True, False])
def test_bfloat16_is_chosen_where_it_is_fast(tiny, monkeypatch, has_instructions):
    monkeypatch.setattr("dcae.codec.preview._cpu_multiplies_bfloat16", lambda: has_instructions)
    assert fastest_dtype(tiny) == (torch.bfloat16 if has_instructions else torch.float32)


def test_a_model_in_float64_is_previewed_in_float64(make_model):
    assert fastest_dtype(make_model(PRESETS["tiny"]).double()) == torch.float64


def test_a_picture_of_nan_is_refused(make_model, make_image):
    model = make_model(PRESETS["tiny"])
    codec = Codec(model)
    session = codec.open(make_image(8, 8))
    with torch.no_grad():
        model.synthesis_path.conv.bias.fill_(torch.nan)
    with pytest.raises(ValueError, match="the network's picture holds NaN or infinite values"):
        session.estimate(0.01)
