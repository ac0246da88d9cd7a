"""The codecs that DCAE is compared with, each in the project's one protocol (`dcae.codec.protocol`), by name.

Knows all of them, and says which this machine lacks and why. Knows no networks and measures nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType

from dcae.analysis.baseline_codec import Baseline
from dcae.analysis.jpeg_xl import JPEG_XL
from dcae.analysis.pillow_codecs import AVIF, AVIF_420, JPEG, JPEG_444, JPEG_2000, WEBP
from dcae.analysis.video_intra import HEVC, VVENC

_ALL: tuple[Baseline, ...] = (JPEG, JPEG_444, WEBP, AVIF, AVIF_420, JPEG_2000, JPEG_XL, HEVC, VVENC)

BASELINES: Mapping[str, Baseline] = MappingProxyType({codec.name: codec for codec in _ALL})
"""Every baseline by its name, whether or not this machine has it."""

PAGE_CODECS = ("jpeg", "webp", "jpeg-2000", "jpeg-xl", "avif", "hevc", "vvenc")
"""Whose curves stand beside ours in a page about one photo."""


def baseline(name: str) -> Baseline:
    """The baseline of this name, ready to use.

    Raises:
        ValueError: there is none, or this machine lacks it; the message says why.

    >>> baseline("jpeg").curve[:3]
    (5, 10, 15)
    """
    if name not in BASELINES:
        raise ValueError(f"there is no baseline {name!r}; legal: {', '.join(BASELINES)}")
    if reason := BASELINES[name].missing:
        raise ValueError(f"{name} is not available: {reason}")
    return BASELINES[name]


def fast_baselines() -> dict[str, Baseline]:
    """Those that this machine has and that find a file of a wanted size within seconds, by the names people call them.

    >>> list(fast_baselines())[0]
    'JPEG 4:2:0'
    """
    return {codec.label: codec for codec in (JPEG, WEBP, AVIF_420, JPEG_XL, JPEG_2000) if codec.missing is None}


def available_baselines() -> list[str]:
    """The names of the baselines that this machine has.

    >>> "jpeg" in available_baselines()
    True
    """
    return [name for name, codec in BASELINES.items() if codec.missing is None]


def missing_baselines() -> dict[str, str]:
    """The baselines that this machine lacks, each with the reason."""
    return {name: codec.missing for name, codec in BASELINES.items() if codec.missing}
