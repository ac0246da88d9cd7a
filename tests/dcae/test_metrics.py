"""MS-SSIM: what it is 1 for, where it is not defined, and that it agrees with the definition."""

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d

from dcae.metrics import ms_ssim


def noisy(image: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def gradient() -> np.ndarray:
    """Smooth, 176 x 192 px, sides that halve four times without a remainder."""
    y, x = np.mgrid[:176, :192]
    return np.stack([y, x, (x + y) // 2], axis=2).astype(np.uint8)


def test_identical_images_have_ms_ssim_1(gradient):
    assert ms_ssim(gradient, gradient) == pytest.approx(1, abs=1e-12)


def test_a_flat_bright_image_has_ms_ssim_1_with_itself():
    white = np.full((161, 161, 3), 255, np.uint8)
    assert ms_ssim(white, white) == pytest.approx(1, abs=1e-12)


def test_more_noise_means_less_similarity(gradient):
    some, more = ms_ssim(gradient, noisy(gradient, 5)), ms_ssim(gradient, noisy(gradient, 20))
    assert some is not None
    assert more is not None
    assert 0 < more < some < 1


def test_it_is_the_ms_ssim_of_the_paper(gradient):
    """Wang, Simoncelli, Bovik 2003, written out: the law, against the package that computes it."""
    a, b = (torch.from_numpy(image).permute(2, 0, 1)[:, None].double() for image in (gradient, noisy(gradient, 10)))
    t = torch.arange(11, dtype=torch.float64) - 5
    window = torch.exp(-(t**2) / (2 * 1.5**2))
    window = (window[:, None] * window / window.sum() ** 2)[None, None]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    product = torch.ones(3, dtype=torch.float64)
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        if scale:
            a, b = avg_pool2d(a, 2), avg_pool2d(b, 2)
        mu_a, mu_b = conv2d(a, window), conv2d(b, window)
        var_a, var_b = conv2d(a * a, window) - mu_a**2, conv2d(b * b, window) - mu_b**2
        contrast = (2 * (conv2d(a * b, window) - mu_a * mu_b) + c2) / (var_a + var_b + c2)
        luminance = (2 * mu_a * mu_b + c1) / (mu_a**2 + mu_b**2 + c1)
        term = contrast * luminance if scale == 4 else contrast
        product = product * term.mean(dim=(1, 2, 3)) ** weight
    assert ms_ssim(gradient, noisy(gradient, 10)) == pytest.approx(float(product.mean()), abs=1e-9)


@pytest.mark.parametrize(("shape", "defined"), [((161, 161), True), ((160, 161), False), ((161, 160), False)])
def test_it_is_defined_from_161_px_a_side(shape: tuple[int, int], defined: bool):
    image = np.zeros((*shape, 3), np.uint8)
    assert (ms_ssim(image, image) is not None) == defined


def test_other_sizes_and_other_arrays_are_refused():
    image = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match=r"images have shapes \(8, 8, 3\) and \(8, 7, 3\); must be the same"):
        ms_ssim(image, image[:, :7])
    with pytest.raises(ValueError, match="image is float64; must be uint8"):
        ms_ssim(image, image / 255)  # pyright: ignore[reportArgumentType]
