"""How `make` sets up .venv, with stand-ins for Python and uv that write down what they are asked to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")

# Says that it is a Python of the right version; `-m venv` makes a .venv whose python and pip are this same script.
GOOD_PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >> calls
case "$*" in
    "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/pip ;;
    *requirements.lock) test ! -e break ;;
esac
"""
GOOD_UV = """#!/bin/sh
echo "uv $*" >> calls
case "$*" in venv*) mkdir -p .venv/bin ;; esac
"""
FAILING = "#!/bin/sh\nexit 127\n"  # as a pyenv shim does whose version is not chosen


class Project:
    """A folder with the project's Makefile; of commands, only the given ones and a few of the system's can be found."""

    def __init__(self, folder: Path, commands: dict[str, str]) -> None:
        self.folder = folder
        for name in ("Makefile", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        (folder / "commands").mkdir()
        for tool in ("sh", "rm", "touch", "mkdir", "cp", "basename", "cmp", "test", "echo"):
            if path := shutil.which(tool):
                (folder / "commands" / tool).symlink_to(path)
        for name, text in commands.items():
            path = folder / "commands" / name
            path.write_text(text)
            path.chmod(0o755)

    def make(self) -> subprocess.CompletedProcess[str]:
        assert MAKE
        environment = {"PATH": str(self.folder / "commands")}
        return subprocess.run(
            [MAKE, ".venv/.ready"], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def calls(self, part: str = "") -> list[str]:
        return [call for call in (self.folder / "calls").read_text().splitlines() if part in call]

    def age(self) -> None:
        """Make everything an hour older, so that what is written next is newer on any file system."""
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                os.utime(path, (path.stat().st_atime - 3600, path.stat().st_mtime - 3600))

    def is_ready(self) -> bool:
        return (self.folder / ".venv" / ".ready").exists()


def test_setup_passes_over_a_python_that_exists_and_fails(tmp_path: Path):
    project = Project(tmp_path, {"python3.12": FAILING, "python3.11": GOOD_PYTHON, "uv": GOOD_UV})
    result = project.make()
    assert result.returncode == 0, result.stderr
    assert project.calls()[1] == "python3.11 -m venv --clear .venv"
    assert "--require-hashes -r requirements.lock" in project.calls()[2]
    assert "--no-deps --no-build-isolation --no-index --editable ." in project.calls()[3]
    assert project.is_ready()


def test_setup_uses_uv_where_there_is_no_python(tmp_path: Path):
    project = Project(tmp_path, {"python3.12": FAILING, "uv": GOOD_UV})
    assert project.make().returncode == 0
    assert project.calls()[1].startswith("uv venv")
    assert "--require-hashes -r requirements.lock" in project.calls()[2]
    assert "--no-deps --no-build-isolation --offline --editable ." in project.calls()[3]


def test_setup_without_python_and_uv_says_in_one_line_what_to_install(tmp_path: Path):
    project = Project(tmp_path, {"python3": FAILING})
    result = project.make()
    assert result.returncode == 2
    said = [line for line in result.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(said) == 1
    assert "install" in said[0]
    assert "3.11 or 3.12" in said[0]
    assert not project.is_ready()


def test_second_setup_does_nothing_until_the_lock_says_something_else(tmp_path: Path):
    project = Project(tmp_path, {"python3.11": GOOD_PYTHON})
    lock = tmp_path / "requirements.lock"
    project.make()
    project.age()
    assert "up to date" in project.make().stdout
    assert len(project.calls("requirements.lock")) == 1
    lock.touch()
    assert project.make().returncode == 0
    assert len(project.calls("requirements.lock")) == 1
    project.age()
    lock.write_text(lock.read_text() + "# another line\n")
    assert project.make().returncode == 0
    assert len(project.calls("requirements.lock")) == 2
    assert project.is_ready()


def test_failed_installation_is_done_again(tmp_path: Path):
    project = Project(tmp_path, {"python3.11": GOOD_PYTHON})
    (tmp_path / "break").touch()
    assert project.make().returncode == 2
    assert not project.is_ready()
    (tmp_path / "break").unlink()
    assert project.make().returncode == 0
    assert project.is_ready()
