"""A photo's rate-distortion curves, one point at a time, for when nothing else is to be done.

First those of other codecs, then that of the weights themselves, from estimates. What was computed once is kept. Where
MS-SSIM is wanted, each point's picture is handed on to be measured, in another thread. Knows codecs by their protocol
alone. Does not know threads or widgets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import interruptible
from dcae.codec.kept_codecs import Kept
from dcae.codec.protocol import ENCODER_ERRORS, Codec, Interval, Session
from dcae.rd import bpp, ms_ssim_db, psnr_db
from dcae_widgets.events import Curve, CurveGrown, CurvesBegun, CurvesMeasured, Event, Failed, Wanted
from dcae_widgets.live_window import Rect
from dcae_widgets.lmbda_dial import spread
from dcae_widgets.measuring import Measuring
from dcae_widgets.photo_source import PhotoSource

POINTS = 9
"""Of the weights' own curve."""
NO_MEASURE = "Nothing here measures MS-SSIM of this photo."
IS_MEASURED = "This photo’s points are being measured."
TOO_SMALL = "MS-SSIM is not defined for a picture as small as this."


@dataclass(eq=False)
class _Task:
    """One curve to be computed; `session` is opened when it is needed."""

    curve: Curve
    codec: Codec
    qualities: Sequence[float | None]
    symbol: str
    session: Session | None = None
    failed: bool = False


