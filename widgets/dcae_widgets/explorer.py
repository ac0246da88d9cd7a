"""The explorer: a photo, a model and lambda under the hand; what the file shows, costs and consists of.

The hand chooses, an exploration in a thread of its own does what is wanted, and a drawing shows what that finds out:
each is a file, and here they are joined. Knows no network: codecs are handed in.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from IPython.display import Image
from ipywidgets import GridBox
from ipywidgets import Layout as BoxLayout
from numpy.typing import NDArray
from traitlets import Any as Any_

from dcae.codec.protocol import Codec
from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.photo_page import MakePage, shown_part
from dcae.shipped_weights import shipped_weights
from dcae_widgets.charts import coding
from dcae_widgets.controls import Controls
from dcae_widgets.delivery import Delivery
from dcae_widgets.exploration import Exploration
from dcae_widgets.explorer_choice import Choice
from dcae_widgets.explorer_drawing import Drawing
from dcae_widgets.explorer_face import LAYOUT, ExplorerFace
from dcae_widgets.explorer_hand import Hand
from dcae_widgets.limits import Limits
from dcae_widgets.lmbda_dial import START_LMBDA, decimal
from dcae_widgets.measuring import Measure
from dcae_widgets.page_making import PageJob, PageMaking
from dcae_widgets.photo_source import given_photo
from dcae_widgets.photo_view import PhotoView
from dcae_widgets.rd_plot import RdPlot
from dcae_widgets.readout import Readout
from dcae_widgets.second_picture import SecondPicture
from dcae_widgets.shown import Coding

DOWNLOAD_LIMIT_S = 600.0
"""A file that has to be made before it is downloaded may take so long."""


class Explorer(GridBox):
    """A photo compressed under the hand.

    Args:
        open_codec: The codec of weights, by their name or path (`dcae.codec.catalogue.open_codec`).
        model: The weights to begin with.
        photo: uint8, H x W x 3; or a shipped photo's name, or a path; None for the photo of `dcae lab PHOTO`, else the
            first shipped one.
        beside: Other codecs by the names that are shown: their curves stand in the plot, and the picture of a file of
            theirs, of at most as many bytes as ours, can stand in the photo's place.
        against: Further ones for the photo's place alone, such as those whose curves would take long.
        ms_ssim: Measures MS-SSIM of two images (`dcae.metrics.ms_ssim`); None if it is not to be shown.
        make_page: Makes a page to share (`dcae.analysis.page_record.make_page`); None if there is to be no button.
        limits: What may be uploaded and typed.

    Attributes:
        coding: What the file that is shown is a :class:`Coding` of; None while the hand moves, until there is a file,
            and for files that were opened or refined. Others may observe it.

    Raises:
        TypeError, ValueError, OSError: The photo is none, or cannot be read.
    """

    coding = Any_()

    def __init__(
        self,
        open_codec: Callable[[str], Codec],
        *,
        model: str = "small",
        photo: NDArray[np.uint8] | str | os.PathLike[str] | None = None,
        beside: Mapping[str, Codec] | None = None,
        against: Mapping[str, Codec] | None = None,
        ms_ssim: Measure | None = None,
        make_page: MakePage | None = None,
        limits: Limits = Limits(),  # noqa: B008  # frozen
    ) -> None:
        given, self._limits = given_photo(photo), limits
        image = given.read()
        source = replace(given, read=lambda: image)
        self._choice = Choice(source, model, START_LMBDA, paths=limits.paths)
        self._lock = threading.RLock()
        others = {**(beside or {}), **(against or {})}
        self._face = ExplorerFace(self._make_controls(list(others)), source, image)
        self._second = SecondPicture(others, self._face.beside, image, self._face.say, self._lock)
        self._pages = PageMaking(make_page, self._page_job, self.controls, self._face.say, self._lock)
        self._drawing = self._make_drawing()
        self._delivery = Delivery(self._drawing.apply, self._lock)
        self._exploration = Exploration(open_codec, beside or {}, ms_ssim, self._delivery.post)
        self._hand = self._make_hand()
        super().__init__(self._face.widgets, layout=BoxLayout(**LAYOUT))
        self.add_class("dcae-explorer")
        self._want(final=True)

    @property
    def controls(self) -> Controls:
        """The panel: photo, model, lambda, downloads, Python, errors."""
        return self._face.controls

    @property
    def photo_view(self) -> PhotoView:
        """The photo, and what the file shows."""
        return self._face.photo_view

    @property
    def readout(self) -> Readout:
        """Numbers, and what the file consists of."""
        return self._face.readout

    @property
    def rd_plot(self) -> RdPlot:
        """This photo's curves and its point."""
        return self._face.rd_plot

    @property
    def data(self) -> bytes | None:
        """The bytes of the file that is shown; None while only an estimate is."""
        return self._face.shown.data

    def _make_controls(self, others: list[str]) -> Controls:
        return Controls(
            on_upload=self._upload,
            on_download=self._download,
            on_restore=self.restore,
            on_polish=self._polish,
            on_page=self._page,
            max_upload_bytes=self._limits.upload_bytes,
            photos=list(self._choice.photos),
            photo=self._choice.source.name,
            others=others,
            models=list(dict.fromkeys([*shipped_weights(), self._choice.model])),
            model=self._choice.model,
            paths=self._limits.paths,
            lmbda_min=LMBDA_MIN,
            lmbda_max=LMBDA_MAX,
            lmbda=self._choice.lmbda,
        )

    def _make_drawing(self) -> Drawing:
        return Drawing(
            self._choice,
            self._face,
            self._second,
            self._pages,
            ask_again=partial(self._want, final=True),
            say_coding=self._keep_coding,
            lock=self._lock,
        )

    def _make_hand(self) -> Hand:
        return Hand(
            self._choice,
            self._face,
            self._drawing,
            want=self._want,
            measure_curves=self._exploration.measure_curves,
            limits=self._limits,
            lock=self._lock,
        )

    def _upload(self, name: str, data: bytes) -> None:
        self._hand.upload(name, data)

    def _polish(self, begin: bool) -> None:
        """The shown photo's file is refined, or no longer: then the plain one is shown again."""
        with self._lock:
            self._want(final=True, polish=begin)

    def _page(self, begin: bool) -> None:
        with self._lock:
            self._pages.press(begin)

    def _page_job(self) -> PageJob | None:
        """The page of what is looked at; none of a file that was opened, nor before anything was coded."""
        source, model = self._face.shown.source, self._face.shown.model
        if source.data is not None or not model:
            return None
        height, width = self._face.photo.shape[:2]
        left, top, right, bottom = self.photo_view.visible or (0, 0, width, height)
        part = shown_part(width, height, ((left + right) / 2, (top + bottom) / 2))
        return PageJob(model, self._face.photo, source.name, part)

    def _download(self, what: str) -> tuple[str, str, bytes]:
        """The file that is shown, or its picture; it is made first where only an estimate is shown.

        Raises:
            ValueError: It could not be made.
        """
        if self.data is None:
            self._want(final=True)
            self._wait_until(lambda: self.data is not None, DOWNLOAD_LIMIT_S)
        return self._face.shown.download(what)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Shows what a state says, as far as it is legal; what is not is said in the error pane.

        Args:
            state: What `controls.state` was; any of photo, model, lmbda, mode, divider, view and other. It may come
                from a link, so names are only those in the panel's lists.
        """
        self._hand.restore(state)

    def _want(self, *, final: bool, polish: bool = False) -> None:
        """Says what is wanted now; what is shown waits for it."""
        choice, shown = self._choice, self._face.shown
        self.coding = None
        visible = self.photo_view.visible if shown.source is choice.source else ()
        wanted = choice.ask(final=final, visible=visible, polish=polish)
        if self.readout.kind and shown.lmbda != choice.lmbda:
            self.readout.pending = True
        self._exploration.worker.submit(wanted, moving=not final)

    def _keep_coding(self, coding: Coding) -> None:
        """It is the same until something else is wanted, however much is found out about its file."""
        if self.coding is None:
            self.coding = coding

    def say(self, error: Exception) -> None:
        """Says in the panel what went wrong for somebody who shows something beside it."""
        with self._lock:
            self._face.say(error)

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Waits until all is computed and drawn, curves and another codec's picture too; returns whether it came."""
        return self._wait_until(lambda: False, timeout_s)

    def _wait_until(self, reached: Callable[[], bool], timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while not reached():
            is_idle = self._exploration.wait(min(0.02, max(0.0, end - time.monotonic())))
            newest = self._choice.newest
            self._delivery.drain()
            is_idle = is_idle and self._second.wait(min(0.02, max(0.0, end - time.monotonic())))
            if is_idle and self._choice.newest is newest:
                return True
            if time.monotonic() > end:
                return False
        return True

    def picture(self, timeout_s: float = 60.0) -> Image:
        """A static picture of what is shown, for print and for a page without a kernel; waits until it is computed.

        Raises:
            TimeoutError: Nothing was compressed within the time.
        """
        self.wait(timeout_s)
        shown, layers = self._face.shown, self.photo_view.layers
        if shown.picture is None:
            raise TimeoutError(f"nothing was compressed within {timeout_s:g} s; {self.controls.error or 'it goes on'}")
        lmbda = "" if shown.lmbda is None else f", λ = {decimal(shown.lmbda)}"
        title = f"{shown.source.name}, {shown.model}{lmbda}"
        parts = [(name, size) for name, size in self.readout.parts]
        beside = layers[0].name if self._second.name else "the photo"
        return coding(layers[0].image, layers[-1].image, self.readout.numbers, parts, title, beside)

    def close(self) -> None:
        """Ends the thread and closes all widgets."""
        self._exploration.close()
        self._second.close()
        self._pages.close()
        self._face.close()
        super().close()
