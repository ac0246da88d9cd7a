"""The measures of a decoded picture beside its original, by name; which of them this machine lacks, and why.

All are of 8-bit RGB images. Knows no codecs, files and rates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.vmaf import vmaf, vmaf_settings, why_not_vmaf
from dcae.feature_weights import WeightsFile
from dcae.metrics import dists, lpips, ms_ssim
from dcae.rd import psnr_db, psnr_y_db

Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One number of a picture beside its original.

    Attributes:
        of: takes the picture and the original, uint8, H x W x 3; returns None where it is not defined for their size.
        settings: says how it is measured and with which versions, in one line; asked only where it is not missing.
        missing: says why this machine lacks it, or None if it does not.
    """

    of: Callable[[Image, Image], float | None]
    settings: Callable[[], str]
    missing: Callable[[], str | None] = lambda: None


def available_measures() -> dict[str, str]:
    """The settings of each measure that this machine has, by its name.

    >>> available_measures()["psnr_db"]
    'PSNR over all pixels and the channels R, G and B, dB'
    """
    return {name: measure.settings() for name, measure in MEASURES.items() if measure.missing() is None}


def missing_measures() -> dict[str, str]:
    """The measures that this machine lacks, each with the reason."""
    reasons = {name: measure.missing() for name, measure in MEASURES.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _lpips(picture: Image, original: Image) -> float | None:
    from dcae.lpips import MIN_LPIPS_SIDE_PX

    return None if min(picture.shape[:2]) < MIN_LPIPS_SIDE_PX else lpips(picture, original)


def _dists(picture: Image, original: Image) -> float | None:
    from dcae.dists import MIN_DISTS_SIDE_PX

    return None if min(picture.shape[:2]) < MIN_DISTS_SIDE_PX else dists(picture, original)


def _why_not_lpips() -> str | None:
    from dcae.lpips import WEIGHTS_FILE

    return _why_not_read(WEIGHTS_FILE)


def _why_not_dists() -> str | None:
    from dcae.dists import FEATURES_FILE, TERMS_FILE

    return _why_not_read(FEATURES_FILE, TERMS_FILE)


def _why_not_read(*files: WeightsFile) -> str | None:
    try:
        for file in files:
            file.read()
    except ValueError as error:
        return str(error)
    return None


def _with_torch(words: str, *packages: str) -> str:
    return ", ".join([words, *(f"{package} {version(package)}" for package in (*packages, "torch"))])


def _lpips_settings() -> str:
    from dcae.lpips import WEIGHTS_FILE

    return _with_torch(f"LPIPS 0.1 by AlexNet, weights of {WEIGHTS_FILE.words}")


def _dists_settings() -> str:
    from dcae.dists import FEATURES_FILE, TERMS_FILE

    return _with_torch(f"DISTS by VGG16 at full size, weights of {FEATURES_FILE.words} and {TERMS_FILE.words}")


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "psnr_db": Measure(of=psnr_db, settings=lambda: "PSNR over all pixels and the channels R, G and B, dB"),
        "psnr_y_db": Measure(
            of=psnr_y_db,
            settings=lambda: "PSNR of Y = 0.299 R + 0.587 G + 0.114 B, not rounded (BT.601, full range), dB",
        ),
        "ms_ssim": Measure(
            of=ms_ssim,
            settings=lambda: _with_torch("MS-SSIM, 5 scales, mean of R, G and B, float64", "pytorch-msssim"),
        ),
        "lpips": Measure(of=_lpips, settings=_lpips_settings, missing=_why_not_lpips),
        "dists": Measure(of=_dists, settings=_dists_settings, missing=_why_not_dists),
        "vmaf": Measure(of=vmaf, settings=lambda: f"VMAF, {vmaf_settings()}", missing=why_not_vmaf),
    }
)
"""Every measure by its name, whether or not this machine has it."""
