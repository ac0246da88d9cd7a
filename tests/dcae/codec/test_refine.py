"""Refinement: the true loss of a picture's file goes down, never up, and file and decoder are as ever."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import dcae
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.fixed_lmbda import FixedLmbdaCodec
from dcae.codec.interruption import interruptible
from dcae.codec.protocol import MAX_REFINED_PX, Refined, RefinementStep
from dcae.codec.refine import REPORTED_STEPS, Refinement, check_refinement, softly_rounded, true_loss
from dcae.config import PRESETS
from dcae.images import to_float
from dcae.rd import psnr_db
from dcae.samples import sample

FIXED = dataclasses.replace(PRESETS["tiny"], gain_knots=0)
STEPS = 24


class Stop(Exception):
    """What the tests' checks raise."""


@pytest.fixture(scope="module")
def image(make_image):
    """A small picture with odd sides, so that most of what the network sees is padding."""
    return make_image(50, 70)


@pytest.fixture(scope="module")
def trained() -> Codec:
    """The shipped `tiny`."""
    return Codec(dcae.load("tiny"))


@pytest.fixture(scope="module")
def photo():
    """A piece of a photo, 80 x 64 px."""
    return np.ascontiguousarray(sample("coffee")[100:164, 200:280])


@pytest.fixture(scope="module")
def run(trained, photo) -> tuple[Refined, list[RefinementStep]]:
    """A refinement of `photo` at lambda 0.01, and what it reported."""
    reports: list[RefinementStep] = []
    return trained.open(photo).refine(0.01, STEPS, report=reports.append), reports


def test_a_trained_models_file_has_a_smaller_loss_after_a_few_steps(run, trained, photo):
    refined, _ = run
    session = trained.open(photo)
    plain = true_loss(photo, len(session.encode(0.01)), session.reconstruct(0.01), 0.01)
    assert refined.improved
    assert true_loss(photo, len(refined.data), refined.picture, 0.01) < 0.99 * plain
    assert refined.plain_bytes == len(session.encode(0.01))


def test_a_refined_file_is_one_like_any_other_and_decodes_to_its_picture(run, trained, photo):
    refined, _ = run
    np.testing.assert_array_equal(trained.decode(refined.data), refined.picture)
    assert refined.psnr_db == psnr_db(photo, refined.picture)
    plain, header = (unpack(data)[0] for data in (trained.encode(photo, 0.01), refined.data))
    assert header == plain


def test_the_same_picture_gives_the_same_file_again(run, trained, photo):
    assert trained.open(photo).refine(0.01, STEPS).data == run[0].data


def test_reports_are_estimates_that_end_near_the_refined_file(run, photo):
    refined, reports = run
    assert [report.step for report in reports] == [5, 10, 15, 20, 24]
    assert {report.steps for report in reports} == {STEPS}
    assert all(report.psnr_db == psnr_db(photo, report.estimate.x_hat) for report in reports)
    assert reports[-1].estimate.total_bytes == pytest.approx(len(refined.data), abs=40)  # six streams' ends are guessed
    assert reports[-1].psnr_db == pytest.approx(refined.psnr_db, abs=0.1)


def test_the_plain_file_stays_where_refinement_makes_it_worse(codec, image, monkeypatch):
    monkeypatch.setattr("dcae.codec.refine.RATE", 30.0)
    session = codec.open(image)
    refined = session.refine(0.01, 2)
    assert not refined.improved
    assert refined.data == session.encode(0.01)
    np.testing.assert_array_equal(refined.picture, session.reconstruct(0.01))
    assert (len(refined.data), refined.psnr_db) == (refined.plain_bytes, refined.plain_psnr_db)


def test_latents_without_a_finite_gradient_stay_where_they_are(codec, image, monkeypatch):
    session = codec.open(image)
    start, x = session.latents(0.01), torch.from_numpy(to_float(image))[None]
    refinement = Refinement(codec.preview, start, x, 0.01, 0.01, steps=2)
    monkeypatch.setattr(Refinement, "_loss", lambda self, _: self.latents.y.sum() * torch.nan + self.latents.z.sum())
    refinement.step()
    for latent, before in zip(refinement.latents, start, strict=True):
        assert torch.equal(latent, before)


