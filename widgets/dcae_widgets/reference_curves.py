"""Kodak's mean curves as a rate-distortion plot takes them: those that were measured here, and published ones.

Each says its source. Knows the project's own records of numbers. Does not know how they are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dcae.kodak_means import MeanCurve, kodak_means
from dcae.published_curves import PublishedCurve, audit_curves, published_curves
from dcae.rd import ms_ssim_db


def reference_curves() -> list[dict[str, Any]]:
    """All of them, in the form of `RdPlot.references`.

    >>> [(curve["group"], curve["name"]) for curve in reference_curves()][-2:]
    [('published', 'tcm-large'), ('published', 'hpcm-large')]
    """
    others = published_curves() | audit_curves()
    return [*map(_measured, kodak_means().values()), *map(_published, others.values())]


def _measured(curve: MeanCurve) -> dict[str, Any]:
    columns = (curve.quality, curve.bpp, curve.psnr_db, curve.ms_ssim)
    symbol = "λ" if curve.is_ours else "quality"
    points = [
        _point(bpp, psnr_db, f"{symbol} {quality:g}", ms) for quality, bpp, psnr_db, ms in zip(*columns, strict=True)
    ]
    settings = f"DCAE, weights {curve.name}" if curve.is_ours else curve.settings  # which say 64 digits of the identity
    source = f"measured here on Kodak's 24 photos: {settings}; {curve.averaging}"
    return {"name": curve.name, "group": "means", "points": points, "source": source, "ours": curve.is_ours}


def _published(curve: PublishedCurve) -> dict[str, Any]:
    points = [_point(bpp, psnr_db) for bpp, psnr_db in curve.points]
    source = f"{curve.title}. {curve.source}; averaging: {curve.averaging}"
    return {"name": curve.name, "group": "published", "points": points, "source": source, "ours": False}


def _point(bpp: float, psnr_db: float, label: str = "", ms_ssim: float | None = None) -> Sequence[Any]:
    return [bpp, psnr_db, label, None if ms_ssim is None else ms_ssim_db(ms_ssim)]
