"""Do the tests notice when the code is wrong? `python run.py [--seed S] [--sample N] [--workers W]`.

mutmut changes one thing at a time in the body of a function (a comparison, an operator, a number, an argument) and runs
those of the group's tests that reach it: a mutant is killed if one fails or does not end. Small files are done in full;
of the codec and of the slice loop so many mutants as are asked for, drawn by the seed.

survivors.toml names the survivors that are accepted, each with its reason; the others are printed as such.
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
WORK = ROOT / "build" / "mutation"
ACCEPTED = Path(__file__).with_name("survivors.toml")
KILLED = ("killed", "timeout", "segfault")
LEAST = 0.85
"""The share of mutants that must be killed, in each file."""


class Group(NamedTuple):
    """Files of dcae/ that are mutated together, in full or by a sample, and the files of tests/dcae/ that are run."""

    name: str
    files: list[str]
    tests: list[str]
    in_full: bool


GROUPS = [
    Group(
        "exact",
        ["results.py", *(f"codec/{name}.py" for name in ("bitstream", "sections", "rate_control", "scale_levels"))],
        [
            "test_results.py",
            *(f"codec/test_{name}.py" for name in ("bitstream", "sections", "rate_control", "scale_levels")),
        ],
        True,
    ),
    Group(
        "slices",
        ["model/slices.py", "model/neighbours.py", "model/trellis.py"],
        ["model/test_slices.py", "model/test_neighbours.py", "model/test_trellis.py"],
        False,
    ),
    Group(
        "codec",
        ["codec/codec.py", "codec/session.py", "codec/latent_coder.py"],
        [
            f"codec/test_{name}.py"
            for name in (
                "latent_coder",
                "codec",
                "golden_stream",
                "progressive",
                "slices_in_parts",
                "tiled_session",
                "refine",
            )
        ],
        False,
    ),
]

CANNOT_RUN = [
    "codec/test_bitstream.py::test_the_container_needs_nothing_beyond_the_standard_library",  # a mutant needs mutmut
    "codec/test_codec.py::test_a_picture_of_a_megapixel_takes_less_than_256_megabytes",  # in a process of its own
]


class Survivor(NamedTuple):
    """A change that no test notices, named by what stays the same when other lines move."""

    file: str
    function: str
    line: str
    mutant: str


def accepted() -> dict[Survivor, str]:
    """The survivors that are known, and why each is."""
    entries = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["survivor"]
    return {Survivor(*(entry[field] for field in Survivor._fields)): entry["why"] for entry in entries}


def copied(group: Group) -> Path:
    """A new folder with a copy of the code and its tests, set up for mutmut."""
    folder = WORK / group.name
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("dcae", "docs", "tests/dcae"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    settings = {
        "source_paths": ["dcae"],
        "only_mutate": [f"dcae/{name}" for name in group.files],
        "also_copy": ["docs"],
        "pytest_add_cli_args_test_selection": [f"tests/dcae/{name}" for name in group.tests],
        # The seed is hypothesis's: the same mutants survive each time.
        "pytest_add_cli_args": ["--hypothesis-seed=0", *(f"--deselect=tests/dcae/{name}" for name in CANNOT_RUN)],
    }
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    (folder / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines]), encoding="utf-8")
    return folder


def mutmut(folder: Path, *arguments: str, may_fail: bool = False) -> str:
    """What mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}  # a process that has others cannot be forked
    ended = subprocess.run(command, cwd=folder, env=one_thread, capture_output=True, text=True, check=False)
    if ended.returncode and not may_fail:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout[-4000:]}{ended.stderr}")
    return ended.stdout


def fates(folder: Path) -> dict[str, str]:
    """What became of each mutant so far, by mutmut's name for it."""
    parts = [line.strip().partition(": ") for line in mutmut(folder, "results", "--all", "true").splitlines()]
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


def survivor(folder: Path, name: str) -> Survivor:
    """Which change a mutant is."""
    lines = [line for line in mutmut(folder, "show", name).splitlines() if not line.startswith(("---", "+++"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Survivor(module_of(name).replace(".", "/") + ".py", function_of(name), before, after)


def try_group(group: Group, seed: int, sample: int, workers: int) -> tuple[bool, list[Survivor]]:
    """Makes mutants, tries them and prints what became of them. Returns whether enough were killed, and the others."""
    folder, chosen = copied(group), []
    if not group.in_full:
        mutmut(folder, "run", "none of that name", may_fail=True)  # makes them all, and tries none
        names = sorted(fates(folder))
        chosen = random.Random(seed).sample(names, min(sample, len(names)))
    mutmut(folder, "run", "--max-children", str(workers), *chosen)
    tried = {name: fate for name, fate in fates(folder).items() if fate != "not checked"}
    dead, hung = (
        Counter(module_of(name) for name, fate in tried.items() if fate in kinds) for kinds in (KILLED, ["timeout"])
    )
    enough = True
    for module, total in Counter(map(module_of, tried)).items():
        enough &= dead[module] >= LEAST * total
        print(f"{module}: {dead[module]} of {total} killed, {dead[module] / total:.1%} ({hung[module]} did not end)")
    return enough, [survivor(folder, name) for name, fate in tried.items() if fate not in KILLED]


def main(seed: int, sample: int, workers: int) -> bool:
    """Tries all groups and prints the survivors. Returns whether enough mutants were killed in each file."""
    enough, alive, reasons = True, [], accepted()
    for group in GROUPS:
        if group.in_full or sample:
            passed, others = try_group(group, seed, sample, workers)
            enough, alive = enough and passed, [*alive, *others]
    for each in alive:
        print(f"\n{each.file} {each.function}: {reasons.get(each, 'NOT ACCEPTED')}\n  - {each.line}\n  + {each.mutant}")
    print(f"\n{sum(each not in reasons for each in alive)} of {len(alive)} survivors are not in {ACCEPTED.name}")
    return enough


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--sample", type=int, default=150, help="how many of the codec's, and of the slices'; 0: none")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    sys.exit(not main(asked.seed, asked.sample, asked.workers))
