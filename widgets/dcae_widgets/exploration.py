"""What an explorer has to compute, in the worker's thread: weights, photo, estimates, the file, what it decodes to.

It does what is wanted in an order that shows something soon, keeps what can be used again, and gives up what nobody
waits for any more. MS-SSIM alone is measured in a second thread (`dcae_widgets.measuring`).
Knows codecs by their protocol alone. Does not know widgets: what it finds out it publishes as events.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from dcae.codec.bitstream import unpack
from dcae.codec.file_info import file_info
from dcae.codec.interruption import interruptible, unhurried
from dcae.codec.kept_codecs import Kept, KeptCodecs
from dcae.codec.protocol import Codec, Session
from dcae.rd import psnr_db
from dcae.shipped_weights import shipped_name
from dcae_widgets.events import (
    Busy,
    Estimated,
    Event,
    Failed,
    ModelReady,
    Opened,
    PhotoReady,
    Wanted,
    Written,
)
from dcae_widgets.live_window import Rect, live_window
from dcae_widgets.lmbda_dial import nearest
from dcae_widgets.measuring import MEASURED_PX, Measure, Measuring
from dcae_widgets.photo_curves import PhotoCurves
from dcae_widgets.photo_source import PhotoSource
from dcae_widgets.polishing import can_polish, polished
from dcae_widgets.readout import estimate_parts
from dcae_widgets.worker import Superseded, Worker

KEPT_CODECS = 2
"""So many weights stay in memory: those that are used, and those before them."""


class WritingSession(Session, Protocol):
    """A session that also gives the picture which a file decodes to, as DCAE's do."""

    def reconstruct(self, quality: float | None, /) -> NDArray[np.uint8]:
        """The picture that the file at this quality decodes to, uint8, H x W x 3."""
        ...


class _OpenPhoto(NamedTuple):
    """A photo, or a window of it, open for encoding."""

    source: PhotoSource
    codec: Codec
    rect: Rect | None
    image: NDArray[np.uint8]
    session: WritingSession
    open_s: float


