"""Views that move together: pointer, zoom and rectangle in the browser, and whatever follows an explorer's file.

Knows viewers, an explorer and a thread. Does not know how a coding is traced, nor what is drawn of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from ipywidgets import Widget, jslink
from numpy.typing import NDArray

from dcae.codec.interruption import interruptible, unhurried
from dcae_widgets.delivery import Delivery
from dcae_widgets.explorer import Explorer
from dcae_widgets.photo_view import PhotoView
from dcae_widgets.shown import Coding
from dcae_widgets.worker import Worker

LINKED_TRAITS = ("view", "hover", "clicked", "brush")
MAX_FOLLOWED_PX = 2**22
"""Of larger photos nothing but the file is made: a trace of them takes long, and gigabytes."""

Found = TypeVar("Found")


def link_photos(*views: PhotoView) -> list[Widget]:
    """What the hand does in one viewer is done in all, without the kernel: zoom, pointer, click and rectangle.

    Args:
        views: 2 or more, of pictures of one size.

    Returns:
        The links; closing them ends it.

    Raises:
        ValueError: there are fewer than 2 views.
    """
    if len(views) < 2:
        raise ValueError(f"{len(views)} views; there must be 2 or more")
    return [jslink((one, name), (other, name)) for one, other in pairwise(views) for name in LINKED_TRAITS]


class Followers(Generic[Found]):
    """Shows what can be found out about each file of an explorer, in a thread of its own; the newest wins.

    What is being found out about a file that nobody waits for any more is given up, and never shown.

    Args:
        explorer: Whose files.
        find_out: Model, photo (uint8, H x W x 3) and lambda to what is shown, such as `dcae.analysis.trace.Tracer`. It
            can be ended where `dcae.codec.interruption` says.
        show: Is handed each finding; it runs where widgets may be changed.
        say: Is told what either has raised, there too; None for the explorer's panel.
    """

    def __init__(
        self,
        explorer: Explorer,
        find_out: Callable[[str, NDArray[np.uint8], float | None], Found],
        show: Callable[[Found], object],
        say: Callable[[Exception], object] | None = None,
    ) -> None:
        self._explorer, self._find_out, self._show = explorer, find_out, show
        self._say = say or explorer.say
        self._lock = threading.RLock()
        self._delivery = Delivery(self._apply, self._lock)
        self._worker: Worker[_Job] = Worker(self._run, lambda: False, self._fail)
        explorer.observe(self._follow, "coding")
        self._follow(None)

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Waits until the explorer rests and what was found out is shown; returns whether that came in time."""
        came = self._explorer.wait(timeout_s) and self._worker.wait(timeout_s)
        self._delivery.drain()
        return came

    def ask_again(self) -> None:
        """Finds out anew about the explorer's file: something else is to be shown of it now."""
        self._follow(None)

    def close(self) -> None:
        """Follows no more."""
        if not self._worker.closed:
            self._explorer.unobserve(self._follow, "coding")
            self._worker.close()

    def _follow(self, _: Any) -> None:
        self._worker.submit(_Job(self._explorer.coding))

    def _run(self, job: _Job) -> None:
        if job.coding is None:  # it came to end the job before
            return
        model, photo, lmbda = job.coding.model, job.coding.photo, job.coding.lmbda
        if photo.shape[0] * photo.shape[1] > MAX_FOLLOWED_PX:
            size = f"{photo.shape[1]} x {photo.shape[0]} px"
            raise ValueError(f"the photo has {size}; views follow those of at most {MAX_FOLLOWED_PX} px")
        with interruptible(self._worker.give_up), unhurried():
            found = self._find_out(model, photo, lmbda)
        self._delivery.post(_Finding(job.coding, found))

    def _fail(self, error: Exception) -> None:
        self._delivery.post(error)

    def _apply(self, finding: _Finding | Exception) -> None:
        try:
            if isinstance(finding, Exception):
                raise finding
            if finding.coding is self._explorer.coding:
                self._show(finding.found)
        except Exception as error:
            self._say(error)


class _Job(NamedTuple):
    coding: Coding | None


class _Finding(NamedTuple):
    coding: Coding
    found: Any
