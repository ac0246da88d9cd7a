"""A machine unlike the encoder's finds its symbols: a short run of what `make exact` does with a hundred photos."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

RUN = Path(__file__).with_name("run.py")
SHORT = ["--weights", "tiny", "--photos", "1", "--side", "64", "--paper", "0", "--lambdas", "0.05"]
MACHINES = ["least: all of the oldest, threads=1"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUN), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_a_machine_unlike_the_encoders_finds_its_symbols(root: Path):
    only = [word for name in MACHINES for word in ("--only", name)]
    result = run(root / "data" / "images", *SHORT, *only)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "1 of 1 machines decode what was encoded"
    for machine in MACHINES:
        (line,) = [line for line in result.stdout.splitlines() if line.startswith(machine)]
        weights, files, refused, symbols, *other = line[len(machine) :].split()[:7]
        assert (weights, files, refused, other[:2]) == ("tiny", "1", "0", ["0", "0"])
        assert int(symbols) > 1000


@pytest.fixture(scope="module")
def worker():
    sys.path.insert(0, str(RUN.parent))
    try:
        import worker
    finally:
        sys.path.pop(0)
    return worker


def test_what_differs_or_is_missing_is_counted(worker):
    theirs = np.array([1, 2, 3, 4])
    assert worker.unlike([theirs[:2], theirs[2:]], theirs) == 0
    assert worker.unlike([np.array([1, 0])], theirs) == 3
    assert worker.unlike([], theirs) == 4


def test_a_picture_off_by_two_levels_or_in_too_many_pixels_is_wrong(worker):
    picture = np.full((100, 100, 3), 7, np.uint8)
    near, far, many = picture.copy(), picture.copy(), picture + np.uint8(1)
    near[0, :10] += 1
    far[0, 0] += 2
    assert [worker.off(each, picture)["wrong_pictures"] for each in (picture, near, far, many)] == [0, 0, 1, 1]
    assert worker.off(near, picture)["other_pixels"] == 10
