"""Records of the audit: found by their conditions, and said with them."""

import pytest

from dcae.anchor_audit import AnchorAudit, AuditCurve, AuditedRate

CURVE = AuditCurve(name="b", title="", averaging="", note="", points=())


def rate(percent: float | None, method: str) -> AuditedRate:
    interval = None if percent is None else (30.0, 38.0)
    return AuditedRate(
        codec="a", anchor="b", method=method, points_used="all", averaging="", percent=percent,
        psnr_interval_db=interval, reason="" if interval else "too few points",
    )  # fmt: skip


def test_spread_is_over_what_is_defined_and_unknown_names_are_refused():
    rates = (rate(-17.0, "akima"), rate(-21.0, "cubic"), rate(None, "pchip"))
    audit = AnchorAudit(codecs=(), anchors=(CURVE,), rates=rates)
    assert audit.spread("a") == (-21.0, -17.0)
    assert audit.methods == ("akima", "cubic", "pchip")
    assert audit.rate("a", "b", "pchip", "all").words == "a against b: not defined, too few points"
    with pytest.raises(ValueError, match="there is no rate of 'a', 'b', 'linear', 'all'"):
        audit.rate("a", "b", "linear", "all")
    with pytest.raises(ValueError, match="'c' has no BD-rate against b"):
        audit.spread("c")
