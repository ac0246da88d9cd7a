"""The audit of BD-rates: the same points against different anchors, joined, cut and averaged in different ways.

Two of the anchors are the published VTM curve with the loss of a conversion added to its error, so that one sees what
leaving it out does. Of our own weights the points of each photo are known, so that both averagings can be taken.
Knows curves and points. Does not know networks.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.resources import files

from dcae.anchor_audit import AnchorAudit, AuditCurve, AuditedRate
from dcae.published_curves import PublishedCurve, audit_curves, published_curves
from dcae.rd import BD_METHODS, bd_rate
from dcae.shipped_weights import immutable_name, shipped_weights

ROUNDED_DB, TRUNCATED_DB = 53.00, 46.42
"""PSNR of Kodak's photos after 8-bit BT.709 YCbCr and back, rounded to 8 bits; going there rounded, or truncated."""
CHOICES = {
    "all points": ((0.0, math.inf), (0.0, math.inf)),
    "codec to 1.1, anchor to 1.5 bpp": ((0.0, 1.1), (0.0, 1.5)),
    "0.1 to 0.9 bpp of both": ((0.1, 0.9), (0.1, 0.9)),
}
"""Which points are used, by its words: the range of bpp of the codec, and of the anchor."""
MEAN_OF_PSNR, PSNR_OF_MEAN = "mean of PSNR", "PSNR of the mean MSE"
"""The two averagings of our own points: each photo's PSNR averaged, or the photos' squared errors."""
VTM_ANCHORS = ("vtm", "vtm, rounding counted", "vtm, truncation counted", "vtm-12.1-bench")
"""The names of all curves of VTM in :func:`kodak_audit`."""


def with_loss(curve: AuditCurve, loss_db: float, name: str, title: str) -> AuditCurve:
    """A curve to whose mean squared error that of a conversion is added, as if the two were independent.

    Args:
        curve: whose PSNR leaves the conversion out.
        loss_db: PSNR of the conversion alone, dB.
        name: of the new curve.
        title: of the new curve.

    >>> curve = AuditCurve(name="a", title="", averaging="", note="", points=((1.0, 40.0),))
    >>> round(with_loss(curve, 40.0, "b", "").points[0][1], 2)
    36.99
    """
    points = tuple((bpp, -10 * math.log10(10 ** (-psnr / 10) + 10 ** (-loss_db / 10))) for bpp, psnr in curve.points)
    note = f"Computed from {curve.name}: an error of {loss_db:.2f} dB is added to each point's."
    return replace(curve, name=name, title=title, note=note, points=points)


def averaged_curve(record: str, codec: str, averaging: str) -> AuditCurve:
    """One codec's curve over the photos of an evaluation, averaged in either way; bpp is always averaged.

    Args:
        record: text of an `eval.json` (:func:`dcae.analysis.evaluate.json_text`).
        codec: its name there.
        averaging: `MEAN_OF_PSNR` or `PSNR_OF_MEAN`.

    Raises:
        ValueError: the record has no points of that codec, or there is no such averaging.
    """
    if averaging not in (MEAN_OF_PSNR, PSNR_OF_MEAN):
        raise ValueError(f"averaging is {averaging!r}; must be {MEAN_OF_PSNR!r} or {PSNR_OF_MEAN!r}")
    groups: dict[float, list[tuple[float, float]]] = {}
    measured = json.loads(record)["points"]
    for point in measured:
        if point["codec"] == codec:
            psnr = math.inf if point["psnr_db"] is None else point["psnr_db"]
            groups.setdefault(point["quality"], []).append((point["bpp"], psnr))
    if not groups:
        legal = ", ".join(dict.fromkeys(point["codec"] for point in measured))
        raise ValueError(f"there are no points of {codec!r}; there are of {legal or 'none'}")
    points = sorted(
        (_mean(bpp for bpp, _ in group), _averaged([p for _, p in group], averaging)) for group in groups.values()
    )
    note = f"{len(next(iter(groups.values())))} photos, real files, PSNR of 8-bit pictures."
    return AuditCurve(name=f"{codec}, {averaging}", title=codec, averaging=averaging, note=note, points=tuple(points))


