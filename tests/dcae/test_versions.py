"""What this Python lacks is said in one sentence, before anything fails in the depth."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from dcae.versions import PROJECT, check_versions, demanded_versions, fits


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts distributions where they are found before those of this Python: name, version, dependencies."""

    def put(name: str, version: str, *needed: str) -> None:
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", "Requires-Python: <3.13,>=3.11"]
        lines += [f"Requires-Dist: {each}" for each in needed] + ["", "The words of a README.", "Version: 0"]
        (folder / "METADATA").write_text("\n".join(lines))

    monkeypatch.syspath_prepend(tmp_path)
    return put


def test_demands_are_those_of_pyproject(root: Path):
    lines = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    written = {Requirement(line).name: Requirement(line).specifier for line in lines}
    assert {name: SpecifierSet(bounds) for name, bounds in demanded_versions().items()} == written


@pytest.mark.parametrize("version", ["0.5", "0.10.2", "1.26.4", "1.26.40", "2", "2.0.0", "2.14.1", "24.0", "26", "40"])
def test_versions_are_compared_as_pip_compares_them(version: str):
    for name, bounds in demanded_versions().items():
        assert fits(version, bounds) == SpecifierSet(bounds).contains(version), (name, bounds)


def test_what_is_installed_here_fits():
    check_versions()


def test_what_is_missing_or_too_old_is_named_with_what_to_do(install):
    install(PROJECT, "1", "numpy==1.26.4", "one-that-nobody-has>=2", "pillow>=13", 'ours>=9; extra == "codecs"')
    install("numpy", "2.3.1")
    words = (
        r"numpy 2\.3\.1 \(needed: numpy==1\.26\.4\), one-that-nobody-has is missing .*>=2\)\. "
        r'Run .* -m pip install "numpy==1\.26\.4" "one-that-nobody-has>=2"` \(in a notebook: .* restart the kernel'
    )
    with pytest.raises(ImportError, match=words):
        check_versions()


def test_a_package_that_was_loaded_before_another_was_installed_asks_for_a_restart(install, monkeypatch):
    install(PROJECT, "1", "a-thing>=1")
    install("a-thing", "1.5")
    loaded = ModuleType("a_thing")
    loaded.__version__ = "v1.5.0"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_thing", loaded)
    check_versions()
    loaded.__version__ = "2.0.2"  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match=r"a-thing 2\.0\.2 is loaded, but 1\.5 is installed by now: restart"):
        check_versions()


def test_import_asks_first_unless_one_wants_to_try(install, tmp_path: Path):
    install(PROJECT, "1", "numpy==1.26.4")
    install("numpy", "2.3.1")

    def imported(**environment: str) -> str:
        command = [sys.executable, "-c", "from dcae.images import load_image"]
        environment = os.environ | {"PYTHONPATH": str(tmp_path)} | environment
        return subprocess.run(command, env=environment, capture_output=True, text=True).stderr

    assert (
        imported().splitlines()[-1].startswith(f"ImportError: {PROJECT} does not work with what this Python has: numpy")
    )
    assert imported(DCAE_ANY_VERSIONS="1") == ""


def test_where_the_project_is_not_installed_nothing_is_known(monkeypatch):
    monkeypatch.setattr("dcae.versions.PROJECT", "one-that-nobody-has")
    assert demanded_versions() == {}
    check_versions()
