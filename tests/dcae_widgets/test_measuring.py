"""MS-SSIM is measured in a thread of its own: the newest file first, and then, in their order, what has time."""

import threading

import pytest

from dcae_widgets.measuring import Measuring

from .fake_codec import LIMIT_S, photo


class Bench:
    """A measure that can be held up, and what was found."""

    def __init__(self) -> None:
        self.begun, self.gate, self.found, self.errors = threading.Event(), threading.Event(), [], []
        self.measuring = Measuring(self.measure, self.errors.append)

    def measure(self, a, b) -> float:
        self.begun.set()
        assert self.gate.wait(LIMIT_S)
        return 0.5

    def note(self, name: str):
        return lambda value: self.found.append((name, value))


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.gate.set()
    made.measuring.close()


def test_the_newest_file_comes_before_what_has_time(bench):
    image = photo()
    for name in ("one", "two"):
        bench.measuring.later(image, image, bench.note(name))
    assert bench.begun.wait(LIMIT_S)
    for name in ("old file", "file"):
        bench.measuring.file(image, image, bench.note(name))
    bench.gate.set()
    assert bench.measuring.wait(LIMIT_S)
    assert bench.found == [("one", 0.5), ("file", 0.5), ("two", 0.5)]


def test_what_is_forgotten_is_not_measured(bench):
    image = photo()
    for name in ("one", "two"):
        bench.measuring.later(image, image, bench.note(name))
    assert bench.begun.wait(LIMIT_S)
    bench.measuring.forget()
    bench.gate.set()
    assert bench.measuring.wait(LIMIT_S)
    assert bench.found == [("one", 0.5)]


def test_what_the_measure_raises_is_told(bench):
    def fail(value):
        raise ValueError("no place for it")

    bench.gate.set()
    bench.measuring.later(photo(), photo(), fail)
    assert bench.measuring.wait(LIMIT_S)
    assert [str(error) for error in bench.errors] == ["no place for it"]
