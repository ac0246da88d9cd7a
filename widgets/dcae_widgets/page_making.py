"""A page about the shown photo, made in a thread of its own while the hand goes on, and given to the browser.

Knows a thread, the panel, and who makes pages. Does not know networks. One page is made at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import interruptible, unhurried
from dcae.photo_page import Crop, MakePage
from dcae_widgets.controls import Controls
from dcae_widgets.delivery import Delivery
from dcae_widgets.page import page_html
from dcae_widgets.worker import Superseded, Worker


@dataclass(frozen=True, eq=False)
class PageJob:
    """Which page is wanted.

    Attributes:
        model: The weights' name or path.
        photo: uint8, H x W x 3.
        name: What the photo is called.
        part: Which part of it the page shows.
    """

    model: str
    photo: NDArray[np.uint8]
    name: str
    part: Crop


@dataclass(frozen=True, eq=False)
class _Share:
    job: PageJob
    share: float


@dataclass(frozen=True, eq=False)
class _Made:
    job: PageJob
    html: bytes


@dataclass(frozen=True, eq=False)
class _NotMade:
    job: PageJob
    error: Exception


class PageMaking:
    """The panel's button for a page. All methods but `wait` are called under the lock.

    Args:
        make: Makes a page's record; None if nobody can, and there is no button.
        wanted: Which page could be made now; None if nothing is shown that one could be of.
        controls: The panel.
        say: Is told why there is no page.
        lock: Is held while the panel is changed.
    """

    def __init__(
        self,
        make: MakePage | None,
        wanted: Callable[[], PageJob | None],
        controls: Controls,
        say: Callable[[Exception], None],
        lock: Any,
    ) -> None:
        self._make_page, self._wanted, self._controls, self._say = make, wanted, controls, say
        self._job: PageJob | None = None
        self._delivery = Delivery(self._apply, lock)
        self._worker: Worker[PageJob] = Worker(self._make, lambda: False, lambda _: None)

    def follow(self) -> None:
        """Something else is shown, which a page may be of or not; one that is being made goes on."""
        if self._job is None:
            self._controls.page = "ready" if self._make_page is not None and self._wanted() else ""

    def press(self, begin: bool) -> None:
        """Makes the page that is wanted now, or none any more.

        Raises:
            ValueError: nothing is shown that a page could be of.
        """
        self._job = None
        if begin:
            if self._make_page is None or (job := self._wanted()) is None:
                raise ValueError("there is no page of this: a page shows a photo that was encoded here")
            self._job = job
            self._controls.page_share, self._controls.page = 0.0, "running"
            self._worker.submit(job)
        self.follow()

    def wait(self, timeout_s: float) -> bool:
        """Waits until no page is being made; returns whether that came in time."""
        came = self._worker.wait(timeout_s)
        self._delivery.drain()
        return came

    def close(self) -> None:
        """Ends the thread as soon as its work lets it."""
        self._job = None
        self._worker.close()

    def _make(self, job: PageJob) -> None:
        assert self._make_page is not None, "nobody presses a button that is not there"

        def check() -> None:
            if job is not self._job:
                raise Superseded

        def report(done: int, steps: int) -> None:
            check()
            self._delivery.post(_Share(job, done / steps))

        try:
            with interruptible(check), unhurried():
                page = self._make_page(job.model, job.photo, job.name, job.part, report)
                html = page_html(page).encode()
        except Superseded:
            raise
        except Exception as error:
            self._delivery.post(_NotMade(job, error))
        else:
            self._delivery.post(_Made(job, html))

    def _apply(self, answer: _Share | _Made | _NotMade) -> None:
        """Shows what has become of the page, unless nobody waits for it any more."""
        if answer.job is not self._job:
            return
        if isinstance(answer, _Share):
            self._controls.page_share = answer.share
            return
        self._job = None
        self.follow()
        if isinstance(answer, _Made):
            self._controls.send_page(f"{PurePath(answer.job.name).stem or 'photo'}.html", answer.html)
        else:
            self._say(answer.error)
