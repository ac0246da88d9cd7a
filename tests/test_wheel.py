"""`pip install .`: what is in it is what is tracked, and it works where there is no repository."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

IN_AN_EMPTY_FOLDER = """
import contextlib, json
import dcae, dcae_data, dcae_notebooks, dcae_widgets
from dcae.cli import app
from dcae.images import save_png
from dcae.samples import sample

print(json.dumps([package.__file__ for package in (dcae, dcae_data, dcae_notebooks, dcae_widgets)]))
save_png("photo.png", sample("flower")[:64, :96].copy())
for words in ("encode photo.png -o it.dcae --model tiny", "decode it.dcae -o back.png", "lab --folder . -- --version"):
    with contextlib.suppress(SystemExit):
        app(words.split())
"""


@pytest.fixture(scope="module")
def packages(root: Path) -> dict[str, str]:
    """The folder of each top-level package."""
    return tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]


@pytest.fixture(scope="module")
def tracked(root: Path, packages: dict[str, str]) -> list[str]:
    """Each tracked file that the wheel is made from."""
    names = ["pyproject.toml", "README.md", "LICENSE", *packages.values()]
    command = ["git", "ls-files", "-z", *names]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name and (root / name).exists()]


@pytest.fixture(scope="module")
def site(root: Path, tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip has installed the wheel into; it is made from a copy, since making it leaves a build/."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, source / name)
    flags = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *flags, str(source)], check=True)
    return site


def test_wheel_holds_what_is_tracked_of_its_packages_and_nothing_else(site, tracked, packages):
    (record,) = site.glob("dcae_workbench-*.dist-info/RECORD")
    with record.open() as lines:
        held = {name for name, *_ in csv.reader(lines)}
    named = {folder + "/": package + "/" for package, folder in packages.items()}
    expected = {
        package + name.removeprefix(folder)
        for name in tracked
        for folder, package in named.items()
        if name.startswith(folder)
    }
    beside = {name for name in held - expected if not name.startswith(record.parent.name)}
    assert expected - held == set()
    assert beside == {"../../bin/dcae"}
    assert {name.partition("/")[0] for name in expected} == set(packages)


def test_it_codes_and_opens_the_lessons_where_there_is_no_repository(site: Path, tmp_path: Path):
    """`dcae lab` becomes JupyterLab, which says its version here instead of serving."""
    environment = os.environ | {
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JUPYTER_DATA_DIR": str(tmp_path),
    }
    ran = subprocess.run(
        [sys.executable, "-c", IN_AN_EMPTY_FOLDER], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert all(Path(path).is_relative_to(site) for path in json.loads(lines[0]))
    assert lines[-1].startswith("4.")
    made = {path.name for path in tmp_path.iterdir()}
    assert made >= {"it.dcae", "back.png"} | {path.name for path in (site / "dcae_notebooks").glob("*.ipynb")}
    assert "00_start.ipynb" in made
