"""The shipped weights: named by what they hold, small enough, described, and fit for use."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import dcae
from dcae.analysis.baselines import baseline
from dcae.analysis.evaluate import MeanPoint, bd_rates, evaluate, mean_curve
from dcae.checkpoint import identity, shipped_names
from dcae.codec.codec import Codec
from dcae.config import PRESETS
from dcae.images import load_image
from dcae.rd import psnr_db
from dcae.samples import sample

MAX_BYTES = 16 * 2**20


def test_small_and_tiny_are_shipped_once_each():
    assert sorted(name.rsplit("-", 1)[0] for name in shipped_names()) == ["small", "tiny"]


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_shipped_weights_are_the_preset_in_half_precision_with_tables(preset: str):
    model = dcae.load(preset)
    assert model.config == PRESETS[preset]
    assert not model.training
    assert all(torch.equal(p.half().float(), p) for p in model.parameters())
    assert model.gaussian_conditional._quantized_cdf.shape[0] == {"small": 128, "tiny": 64}[preset]


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_name_of_shipped_weights_is_the_head_of_their_identity(preset: str):
    (name,) = [name for name in shipped_names() if name.startswith(preset)]
    assert name == f"{preset}-{identity(dcae.load(name))[:8]}"


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_each_weights_file_is_small_and_has_a_model_card(root: Path, preset: str):
    (path,) = (root / "data" / "weights").glob(f"{preset}-*.safetensors")
    assert path.stat().st_size <= MAX_BYTES
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    for topic in ("## Data", "## Training", "## Measured", "dcae eval", identity(dcae.load(preset))):
        assert topic in card, topic


def measured(root: Path, preset: str) -> tuple[dict[str, str], list[MeanPoint]]:
    """What `dcae eval` wrote of the shipped weights on Kodak's 24 photos: settings by codec, and mean curves."""
    (path,) = (root / "data" / "weights").glob(f"{preset}-*.eval.json")
    record = json.loads(path.read_text())
    return record["codecs"], [MeanPoint(**mean) for mean in record["means"]]


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_measured_figures_are_of_the_shipped_weights_and_stand_in_the_card(root: Path, preset: str):
    (name,) = [name for name in shipped_names() if name.startswith(preset)]
    codecs, means = measured(root, preset)
    ours = [mean for mean in means if mean.codec == name]
    assert codecs[name].endswith(identity(dcae.load(preset)))
    assert [mean.images for mean in ours] == [24] * 8
    card = (root / "data" / "weights" / f"{name}.md").read_text(encoding="utf-8")
    for mean in ours:
        assert f"| {mean.quality:.4g} | {mean.bpp:.4f} | {mean.psnr_db:.2f} |" in card
    (rate,) = [rate for rate in bd_rates(means, "jpeg") if rate.codec == name]
    assert f"| jpeg | {rate.percent:+.2f} % |" in card


def test_small_needs_38_percent_less_than_jpeg_and_less_than_webp(root: Path):
    _, means = measured(root, "small")
    against = {
        anchor: next(r for r in bd_rates(means, anchor) if r.codec.startswith("small")) for anchor in ("jpeg", "webp")
    }
    assert against["jpeg"].percent is not None
    assert against["jpeg"].percent <= -38
    assert against["webp"].percent is not None
    assert against["webp"].percent < 0


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_shipped_weights_serve_every_lambda(preset: str):
    codec = Codec(dcae.load(preset))
    photo = sample("coffee")[:256, :256]
    session = codec.open(photo)
    lmbdas = (0.0005, 0.0018, 0.013, 0.05, 0.15)
    sizes = [len(session.encode(lmbda)) for lmbda in lmbdas]
    assert sizes == sorted(sizes)
    qualities = [psnr_db(photo, session.reconstruct(lmbda)) for lmbda in lmbdas[:4]]
    assert qualities == sorted(qualities)


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_file_of_shipped_weights_is_as_long_as_estimated(preset: str):
    codec = Codec(dcae.load(preset))
    session = codec.open(sample("chelsea"))
    for lmbda in (0.0018, 0.05):
        data, estimate = session.encode(lmbda), session.estimate(lmbda)
        streams = 1 + codec.model.config.num_slices
        assert len(data) <= 1.005 * sum(estimate.bits.values()) / 8 + 72 + 8 * streams
        np.testing.assert_array_equal(codec.decode(data), session.reconstruct(lmbda))


@pytest.mark.slow
def test_small_needs_a_third_less_than_jpeg_on_photos_that_it_has_never_seen(kodak: list[Path]):
    photos = [(path.name, load_image(path)[64:448, 192:576]) for path in (kodak[4], kodak[13], kodak[22])]
    ours = evaluate("small", Codec(dcae.load("small")), photos, [0.0018, 0.0045, 0.0112, 0.05])
    jpeg = evaluate("jpeg", baseline("jpeg"), photos, [5, 10, 20, 40, 70, 90])
    (rate,) = bd_rates(mean_curve([*ours, *jpeg]), "jpeg")
    assert rate.percent is not None
    assert rate.percent < -33
