"""A full disk, a read-only one, a picture that has gone: one line, exit code 2, and nothing half-written.

The disks are real: file systems of a page in memory, which root alone may mount. Root ignores permissions, so that a
folder without them would refuse nothing here.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]

PAGE = 4096
WRITING = ["encode", "decode", "eval", "compare", "page"]


def mounted(folder: Path, *options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", ",".join((f"size={PAGE}", *options)), "none", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"only root mounts a small disk: {result.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that becomes a disk of one page by `mounted`."""
    if shutil.which("mount") is None:
        pytest.skip("no mount here")
    folder = tmp_path / "disk"
    folder.mkdir()
    yield folder
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


@pytest.fixture
def arguments(photo: Path, coded: Path, weights: Path, tmp_path: Path) -> Callable[[str, Path], list[object]]:
    """What each command is called with, so that it writes to a folder."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shutil.copy(photo, pictures)

    def called(command: str, out: Path) -> list[object]:
        if command == "train":
            config = tmp_path / "run.toml"
            config.write_text(f'photos = ["{pictures}"]\nout = "{out / "run"}"\npreset = "tiny"\nsteps = 1\n')
            return ["train", config]
        return {
            "encode": ["encode", photo, "-o", out / "a.dcae", "--model", weights],
            "decode": ["decode", coded, "-o", out / "a.png", "--model", weights],
            "eval": ["eval", pictures, "--codec", "jpeg", "--out", out / "results"],
            "compare": ["compare", pictures, "--codecs", "jpeg", "--out", out / "results"],
            "page": ["page", photo, "-o", out / "a.html", "--model", weights],
        }[command]

    return called


def assert_one_line(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("dcae: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert all(word in result.stderr for word in words), result.stderr


@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_is_one_line_and_leaves_no_part_of_a_file(
    run: Run, disk: Path, arguments: Callable[[str, Path], list[object]], command: str
):
    mounted(disk)
    (disk / "other.txt").write_bytes(bytes(PAGE))
    assert_one_line(run(*arguments(command, disk)), "No space left on device")
    assert [path.name for path in disk.rglob("*") if path.is_file()] == ["other.txt"]


@pytest.mark.parametrize("command", ["encode", "decode", "eval", "compare", "train"])
def test_a_disk_that_nobody_may_write_to_is_one_line(
    run: Run, disk: Path, arguments: Callable[[str, Path], list[object]], command: str
):
    mounted(disk, "ro")
    assert_one_line(run(*arguments(command, disk)), "Read-only file system")
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("command", [*WRITING, "train"])
def test_a_picture_that_has_gone_is_one_line(
    run: Run, photo: Path, coded: Path, tmp_path: Path, arguments: Callable[[str, Path], list[object]], command: str
):
    out = tmp_path / "out"
    out.mkdir()
    given = arguments(command, out)
    for gone in (photo, coded, tmp_path / "pictures" / photo.name):
        gone.unlink()
    assert_one_line(run(*given))
    assert {path.name for path in out.rglob("*") if path.is_file()} <= {"run.lock"}
