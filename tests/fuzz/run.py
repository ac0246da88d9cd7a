"""Hostile input by the hundred thousand: `python run.py [--count N] [--seed S] [--workers W] [--targets A,B]`.

Each mutant is refused in one line or read; anything else is a failure and is named by target, seed and number: another
exception, a signal, a second of the processor or 200 MB beyond what an honest input of its kind takes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

TARGETS = {"files": 0.5, "images": 0.3, "weights": 0.05, "configs": 0.05, "logs": 0.05, "votes": 0.05}
"""What is attacked, and with which share of the mutants."""
SECONDS, MEGABYTES = 1.0, 200.0
"""How much more than an honest one a hostile input may take."""
DEADLINE_S = 60
"""A worker that says nothing for so long is ended: the mutant hangs."""


class Worker:
    """A child process, started anew when it has died."""

    def __init__(self, target: str, seed: int, folder: str) -> None:
        self.environment = os.environ | {"TMPDIR": folder}  # it is killed, so that it leaves what it has made
        self.command = [sys.executable, str(Path(__file__).with_name("worker.py")), target, str(seed)]
        self.child: subprocess.Popen[str] | None = None

    def try_(self, number: int) -> dict:
        """What became of a mutant."""
        if self.child is None:
            self.child = self._begun()
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        watch = threading.Timer(DEADLINE_S, self.child.kill)
        watch.start()
        try:
            self.child.stdin.write(f"{number}\n")
            self.child.stdin.flush()
            line = self.child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if line:
            return json.loads(line)
        code, self.child = self.child.wait(), None
        return {"fate": f"the process ended with {code}", "failed": True, "seconds": 0.0, "grown_mb": 0.0, "bytes": 0}

    def _begun(self) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        child = subprocess.Popen(self.command, env=self.environment, **pipes)
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            raise RuntimeError(f"{' '.join(self.command)} ended before it was ready")
        return child

    def end(self) -> None:
        """Ends the process, if there is one."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()


class Findings:
    """Fates, counted; a failure is printed at once, with what is needed to see it again."""

    def __init__(self, count: int) -> None:
        self.bar = tqdm(total=count, unit=" mutants", mininterval=5)
        self.lock = threading.Lock()
        self.fates: Counter[str] = Counter()
        self.failed = 0
        self.slowest = self.largest = 0.0

    def add(self, target: str, seed: int, number: int, answer: dict) -> None:
        """Takes in what became of one mutant; from any thread."""
        with self.lock:
            self.fates[f"{target}: {answer['fate']}"] += 1
            self.slowest, self.largest = max(self.slowest, answer["seconds"]), max(self.largest, answer["grown_mb"])
            if answer["failed"] or answer["seconds"] > SECONDS or answer["grown_mb"] > MEGABYTES:
                took = f"{answer['seconds']:.2f} s, {answer['grown_mb']:.0f} MB"
                self.failed += 1
                self.bar.write(f"FAILED {target} seed {seed} number {number}: {answer['fate']} ({took})")
            self.bar.update()


def attack(target: str, seed: int, numbers: range, findings: Findings, folder: str) -> None:
    """Tries the mutants of these numbers, one after the other, with what they write in a folder."""
    worker = Worker(target, seed, folder)
    try:
        for number in numbers:
            findings.add(target, seed, number, worker.try_(number))
    finally:
        worker.end()


def main(count: int, seed: int, workers: int, targets: list[str]) -> Findings:
    """Tries so many mutants of all targets together, in as many processes at a time as there are workers."""
    whole = sum(TARGETS[target] for target in targets)
    shares = {target: max(1, round(count * TARGETS[target] / whole)) for target in targets}
    findings = Findings(sum(shares.values()))
    with tempfile.TemporaryDirectory() as folder, findings.bar, ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(attack, target, seed, range(first, share, workers), findings, folder)
            for target, share in shares.items()
            for first in range(workers)
        ]
        for job in jobs:
            job.result()
    return findings


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--targets", default=",".join(TARGETS))
    asked = parser.parse_args()
    found = main(asked.count, asked.seed, asked.workers, asked.targets.split(","))
    for fate, times in found.fates.most_common():
        print(times, fate)
    print(f"slowest {found.slowest:.2f} s, largest {found.largest:.0f} MB more, {sum(found.fates.values())} mutants")
    print(found.failed, "failed")
    sys.exit(bool(found.failed))
