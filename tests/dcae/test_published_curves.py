"""Published curves: listed with source, licence and hash, rising, and giving the BD-rates that are known of them."""

import hashlib
import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from dcae.published_curves import PublishedCurve, audit_curves, published_curves
from dcae.rd import bd_rate

# BD-rates against VTM on Kodak in percent (Akima), of points up to 1.1 bpp against VTM's up to 1.5 bpp. Computed
# outside this project from the files of CompressAI (results/image/kodak at 869a9f5) and DCAE (RD_data.json at bd00306),
# with the package bjontegaard. Those of the audit likewise: ELIC from CompressAI, TCM (RD_data.md), HPCM (README.md).
KNOWN = {
    "bmshj2018-factorized": 76.17,
    "bmshj2018-hyperprior": 36.33,
    "mbt2018-mean": 25.43,
    "bpg": 31.30,
    "dcae": -16.98,
    "elic": -7.03,
    "tcm-large": -11.73,
    "hpcm-large": -19.97,
}
CURVES = published_curves()
AUDIT = audit_curves()


def up_to(curve: PublishedCurve, max_bpp: float) -> list[tuple[float, float]]:
    return [(bpp, psnr_db) for bpp, psnr_db in curve.points if bpp <= max_bpp]


@pytest.mark.parametrize("name", KNOWN)
def test_bd_rate_against_vtm_is_the_known_one(name: str):
    percent = bd_rate(up_to(CURVES["vtm"], 1.5), up_to((CURVES | AUDIT)[name], 1.1))
    assert percent == pytest.approx(KNOWN[name], abs=0.005)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_every_curve_rises_and_covers_what_a_ladder_measures(curve: PublishedCurve):
    assert sorted(curve.points) == curve.points
    assert list(curve.psnr_db) == sorted(curve.psnr_db)
    assert len(curve.points) >= 6
    assert curve.bpp[0] < 0.15
    assert curve.bpp[-1] > 0.8


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_every_curve_states_its_public_source_at_one_commit_its_averaging_and_what_to_mind(curve: PublishedCurve):
    repository, commit = re.match(r"(\S+/\S+), commit ([0-9a-f]{7}), ", curve.source).groups()  # pyright: ignore[reportOptionalMemberAccess]
    assert re.match(rf"https://github\.com/{repository}/blob/{commit}[0-9a-f]{{33}}/\S+\.json$", curve.url)
    assert curve.averaging.startswith("mean over the 24 pictures of each picture's own bpp and RGB PSNR")
    assert curve.title
    assert curve.note


@pytest.mark.parametrize("curve", AUDIT.values(), ids=AUDIT)
def test_every_curve_of_the_audit_rises_and_states_its_source(curve: PublishedCurve):
    assert sorted(curve.points) == curve.points
    assert list(curve.psnr_db) == sorted(curve.psnr_db)
    assert len(curve.points) >= 6
    assert curve.title
    assert curve.note
    assert curve.averaging == "not stated" or curve.averaging.startswith("mean over the 24 pictures of each picture's")
    repository, at = curve.source.split(", ")[:2]
    commit = at.removeprefix("commit ") if at.startswith("commit ") else None
    start = f"https://github.com/{repository}/" + (f"blob/{commit}" if commit else "issues/3")
    assert curve.url.startswith(start)


def test_the_two_lists_share_no_name():
    assert not CURVES.keys() & AUDIT.keys()


def test_other_measurements_of_the_bench_lie_on_the_second_curve_of_vtm():
    """CompressAI's issue 324 has VTM 17 at QP 27, by the same bench: 0.8748 bpp, 36.891 dB."""
    bench = AUDIT["vtm-12.1-bench"]
    assert np.interp(np.log(0.8748474), np.log(bench.bpp), bench.psnr_db) == pytest.approx(36.8908, abs=0.05)


def test_the_note_of_vtm_says_that_it_is_a_trap():
    assert "leaves out the loss from RGB to YCbCr" in CURVES["vtm"].note


def test_a_curve_is_frozen():
    with pytest.raises(FrozenInstanceError, match="bpp"):
        CURVES["vtm"].bpp = ()  # pyright: ignore[reportAttributeAccessIssue]


def test_every_published_file_has_the_hash_that_the_readme_states(root: Path):
    readme = (root / "data" / "README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| (\S+\.json) \| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    shipped = (root / "data" / "published").iterdir()
    assert stated == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in shipped}


def test_every_curve_is_listed_with_its_source_and_licence(root: Path):
    readme = (root / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([\w.-]+) \| ([^|]+) \| ([^|]*(?:BSD|MIT|UC Irvine|none stated)[^|]*) \|$", readme, re.MULTILINE
    )
    assert [name for name, _, _ in rows] == [*CURVES, *AUDIT]
    for curve in (CURVES | AUDIT).values():
        repository, at = curve.source.split(", ")[:2]
        if at.startswith("commit "):
            assert f"https://github.com/{repository}) at {at.removeprefix('commit ')}" in readme
        else:
            assert f"]({curve.url})" in readme
