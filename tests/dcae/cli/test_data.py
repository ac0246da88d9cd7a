"""`dcae data kodak`: the photos in a folder, or one line that says which one is missing and why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def url(mirror: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mirror on this machine, whose files are all that there is."""
    monkeypatch.setattr("dcae.cli.data.KODAK_SHA256", mirror.sha256)
    monkeypatch.delenv("DCAE_KODAK", raising=False)
    return mirror.url


def test_photos_come_into_the_folder_and_the_second_time_are_there(run: Run, tmp_path: Path, mirror: Any, url: str):
    folder = tmp_path / "kodak"
    for downloads in (3, 0):
        result = run("data", "kodak", folder, "--url", url)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"3 photos in {folder}, each with its SHA-256; {downloads} of them downloaded now\n"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == mirror.files


def test_folder_and_mirror_may_come_from_the_environment(
    run: Run, tmp_path: Path, mirror: Any, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DCAE_KODAK", str(tmp_path / "there"))
    monkeypatch.setenv("DCAE_KODAK_URL", url)
    assert run("data", "kodak").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == sorted(mirror.files)


def test_without_a_folder_they_go_to_kodak(
    run: Run, tmp_path: Path, mirror: Any, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert run("data", "kodak", "--url", url).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "kodak").iterdir()) == sorted(mirror.files)


@pytest.mark.parametrize(
    ("bytes_of_second", "line"),
    [(b"broken", "with another SHA-256 than"), (None, "(404 Client Error")],
    ids=["broken", "missing"],
)
def test_what_cannot_be_had_is_one_line_with_the_files_name(
    run: Run, tmp_path: Path, mirror: Any, url: str, bytes_of_second: bytes | None, line: str
):
    (mirror.folder / "kodim02.png").unlink()
    if bytes_of_second is not None:
        (mirror.folder / "kodim02.png").write_bytes(bytes_of_second)
    result = run("data", "kodak", tmp_path / "kodak", "--url", url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("dcae: kodim02.png ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in (tmp_path / "kodak").iterdir()] == ["kodim01.png"]


def test_a_file_in_the_folders_place_is_named(run: Run, tmp_path: Path, url: str):
    (tmp_path / "kodak").write_text("a note")
    result = run("data", "kodak", tmp_path / "kodak", "--url", url)
    assert (result.exit_code, result.stderr) == (2, f"dcae: {tmp_path / 'kodak'}: File exists\n")
