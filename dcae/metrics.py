"""Perceptual measures of two 8-bit images, by torch, which is imported when the first one is asked for.

So a lesson shows its explorer before torch has come. Knows nothing of codecs and rates; what needs no torch (PSNR,
bpp, BD-rate) is in `dcae.rd`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dcae.images import check_image

if TYPE_CHECKING:
    from torch import Tensor

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


def _batch(image: NDArray[np.uint8]) -> Tensor:
    import torch

    return torch.from_numpy(image.transpose(2, 0, 1).astype(np.float64))[None]  # 1 x 3 x H x W


def _window() -> Tensor:
    import torch

    # The package's own window is a float32 one, whose sum is not 1 to the last bit.
    t = torch.arange(_WINDOW_PX, dtype=torch.float64) - _WINDOW_PX // 2
    gauss = torch.exp(-(t**2) / (2 * _WINDOW_SIGMA_PX**2))
    return (gauss / gauss.sum()).expand(3, 1, 1, _WINDOW_PX)  # 3 x 1 x 1 x 11
