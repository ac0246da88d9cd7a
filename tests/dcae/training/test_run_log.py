"""The log is lines of JSON and TensorBoard's curves, and is cut back to where a run goes on."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

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
