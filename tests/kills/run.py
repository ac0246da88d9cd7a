"""Kills at moments drawn by chance: `python run.py [--count N] [--seed S] [--commands encode,train]`.

Each kill comes between a command's start and its honest end. What it leaves must be whole or absent, and the command,
begun again or resumed, must end with what an unbroken one gives. Exit status 1 where that is not so.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from commands import COMMANDS, Command, photos, visible

LIMIT_S = 600


def finished(command: list[str]) -> float:
    """Seconds that it takes.

    Raises:
        RuntimeError: if it fails.
    """
    began = time.monotonic()
    child = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command[2:])} ended with {child.returncode}: {child.stderr.strip()}")
    return time.monotonic() - began


def killed(command: list[str], after_s: float) -> bool:
    """Ends a command and all its processes after so long; whether it was still at work."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True) as child:
        try:
            child.wait(after_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
        return child.wait() == -signal.SIGKILL


def survives(command: Command, photos: Path, out: Path, after_s: float, whole: object) -> str:
    """One kill: what it met.

    Raises:
        Exception: whatever a half-written file, a command that does not go on, or another result leads to.
    """
    if not killed(command.begin(photos, out), after_s):
        met = "too late"
    else:
        met = "with files there" if visible(out) else "before any file"
    command.check(out)
    finished(command.go_on(photos, out))
    if command.result(out) != whole:
        raise ValueError("the end is not that of an unbroken one")
    return met


def attack(name: str, count: int, seed: int, folder: Path, photos: Path) -> list[str]:
    """Kills a command so many times, prints what the kills met, and returns what failed."""
    command, draw, met, failures = COMMANDS[name], random.Random(f"{seed}:{name}"), Counter[str](), []
    took_s = finished(command.begin(photos, folder / "whole"))
    whole = command.result(folder / "whole")
    for number in range(count):
        after_s = draw.uniform(0, took_s)
        try:
            met[survives(command, photos, folder / str(number), after_s, whole)] += 1
        except Exception as error:  # whatever it is, it is the finding
            failures.append(f"{name} seed {seed} number {number}, killed after {after_s:.2f} s: {error!r}")
            print("FAILED", failures[-1], flush=True)
    print(f"{name}: {took_s:.1f} s unbroken; {count} kills:", dict(met), flush=True)
    return failures


def main(count: int, seed: int, names: list[str]) -> list[str]:
    """Attacks all commands; what failed."""
    failures = []
    with tempfile.TemporaryDirectory() as place:
        pictures = Path(place) / "photos"
        pictures.mkdir()
        photos(pictures)
        for name in names:
            folder = Path(place) / name
            folder.mkdir()
            failures += attack(name, count, seed, folder, pictures)
    return failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", default=",".join(COMMANDS))
    asked = parser.parse_args()
    sys.exit(bool(main(asked.count, asked.seed, asked.commands.split(","))))
