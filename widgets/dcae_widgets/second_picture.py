"""What our picture is compared with: the photo, or another codec's file of at most as many bytes.

The other file is made in a thread of its own, after ours, and follows it; the newest wins. So it delays nothing of
ours. Knows codecs by their protocol, a viewer's layer and a thread. Does not know how our file is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.codec.interruption import interruptible
from dcae.codec.protocol import ENCODER_ERRORS, Codec, Session
from dcae.codec.rate_control import Reached, UnreachableTarget, encode_to_size
from dcae.rd import psnr_db
from dcae_widgets.delivery import Delivery
from dcae_widgets.photo_view import Layer
from dcae_widgets.worker import Worker

PHOTO = "photo"
"""What is written over the photo."""


@dataclass(frozen=True, eq=False)
class _Job:
    """A file that is wanted; `sessions` are of its photo, by the codecs' names. Without a name nothing is."""

    name: str
    photo: NDArray[np.uint8]
    sessions: dict[str, Session]
    most_bytes: int


@dataclass(frozen=True, eq=False)
class _Made:
    job: _Job
    picture: NDArray[np.uint8]
    num_bytes: int
    psnr_db: float


@dataclass(frozen=True, eq=False)
class _NotMade:
    job: _Job
    error: Exception


class SecondPicture:
    """Shows it in a layer, under its name, bytes and PSNR. All methods but `wait` are called under the lock.

    Args:
        codecs: Those that can be chosen, by their names.
        layer: The layer, which shows the photo.
        photo: uint8, H x W x 3.
        say: Is told why a file could not be made.
        lock: Is held while the layer is changed.

    Attributes:
        name: Which codec's picture is shown; "" is the photo itself.
    """

    def __init__(
        self,
        codecs: Mapping[str, Codec],
        layer: Layer,
        photo: NDArray[np.uint8],
        say: Callable[[Exception], None],
        lock: Any,
    ) -> None:
        self._codecs, self._layer, self._say = dict(codecs), layer, say
        self.name = ""
        self._photo: NDArray[np.uint8] | None = photo
        self._sessions: dict[str, Session] = {}
        self._data: bytes | None = None  # our file
        self._job: _Job | None = None
        self._shown: _Made | None = None
        self._delivery = Delivery(self._apply, lock)
        self._worker: Worker[_Job] = Worker(self._make, lambda: False, self._fail)
        self._running: _Job | None = None

    def choose(self, name: str) -> None:
        """Shows another codec's picture, or the photo if the name is "".

        Raises:
            ValueError: there is no such codec.
        """
        if name and name not in self._codecs:
            raise ValueError(f"there is no codec {name!r} to compare with; legal: {', '.join(self._codecs) or 'none'}")
        if name != self.name:
            self.name = name
            self._show_photo()
            self._ask()

    def show_photo(self, photo: NDArray[np.uint8] | None) -> None:
        """Another photo, of which there is no file yet, or none at all; the layer shows it already.

        Args:
            photo: uint8, H x W x 3.
        """
        self._photo, self._sessions, self._data, self._shown = photo, {}, None, None
        self._entitle()
        self._ask()

    def follow(self, data: bytes | None) -> None:
        """What our picture is of: a file, or an estimate if it is None."""
        if data is not self._data:
            self._data = data
            self._ask()
            self._entitle()

    def wait(self, timeout_s: float) -> bool:
        """Waits until what is wanted is made and shown; returns whether that came in time."""
        came = self._worker.wait(timeout_s)
        self._delivery.drain()
        return came

    def close(self) -> None:
        """Ends the thread as soon as its work lets it."""
        self._worker.close()

    def _ask(self) -> None:
        """The newest job; one without a name ends the one before."""
        is_wanted = self.name and self._photo is not None and self._data is not None
        if self._photo is None or not (is_wanted or self._job):
            self._job = None
            return
        self._job = _Job(self.name if is_wanted else "", self._photo, self._sessions, len(self._data or b""))
        self._worker.submit(self._job)

    def _show_photo(self) -> None:
        if self._photo is not None and self._shown is not None:
            self._layer.set_image(self._photo)
        self._shown = None
        self._entitle()

    def _entitle(self, failed: bool = False) -> None:
        """What is written over the picture."""
        shown = self._shown
        if shown is not None:
            is_ours = self._data is not None and self._job is shown.job
            behind = "" if is_ours else " · for the file before"
            title = f"{shown.job.name} · {shown.num_bytes:,} bytes · {shown.psnr_db:.2f} dB{behind}"
        elif not self.name or self._photo is None:
            title = PHOTO
        elif failed:
            title = f"{PHOTO} · no {self.name} of this size"
        else:
            title = f"{PHOTO} · {self.name} follows"
        self._layer.name = title

    def _make(self, job: _Job) -> None:
        self._running = job
        if not job.name:
            return
        codec = self._codecs[job.name]
        with interruptible(self._worker.give_up):
            if job.name not in job.sessions:
                job.sessions[job.name] = codec.open(job.photo)
            reached = largest_file(codec, job.sessions[job.name], job.most_bytes)
            picture = codec.decode(reached.data)
        self._delivery.post(_Made(job, picture, reached.size, psnr_db(job.photo, picture)))

    def _fail(self, error: Exception) -> None:
        assert self._running is not None, "work fails only after it has begun"
        self._delivery.post(_NotMade(self._running, error))

    def _apply(self, answer: _Made | _NotMade) -> None:
        if answer.job is not self._job:
            return
        if isinstance(answer, _Made):
            self._layer.set_image(answer.picture)
            self._shown = answer
            self._entitle()
            return
        self._show_photo()
        self._entitle(failed=True)
        is_foreseen = isinstance(answer.error, ENCODER_ERRORS)
        self._say(ValueError(f"{answer.job.name}: {answer.error}") if is_foreseen else answer.error)


def largest_file(codec: Codec, session: Session, most_bytes: int) -> Reached:
    """The largest file of at most so many bytes, be it much smaller because the codec has no larger ones.

    Raises:
        ValueError: the codec's smallest file is larger.
    """
    try:
        return encode_to_size(codec, session, most_bytes)
    except UnreachableTarget as error:
        if error.largest.size <= most_bytes:
            return error.largest
        smallest = f"its smallest file has {error.smallest.size:,} bytes"
        raise ValueError(f"no file of at most {most_bytes:,} bytes; {smallest}") from None
