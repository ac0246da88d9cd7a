"""A photo's rate-distortion curves, one point at a time, for when nothing else is to be done.

First those of other codecs, then that of the weights themselves, from estimates. What was computed once is kept. Knows
codecs by their protocol alone. Does not know threads or widgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import interruptible
from dcae.codec.protocol import Codec, Session
from dcae.rd import bpp, psnr_db
from dcae_widgets.events import Curve, CurveGrown, CurvesBegun, Event, Failed, Wanted
from dcae_widgets.live_window import Rect
from dcae_widgets.lmbda_dial import spread
from dcae_widgets.photo_source import PhotoSource

POINTS = 9
"""Of the weights' own curve."""


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
        publish: Is handed the events CurvesBegun, CurveGrown and Failed.
    """

    def __init__(self, beside: Mapping[str, Codec], publish: Callable[[Event], None]) -> None:
        self._beside, self._publish = dict(beside), publish
        self._known: WeakKeyDictionary[PhotoSource, dict[Any, Curve]] = WeakKeyDictionary()
        self._wanted: Wanted | None = None
        self._image: NDArray[np.uint8] | None = None
        self._rect: Rect | None = None
        self._tasks: list[_Task] = []

    def aim(
        self, wanted: Wanted, image: NDArray[np.uint8], rect: Rect | None, codec: Codec, session: Session | None
    ) -> None:
        """From now on the curves are of this picture and these weights.

        Args:
            wanted: Whose they are.
            image: uint8, H x W x 3: the photo or its window.
            rect: The window; None for the whole photo.
            codec: The weights.
            session: Theirs for this image; None if the curve has to open one.
        """
        before = self._wanted
        if before is not None and before.generation == wanted.generation and self._rect == rect:
            return
        self._wanted, self._image, self._rect = wanted, image, rect
        known = self._known.setdefault(wanted.source, {})
        ours = known.setdefault((rect, "own", wanted.model), Curve(name=PurePath(wanted.model).name, kind="estimate"))
        self._tasks = []
        for name, other in self._beside.items():
            curve = known.setdefault((rect, "beside", name), Curve(name=name, kind="file"))
            self._tasks.append(_Task(curve, other, beside_qualities(other), "quality"))
        self._tasks.append(_Task(ours, codec, spread(codec.qualities, POINTS), "λ", session))
        curves = [ours, *(task.curve for task in self._tasks[:-1])]
        self._publish(CurvesBegun(wanted=wanted, rect=rect, curves=curves))

    def leave(self) -> None:
        """There is no picture any more that has curves."""
        self._wanted, self._image, self._tasks = None, None, []

    def step(self, give_up: Callable[[], None]) -> bool:
        """Computes the next point, if there is one; returns whether there was.

        Args:
            give_up: Is called between the parts of the work; what it raises ends it, and the point is computed again.
        """
        task, quality = next(self._missing(), (None, None))
        wanted, image = self._wanted, self._image
        if task is None or wanted is None or image is None:
            return False
        try:
            with interruptible(give_up):
                if task.session is None:
                    task.session = task.codec.open(image)
                estimate = task.session.estimate(quality)
        except (ValueError, OSError, MemoryError) as error:
            task.failed = True
            self._publish(Failed(wanted=wanted, part="work", error=type(error)(f"{task.curve.name}: {error}")))
            return True
        height, width = image.shape[:2]
        label = "" if quality is None else f"{task.symbol} {quality:g}, "
        task.curve.points[quality] = (
            bpp(round(estimate.total_bytes), width, height),
            psnr_db(image, estimate.x_hat),
            f"{label}{estimate.total_bytes:,.0f} bytes",
        )
        points = list(task.curve.points.values())
        self._publish(CurveGrown(wanted=wanted, name=task.curve.name, kind=task.curve.kind, points=points))
        return True

    def _missing(self) -> Iterator[tuple[_Task, float | None]]:
        for task in self._tasks:
            for quality in task.qualities:
                if not task.failed and quality not in task.curve.points:
                    yield task, quality


def beside_qualities(codec: Codec) -> Sequence[float | None]:
    """The qualities of another codec's curve: those that it names in `curve`, else ten over its legal ones."""
    named = getattr(codec, "curve", None)
    if named is not None:
        return tuple(named)
    legal = codec.qualities
    if legal is None or hasattr(legal, "low"):
        return spread(legal, POINTS)
    return [legal[index] for index in np.unique(np.linspace(0, len(legal) - 1, 10).round().astype(int))]
