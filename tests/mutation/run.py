"""Do the tests notice when the code is wrong? `python run.py [--seed S] [--sample N] [--workers W]`.

mutmut changes one thing at a time in the body of a function (a comparison, an operator, a number, an argument) and runs
the tests that reach it: a mutant is killed if one fails or does not end. What is mutated and which tests are run stands
in pyproject.toml under [tool.mutmut]. Some files are done in full, of the codec and of the slice loop so many mutants
as are asked for, drawn by the seed.

survivors.toml names the survivors that are accepted, each with its reason; all others are printed as they are.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ACCEPTED = Path(__file__).with_name("survivors.toml")
IN_FULL = [
    "dcae.results",
    *(f"dcae.codec.{name}" for name in ("bitstream", "sections", "rate_control", "scale_levels")),
]
BY_SAMPLE = [["dcae.codec.codec", "dcae.codec.session", "dcae.codec.latent_coder"], ["dcae.model.slices"]]
KILLED = ("killed", "timeout", "segfault")
LEAST = 0.85
"""The share of mutants that must be killed, in each file."""


class Survivor(NamedTuple):
    """A change that no test notices, named by what stays the same when other lines move."""

    file: str
    function: str
    line: str
    mutant: str


def accepted() -> dict[Survivor, str]:
    """The survivors that are known, and why each is."""
    entries = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("survivor", [])
    return {Survivor(*(entry[field] for field in Survivor._fields)): entry["why"] for entry in entries}


def mutmut(*arguments: str) -> str:
    """What mutmut prints; it works in the folder mutants/, on a copy of the project."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # a process that has others cannot be forked
    ended = subprocess.run(command, cwd=ROOT, env=one_thread, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout[-4000:]}{ended.stderr}")
    return ended.stdout


def fates() -> dict[str, str]:
    """What became of each mutant so far, by mutmut's name for it."""
    parts = [line.strip().partition(": ") for line in mutmut("results", "--all", "true").splitlines()]
    return {name: fate for name, _, fate in parts if fate}


def module_of(name: str) -> str:
    """The module of a mutant.

    >>> module_of("dcae.results.xǁRDPointǁ__post_init____mutmut_3")
    'dcae.results'
    """
    return name.rpartition(".")[0]


def function_of(name: str) -> str:
    """The function, or the class and the method, of a mutant.

    >>> function_of("dcae.results.xǁRDPointǁ__post_init____mutmut_3"), function_of("a.x__that_do__mutmut_12")
    ('RDPoint.__post_init__', '_that_do')
    """
    found = re.fullmatch(r"x(?:ǁ(\w+)ǁ|_)(\w+)__mutmut_\d+", name.rpartition(".")[2])
    assert found is not None, name
    return ".".join(filter(None, found.groups()))


def survivor(name: str) -> Survivor:
    """Which change a mutant is."""
    lines = [line for line in mutmut("show", name).splitlines() if not line.startswith(("---", "+++"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Survivor(module_of(name).replace(".", "/") + ".py", function_of(name), before, after)


def drawn(names: list[str], seed: int, sample: int) -> list[str]:
    """The mutants that are tried of the files that are not done in full."""
    chosen = []
    for modules in BY_SAMPLE:
        known = sorted(name for name in names if module_of(name) in modules)
        chosen += random.Random(seed).sample(known, min(sample, len(known)))
    return chosen


def main(seed: int, sample: int, workers: int) -> bool:
    """Makes the mutants anew, tries them and prints what became of them. Returns whether enough were killed."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    limits = ("run", "--max-children", str(workers))
    mutmut(*limits, *(f"{module}.*" for module in IN_FULL))
    if sample:
        mutmut(*limits, *drawn(list(fates()), seed, sample))
    tried = {name: fate for name, fate in fates().items() if fate != "not checked"}
    dead = Counter(module_of(name) for name, fate in tried.items() if fate in KILLED)
    hung = Counter(module_of(name) for name, fate in tried.items() if fate == "timeout")
    enough = True
    for module, total in Counter(map(module_of, tried)).items():
        enough &= dead[module] >= LEAST * total
        print(f"{module}: {dead[module]} of {total} killed, {dead[module] / total:.1%} ({hung[module]} did not end)")
    reasons = accepted()
    alive = [(survivor(name), name, fate) for name, fate in tried.items() if fate not in KILLED]
    for known, name, fate in alive:
        says = reasons.get(known, "not accepted")
        print(f"\n{known.file} {known.function}: {fate}, {says} ({name})\n  - {known.line}\n  + {known.mutant}")
    print(f"\n{sum(dead.values())} of {len(tried)} killed, seed {seed};", end=" ")
    print(f"{sum(known not in reasons for known, *_ in alive)} of {len(alive)} survivors are not in {ACCEPTED.name}")
    return enough


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--sample", type=int, default=150, help="how many of the codec's, and of the slices'; 0: none")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    sys.exit(not main(asked.seed, asked.sample, asked.workers))
