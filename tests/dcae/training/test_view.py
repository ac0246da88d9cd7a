"""A picture is made for whoever asks, as long as it costs next to nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.training.picture import Picture, picture_of
from dcae.training.run_folder import RunFolder
from dcae.training.view import SHARE, View

PHOTO = np.full((64, 128, 3), 90, np.uint8)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, as a list of one number."""
    now = [0.0]
    monkeypatch.setattr("dcae.training.view.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def made(clock: list[float]) -> list[tuple[float, int]]:
    return []


def test_pictures_take_their_share_of_the_time_and_no_more(tmp_path: Path, clock: list[float]):
    view, made = View(RunFolder(tmp_path), PHOTO), []

    def make(photo: np.ndarray, lmbda: float, step: int) -> Picture:
        clock[0] += 0.1
        made.append((lmbda, step))
        return Picture(photo, photo, np.zeros((4, 8), np.float32), step, lmbda, 0.0, 30.0)

    view.answer(make, 1)
    assert not made  # nobody has asked
    view.folder.view_request.write_text(json.dumps({"lmbda": 0.02}))
    for step in range(2000):
        view.answer(make, step)
        clock[0] += 0.01
    assert made[0] == (0.02, 0)
    assert 0.1 * len(made) / clock[0] == pytest.approx(SHARE, rel=0.4)
    with np.load(view.folder.view) as shown:
        assert float(shown["lmbda"]) == 0.02
        assert int(shown["step"]) == made[-1][1]


@pytest.mark.parametrize("text", ["", "[]", '{"lmbda": "much"}', '{"lmbda": 7}', '{"lambda": 0.01}'])
def test_a_request_that_is_not_understood_is_none(tmp_path: Path, text: str):
    view = View(RunFolder(tmp_path), PHOTO)
    view.folder.view_request.write_text(text)
    view.answer(lambda *_: pytest.fail("a picture was made"), 1)


def test_the_bits_of_a_picture_are_its_estimate():
    picture = picture_of(DCAE(PRESETS["tiny"]).eval(), PHOTO, 0.013, 5)
    assert picture.bits.shape == (4, 8)
    assert picture.bpp == pytest.approx(float(picture.bits.sum()) / (64 * 128))
    assert picture.picture.shape == PHOTO.shape
    assert picture.psnr_db > 20
