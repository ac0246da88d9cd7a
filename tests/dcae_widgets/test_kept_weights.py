"""Kept weights are opened once, and what they make of a photo is an estimate at the nearest legal lambda."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcae_widgets.kept_weights import KeptWeights, Request

from .fake_codec import LIMIT_S, RANGE, FakeCodec, photo


class Opened:
    """Weights whose codec is a fake, and what came of them."""

    def __init__(self, path: Path) -> None:
        self.path, self.codec = path, FakeCodec()
        self.opened: list[str] = []
        self.found: list[Any] = []
        self.failed: list[Exception] = []
        self.original = photo()
        self.kept = KeptWeights(self.open, lambda *found: self.found.append(found), self.failed.append)

    def open(self, path: str) -> FakeCodec:
        self.opened.append(path)
        if not Path(path).exists():
            raise FileNotFoundError(path)
        return self.codec

    def ask(self, lmbda: float, step: int = 50) -> None:
        self.kept.ask_for(Request(self.path, self.original, lmbda, step))
        assert self.kept.worker.wait(LIMIT_S)


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[Opened]:
    path = tmp_path / "best.safetensors"
    path.write_bytes(b"1")
    opened = Opened(path)
    yield opened
    opened.kept.close()


def test_an_estimate_of_the_photo_is_found(weights: Opened):
    weights.ask(0.05)
    [(view, lmbdas)] = weights.found
    estimate = weights.codec.open(weights.original).estimate(0.05)
    assert np.array_equal(view.picture, estimate.x_hat)
    assert np.array_equal(view.original, weights.original)
    assert (view.bits, view.step, view.lmbda) == (None, 50, 0.05)
    assert view.bpp == pytest.approx(8 * estimate.total_bytes / weights.original[..., 0].size)
    assert 10 < view.psnr_db < 60
    assert lmbdas == RANGE


def test_weights_and_photo_are_opened_once(weights: Opened):
    weights.ask(0.05)
    weights.ask(0.013)
    assert weights.opened == [str(weights.path)]
    assert (weights.codec.count("open"), weights.codec.count("estimate")) == (1, 2)


def test_other_weights_and_another_photo_are_opened_anew(weights: Opened):
    weights.ask(0.05)
    weights.original = photo(1)
    weights.ask(0.05)
    assert (len(weights.opened), weights.codec.count("open")) == (1, 2)
    os.utime(weights.path, (1, 1))
    weights.codec = FakeCodec()
    weights.ask(0.05)
    assert (len(weights.opened), weights.codec.count("open")) == (2, 1)


@pytest.mark.parametrize(("qualities", "taken", "said"), [((0.013, 0.05), 0.05, 0.05), (None, None, 0.03)])
def test_the_nearest_legal_lambda_is_taken(weights: Opened, qualities: Any, taken: float | None, said: float):
    weights.codec = FakeCodec(qualities)
    weights.ask(0.03)
    assert weights.codec.calls[-1] == ("estimate", taken)
    [(view, lmbdas)] = weights.found
    assert view.lmbda == said
    assert lmbdas == (None if qualities is None else list(qualities))


def test_what_goes_wrong_is_told(weights: Opened):
    weights.path.unlink()
    weights.ask(0.05)
    assert isinstance(weights.failed[0], FileNotFoundError)
    assert weights.found == []


def test_only_the_newest_request_is_computed(weights: Opened):
    gate: Callable[[], None] = weights.codec.hold("open").set
    for lmbda in (0.002, 0.003, 0.05):
        weights.kept.ask_for(Request(weights.path, weights.original, lmbda, 50), moving=True)
    gate()
    assert weights.kept.worker.wait(LIMIT_S)
    assert weights.codec.calls[-1] == ("estimate", 0.05)
    assert weights.codec.count("estimate") <= 2
