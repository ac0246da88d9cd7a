"""How long a codec takes from a quality to the picture and its estimated bits, as a hand on a slider would feel it.

Requests come one after the other with short rests between them, in which a curve fills and is interrupted by the next
request, as in an explorer. As there, one thread does everything that is computed, the opening too: each thread that has
ever computed has a pool of its own, and where the pools together have more threads than there are cores, all of them
sleep between two layers (GCC's OpenMP), which takes half as long again. Knows the protocol of a codec. Does not know
networks or widgets.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from dcae.codec.interruption import interruptible
from dcae.codec.protocol import Codec, Interval, Session
from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.rd import bpp, psnr_db
from dcae.samples import sample

REST_S = (0.05, 0.25)
"""The shortest and the longest rest between two requests; how long is drawn, so that they meet the curve anywhere."""

CURVE_POINTS = 9
"""Of the curve in the background, which begins again when it is complete."""


@dataclass(frozen=True, kw_only=True)
class LiveLatency:
    """From a quality to pixels and bits, over some steps.

    Attributes:
        median_ms: half of the steps were as fast.
        p95_ms: 95 of 100 were.
        steps: how many were measured.
        width: of the picture, px.
        height: of the picture, px.
        background: whether a curve was being filled meanwhile.
        curve_points: how many of its points were completed.
    """

    median_ms: float
    p95_ms: float
    steps: int
    width: int
    height: int
    background: bool
    curve_points: int

    def to_json_dict(self) -> dict[str, Any]:
        """Return the fields by name, times to a tenth of a millisecond."""
        return asdict(self) | {"median_ms": round(self.median_ms, 1), "p95_ms": round(self.p95_ms, 1)}


def live_latency(
    open_codec: Callable[[], Codec],
    image: NDArray[np.uint8],
    steps: int = 50,
    background: bool = True,
    seed: int = 0,
) -> LiveLatency:
    """Measures the estimates of one image at qualities that are drawn; one more goes before, unmeasured, to warm up.

    Args:
        open_codec: makes a codec whose qualities are lambdas.
        image: uint8, H x W x 3.
        steps: how many estimates are measured, from 1.
        background: whether a curve of the same image fills between them.
        seed: of the qualities and the rests.

    Raises:
        ValueError: fewer than one step, or an image that the codec refuses.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; must be 1 or more")
    rng = np.random.default_rng(seed)
    hand, times_s = _Hand(open_codec, image, background), []
    try:
        legal = hand.begin()
        for quality, rest_s in zip(_drawn(legal, steps, rng), rng.uniform(*REST_S, steps), strict=True):
            time.sleep(rest_s)
            start = time.perf_counter()
            hand.ask(quality)
            times_s.append(time.perf_counter() - start)
    finally:
        hand.close()
    median_ms, p95_ms = (float(1000 * value) for value in np.percentile(times_s, [50, 95]))
    return LiveLatency(
        median_ms=median_ms, p95_ms=p95_ms, steps=steps, width=image.shape[1], height=image.shape[0],
        background=background, curve_points=len(hand.points),
    )  # fmt: skip


def photo_of(width: int, height: int) -> NDArray[np.uint8]:
    """The photo of a measurement: a shipped one, scaled and cropped to this size in px, uint8, H x W x 3.

    >>> photo_of(60, 40).shape
    (40, 60, 3)
    """
    return np.array(ImageOps.fit(Image.fromarray(sample("coffee")), (width, height), Image.Resampling.LANCZOS))


def spread(legal: Interval | Sequence[float] | None) -> Sequence[float | None]:
    """The qualities of a curve: evenly spread in log lambda over the published range, or all that there are.

    >>> spread([0.013, 0.05])
    [0.013, 0.05]
    """
    if isinstance(legal, Interval):
        return np.geomspace(LMBDA_MIN, LMBDA_MAX, CURVE_POINTS).tolist()
    return [None] if legal is None else legal


def _drawn(legal: Interval | Sequence[float] | None, count: int, rng: np.random.Generator) -> Sequence[float | None]:
    """Qualities as a hand would choose them: log-uniform over the published range, or any of those that there are."""
    if isinstance(legal, Interval):
        return np.exp(rng.uniform(np.log(LMBDA_MIN), np.log(LMBDA_MAX), count)).tolist()
    return [None] * count if legal is None else rng.choice(list(legal), count).tolist()


class _Newer(Exception):
    """A request waits: the point of the curve is given up."""


class _Hand:
    """Requests, which one thread serves; it adds points to a curve while it has none."""

    def __init__(self, open_codec: Callable[[], Codec], image: NDArray[np.uint8], background: bool) -> None:
        self.open_codec, self.image, self.background = open_codec, image, background
        self.points: list[tuple[float, float]] = []
        self._requests: queue.Queue[tuple[float | None] | None] = queue.Queue()
        self._answers: queue.Queue[Any] = queue.Queue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def begin(self) -> Interval | Sequence[float] | None:
        """Waits until the image is open and one estimate made; the qualities that are legal."""
        return self._answer()

    def ask(self, quality: float | None) -> None:
        """Waits for the picture and the bits at a quality."""
        self._requests.put((quality,))
        self._answer()

    def _answer(self) -> Any:
        """What the thread answers; raises what went wrong with it, or with the curve."""
        answer = self._answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the thread."""
        self._requests.put(None)
        self._thread.join()

    def _serve(self) -> None:
        try:
            codec = self.open_codec()
            session, curve = codec.open(self.image), spread(codec.qualities)
            session.estimate(curve[0])
            self._answers.put(codec.qualities)
            qualities = cycle(curve if self.background else ())
            quality = next(qualities, None)
            while True:
                if self.background and self._requests.empty():
                    with suppress(_Newer), interruptible(self._give_up):
                        self._add_point(session, quality)
                        quality = next(qualities)
                elif (request := self._requests.get()) is None:
                    return
                else:
                    self._answers.put(session.estimate(*request))
        except Exception as error:
            self._answers.put(error)

    def _add_point(self, session: Session, quality: float | None) -> None:
        estimate = session.estimate(quality)
        height, width = self.image.shape[:2]
        self.points.append((bpp(round(estimate.total_bytes), width, height), psnr_db(self.image, estimate.x_hat)))

    def _give_up(self) -> None:
        if not self._requests.empty():
            raise _Newer
