"""Mean curves over Kodak's 24 photos that were measured here: our own weights and what they were compared with.

They lie beside the weights (`data/weights/*.eval.json`, as `dcae eval` writes them) and are found through
importlib.resources. Knows numbers and words. What others published is in `dcae.published_curves`.
"""

import json
import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dcae.shipped_weights import shipped_weights


@dataclass(frozen=True, kw_only=True)
class MeanCurve:
    """One codec's mean rate-distortion curve over Kodak's 24 photos, of real files, from low to high rate.

    Attributes:
        name: what tables call the codec: the weights' immutable name, or such as "jpeg".
        is_ours: whether these are weights of ours.
        settings: the encoder, its version and options.
        averaging: how the points of the photos became one.
        quality: the codec's own dial at each point.
        bpp: mean bits per pixel of each point.
        psnr_db: mean RGB PSNR of each point, dB.
        ms_ssim: mean MS-SSIM of each point, 0 to 1.
    """

    name: str
    is_ours: bool
    settings: str
    averaging: str
    quality: tuple[float, ...]
    bpp: tuple[float, ...]
    psnr_db: tuple[float, ...]
    ms_ssim: tuple[float | None, ...]


def kodak_means() -> dict[str, MeanCurve]:
    """The curves by name: shipped weights first, the best of them at the head, then each baseline once.

    >>> [name for name, curve in kodak_means().items() if not curve.is_ours][:2]
    ['jpeg', 'webp']
    """
    curves: dict[str, MeanCurve] = {}
    for weights in shipped_weights():
        file = files("dcae_data") / "weights" / f"{weights}.eval.json"
        if file.is_file():
            measured = _curves(json.loads(file.read_text("utf-8")), weights)
            curves = measured | curves  # a baseline of several evaluations stays the first one's
    ours = sorted((curve for curve in curves.values() if curve.is_ours), key=lambda curve: -max(curve.psnr_db))
    return {curve.name: curve for curve in [*ours, *(curve for curve in curves.values() if not curve.is_ours)]}


def _curves(record: dict[str, Any], weights: str) -> dict[str, MeanCurve]:
    """The curves of one evaluation."""
    return {
        name: MeanCurve(
            name=name,
            is_ours=name == weights,
            settings=settings,
            averaging=record["averaging"],
            **_columns([mean for mean in record["means"] if mean["codec"] == name]),
        )
        for name, settings in record["codecs"].items()
    }


def _columns(means: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """A curve's points, column by column; JSON's null stands for an infinite PSNR."""
    means = sorted(means, key=lambda mean: mean["bpp"])
    columns = {key: tuple(mean[key] for mean in means) for key in ("quality", "bpp", "ms_ssim")}
    return columns | {"psnr_db": tuple(math.inf if mean["psnr_db"] is None else mean["psnr_db"] for mean in means)}
