"""The linear path at its start: an orthogonal lapped transform, its inverse, and what it is worth."""

import numpy as np
import pytest
import torch

from dcae.model.linear_path import BLOCK_PX, START_STEP, AnalysisPath, SynthesisPath, dct, prefilter


@pytest.mark.parametrize("block", [4, 8, 16])
def test_the_prefilter_and_the_dct_are_orthogonal(block: int):
    for matrix in (prefilter(block), dct(block)):
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(block), atol=1e-14)


def test_the_prefilter_leaves_what_is_constant():
    np.testing.assert_allclose(prefilter(16) @ np.ones(16), np.ones(16), atol=1e-14)


def coding_gain_db(transform: np.ndarray, correlation: float) -> float:
    """Of one block's rows over a first-order process, against coding samples: arithmetic over geometric mean."""
    place = np.arange(transform.shape[1])
    covariance = correlation ** np.abs(place[:, None] - place[None])
    variances = np.diag(transform @ covariance @ transform.T)
    return float(-10 * np.log10(variances).mean())


def test_the_prefilter_gains_0_3_db_over_the_dct_at_a_correlation_of_0_95():
    edges = np.eye(3 * 16)
    for edge in (16, 32):
        edges[edge - 8 : edge + 8, edge - 8 : edge + 8] = prefilter(16)
    lapped = np.hstack([np.zeros((16, 16)), dct(16), np.zeros((16, 16))]) @ edges
    gain = coding_gain_db(lapped, 0.95) - coding_gain_db(dct(16), 0.95)
    assert gain == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("channels", [1, 80, 320, 768])
def test_a_new_path_starts_with_orthonormal_basis_blocks(channels: int):
    rows = AnalysisPath(channels).conv.weight.detach()[:, :, 0, 0].double() * START_STEP
    torch.testing.assert_close(rows @ rows.T, torch.eye(channels, dtype=torch.float64), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 48), (64, 80)])
def test_with_all_768_channels_a_new_path_gives_the_image_back(height: int, width: int):
    torch.manual_seed(0)
    x = torch.rand(2, 3, height, width) - 0.5
    y = AnalysisPath(768)(x)
    assert y.shape == (2, 768, height // BLOCK_PX, width // BLOCK_PX)
    torch.testing.assert_close(SynthesisPath(768)(y), x, rtol=0, atol=1e-5)


def test_slice_0_holds_the_coarse_frequencies():
    ramp = torch.linspace(-0.5, 0.5, 64).expand(1, 3, 64, 64)
    energy = AnalysisPath(320)(ramp).detach().square().mean(dim=(0, 2, 3)).view(5, 64).sum(1)
    assert float(energy[0] / energy.sum()) > 0.999
