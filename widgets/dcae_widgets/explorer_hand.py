"""The hand in an explorer: what it sets in panel, viewer and plot, and what is wanted then.

A page or somebody's Python sets traits, a file is dropped in, a link or a reload brings a state. Knows the choice and
the widgets by their face. Does not know who computes: what is wanted it says to whoever made it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.shipped_weights import shipped_weights
from dcae_widgets.error_words import said
from dcae_widgets.explorer_choice import Choice
from dcae_widgets.explorer_drawing import Drawing
from dcae_widgets.explorer_face import ExplorerFace
from dcae_widgets.explorer_state import checked_state
from dcae_widgets.limits import Limits
from dcae_widgets.photo_source import PhotoSource, uploaded


class Hand:
    """Hears the widgets as soon as it is made.

    Args:
        choice: What is chosen.
        face: The four widgets.
        drawing: Shows what is chosen; what it sets itself is not the hand's.
        want: Asks for what is chosen: for the real file, or for an estimate while the hand moves.
        measure_curves: Is told whether MS-SSIM of the curves' points is wanted.
        limits: What may be uploaded and named.
        lock: Is held while the hand is heard.
    """

    def __init__(
        self,
        choice: Choice,
        face: ExplorerFace,
        drawing: Drawing,
        *,
        want: Callable[..., None],
        measure_curves: Callable[[bool], None],
        limits: Limits,
        lock: Any,
    ) -> None:
        self._choice, self._face, self._drawing = choice, face, drawing
        self._want, self._measure_curves, self._limits, self._lock = want, measure_curves, limits, lock
        self._request = face.controls.request
        self._observe()

    def _observe(self) -> None:
        controls = self._face.controls
        controls.observe(self._on_photo, "photo")
        controls.observe(self._on_model, "model")
        controls.observe(self._on_request, "request")
        controls.observe(self._on_lmbda, "lmbda")
        controls.observe(self._on_other, "other")
        self._face.rd_plot.observe(self._on_measure, "measure")
        self._face.photo_view.observe(self._on_view, ["mode", "divider", "view"])

    def explore(self, *, source: PhotoSource | None = None, model: str | None = None) -> None:
        """Another picture or other weights; None for the same. Called under the lock."""
        self._choice.take(source, model)
        self._face.controls.error = ""
        self._face.readout.pending = bool(self._face.readout.kind)
        self._drawing.show_choice()
        self._want(final=True)

    def upload(self, name: str, data: bytes) -> None:
        """A file is dropped in, picked or pasted: a picture, or a compressed file."""
        with self._lock:
            source = uploaded(name, data, self._limits)
            self._choice.photos.add(source)
            self.explore(source=source)

    def restore(self, state: Mapping[str, Any]) -> None:
        """As :meth:`dcae_widgets.explorer.Explorer.restore`."""
        controls, view = self._face.controls, self._face.photo_view
        with self._errors_in_words():
            models = controls.models if self._limits.paths else list(shipped_weights())
            lists = {"photos": list(self._choice.photos), "models": models, "others": controls.others}
            legal, wrong = checked_state(state, lmbdas=(LMBDA_MIN, LMBDA_MAX), **lists)
            self._choice.lmbda = legal.get("lmbda", self._choice.lmbda)
            view.mode, view.divider = legal.get("mode", view.mode), legal.get("divider", view.divider)
            controls.other = legal.get("other", controls.other)
            source = self._choice.photos[legal["photo"]] if "photo" in legal else None
            self.explore(source=source, model=legal.get("model"))
            self._drawing.restore_view(legal.get("view"))
            if wrong:
                controls.error = "Of what the link or this page held, some is not legal: " + "; ".join(wrong)

    def _on_photo(self, change: Any) -> None:
        with self._choosing():
            if not self._drawing.quiet:
                self.explore(source=self._choice.photos[change["new"]])

    def _on_model(self, change: Any) -> None:
        with self._choosing():
            if not self._drawing.quiet:
                self.explore(model=self._choice.legal_model(change["new"]))

    def _on_request(self, change: Any) -> None:
        with self._errors_in_words():
            self._request = change["new"]
            self._choice.lmbda = float(self._request["lmbda"])
            self._want(final=bool(self._request["final"]))

    def _on_lmbda(self, change: Any) -> None:
        """Set in Python: the hand's lambda comes together with its request, before or after it."""
        with self._errors_in_words():
            is_requested = self._face.controls.request is not self._request
            is_the_hands = is_requested or math.isclose(self._choice.lmbda, change["new"])
            if not self._drawing.quiet and not is_the_hands:
                self._choice.lmbda = change["new"]
                self._want(final=True)

    def _on_other(self, change: Any) -> None:
        with self._errors_in_words():
            self._drawing.show_beside(change["new"])

    def _on_measure(self, change: Any) -> None:
        with self._errors_in_words():
            self._measure_curves(change["new"] == "ms_ssim")

    def _on_view(self, change: Any) -> None:
        with self._errors_in_words():
            if change["name"] == "view":
                self._drawing.keep_view(change["new"])
            self._drawing.remember()

    @contextmanager
    def _choosing(self) -> Iterator[None]:
        """A name that is not legal is said, and the panel shows again what was chosen before."""
        with self._errors_in_words():
            try:
                yield
            except ValueError:
                self._drawing.show_choice()
                raise

    def _errors_in_words(self) -> AbstractContextManager[None]:
        """Observe callbacks swallow what they raise: here it is said in the panel instead."""
        return said(self._face.say, self._lock)