def kodak_audit(own: str = "small") -> AnchorAudit:
    """Published codecs and shipped weights on Kodak's 24 photos, against VTM in four versions and WebP in two.

    Args:
        own: name or alias of shipped weights.

    Raises:
        ValueError: there are no such weights.
    """
    name = immutable_name(own)
    if name is None:
        raise ValueError(f"there are no weights {own!r}; there are {', '.join(shipped_weights())}")
    record = (files("dcae_data") / "weights" / f"{name}.eval.json").read_text("utf-8")
    curves = {name: _published(curve) for name, curve in (published_curves() | audit_curves()).items()}
    vtm, ways = curves["vtm"], (MEAN_OF_PSNR, PSNR_OF_MEAN)
    rounded = with_loss(vtm, ROUNDED_DB, VTM_ANCHORS[1], "VTM as published, the loss of rounded YCbCr counted")
    truncated = with_loss(vtm, TRUNCATED_DB, VTM_ANCHORS[2], "VTM as published, the loss of truncated YCbCr counted")
    codecs = [curves[key] for key in ("dcae", "hpcm-large", "tcm-large", "elic")]
    codecs += [averaged_curve(record, name, way) for way in ways]
    anchors = [vtm, rounded, truncated, curves["vtm-12.1-bench"], *(averaged_curve(record, "webp", w) for w in ways)]
    return audit(codecs, anchors)


def audit(codecs: Sequence[AuditCurve], anchors: Sequence[AuditCurve]) -> AnchorAudit:
    """Every codec against every anchor, by each method of :data:`dcae.rd.BD_METHODS` and each of `CHOICES`."""
    rates = [
        audited_rate(codec, anchor, method, choice)
        for codec in codecs
        for anchor in anchors
        for method in BD_METHODS
        for choice in CHOICES
    ]
    return AnchorAudit(codecs=tuple(codecs), anchors=tuple(anchors), rates=tuple(rates))


def audited_rate(codec: AuditCurve, anchor: AuditCurve, method: str, points_used: str) -> AuditedRate:
    """The BD-rate of one curve against another in one way; one that is not defined says why.

    Args:
        codec: whose curve is judged.
        anchor: what it is compared with.
        method: one of :data:`dcae.rd.BD_METHODS`.
        points_used: one of `CHOICES`.
    """
    (low, high), (anchor_low, anchor_high) = CHOICES[points_used]
    points = [point for point in codec.points if low <= point[0] <= high]
    others = [point for point in anchor.points if anchor_low <= point[0] <= anchor_high]
    percent, interval, reason = None, None, ""
    try:
        percent = bd_rate(others, points, method)
        interval = (max(points[0][1], others[0][1]), min(points[-1][1], others[-1][1]))
    except ValueError as error:  # two curves that have no BD-rate are a result, not a mistake
        reason = str(error)
    same = codec.averaging == anchor.averaging
    averaging = codec.averaging if same else f"{codec.averaging} against {anchor.averaging}"
    return AuditedRate(
        codec=codec.name, anchor=anchor.name, method=method, points_used=points_used, averaging=averaging,
        percent=percent, psnr_interval_db=interval, reason=reason,
    )  # fmt: skip


def _published(curve: PublishedCurve) -> AuditCurve:
    averaging = MEAN_OF_PSNR if curve.averaging.startswith("mean over the 24 pictures") else curve.averaging
    note = f"{curve.note} Source: {curve.source}."
    return AuditCurve(name=curve.name, title=curve.title, averaging=averaging, note=note, points=tuple(curve.points))


def _averaged(psnrs: Sequence[float], averaging: str) -> float:
    if averaging == MEAN_OF_PSNR:
        return _mean(psnrs)
    error = _mean(10 ** (-psnr / 10) for psnr in psnrs)  # of the peak's square
    return math.inf if error == 0 else -10 * math.log10(error)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return math.fsum(numbers) / len(numbers)