class Exploration:
    """Does what is wanted, in a thread of its own.

    Args:
        open_codec: The codec of weights, by their name or path.
        beside: Other codecs whose curves stand beside, by their names.
        ms_ssim: Measures MS-SSIM of two images; None if nobody can.
        publish: Is handed events, in the worker's thread.
    """

    def __init__(
        self,
        open_codec: Callable[[str], Codec],
        beside: Mapping[str, Codec],
        ms_ssim: Measure | None,
        publish: Callable[[Event], None],
    ) -> None:
        self._publish = publish
        self._codecs = KeptCodecs(open_codec, KEPT_CODECS, lambda name: self._busy(f"loading {name}"))
        self._used: Kept | None = None  # what estimate and file are of
        self._measuring = None if ms_ssim is None else Measuring(ms_ssim, lambda error: self._fail(error, "work"))
        self._curves = PhotoCurves(beside, publish, self._measuring)
        self._photo: tuple[PhotoSource, NDArray[np.uint8]] | None = None
        self._whole: _OpenPhoto | None = None
        self._window: _OpenPhoto | None = None
        self._estimated: Estimated | None = None
        self._written: Written | None = None
        self._written_lock = threading.Lock()
        self._wanted: Wanted | None = None
        self._generation = -1
        self._part = "work"
        self.worker: Worker[Wanted] = Worker(self._run, self._step, self._fail)

    def wait(self, timeout_s: float) -> bool:
        """Waits until all is computed, curves included; returns whether that came in time."""
        end = time.monotonic() + timeout_s
        if not self.worker.wait(timeout_s):
            return False
        return self._measuring is None or self._measuring.wait(max(0.0, end - time.monotonic()))

    def measure_curves(self, is_wanted: bool) -> None:
        """Whether MS-SSIM of the curves' points is wanted, too; it comes when nothing else is to be done."""
        self._curves.measure(is_wanted)
        self.worker.wake()

    def close(self) -> None:
        """Ends the threads as soon as their work lets them."""
        self.worker.close()
        if self._measuring is not None:
            self._measuring.close()

    def _run(self, wanted: Wanted) -> None:
        self._wanted = wanted
        try:
            kept = self._kept_of(wanted)
            if wanted.source.data is not None:
                self._open_file(wanted, kept.codec, wanted.source.data)
            else:
                self._explore(wanted, kept)
        finally:
            self._busy("")

    def _step(self) -> bool:
        with unhurried():
            return self._curves.step(self.worker.give_up)

    def _fail(self, error: Exception, part: str = "") -> None:
        assert self._wanted is not None, "work fails only after it was wanted"
        self._publish(Failed(wanted=self._wanted, part=part or self._part, error=error))

    def _busy(self, text: str) -> None:
        assert self._wanted is not None, "nothing is done before it is wanted"
        self._publish(Busy(wanted=self._wanted, text=text))

    def _kept_of(self, wanted: Wanted) -> Kept:
        self._part = "model"
        kept = self._codecs.get(wanted.model)
        if wanted.generation != self._generation or kept is not self._used:
            self._publish(ModelReady(wanted=wanted, qualities=kept.codec.qualities))
        if kept is not self._used:
            with self._written_lock:
                self._used, self._estimated, self._written = kept, None, None
        self._part = "work"
        return kept

    def _photo_of(self, wanted: Wanted) -> NDArray[np.uint8]:
        if self._photo is None or self._photo[0] is not wanted.source:
            self._part = "photo"
            self._busy(f"reading {wanted.source.name}")
            self._photo = wanted.source, wanted.source.read()
            self._whole = self._window = None
            self._part = "work"
        if wanted.generation != self._generation:
            self._publish(PhotoReady(wanted=wanted, image=self._photo[1]))
            self._generation = wanted.generation
        return self._photo[1]

    def _explore(self, wanted: Wanted, kept: Kept) -> None:
        photo, codec = self._photo_of(wanted), kept.codec
        lmbda = nearest(codec.qualities, wanted.lmbda)
        rect = live_window(photo.shape[1], photo.shape[0], wanted.visible)
        live = self._live(wanted, codec, photo, rect)
        self._curves.aim(wanted, live.image, rect, kept, live.session)
        if not (wanted.final and self._is_estimated(wanted, rect, lmbda)):
            self._estimate(wanted, live, photo, lmbda)
        if wanted.final:
            self.worker.give_up()
            self._write(wanted, codec, photo, live, lmbda)

    def _live(self, wanted: Wanted, codec: Codec, photo: NDArray[np.uint8], rect: Rect | None) -> _OpenPhoto:
        """What estimates are made of: the photo, or a large one's window. Only another photo or model ends this."""
        if rect is None:
            self._whole = self._opened(self._whole, wanted, codec, photo, None, self._moot(wanted))
            return self._whole
        self._window = self._opened(self._window, wanted, codec, rect.cut(photo), rect, self._moot(wanted))
        return self._window

    def _moot(self, wanted: Wanted) -> Callable[[], None]:
        def check() -> None:
            newest = self.worker.waiting
            if self.worker.closed or (newest is not None and not newest.is_of(wanted)):
                raise Superseded

        return check

    def _opened(
        self,
        kept: _OpenPhoto | None,
        wanted: Wanted,
        codec: Codec,
        image: NDArray[np.uint8],
        rect: Rect | None,
        check: Callable[[], None],
    ) -> _OpenPhoto:
        if kept is not None and kept.codec is codec and (kept.source, kept.rect) == (wanted.source, rect):
            return kept
        image = np.ascontiguousarray(image)
        started = time.perf_counter()
        with interruptible(check):
            session = cast(WritingSession, codec.open(image))
        seconds = time.perf_counter() - started
        return _OpenPhoto(wanted.source, codec, rect, image, session, seconds)

    def _is_estimated(self, wanted: Wanted, rect: Rect | None, lmbda: float | None) -> bool:
        last = self._estimated
        return last is not None and last.wanted.is_of(wanted) and (last.rect, last.lmbda) == (rect, lmbda)

    def _estimate(self, wanted: Wanted, live: _OpenPhoto, photo: NDArray[np.uint8], lmbda: float | None) -> None:
        estimate = live.session.estimate(lmbda)
        self._estimated = Estimated(
            wanted=wanted,
            lmbda=lmbda,
            rect=live.rect,
            picture=estimate.x_hat,
            size=(photo.shape[1], photo.shape[0]),
            total_bytes=estimate.total_bytes,
            parts=estimate_parts(estimate),
            psnr_db=psnr_db(live.image, estimate.x_hat),
            can_polish=can_polish(live.session, lmbda, photo[..., 0].size),
        )
        self._publish(self._estimated)

    def _write(
        self, wanted: Wanted, codec: Codec, photo: NDArray[np.uint8], live: _OpenPhoto, lmbda: float | None
    ) -> None:
        """The file, then what it decodes to; each is published as soon as it is known."""
        last, polish = self._written, wanted.polish and can_polish(live.session, lmbda, photo[..., 0].size)
        if last is None or not last.wanted.is_of(wanted) or (last.lmbda, bool(last.polish)) != (lmbda, polish):
            last = self._encoded(wanted, codec, photo, lmbda)
            if polish:
                whole = self._opened(self._whole, wanted, codec, photo, None, self.worker.give_up)
                last = polished(last, whole.session, self.worker.give_up, self._publish)
        written = self._tell(last, wanted=wanted)
        if written.decode_s is None:
            with unhurried():
                decoded, decode_s = self._decoded(codec, written.data)
            check_decoded(decoded, written.picture)
            written = self._tell(written, decode_s=decode_s)
        if written.ms_ssim is None and self._measuring is not None and photo.size <= 3 * MEASURED_PX:
            self.worker.give_up()
            self._measuring.file(photo, written.picture, partial(self._measured, written))

    def _tell(self, written: Written, **found: Any) -> Written:
        """Keeps what was found out about the file, and publishes it."""
        with self._written_lock:
            self._written = replace(written, **found)
            self._publish(self._written)
            return self._written

    def _measured(self, written: Written, ms_ssim: float | None) -> None:
        with self._written_lock:
            if self._written is not None and self._written.data is written.data:
                self._written = replace(self._written, ms_ssim=ms_ssim)
                self._publish(self._written)

    def _encoded(self, wanted: Wanted, codec: Codec, photo: NDArray[np.uint8], lmbda: float | None) -> Written:
        height, width = photo.shape[:2]
        is_long = live_window(width, height) is not None  # each step takes seconds

        def begin(step: int) -> None:
            if is_long or step == 1:
                self._busy(f"encoding {height * width / 1e6:.1f} Mpx" + (f", step {step} of 3" if is_long else ""))

        begin(1)
        whole = self._whole = self._opened(self._whole, wanted, codec, photo, None, self.worker.give_up)
        with interruptible(self.worker.give_up):
            begin(2)
            started = time.perf_counter()
            data = whole.session.encode(lmbda)
            encode_s = whole.open_s + time.perf_counter() - started
            begin(3)
            picture = whole.session.reconstruct(lmbda)
        return Written(
            wanted=wanted,
            lmbda=lmbda,
            picture=picture,
            data=data,
            parts=file_info(data).parts,
            psnr_db=psnr_db(photo, picture),
            encode_s=encode_s,
            can_polish=can_polish(whole.session, lmbda, photo[..., 0].size),
        )

    def _decoded(self, codec: Codec, data: bytes) -> tuple[NDArray[np.uint8], float]:
        """A file's picture, and what decoding it took, s; given up for a newer request."""
        self._busy(f"decoding {len(data):,} bytes")
        with interruptible(self.worker.give_up):
            started = time.perf_counter()
            return codec.decode(data), time.perf_counter() - started

    def _open_file(self, wanted: Wanted, codec: Codec, data: bytes) -> None:
        self._part = "photo"
        info = file_info(data)
        named = shipped_name(unpack(data)[0].identity)
        if named is not None and named != wanted.model:
            codec = self._codecs.get(named).codec
        picture, decode_s = self._decoded(codec, data)
        self._curves.leave()
        self._publish(
            Opened(
                wanted=wanted,
                picture=picture,
                data=data,
                parts=info.parts,
                decode_s=decode_s,
                lmbda=info.lmbda,
                model=named or info.model,
            )
        )
        self._part = "work"


def check_decoded(decoded: NDArray[np.uint8], picture: NDArray[np.uint8]) -> None:
    """Makes sure that a file decodes to the picture which the encoder foresaw.

    Raises:
        ValueError: It does not.
    """
    if decoded.shape != picture.shape:
        sizes = [f"{image.shape[1]} x {image.shape[0]}" for image in (decoded, picture)]
        raise ValueError(f"the file decodes to {sizes[0]} px; the encoder foresaw {sizes[1]} px")
    different = int((decoded != picture).any(axis=2).sum())
    if different:
        raise ValueError(f"the file decodes to another picture: {different} of {picture[..., 0].size} px differ")
