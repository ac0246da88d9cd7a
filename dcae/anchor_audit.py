"""How far one codec's BD-rate depends on what it is compared with, and how: records of curves and percentages.

Knows numbers and words. Does not know where curves come from, nor how a percentage is computed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AuditCurve:
    """One codec's curve, with what must stand beside a number that is made from it.

    Attributes:
        name: what tables call it.
        title: what it is, in words.
        averaging: how the points of the photos became one.
        note: where it is from and what to mind.
        points: (bpp, PSNR in dB), from low to high rate.
    """

    name: str
    title: str
    averaging: str
    note: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class AuditedRate:
    """One BD-rate with all of its conditions.

    Attributes:
        codec: whose curve is judged.
        anchor: what it is compared with.
        method: how the points were joined.
        points_used: which points of the two curves were used, in words.
        averaging: of both curves, or of each if they differ.
        percent: negative if the codec needs fewer bits; None where it is not defined.
        psnr_interval_db: the PSNR that the points used have in common; None where it is not defined.
        reason: why there is no percentage; empty if there is one.
    """

    codec: str
    anchor: str
    method: str
    points_used: str
    averaging: str
    percent: float | None
    psnr_interval_db: tuple[float, float] | None
    reason: str

    @property
    def words(self) -> str:
        """The number with its conditions, as it may be quoted.

        >>> AuditedRate(codec="a", anchor="b", method="akima", points_used="all points", averaging="mean of PSNR",
        ...             percent=-17.04, psnr_interval_db=(29.2, 37.9), reason="").words
        'a against b: -17.0 % (akima, all points, 29.2 to 37.9 dB, averaging: mean of PSNR)'
        """
        if self.percent is None or self.psnr_interval_db is None:
            return f"{self.codec} against {self.anchor}: not defined, {self.reason}"
        low, high = self.psnr_interval_db
        conditions = f"{self.method}, {self.points_used}, {low:.1f} to {high:.1f} dB, averaging: {self.averaging}"
        return f"{self.codec} against {self.anchor}: {self.percent:+.1f} % ({conditions})"


@dataclass(frozen=True, kw_only=True)
class AnchorAudit:
    """Every codec against every anchor, in every way.

    Attributes:
        codecs: the curves that are judged.
        anchors: the curves that they are compared with.
        rates: one for each codec, anchor, method and choice of points.
    """

    codecs: tuple[AuditCurve, ...]
    anchors: tuple[AuditCurve, ...]
    rates: tuple[AuditedRate, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways of joining points, in their order."""
        return tuple(dict.fromkeys(rate.method for rate in self.rates))

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices of points, in their order."""
        return tuple(dict.fromkeys(rate.points_used for rate in self.rates))

    def rate(self, codec: str, anchor: str, method: str, points_used: str) -> AuditedRate:
        """One of the rates.

        Raises:
            ValueError: there is none under these names.
        """
        wanted = (codec, anchor, method, points_used)
        for rate in self.rates:
            if (rate.codec, rate.anchor, rate.method, rate.points_used) == wanted:
                return rate
        raise ValueError(f"there is no rate of {', '.join(map(repr, wanted))}")

    def spread(self, codec: str, anchors: tuple[str, ...] | None = None) -> tuple[float, float]:
        """The lowest and the highest percentage of a codec, against some anchors or against all.

        Raises:
            ValueError: none of its rates is defined.
        """
        names = [anchor.name for anchor in self.anchors] if anchors is None else anchors
        found = [r.percent for r in self.rates if r.codec == codec and r.anchor in names and r.percent is not None]
        if not found:
            raise ValueError(f"{codec!r} has no BD-rate against {', '.join(names)}")
        return min(found), max(found)
