"""What comes with the project: every distribution's licence is on the page, and our own weights hold no code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HARMLESS = {".safetensors", ".json", ".md", ".csv"}
"""What cannot run when it is read; a pickle can."""


@pytest.fixture(scope="module")
def licences():
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import licences
    finally:
        sys.path.pop(0)
    return licences


@pytest.fixture(scope="module")
def lock(root: Path) -> str:
    return (root / "requirements.lock").read_text()


def test_the_page_of_licences_has_what_the_lock_has(root: Path, licences, lock: str):
    page = (root / "docs" / "licences.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \| (\S+) \| (\S[^|]*) \|$", page, re.MULTILINE)[2:]
    assert {name: version for name, version, _ in rows} == licences.locked(lock)
    assert len(rows) > 200
    assert all(licence != "UNKNOWN" for _, _, licence in rows)


def test_most_of_the_lock_is_for_linux(licences, lock: str):
    assert len(licences.locked(lock)) >= len(re.findall("^[^ #]", lock, re.MULTILINE)) - 5


def test_what_has_no_licence_or_is_not_installed_is_refused(licences):
    stated = [{"Name": "a_b", "Version": "1", "License": "MIT"}]
    assert "| a-b | 1 | MIT |" in licences.page(stated, "a-b==1 \\\n")
    with pytest.raises(ValueError, match=r"a-b 2 of the lock is not installed"):
        licences.page(stated, "a-b==2 \\\n")
    with pytest.raises(ValueError, match="does not say its licence"):
        licences.page([stated[0] | {"License": "UNKNOWN"}], "a-b==1 \\\n")


def test_shipped_weights_are_data_and_nothing_that_runs(root: Path):
    command = ["git", "ls-files", "-z", "data/weights"]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    there = {path.name for path in (root / "data" / "weights").iterdir()}
    names = there | {Path(name).name for name in listing if name}
    assert any(name.endswith(".safetensors") for name in names)
    assert {name for name in names if Path(name).suffix not in HARMLESS} == set()