class PhotoCurves:
    """Computes curves in steps.

    Args:
        beside: Other codecs by the names that the plot gives them.
        publish: Is handed the events CurvesBegun, CurveGrown, CurvesMeasured and Failed.
        measuring: Measures MS-SSIM; None if nobody can.
    """

    def __init__(
        self, beside: Mapping[str, Codec], publish: Callable[[Event], None], measuring: Measuring | None = None
    ) -> None:
        self._beside, self._publish, self._measuring = dict(beside), publish, measuring
        self._known: WeakKeyDictionary[PhotoSource, dict[Any, Curve]] = WeakKeyDictionary()
        self._wanted: Wanted | None = None
        self._image: NDArray[np.uint8] | None = None
        self._rect: Rect | None = None
        self._kept: Kept | None = None
        self._tasks: list[_Task] = []
        self._asked: set[tuple[Curve, float | None]] = set()  # whose MS-SSIM is on its way, or not defined
        self._is_measured = self._is_small = False
        self._lock = threading.Lock()  # points are found in two threads

    def measure(self, is_wanted: bool) -> None:
        """From now on MS-SSIM of the points is wanted, too, or no longer; can be called from any thread."""
        self._is_measured = is_wanted

    def aim(
        self, wanted: Wanted, image: NDArray[np.uint8], rect: Rect | None, kept: Kept, session: Session | None
    ) -> None:
        """From now on the curves are of this picture and these weights.

        Args:
            wanted: Whose they are.
            image: uint8, H x W x 3: the photo or its window.
            rect: The window; None for the whole photo.
            kept: The weights.
            session: Theirs for this image; None if the curve has to open one.
        """
        before = self._wanted
        if before is not None and (before.generation, self._rect, self._kept) == (wanted.generation, rect, kept):
            return
        known = self._known.setdefault(wanted.source, {})
        own = (rect, "own", wanted.model, kept.edition)
        ours = known.setdefault(own, Curve(name=PurePath(wanted.model).name, kind="estimate"))
        tasks = []
        for name, other in self._beside.items():
            curve = known.setdefault((rect, "beside", name), Curve(name=name, kind="file"))
            tasks.append(_Task(curve, other, beside_qualities(other), "quality"))
        tasks.append(_Task(ours, kept.codec, spread(kept.codec.qualities, POINTS), "λ", session))
        with self._lock:
            self._wanted, self._image, self._rect, self._kept = wanted, image, rect, kept
            self._start(tasks)
            curves = [ours, *(task.curve for task in tasks[:-1])]
            self._publish(CurvesBegun(wanted=wanted, rect=rect, curves=curves))

    def leave(self) -> None:
        """There is no picture any more that has curves."""
        with self._lock:
            self._wanted, self._image, self._kept = None, None, None
            self._start([])

    def step(self, give_up: Callable[[], None]) -> bool:
        """Computes the next point, if there is one; returns whether there was.

        Args:
            give_up: Is called between the parts of the work; what it raises ends it, and the point is computed again.
        """
        self._say()
        task, quality = next(self._missing(), (None, None))
        wanted, image = self._wanted, self._image
        if task is None or wanted is None or image is None:
            return False
        try:
            with interruptible(give_up):
                if task.session is None:
                    task.session = task.codec.open(image)
                estimate = task.session.estimate(quality)
        except ENCODER_ERRORS as error:
            task.failed = True
            self._publish(Failed(wanted=wanted, part="work", error=ValueError(f"{task.curve.name}: {error}")))
            return True
        height, width = image.shape[:2]
        label = "" if quality is None else f"{task.symbol} {quality:g}, "
        rate, distortion = bpp(round(estimate.total_bytes), width, height), psnr_db(image, estimate.x_hat)
        with self._lock:
            task.curve.points[quality] = (rate, distortion, f"{label}{estimate.total_bytes:,.0f} bytes", None)
            self._tell(wanted, task.curve)
        if self._measuring is not None and self._is_measured:
            self._asked.add((task.curve, quality))
            self._measuring.later(image, estimate.x_hat, partial(self._found, wanted, task.curve, quality))
        return True

    def _start(self, tasks: list[_Task]) -> None:
        self._tasks, self._is_small = tasks, False
        self._asked.clear()
        if self._measuring is not None:
            self._measuring.forget()

    def _missing(self) -> Iterator[tuple[_Task, float | None]]:
        measures = self._is_measured and self._measuring is not None
        for task in self._tasks:
            for quality in task.qualities:
                point = task.curve.points.get(quality)
                unmeasured = measures and point is not None and point[3] is None
                if not task.failed and (point is None or (unmeasured and (task.curve, quality) not in self._asked)):
                    yield task, quality

    def _found(self, wanted: Wanted, curve: Curve, quality: float | None, ms_ssim: float | None) -> None:
        """In the measuring thread: a point's MS-SSIM. It is kept even if the plot shows other curves by now."""
        with self._lock:
            if ms_ssim is not None:
                curve.points[quality] = (*curve.points[quality][:3], ms_ssim_db(ms_ssim))
            if any(task.curve is curve for task in self._tasks):
                self._is_small = ms_ssim is None
                self._tell(self._wanted or wanted, curve)  # other weights may have been chosen since
        self._say()

    def _tell(self, wanted: Wanted, curve: Curve) -> None:
        self._publish(CurveGrown(wanted=wanted, name=curve.name, kind=curve.kind, points=[*curve.points.values()]))

    def _say(self) -> None:
        """What the plot says of points without MS-SSIM."""
        wanted = self._wanted
        if wanted is None or not self._is_measured:
            return
        if self._measuring is None:
            words = NO_MEASURE
        elif self._is_small:
            words = TOO_SMALL
        else:
            tasks = [task for task in self._tasks if not task.failed]
            left = any(task.curve.points.get(q, (0, 0, "", None))[3] is None for task in tasks for q in task.qualities)
            words = IS_MEASURED if left else ""
        self._publish(CurvesMeasured(wanted=wanted, words=words))


def beside_qualities(codec: Codec) -> Sequence[float | None]:
    """The qualities of another codec's curve: those that it names in `curve`, else ten over its legal ones."""
    named = getattr(codec, "curve", None)
    if named is not None:
        return tuple(named)
    legal = codec.qualities
    if legal is None or isinstance(legal, Interval):
        return spread(legal, POINTS)
    return [legal[index] for index in np.unique(np.linspace(0, len(legal) - 1, 10).round().astype(int))]
