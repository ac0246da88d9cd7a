"""Files, pictures, weights and texts that someone who means harm could make, in processes of their own.

A short run of what `make fuzz` does by the hundred thousand.
"""

import subprocess
import sys
from pathlib import Path

import pytest

COUNTS = {"files": 800, "images": 800, "weights": 60, "configs": 500, "logs": 100, "votes": 100}
REACHED = {
    "files": ["decoded", "its symbols encode to other bytes", "symbols need", "level flag", "checksum", "lmbda"],
    "images": ["read", "damaged or cut", "not a picture", "at most"],
    "weights": ["read", "refused"],
    "configs": ["read", "refused"],
    "logs": ["0 lines unreadable", "1 lines unreadable"],
    "votes": ["read", "refused"],
}
"""Words of the fates that a run must have met: what does not reach the code proves nothing."""


@pytest.mark.parametrize("target", COUNTS)
def test_hostile_input_is_refused_in_one_line_or_read(target: str):
    script = Path(__file__).with_name("run.py")
    asked = ["--count", str(COUNTS[target]), "--workers", "1", "--targets", target]
    child = subprocess.run(
        [sys.executable, str(script), *asked], capture_output=True, text=True, timeout=600, check=False
    )
    assert child.returncode == 0, child.stdout + child.stderr
    for words in REACHED[target]:
        assert any(words in line for line in child.stdout.splitlines()), f"no mutant came to: {words}\n{child.stdout}"
