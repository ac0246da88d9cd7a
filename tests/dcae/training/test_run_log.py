"""The log is lines of JSON and TensorBoard's curves, and is cut back to where a run goes on."""

import errno
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.record_writer import RecordWriter

from dcae.training.picture import Picture
from dcae.training.run_folder import RunFolder
from dcae.training.run_log import RunLog


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def lines(folder: RunFolder) -> list[dict[str, object]]:
    return [json.loads(line) for line in folder.log.read_text().splitlines()]


def test_a_line_says_what_when_and_how_much(folder: RunFolder):
    log = RunLog(folder)
    log.write("step", 10, 1.2345, {"loss": 2.5})
    log.close()
    assert lines(folder) == [{"kind": "step", "step": 10, "seconds": 1.23, "loss": 2.5}]
    assert log.size == folder.log.stat().st_size


def test_a_run_that_goes_on_forgets_what_came_after_its_state(folder: RunFolder):
    log = RunLog(folder)
    log.write("step", 1, 1, {"loss": 3.0})
    size = log.size
    log.write("step", 2, 2, {"loss": 2.0})
    log.close()
    again = RunLog(folder, size, 1)
    again.write("step", 2, 2, {"loss": 2.5})
    again.close()
    assert [line["loss"] for line in lines(folder)] == [3.0, 2.5]


def test_a_half_written_line_is_written_again_whole(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    log = RunLog(folder)
    whole, tries = log._append, []

    def half(line: bytes) -> None:
        tries.append(line)
        if len(tries) == 1:
            with folder.log.open("ab") as file:
                file.write(line[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(line)

    monkeypatch.setattr(log, "_append", half)
    monkeypatch.setattr("dcae.training.run_folder.time.sleep", lambda _: None)
    log.write("end", 1, 1, {"reason": "finished"})
    log.close()
    assert [line["kind"] for line in lines(folder)] == ["end"]
    assert len(tries) == 2


def test_tensorboard_gets_curves_and_pictures(folder: RunFolder):
    log = RunLog(folder)
    log.write("step", 10, 1, {"loss": 2.5})
    log.write("held_out", 10, 1, {"loss": 2.0, "best": True, "points": [{"lmbda": 0.013, "bpp": 0.5, "psnr_db": 30.0}]})
    image = np.zeros((64, 128, 3), np.uint8)
    log.draw(10, Picture(image, image, np.ones((4, 8), np.float32), 10, 0.013, 0.5, 30.0))
    log.close()
    board = EventAccumulator(str(folder.path / "tensorboard"))
    board.Reload()
    tags = board.Tags()
    assert set(tags["scalars"]) == {"step/loss", "held_out/loss", "held_out/bpp_at_0.013", "held_out/psnr_db_at_0.013"}
    assert set(tags["images"]) == {"picture/original", "picture/reconstruction", "picture/bits"}
    assert (board.Images("picture/bits")[0].width, board.Images("picture/bits")[0].height) == (128, 64)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # its thread keeps it, and raises
def test_while_the_disk_is_full_tensorboard_goes_without_and_the_run_goes_on(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    log = RunLog(folder)
    write = RecordWriter.write
    is_full = threading.Event()

    def written(writer: RecordWriter, data: bytes) -> None:
        if is_full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        write(writer, data)

    monkeypatch.setattr(RecordWriter, "write", written)
    log.write("step", 1, 1, {"loss": 4.0})
    is_full.set()
    step = 1
    while "TensorBoard goes without" not in caplog.text:  # its thread fails a moment after it was told
        step += 1
        log.write("step", step, 1, {"loss": 3.0})
        time.sleep(0.01)
        assert step < 1000, "nobody has noticed"
    is_full.clear()
    log.write("step", step + 1, 1, {"loss": 2.0})
    log.close()
    assert [line["step"] for line in lines(folder)] == list(range(1, step + 2))
    events = EventAccumulator(str(folder.path / "tensorboard")).Reload()
    assert events.Scalars("step/loss")[-1].value == 2.0


def test_what_a_full_disk_is_not_ends_a_run(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    log = RunLog(folder)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("dcae.training.run_log.SummaryWriter.add_scalar", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        log.write("step", 1, 1, {"loss": 4.0})
    log.close()


def test_a_log_that_was_lost_begins_anew(folder: RunFolder):
    log = RunLog(folder, 1000, 7)
    log.write("step", 8, 1, {"loss": 2.0})
    log.close()
    assert [line["step"] for line in lines(folder)] == [8]