def test_the_loss_at_its_hardest_is_that_of_the_file_over_the_photos_own_pixels(codec, image):
    start, x = codec.open(image).latents(0.01), torch.from_numpy(to_float(image))[None]
    loss = [float(Refinement(codec.preview, start, x, 0.01, each, 1)._loss(1e-4).detach()) for each in (1e-9, 1.0)]
    bits, x_hat = codec.preview.of_latents(*start, 0.01, weighs=False)
    assert x_hat.shape[2:] == (64, 128)
    assert loss[0] == pytest.approx(sum(bits.values()), rel=0.01)
    squared_error = float((x_hat[..., :50, :70].clamp(0, 1) - x).square().sum())
    assert loss[1] - loss[0] == pytest.approx(255**2 * squared_error / 3, rel=0.01)


def test_it_ends_between_steps_and_leaves_the_session_as_it_was(codec, image):
    session = codec.open(image)
    expected = session.encode(0.01)
    reports: list[RefinementStep] = []

    def check() -> None:
        if len(reports) == 1:
            raise Stop

    with pytest.raises(Stop), interruptible(check):
        session.refine(0.01, 3 * REPORTED_STEPS, report=reports.append)
    assert [report.step for report in reports] == [REPORTED_STEPS]
    assert session.encode(0.01) == expected


def test_weights_are_not_touched_and_gather_no_gradient(codec, image):
    before = {name: parameter.clone() for name, parameter in codec.model.named_parameters()}
    codec.open(image).refine(0.01, 2)
    for network in (codec.model, codec.preview.network):
        assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(before[name], parameter) for name, parameter in codec.model.named_parameters())


@pytest.mark.parametrize("context", [torch.inference_mode, torch.no_grad])
def test_callers_without_gradients_get_the_same_file(make_model, image, context):
    first, second = make_model(PRESETS["tiny"]), make_model(PRESETS["tiny"])
    expected = Codec(first).open(image).refine(0.01, 3)
    with context():
        found = Codec(second).open(image).refine(0.01, 3)
    assert found.data == expected.data


def test_weights_of_one_fixed_lambda_need_the_trade_off(make_model, image):
    session = Codec(make_model(FIXED)).open(image)
    with pytest.raises(ValueError, match="trade_off is missing: these weights do not say which lambda"):
        session.refine(None, 2)
    refined = session.refine(None, 2, trade_off=0.013)
    assert refined.plain_bytes == len(session.encode())


def test_a_folder_of_weights_is_refined_at_the_lambda_of_the_file(make_model, image):
    fixed = Codec(make_model(FIXED))
    folder = FixedLmbdaCodec({0.013: Path("0.013.pth"), 0.05: Path("0.05.pth")}, lambda _: fixed)
    assert folder.open(image).refine(0.05, 2).data == fixed.open(image).refine(None, 2, trade_off=0.05).data


@pytest.mark.parametrize("trade_off", [0.0, -1.0, float("nan"), float("inf")])
def test_a_trade_off_is_positive_and_finite(codec, image, trade_off):
    with pytest.raises(ValueError, match="must be above 0 and finite"):
        codec.open(image).refine(0.01, 2, trade_off=trade_off)


def test_there_is_a_step_at_least(codec, image):
    with pytest.raises(ValueError, match="steps is 0; a refinement has 1 or more"):
        codec.open(image).refine(0.01, 0)


def test_too_large_a_picture_is_refused_with_both_numbers():
    check_refinement(2048, MAX_REFINED_PX // 2048, 1)
    with pytest.raises(ValueError, match="image is 2049 x 2048 = 4196352 px; at most 4194304 px can be refined"):
        check_refinement(2049, 2048, 1)


def test_soft_rounding_has_a_slope_everywhere_and_ends_at_the_integers():
    x = torch.linspace(-3, 3, 601, dtype=torch.float64).requires_grad_()
    for temperature in (1.0, 0.3, 0.05):
        (slope,) = torch.autograd.grad(softly_rounded(x, temperature).sum(), x)
        assert bool(((slope >= 0) & slope.isfinite()).all())
    away = (x.detach() - x.detach().floor() - 0.5).abs() > 0.05
    assert torch.allclose(softly_rounded(x.detach(), 0.01)[away], x.detach().round()[away])
