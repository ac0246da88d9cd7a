"""What summaries of DCAE say of it, held against what was measured: a verdict for each claim, from numbers alone.

Knows intervals, curves and words. Measures nothing: shapes, seconds and curves are handed in, by `dcae.analysis.speed`,
by a trace or by the data of the package.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

import numpy as np

Verdict = Literal["holds", "does not hold", "depends", "not measured here"]
Interval = tuple[float, float]

RAW_BPP = 24
"""Bits of a pixel that is not compressed."""
BALANCED_RATIO = 1.5
"""Parts of which the largest is at most so many times the smallest are called balanced here."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim and what became of it.

    Attributes:
        claim: what is said.
        measured: what was found instead, with its units.
        source: where that comes from: the network, the clock, a file, a paper, a training run.
        verdict: `holds`, `does not hold`, `depends` (on what is meant) or `not measured here`.

    Raises:
        ValueError: the verdict is none of these.
    """

    claim: str
    measured: str
    source: str
    verdict: Verdict

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"verdict is {self.verdict!r}; must be one of {', '.join(get_args(Verdict))}")


def scales_claim(
    claim: str, claimed: tuple[int, int], side_px: int, y_side: int, z_side: int, source: str = "shapes"
) -> Claim:
    """At which fraction of the image's sides y and z stand.

    Args:
        claim: What is said.
        claimed: Pixels of a place of y and of z, as is said.
        side_px: Of an image, px.
        y_side: Of its y, in places.
        z_side: Of its z.
        source: The network.

    >>> scales_claim("y at 1/32, z at 1/128", (32, 128), 256, 16, 4).measured
    'y at 1/16, z at 1/64'
    """
    found = side_px // y_side, side_px // z_side
    measured = f"y at 1/{found[0]}, z at 1/{found[1]}"
    return Claim(claim=claim, measured=measured, source=source, verdict=_verdict([found == claimed]))


def share_claim(claim: str, claimed: Interval, shares: Mapping[str, float], source: str) -> Claim:
    """A share of the time; where it can be read in several ways, each with its share of the whole, 0 to 1.

    >>> share_claim("40-60 %", (0.4, 0.6), {"coder": 0.1, "coder and model": 0.5}, "timed").verdict
    'depends'
    """
    measured = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    return Claim(
        claim=claim, measured=measured, source=source, verdict=_verdict(_within(s, claimed, 3) for s in shares.values())
    )


def speedup_claim(claim: str, claimed: Interval, seconds: Mapping[str, tuple[float, float]], source: str) -> Claim:
    """How many times as fast something is; seconds before and after, for each way to read the claim.

    >>> speedup_claim("2-3 times", (2, 3), {"alone": (0.5, 0.2), "in all": (0.6, 0.5)}, "timed").measured
    'alone 2.50 times as fast, in all 1.20'
    """
    ratios = {name: before / after for name, (before, after) in seconds.items()}
    first, *others = (f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    measured = ", ".join([f"{first} times as fast", *others])
    verdict = _verdict(_within(ratio, claimed, 2) for ratio in ratios.values())
    return Claim(claim=claim, measured=measured, source=source, verdict=verdict)


def growth_claim(claim: str, claimed: Interval, power: float, source: str) -> Claim:
    """With which power of a size something grows.

    >>> growth_claim("quadratic", (1.8, 2.2), 1.04, "timed").measured
    'grows with the power 1.04'
    """
    measured = f"grows with the power {power:.2f}"
    return Claim(claim=claim, measured=measured, source=source, verdict=_verdict([_within(power, claimed, 2)]))


def psnr_claim(
    claim: str, claimed_db: Interval, at_bpp: float, bpp: Sequence[float], psnr_db: Sequence[float], source: str
) -> Claim:
    """The PSNR of a curve at a rate, between its points in log rate; below its lowest rate that point is a bound.

    Args:
        claim: What is said.
        claimed_db: The PSNR that is said.
        at_bpp: At which rate.
        bpp: Rates of the curve, ascending.
        psnr_db: PSNR at each.
        source: Whose curve.

    Raises:
        ValueError: the rate is above the whole curve.

    >>> psnr_claim("28.5 dB", (28, 29), 0.1, [0.14, 0.26], [23.9, 26.7], "JPEG").measured
    'below 23.9 dB: that takes 0.140 bpp'
    """
    if at_bpp > bpp[-1]:
        raise ValueError(f"{at_bpp} bpp is above the curve, which ends at {bpp[-1]}")
    if at_bpp < bpp[0]:
        refuted: Verdict = "does not hold" if psnr_db[0] <= claimed_db[0] else "not measured here"
        bound = f"below {psnr_db[0]:.1f} dB: that takes {bpp[0]:.3f} bpp"
        return Claim(claim=claim, measured=bound, source=source, verdict=refuted)
    found = float(np.interp(math.log(at_bpp), np.log(bpp), psnr_db))
    return Claim(
        claim=claim, measured=f"{found:.1f} dB", source=source, verdict=_verdict([_within(found, claimed_db, 1)])
    )


def compression_claim(claim: str, claimed_ratio: float, bpp: float, source: str) -> Claim:
    """How many times smaller a file is than its pixels, 24 bits each; what is claimed is taken as give or take a third.

    >>> compression_claim("8:1", 8, 0.125, "Kodak").measured
    '0.125 bpp, 192:1 (8:1 is 3 bpp)'
    """
    ratio = RAW_BPP / bpp
    measured = f"{bpp:.3f} bpp, {ratio:.0f}:1 ({claimed_ratio:g}:1 is {RAW_BPP / claimed_ratio:g} bpp)"
    near = claimed_ratio * 2 / 3, claimed_ratio * 4 / 3
    return Claim(claim=claim, measured=measured, source=source, verdict=_verdict([_within(ratio, near, 0)]))


def balance_claim(claim: str, channels: Sequence[int], slice_bytes: Sequence[int], source: str) -> Claim:
    """Whether slices are alike: in channels, and in what they cost in one file.

    >>> balance_claim("balanced", [64, 64], [300, 100], "a file").measured
    '64, 64 channels; 75 %, 25 % of the bytes'
    """
    shares = [size / sum(slice_bytes) for size in slice_bytes]
    percents = ", ".join(f"{100 * share:.0f} %" for share in shares)
    measured = f"{', '.join(map(str, channels))} channels; {percents} of the bytes"
    alike = [max(each) <= BALANCED_RATIO * min(each) for each in (channels, slice_bytes)]
    return Claim(claim=claim, measured=measured, source=source, verdict=_verdict(alike))


def ablation_claim(claim: str, recipes: Sequence[str]) -> Claim:
    """What short training runs of the package say of recipes: nothing, where their seeds differ by more.

    Args:
        claim: That these are no worse than the network as it is.
        recipes: Names in the table of `dcae bench ablations`.

    >>> ablation_claim("4 to 8 slices are typical", ["slices_4", "slices_8"]).verdict
    'not measured here'
    """
    record = json.loads((files("dcae_data") / "weights" / "ablations.json").read_text("utf-8"))
    rates = {name: record["bd_percent"][name] for name in recipes}
    measured = ", ".join(f"{name} {mean:+.1f} ± {within:.1f} %" for name, (mean, within) in rates.items())
    return Claim(
        claim=claim,
        measured=f"BD-rate {measured}",
        source=f"training runs of {record['steps']} steps with {record['seeds']} seeds",
        verdict="not measured here" if all(abs(mean) <= within for mean, within in rates.values()) else "depends",
    )


def unmeasured(claim: str, reason: str) -> Claim:
    """A claim that nothing here can judge, and why.

    >>> unmeasured("batch 16", "all runs had batch 8").verdict
    'not measured here'
    """
    return Claim(claim=claim, measured=reason, source="", verdict="not measured here")


def claims_table(claims: Iterable[Claim]) -> str:
    """The claims as a table in Markdown.

    >>> print(claims_table([unmeasured("fast", "no clock")]))
    | what is said | verdict | measured | by |
    |---|---|---|---|
    | fast | **not measured here** | no clock |  |
    """
    head = ["| what is said | verdict | measured | by |", "|---|---|---|---|"]
    return "\n".join([*head, *(f"| {c.claim} | **{c.verdict}** | {c.measured} | {c.source} |" for c in claims)])


def _within(value: float, interval: Interval, decimals: int) -> bool:
    """Judged by the number that is shown, so that a verdict does not contradict what stands beside it."""
    return interval[0] <= round(value, decimals) <= interval[1]


def _verdict(readings: Iterable[bool]) -> Verdict:
    """Of one reading of a claim or several."""
    readings = list(readings)
    return "holds" if all(readings) else "depends" if any(readings) else "does not hold"
