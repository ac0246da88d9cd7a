"""The image's recipe, read: what it copies is there, what it installs is the lock, and it is nobody's root.

No image is built here. What its commands do is tested in parts: the sed of the lock here, the wheel and the copying of
the lessons in test_wheel.py, the installation with hashes by each set-up of `make`.
"""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ENTRY = re.compile(r"^([\w.-]+)(?:\[[^]]*\])?==.*(?:\n .*)*", re.MULTILINE)


@pytest.fixture(scope="module")
def recipe(root: Path) -> list[tuple[str, str]]:
    """The Dockerfile's instructions, in order, with their arguments."""
    text = re.sub(r"^#.*\n", "", (root / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line]


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())


def arguments(recipe: list[tuple[str, str]], instruction: str) -> list[str]:
    return [argument for name, argument in recipe if name == instruction]


def test_python_of_the_image_is_one_that_the_project_runs_on(recipe, pyproject):
    (base,) = arguments(recipe, "FROM")
    version = re.fullmatch(r"python:(3\.\d+)-slim-bookworm", base)
    assert version
    assert SpecifierSet(pyproject["project"]["requires-python"]).contains(version[1])


def test_what_is_sent_to_the_build_is_what_the_wheel_is_made_of_and_no_more(root: Path, pyproject):
    lines = (root / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    folders = {Path(folder).parts[0] for folder in pyproject["tool"]["setuptools"]["package-dir"].values()}
    files = {pyproject["project"]["readme"], *pyproject["project"]["license-files"]}
    assert lines[1] == "*"
    assert allowed == folders | files | {"requirements.lock", "pyproject.toml"}
    assert all((root / name).exists() for name in allowed)


def test_image_installs_as_make_does(root: Path, recipe):
    makefile = (root / "Makefile").read_text()
    installs = [re.findall(r"pip install ([^&]*)", run) for run in arguments(recipe, "RUN")]
    lock, project = [line.split() for found in installs for line in found]
    of_make = re.findall(r"-m pip install (.*?)(?: -r \$\(LOCK\)| --editable \.)", makefile)
    assert [set(line.split()) for line in of_make] == [
        set(lock) - {"--no-deps", "-r", "/tmp/image.lock"},
        set(project) - {"."},
    ]


def test_left_out_of_the_lock_is_what_is_named_alone(root: Path, recipe, pyproject):
    lock = (root / "requirements.lock").read_text()
    left_out = arguments(recipe, "ARG")[0].removeprefix("LEFT_OUT=").strip('"')
    command = arguments(recipe, "RUN")[0].split(" > ")[0]
    made = subprocess.run(
        ["sh", "-c", command],
        env={"LEFT_OUT": left_out, "PATH": "/usr/bin:/bin"},
        cwd=root,
        capture_output=True,
        text=True,
    ).stdout
    before = {match[0] for match in ENTRY.finditer(lock)}
    after = {match[0] for match in ENTRY.finditer(made)}
    needed = {canonicalize_name(Requirement(line).name) for line in pyproject["project"]["dependencies"]}
    assert after < before
    assert {entry.split("==")[0] for entry in before - after} == set(left_out.split("|"))
    assert not needed & set(left_out.split("|"))


def test_user_is_binders_and_no_root(recipe):
    assert arguments(recipe, "ARG")[1:] == ["NB_USER=jovyan", "NB_UID=1000"]
    assert arguments(recipe, "USER") == ["${NB_UID}"]
    last = [name for name, _ in recipe].index("USER")
    assert not [name for name, _ in recipe[last:] if name in ("COPY", "ADD")], "what is copied now is root's"
