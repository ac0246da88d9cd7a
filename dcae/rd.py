"""Rate and distortion of 8-bit images: PSNR of colours and of luma, MS-SSIM in dB, bits per pixel, BD-rate.

Numbers in, numbers out: knows nothing of codecs, files and torch. The perceptual measures are in `dcae.metrics`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BD_METHODS = ("akima", "pchip", "cubic")
"""How :func:`bd_rate` may join the points."""
MIN_BD_POINTS = 4
"""The fewest points of a curve for :func:`bd_rate`."""

_LUMA_THOUSANDTHS = (299, 587, 114)
_AT_A_TIME = 2**20
"""Values that are compared at a time: a large image's would take eight times its memory."""


def psnr_db(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio of two 8-bit images: 10 log10(255² / MSE), over all pixels and channels.

    Args:
        a: uint8, any shape, usually H x W x 3.
        b: the same shape. The two are interchangeable.

    Returns:
        dB; infinity if the two are identical.

    Raises:
        ValueError: not uint8, different shapes, or empty.

    >>> black = np.zeros((4, 4, 3), np.uint8)
    >>> round(psnr_db(black, black + 1), 2), psnr_db(black, black + 255), psnr_db(black, black)
    (48.13, 0.0, inf)
    """
    if a.dtype != np.uint8 or b.dtype != np.uint8:
        raise ValueError(f"images are {a.dtype} and {b.dtype}; both must be uint8")
    if a.shape != b.shape or a.size == 0:
        raise ValueError(f"images have shapes {a.shape} and {b.shape}; must be the same, and not empty")
    a, b = a.ravel(), b.ravel()
    squared_error = 0  # exact, whatever the image's size
    for start in range(0, a.size, _AT_A_TIME):
        piece = slice(start, start + _AT_A_TIME)
        difference = np.subtract(a[piece], b[piece], dtype=np.int32)
        squared_error += int(np.sum(difference * difference, dtype=np.int64))
    return float("inf") if squared_error == 0 else float(10 * np.log10(255**2 * a.size / squared_error))


def psnr_y_db(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the PSNR of two RGB images' luma, Y = 0.299 R + 0.587 G + 0.114 B (BT.601 in full range, as JPEG's).

    Y is not rounded to 8 bits, since under noise of 51 dB that took 1.2 dB off.

    Args:
        a: uint8, H x W x 3, RGB.
        b: the same shape. The two are interchangeable.

    Returns:
        dB; infinity if no pixel's luma differs.

    Raises:
        ValueError: not uint8, different shapes, not RGB, or empty.

    >>> black = np.zeros((4, 4, 3), np.uint8)
    >>> green = black + np.array([0, 1, 0], np.uint8)
    >>> round(psnr_y_db(black, black + 1), 2), round(psnr_y_db(black, green), 2), psnr_y_db(black, black)
    (48.13, 52.76, inf)
    """
    if a.dtype != np.uint8 or b.dtype != np.uint8:
        raise ValueError(f"images are {a.dtype} and {b.dtype}; both must be uint8")
    if a.shape != b.shape or a.size == 0 or a.ndim != 3 or a.shape[2] != 3:
        raise ValueError(f"images have shapes {a.shape} and {b.shape}; must be the same, H x W x 3, and not empty")
    thousandths = np.subtract(a, b, dtype=np.int32) @ np.array(_LUMA_THOUSANDTHS, np.int32)  # H x W
    squared_error = int(np.sum(np.square(thousandths, dtype=np.int64)))  # exact for 128 million pixels and more
    pixels = thousandths.size
    return float("inf") if squared_error == 0 else float(10 * np.log10(255_000**2 * pixels / squared_error))


def ms_ssim_db(value: float) -> float:
    """MS-SSIM in dB: -10 log10(1 - MS-SSIM); infinity for identical pictures.

    Args:
        value: 0 to 1.

    >>> round(ms_ssim_db(0.99), 6), ms_ssim_db(1.0)
    (20.0, inf)
    """
    return math.inf if value >= 1 else -10 * math.log10(1 - value)


def bpp(num_bytes: float, width: int, height: int) -> float:
    """Return bits per pixel of a whole file: 8 bytes / (width height).

    Args:
        num_bytes: the file's size, all of it; an estimate's may be fractional.
        width: of the image itself, px, without padding.
        height: likewise.

    Raises:
        ValueError: a size below 1 px, or fewer than 0 bytes.

    >>> bpp(24576, width=768, height=512)
    0.5
    """
    if num_bytes < 0 or min(width, height) < 1:
        raise ValueError(f"{num_bytes} bytes for {width} x {height} px; must be 0 or more, sides 1 or more")
    return 8 * num_bytes / (width * height)


def bd_rate(anchor: Sequence[tuple[float, float]], test: Sequence[tuple[float, float]], method: str = "akima") -> float:
    """Return how many more bits `test` needs than `anchor` at equal PSNR, in percent: the Bjontegaard delta rate.

    The mean distance of the two curves log(bpp) over PSNR, in the PSNR interval that both cover (Bjøntegaard,
    VCEG-M33, 2001), computed by the package `bjontegaard`. The joining of the points is a choice that belongs beside
    the number: Akima splines (the default) pass through all points and do not ring; "cubic" is the fit of 2001.

    Args:
        anchor: points (bpp, PSNR in dB) of the reference, at least 4, in any order.
        test: likewise of what is compared with it; another number of points is fine.
        method: one of :data:`BD_METHODS`.

    Returns:
        Percent; negative if `test` is better.

    Raises:
        ValueError: fewer than 4 points, a rate that is not positive, a value that is not finite, a PSNR that does not
            rise with the rate, two curves without a common PSNR interval, or an unknown method.

    >>> anchor = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]
    >>> round(bd_rate(anchor, [(rate / 2, psnr) for rate, psnr in anchor]), 6)
    -50.0
    """
    if method not in BD_METHODS:
        raise ValueError(f"method is {method!r}; must be one of {', '.join(BD_METHODS)}")
    (anchor_bpp, anchor_db), (test_bpp, test_db) = _curve("anchor", anchor), _curve("test", test)
    if max(anchor_db[0], test_db[0]) >= min(anchor_db[-1], test_db[-1]):
        raise ValueError(
            f"curves do not overlap: anchor covers {anchor_db[0]:.2f} to {anchor_db[-1]:.2f} dB, "
            f"test {test_db[0]:.2f} to {test_db[-1]:.2f} dB"
        )
    import bjontegaard  # here, not above: it imports matplotlib, which nothing else in the core needs

    percent: Any = bjontegaard.bd_rate(
        anchor_bpp, anchor_db, test_bpp, test_db, method, require_matching_points=False, min_overlap=0
    )
    return float(percent)


def _curve(name: str, points: Sequence[tuple[float, float]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a curve's rates and PSNRs, both strictly increasing."""
    pairs = np.asarray(sorted(points), dtype=np.float64)
    if len(pairs) < MIN_BD_POINTS:
        raise ValueError(f"{name} has {len(pairs)} points; must be {MIN_BD_POINTS} or more")
    if pairs.shape != (len(pairs), 2) or not np.isfinite(pairs).all() or (pairs[:, 0] <= 0).any():
        raise ValueError(f"{name} has points {pairs.tolist()}; each must be (bpp above 0, PSNR in dB), finite")
    rates, psnrs = pairs[:, 0], pairs[:, 1]
    for k in range(1, len(pairs)):
        if rates[k] <= rates[k - 1] or psnrs[k] <= psnrs[k - 1]:
            raise ValueError(
                f"{name} goes from {rates[k - 1]:g} bpp, {psnrs[k - 1]:.2f} dB to {rates[k]:g} bpp, {psnrs[k]:.2f} dB; "
                "both must rise"
            )
    return rates, psnrs
