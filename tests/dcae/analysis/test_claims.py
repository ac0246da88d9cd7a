"""A verdict follows from numbers alone: each claim is held up by numbers that bear it out, and falls by others."""

import json
import re
from pathlib import Path

import pytest

from dcae.analysis import claims
from dcae.analysis.claims import (
    Claim,
    ablation_claim,
    balance_claim,
    claims_table,
    compression_claim,
    growth_claim,
    psnr_claim,
    scales_claim,
    share_claim,
    speedup_claim,
    unmeasured,
)


def test_scales_hold_or_not():
    assert scales_claim("y at 1/16, z at 1/64", (16, 64), 192, 12, 3).verdict == "holds"
    refuted = scales_claim("y at 1/32, z at 1/128", (32, 128), 192, 12, 3)
    assert (refuted.verdict, refuted.measured) == ("does not hold", "y at 1/16, z at 1/64")


def test_a_claim_that_can_be_read_in_two_ways_depends_on_which():
    verdicts = [
        share_claim("", (0.4, 0.6), {"a": a, "b": b}, "").verdict for a, b in ((0.5, 0.6), (0.1, 0.5), (0.1, 0.7))
    ]
    assert verdicts == ["holds", "depends", "does not hold"]
    found = speedup_claim("", (2, 3), {"alone": (0.5, 0.2), "in all": (1.0, 0.9)}, "")
    assert (found.verdict, found.measured) == ("depends", "alone 2.50 times as fast, in all 1.11")
    assert speedup_claim("", (2, 3), {"alone": (0.2, 0.5)}, "").verdict == "does not hold"


def test_a_verdict_does_not_contradict_the_number_beside_it():
    assert share_claim("", (0.4, 0.6), {"a": 0.3996}, "").verdict == "holds"
    assert speedup_claim("", (2, 3), {"a": (1.996, 1.0)}, "").verdict == "holds"
    assert psnr_claim("", (28, 29), 0.1, [0.1, 0.2], [27.96, 30.0], "").verdict == "holds"
    assert growth_claim("", (0.8, 1.2), 0.796, "").verdict == "holds"


def test_a_power_is_within_what_is_said_or_not():
    assert growth_claim("linear", (0.8, 1.2), 1.1, "").verdict == "holds"
    assert growth_claim("quadratic", (1.8, 2.2), 1.1, "").verdict == "does not hold"


def test_psnr_is_read_off_the_curve_in_log_rate():
    curve = [0.05, 0.2, 0.8], [26.0, 30.0, 34.0]
    assert psnr_claim("", (27, 29), 0.1, *curve, "").measured == "28.0 dB"
    assert psnr_claim("", (27, 29), 0.1, *curve, "").verdict == "holds"
    assert psnr_claim("", (31, 32), 0.1, *curve, "").verdict == "does not hold"


def test_below_the_curve_its_lowest_point_refutes_what_is_above_it_and_nothing_else():
    assert psnr_claim("", (28, 29), 0.1, [0.14, 0.26], [23.9, 26.7], "").verdict == "does not hold"
    assert psnr_claim("", (22, 23), 0.1, [0.14, 0.26], [23.9, 26.7], "").verdict == "not measured here"
    with pytest.raises(ValueError, match=r"0\.5 bpp is above the curve, which ends at 0\.26"):
        psnr_claim("", (22, 23), 0.5, [0.14, 0.26], [23.9, 26.7], "")


def test_eight_to_one_is_three_bits_a_pixel():
    assert compression_claim("8:1", 8, 3.0, "").verdict == "holds"
    refuted = compression_claim("8:1", 8, 0.1258, "")
    assert (refuted.verdict, refuted.measured) == ("does not hold", "0.126 bpp, 191:1 (8:1 is 3 bpp)")


def test_slices_of_equal_width_need_not_cost_the_same():
    assert balance_claim("", [64, 64], [100, 120], "").verdict == "holds"
    assert balance_claim("", [64, 64], [100, 300], "").verdict == "depends"
    assert balance_claim("", [64, 16], [100, 300], "").verdict == "does not hold"


def test_short_runs_say_nothing_within_the_interval_of_their_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "weights").mkdir()
    rates = {"slices_4": [-2.0, 2.0], "slices_8": [0.5, 1.0], "without_gain": [14.3, 14.2]}
    record = {"steps": 100, "seeds": 4, "bd_percent": rates}
    (tmp_path / "weights" / "ablations.json").write_text(json.dumps(record), "utf-8")
    monkeypatch.setattr(claims, "files", lambda _: tmp_path)
    found = ablation_claim("4 to 8 slices are typical", ["slices_4", "slices_8"])
    assert found.verdict == "not measured here"
    assert found.measured == "BD-rate slices_4 -2.0 ± 2.0 %, slices_8 +0.5 ± 1.0 %"
    assert found.source == "training runs of 100 steps with 4 seeds"
    assert ablation_claim("one network for all costs nothing", ["slices_8", "without_gain"]).verdict == "depends"


def test_the_table_of_short_runs_is_that_of_the_documentation(root: Path):
    text = (root / "docs" / "training.md").read_text("utf-8")
    record = json.loads((root / "data" / "weights" / "ablations.json").read_text("utf-8"))
    rows = re.findall(r"^\| `(\w+)` \| [\d,]+ \| [\d.]+ \| ([+-][\d.]+) ± ([\d.]+) % \|$", text, re.MULTILINE)
    assert {name: [float(mean), float(within)] for name, mean, within in rows} == record["bd_percent"]
    assert record["command"] in text
    assert len(record["command"].split("--seeds ")[1].split()[0].split(",")) == record["seeds"]


def test_the_table_has_a_line_for_each_claim():
    lines = claims_table([unmeasured("a", "why"), unmeasured("b", "why")]).splitlines()
    assert lines[2:] == ["| a | **not measured here** | why |  |", "| b | **not measured here** | why |  |"]


def test_another_verdict_is_refused():
    with pytest.raises(ValueError, match="verdict is 'maybe'; must be one of holds, does not hold, depends, not"):
        Claim(claim="a", measured="b", source="c", verdict="maybe")  # pyright: ignore[reportArgumentType]
