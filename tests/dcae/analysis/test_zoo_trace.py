"""A trace of CompressAI's hyperprior is its own coding: against its likelihoods, its streams and its decoder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from compressai.models import MeanScaleHyperprior
from numpy.typing import NDArray

from dcae.analysis.calibration import calibrations
from dcae.analysis.compressai_zoo import ZooCodec
from dcae.analysis.dictionary import dictionary_use
from dcae.analysis.rate import rate_map
from dcae.analysis.zoo_trace import charged_bits, scale_coding, trace_zoo
from dcae.codec.latent_coder import tables_of
from dcae.images import pad, to_float
from dcae.samples import sample
from dcae.traces import Trace
from dcae_widgets.attention_view import AttentionView
from dcae_widgets.hyper_view import HyperView
from dcae_widgets.rate_map import RateMapView

STREAM_END_BITS = 64
INSIDE_BITS = 12
"""Symbols that a level expects more often than once in so many bits are in its table, of 16-bit frequencies."""
STEPS, LMBDA = 150, 0.2


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """Odd sides, 181 x 121 px."""
    return sample("coffee")[100:221, 200:381]


@pytest.fixture(scope="module")
def model(photo: NDArray[np.uint8]) -> Any:
    """A small one that has learned for a moment what this photo is like, so that it expects what it gets."""
    torch.manual_seed(0)
    model: Any = MeanScaleHyperprior(8, 12)
    x = torch.from_numpy(to_float(photo[:64, :128]))[None]
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(STEPS):
        out = model(x)
        bits = sum(-each.log2().sum() for each in out["likelihoods"].values())
        loss = bits / x[0, 0].numel() + LMBDA * 255**2 * (out["x_hat"] - x).square().mean()
        optimizer.zero_grad()
        (loss + model.aux_loss()).backward()
        optimizer.step()
    model.update(force=True, update_quantiles=True)
    return model.eval()


@pytest.fixture(scope="module")
def codec(model: Any, tmp_path_factory: pytest.TempPathFactory) -> ZooCodec:
    path = tmp_path_factory.mktemp("zoo") / "mbt2018-mean-1.pth.tar"
    torch.save(model.state_dict(), path)
    return ZooCodec("mbt2018-mean", [path])


@pytest.fixture(scope="module")
def traced(codec: ZooCodec, photo: NDArray[np.uint8]) -> Trace:
    return trace_zoo(codec, photo, 1)


def test_bits_are_those_of_its_likelihoods(model: Any, traced: Trace, photo: NDArray[np.uint8]):
    with torch.no_grad():
        likelihoods = model(torch.from_numpy(to_float(pad(photo)))[None])["likelihoods"]
    y_bits, z_bits = (-likelihoods[name][0].log2().numpy() for name in ("y", "z"))
    assert traced.z_bits.sum() == pytest.approx(z_bits.sum(), rel=1e-3)
    at_levels = bits_at_levels(model, traced)
    inside = at_levels < INSIDE_BITS  # beyond its tables the coder charges digits, the likelihood up to 30 bits
    assert inside.mean() > 0.9
    assert traced.y_bits[inside].sum() == pytest.approx(at_levels[inside].sum(), rel=2e-3)
    assert traced.y_bits[inside].sum() == pytest.approx(y_bits[inside].sum(), rel=0.06)  # sigma is not a level's
    assert traced.y_bits.sum() < at_levels.sum()


def test_maps_add_up_to_its_streams(traced: Trace):
    rates = rate_map(traced)
    streams = {"slice 0": traced.file.slice_bytes[0], "z": traced.file.z_bytes}
    assert rates.names == list(streams)
    for name, bits in zip(rates.names, rates.bits, strict=True):
        assert 0 < 8 * streams[name] - bits.sum() <= STREAM_END_BITS
    assert traced.file.slice_bytes[0] > 200  # there was something to code
    assert dict(traced.file.parts)["header and other"] == 13 + 2 * 4


def test_latents_are_what_its_decoder_finds(model: Any, codec: ZooCodec, traced: Trace, photo: NDArray[np.uint8]):
    assert np.array_equal(traced.x_hat, codec.decode(codec.encode(photo, 1)))
    with torch.no_grad():
        out = model(torch.from_numpy(to_float(pad(photo)))[None])
        foreseen = model.h_s(torch.from_numpy(traced.z_hat.copy())[None])[0].numpy()
        x_hat = model.g_s(torch.from_numpy(traced.y_hat.copy())[None])
    assert np.allclose(np.concatenate([traced.sigma, traced.mu]), foreseen, atol=1e-5)
    assert torch.allclose(x_hat, out["x_hat"], atol=1e-4)
    assert np.abs(traced.refinement).max() < 1e-5
    assert np.abs(traced.y - traced.y_hat).max() < 0.5 + 1e-4


@pytest.mark.parametrize("quality", [0, -1, 9])
def test_a_checkpoint_that_there_is_not_is_refused(codec: ZooCodec, quality: int):
    with pytest.raises(ValueError, match=f"quality is {quality}; must be the number of a checkpoint"):
        scale_coding(codec, quality)
    with pytest.raises(ValueError, match=f"quality is {quality}; must be the number of a checkpoint"):
        trace_zoo(codec, np.zeros((64, 64, 3), np.uint8), quality)


def test_its_escapes_are_charged_as_its_coder_writes_them(codec: ZooCodec):
    gaussian = codec.model_of(1).gaussian_conditional
    symbols = np.random.default_rng(0).integers(-40_000, 40_000, 1000, dtype=np.int32)
    indexes = np.arange(1000, dtype=np.int32) % 64
    (stream,) = gaussian.compress(torch.from_numpy(symbols)[None, None].float(), torch.from_numpy(indexes)[None, None])
    bits = charged_bits(symbols, indexes, tables_of(gaussian)).sum()
    assert 0 < 8 * len(stream) - bits <= STREAM_END_BITS


def test_views_of_bits_and_of_sigma_take_it(codec: ZooCodec, traced: Trace):
    rates = RateMapView.of(traced, rate_map(traced))
    judged = calibrations(scale_coding(codec, 1), traced)
    assert list(judged) == ["all slices", "slice 0"]
    hyper = HyperView.of(traced, judged)
    assert judged["slice 0"].total_bits <= traced.y_bits.sum()  # but for what an escape costs beyond itself
    assert judged["slice 0"].total_bits > 0.75 * traced.y_bits.sum()
    assert judged["slice 0"].elements.sum() > 0.8 * traced.y.size  # small groups are left out
    for view in (rates, hyper):
        assert isinstance(view.picture().data, bytes)
    rates.close()
    hyper.close()


def test_views_of_what_it_lacks_say_so_in_one_line(traced: Trace, photo: NDArray[np.uint8]):
    with pytest.raises(ValueError, match=r"attention has shape .*: a model without a dictionary reads nothing$"):
        dictionary_use(traced)
    with pytest.raises(ValueError, match=r"^no block of windows to show"):
        AttentionView(photo, traced.window_attention)


def test_another_architecture_is_refused(tmp_path: Path, photo: NDArray[np.uint8]):
    (tmp_path / "weights.pth.tar").touch()
    codec = ZooCodec("mbt2018", [tmp_path / "weights.pth.tar"])
    with pytest.raises(ValueError, match="mbt2018 cannot be traced; of CompressAI's models only mbt2018-mean can"):
        trace_zoo(codec, photo, 1)


def bits_at_levels(model: Any, traced: Trace) -> NDArray[np.float32]:
    """What its likelihoods say of y if sigma is that of its level, as its tables have it: (M, h, w)."""
    gaussian = model.gaussian_conditional
    y, mu, sigma = (torch.from_numpy(each.copy())[None] for each in (traced.y, traced.mu, traced.sigma))
    scales = gaussian.scale_table[gaussian.build_indexes(sigma).long()]
    return -gaussian(y, scales, mu, training=False)[1][0].log2().detach().numpy()
