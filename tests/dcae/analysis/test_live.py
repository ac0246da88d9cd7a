"""A measurement of live estimates asks what it says, lets the curve grow between requests, and hands errors on."""

import json
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dcae.analysis.live import live_latency, photo_of, spread
from dcae.codec.interruption import interruption_point
from dcae.codec.protocol import Interval
from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.results import Estimate


class Codec:
    """Estimates a grey picture at once; remembers what was asked for, and can fail or wait in the background."""

    def __init__(self, qualities: Interval | Sequence[float] | None = None, fails_after: int = 10**9) -> None:
        self.qualities, self.fails_after = qualities, fails_after
        self.asked: list[float | None] = []
        self.slow = threading.Event()

    def open(self, image: NDArray[np.uint8]) -> "Codec":
        self.image = image
        return self

    def estimate(self, quality: float | None) -> Estimate:
        if self.slow.is_set() and self.asked and quality in spread(self.qualities):
            while True:  # until a request comes
                interruption_point()
        self.asked.append(quality)
        if len(self.asked) > self.fails_after:
            raise ValueError("the estimate failed")
        return Estimate(bits={"z": 8.0}, total_bytes=2.0, x_hat=np.zeros_like(self.image))

    def encode(self, quality: float | None) -> bytes:
        raise NotImplementedError

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcae.analysis.live.REST_S", (0.005, 0.01))


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.full((4, 6, 3), 9, np.uint8)


def test_without_a_background_each_step_is_one_estimate_and_one_goes_before(image):
    codec = Codec(Interval(0.0005, 0.15))
    result = live_latency(lambda: codec, image, steps=7, background=False)
    assert len(codec.asked) == 8
    assert (result.steps, result.width, result.height, result.background) == (7, 6, 4, False)
    assert result.curve_points == 0
    assert 0 < result.median_ms <= result.p95_ms


def test_the_lambdas_are_drawn_from_the_published_range_and_the_same_ones_for_a_seed(image):
    codecs = [Codec(Interval(0.0005, 0.15)) for _ in range(3)]
    for codec, seed in zip(codecs, (1, 1, 2), strict=True):
        live_latency(lambda codec=codec: codec, image, steps=30, background=False, seed=seed)
    assert codecs[0].asked == codecs[1].asked != codecs[2].asked
    drawn = np.array(codecs[0].asked, float)
    assert LMBDA_MIN <= drawn.min() <= drawn.max() <= LMBDA_MAX
    assert len(set(drawn[1:])) == 30


@pytest.mark.parametrize(("qualities", "legal"), [(None, {None}), ((0.0067, 0.05), {0.0067, 0.05})])
def test_codecs_with_stops_or_without_a_dial_are_asked_for_what_they_have(image, qualities, legal):
    codec = Codec(qualities)
    live_latency(lambda: codec, image, steps=20)
    assert set(codec.asked) == legal


def test_the_curve_grows_between_requests(image):
    codec = Codec(Interval(0.0005, 0.15))
    result = live_latency(lambda: codec, image, steps=5)
    assert result.background
    assert result.curve_points >= 9
    assert set(spread(codec.qualities)) < set(codec.asked)


def test_a_request_interrupts_the_curve(image):
    codec = Codec(Interval(0.0005, 0.15))
    codec.slow.set()  # no point of the curve is ever completed
    assert live_latency(lambda: codec, image, steps=3).curve_points == 0
    assert len(codec.asked) == 4


def test_an_error_of_a_request_or_of_the_curve_reaches_the_caller(image):
    for background in (False, True):
        codec = Codec(Interval(0.0005, 0.15), fails_after=3)
        with pytest.raises(ValueError, match="the estimate failed"):
            live_latency(lambda codec=codec: codec, image, steps=5, background=background)


def test_an_error_of_the_opening_reaches_the_caller(image):
    def fail() -> Codec:
        raise FileNotFoundError("no weights named so")

    with pytest.raises(FileNotFoundError, match="no weights named so"):
        live_latency(fail, image)


def test_one_thread_opens_and_computes(image):
    threads = set()

    def opened() -> Codec:
        threads.add(threading.current_thread())
        return Codec()

    live_latency(opened, image, steps=1)
    assert threading.main_thread() not in threads


def test_less_than_one_step_is_refused(image):
    with pytest.raises(ValueError, match="steps is 0; must be 1 or more"):
        live_latency(Codec, image, steps=0)


def test_the_record_is_json(image):
    result = live_latency(Codec, image, steps=2)
    fields = json.loads(json.dumps(result.to_json_dict()))
    assert set(fields) == {"median_ms", "p95_ms", "steps", "width", "height", "background", "curve_points"}


def test_the_photo_has_the_size_that_is_asked_for():
    photo = photo_of(77, 31)
    assert photo.shape == (31, 77, 3)
    assert photo.dtype == np.uint8
    assert photo.std() > 10
