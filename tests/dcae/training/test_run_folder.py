"""What is in a run's folder is whole, and belongs to one process at a time."""

import errno
import fcntl
from pathlib import Path

import pytest
import torch

from dcae.training.run_folder import RunFolder

from .conftest import ChangeConfig


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    return folder


def test_a_folder_is_held_by_one_process_at_a_time(folder: RunFolder):
    assert not folder.is_running
    with folder.locked():
        assert folder.is_running
        with pytest.raises(ValueError, match="a run is training in"), RunFolder(folder.path).locked():
            pass
    assert not folder.is_running


def test_who_only_looks_is_taken_for_a_trainer_by_nobody(folder: RunFolder):
    with folder.locked():
        pass
    with (folder.path / "run.lock").open() as onlooker:
        fcntl.flock(onlooker, fcntl.LOCK_SH)
        assert not folder.is_running


def test_a_run_keeps_its_configuration_wherever_its_folder_goes(folder: RunFolder, change: ChangeConfig):
    config = change(model={"num_slices": 4}, lmbdas=(0.01,))
    folder.write(folder.config, config.to_toml().encode())
    assert folder.read_config() == change(model={"num_slices": 4}, lmbdas=(0.01,), out=str(folder.path))


def test_a_folder_without_a_run_is_refused(folder: RunFolder):
    with pytest.raises(ValueError, match=r"holds no run: it has no config\.toml"):
        folder.read_config()


def test_a_state_comes_back_as_it_was(folder: RunFolder):
    assert folder.load_state() is None
    folder.save_state({"steps": 3, "model": {"a": torch.arange(3)}})
    state = folder.load_state()
    assert state
    assert state["steps"] == 3
    assert state["model"]["a"].tolist() == [0, 1, 2]


def test_what_is_no_state_is_refused(folder: RunFolder):
    (folder.path / "state.pt").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="holds no state of a run"):
        folder.load_state()


def test_a_full_disk_halts_a_run_until_there_is_room(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    monkeypatch.setattr("dcae.training.run_folder.time.sleep", waits.append)

    def write() -> None:
        if len(waits) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        (folder.path / "written").touch()

    folder.until_written(write)
    assert waits == [folder.RETRY_S] * 3
    assert (folder.path / "written").exists()


def test_a_full_disk_ends_a_run_that_is_to_stop_and_other_refusals_end_any(folder: RunFolder):
    def refuse() -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(PermissionError, match="Permission denied"):
        folder.until_written(refuse)
    (folder.path / "stop").touch()
    with pytest.raises(OSError, match="No space left on device"):
        folder.until_written(fill)
    folder.clear_stop()
    folder.request_stop()
    with pytest.raises(OSError, match="No space left on device"):
        folder.until_written(fill)


def test_whoever_looks_whether_a_run_trains_keeps_none_from_beginning(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    onlooker = (folder.path / "run.lock").open("w")
    fcntl.flock(onlooker, fcntl.LOCK_EX)
    monkeypatch.setattr("dcae.training.run_folder.time.sleep", lambda _: onlooker.close())
    with folder.locked():
        assert folder.is_running
