"""The audit under the hand: menus and bars choose one rate, which is said with its conditions."""

from pathlib import Path

import pytest

from dcae.anchor_audit import AnchorAudit, AuditCurve, AuditedRate
from dcae_widgets.anchor_view import AnchorView


def curve(name: str) -> AuditCurve:
    return AuditCurve(name=name, title=name, averaging="", note="a note", points=((0.1, 30.0), (1.0, 38.0)))


@pytest.fixture
def view() -> AnchorView:
    rates = [
        AuditedRate(codec="ours", anchor=anchor, method=method, points_used="all", averaging="same", percent=percent,
                    psnr_interval_db=(30.0, 38.0), reason="")
        for anchor, method, percent in (("old", "akima", -17.0), ("new", "akima", -21.0),
                                        ("old", "cubic", -17.5), ("new", "cubic", -21.5))
    ]  # fmt: skip
    return AnchorView(AnchorAudit(codecs=(curve("ours"),), anchors=(curve("old"), curve("new")), rates=tuple(rates)))


def test_menus_and_bars_choose_the_same_rate(view: AnchorView):
    assert view.chosen.percent == -17.0
    view._bars.chosen = 1
    assert view.controls["anchor"].value == "new"
    view.controls["method"].value = "cubic"
    assert view.chosen.percent == -21.5
    assert view._bars.series[0]["y"] == [-17.5, -21.5]
    assert "-21.5 %</p><p>ours against new: -21.5 % (cubic, all, 30.0 to 38.0 dB" in view._said.value


def test_picture_and_table_have_every_condition(view: AnchorView, tmp_path: Path):
    assert "averaging: same" in str(view.picture().alt)
    view.to_csv(tmp_path / "rates.csv")
    lines = (tmp_path / "rates.csv").read_text().splitlines()
    assert lines[0] == "codec,anchor,method,points_used,averaging,percent,psnr_interval_db,reason"
    assert len(lines) == 5
