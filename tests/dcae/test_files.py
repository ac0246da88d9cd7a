"""Files are written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from dcae.files import write_atomically


def test_a_new_file_holds_the_bytes_and_nothing_else_is_left(tmp_path: Path):
    write_atomically(tmp_path / "out", b"whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("out", b"whole")]


def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path: Path):
    (tmp_path / "usual").write_bytes(b"")
    write_atomically(tmp_path / "out", b"")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path):
    out = tmp_path / "out"
    out.write_bytes(b"old and longer")
    out.chmod(0o600)
    write_atomically(out, b"new")
    assert out.read_bytes() == b"new"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize(("owner", "step"), [(os, "fsync"), (Path, "replace")])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_on_any_error_the_old_file_stays_and_nothing_else_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str, error: BaseException
):
    def fail(*_: object) -> None:
        raise error

    (tmp_path / "out").write_bytes(b"old")
    monkeypatch.setattr(owner, step, fail)
    with pytest.raises(type(error)):
        write_atomically(tmp_path / "out", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("out", b"old")]


def test_a_reader_that_has_the_old_file_open_keeps_all_of_it(tmp_path: Path):
    (tmp_path / "out").write_bytes(b"old")
    with (tmp_path / "out").open("rb") as reader:
        write_atomically(tmp_path / "out", b"new")
        assert reader.read() == b"old"


def test_a_link_is_followed_not_replaced(tmp_path: Path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_link_to_itself_is_refused(tmp_path: Path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ValueError, match="loop is a link that leads back to itself"):
        write_atomically(tmp_path / "loop", b"new")


def test_a_folder_or_a_device_is_not_overwritten(tmp_path: Path):
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(ValueError, match=f"{path} is not a file; give the name of a file to write"):
            write_atomically(path, b"")


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"nowhere/out: there is no folder .*nowhere to write it to"):
        write_atomically(tmp_path / "nowhere" / "out", b"")
