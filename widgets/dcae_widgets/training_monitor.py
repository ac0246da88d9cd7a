"""A training run, watched: its curves, its figures, and what it makes of a photo at the lambda under the hand.

It reads the run's folder in a thread that costs next to nothing, so that a run may train in the same kernel, in a cell
that blocks it. It opens a run that has ended as well. Knows no network: codecs are handed in.
"""

import math
import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from IPython.display import Image
from ipywidgets import GridBox
from ipywidgets import Layout as BoxLayout
from numpy.typing import NDArray

from dcae.codec.protocol import Codec, Interval
from dcae.samples import sample, sample_images
from dcae_widgets.error_words import said
from dcae_widgets.kept_weights import KeptWeights, Request
from dcae_widgets.lmbda_dial import START_LMBDA, dial
from dcae_widgets.page_messages import answer_at_once
from dcae_widgets.run_figures import figures, progress, sentence
from dcae_widgets.run_picture import RunPicture, heat_top
from dcae_widgets.training_chart import training_chart
from dcae_widgets.training_curves import TrainingCurves
from dcae_widgets.training_panel import TrainingPanel
from dcae_widgets.watched_run import RUNNING, View, WatchedRun

POLL_S = 0.5
"""So often the folder is looked at."""
CURVES_S = 1.0
"""So often at most the curves of a log of up to a thousand lines are drawn again; those of a longer one change, and are
drawn, as much less often."""
PHOTO_PX = (384, 512)
"""Height and width of what is shown of a shipped photo, where the run has left no picture."""
LAYOUT = {
    "grid_template_areas": '"panel panel" "view curves"',
    "grid_template_columns": "minmax(0, 1fr) minmax(300px, 36%)",
    "grid_gap": "12px 20px",
    "width": "100%",
}
"""The panel across the top, the viewer below at the left, the curves at its right."""


class TrainingMonitor(GridBox):
    """A run under the eye and the hand.

    Args:
        folder: The run's, as `dcae train` is given it; it need not be there yet.
        open_codec: The codec of weights, by their path (`dcae.codec.catalogue.open_codec`): with it the picture of a
            run that has ended can be had at any lambda.
        lmbda: Where the slider stands first.

    Attributes:
        panel: State, figures, buttons, slider.
        curves: Loss and rate-distortion curves.
        folder: As given.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        open_codec: Callable[[str], Codec] | None = None,
        lmbda: float = START_LMBDA,
    ) -> None:
        self.folder, self._closing = Path(folder), threading.Event()
        self._run, self._lock = WatchedRun(self.folder), threading.RLock()
        self._lmbda, self._state, self._curves_at = lmbda, "", 0.0
        self._is_live = False
        self._is_stale = True  # the log says more than the curves show
        self.panel = TrainingPanel(self._command, self._move, lmbda=lmbda)
        self.curves, self._picture = TrainingCurves(), RunPicture()
        self._original: NDArray[np.uint8] | None = None
        self._kept = KeptWeights(open_codec, self._show_kept, self._say) if open_codec else None
        areas = {"panel": self.panel, "view": self._picture.photo_view, "curves": self.curves}
        for area, widget in areas.items():
            widget.layout = BoxLayout(grid_area=area, width="auto", min_width="0", margin="0")
        super().__init__(list(areas.values()), layout=BoxLayout(**LAYOUT))
        self.add_class("dcae-training-monitor")
        for widget in (self.panel, self.curves):
            answer_at_once(widget)
        self.refresh()
        watch = (weakref.ref(self), self._closing)
        threading.Thread(target=_watch, args=watch, name="dcae-training-monitor", daemon=True).start()

    @property
    def photo_view(self) -> Any:
        """The viewer: original, reconstruction, and where the bits go."""
        return self._picture.photo_view

    @property
    def state(self) -> str:
        """What the run does: see `WatchedRun.state`."""
        return self._state

    def refresh(self) -> None:
        """Looks at the folder now, and shows what is new; the thread does so every half second."""
        with self._errors_in_words():
            grown, state = self._run.log.read(), self._run.state()
            # Whether somebody is there that draws the picture; one who waits for the first step may be, or not yet.
            is_live = state in RUNNING or (state == "waiting" and self._run.is_held())
            changed = (state, is_live) != (self._state, self._is_live)
            self._state, self._is_live = state, is_live
            self._is_stale = self._is_stale or grown
            if grown or changed:
                self._show_figures()
            if grown and self._run.log.unreadable:
                self.panel.error = f"lines of {self._run.log.path} that are no records: {self._run.log.unreadable}"
            view = self._run.new_view()
            if view is not None:
                self.panel.error = ""
                self._show(view)
            if changed:
                self._change_hands()
            elif is_live and not self._run.is_asked():  # another watcher has left, and took its word with it
                self._run.ask_for(self._lmbda)
            log = self._run.log
            wait_s = CURVES_S * max(1.0, len(log.steps) / 1000)
            if self._is_stale and (changed or time.monotonic() - self._curves_at >= wait_s):
                self._is_stale, self._curves_at = False, time.monotonic()
                self.curves.show(log.steps, log.held_out, self._run.plan().start)

    def pause(self) -> None:
        """Makes the run wait."""
        self._command("pause")

    def go_on(self) -> None:
        """Makes a run that waits go on."""
        self._command("continue")

    def stop(self) -> None:
        """Makes the run save its state and end."""
        self._command("stop")

    def move_to(self, lmbda: float) -> None:
        """Asks for the picture at another lambda, as the slider does."""
        self._move(lmbda, True)

    def picture(self) -> Image:
        """What is shown now as a static picture, for print and for a page without a kernel."""
        self.refresh()
        log = self._run.log
        with self._lock:
            title = f"{self.folder.name}: {self._state}, {self.panel.sentence}"
            return training_chart(log.steps, log.held_out, self._picture.view, title, self._run.plan().start)

    def close(self) -> None:
        """Watches no more: the run spends no more time on pictures. The run goes on."""
        self._closing.set()
        with self._lock:
            if self._kept is not None:
                self._kept.close()
            self._run.ask_no_more()
            self._picture.close()
            for widget in (self.panel, self.curves):
                widget.close()
        super().close()

    def _show_figures(self) -> None:
        log, plan, state = self._run.log, self._run.plan(), self._state
        with self.panel.hold_sync():
            self.panel.state, self.panel.sentence = state, sentence(state, self.folder)
            self.panel.figures, self.panel.share = figures(log, plan, state), progress(log, plan, state)
            pausing = {"paused": ["continue", "stop"], "stopping": []}
            self.panel.commands = pausing.get(state, ["pause", "stop"]) if self._is_live else []

    def _change_hands(self) -> None:
        """The picture is drawn by the run while it trains, and after that by its kept weights."""
        if self._is_live:
            lmbdas = self._run.plan().lmbdas
            self._show_dial(lmbdas if isinstance(lmbdas, Interval) else list(lmbdas))
            self._run.ask_for(self._lmbda)
        else:
            self.panel.enabled = False
            self._ask_kept(final=True)
        self._show_caption()

    def _show_dial(self, lmbdas: Interval | list[float] | None) -> None:
        low, high, stops, enabled = dial(lmbdas)
        self._lmbda = min(max(self._lmbda, low), high)
        with self.panel.hold_sync():
            self.panel.lmbda_min, self.panel.lmbda_max, self.panel.enabled = low, high, enabled and not stops
            self.panel.lmbda = self._lmbda

    def _command(self, command: str) -> None:
        with self._errors_in_words():
            self.panel.error = ""
            {"pause": self._run.pause, "continue": self._run.go_on, "stop": self._run.stop}[command]()
        self.refresh()

    def _move(self, lmbda: float, final: bool) -> None:
        with self._errors_in_words():
            self._lmbda = self.panel.lmbda = lmbda
            if self._is_live:
                self._run.ask_for(lmbda)
            else:
                self._ask_kept(final=final)
            self._show_caption()

    def _ask_kept(self, *, final: bool) -> None:
        """Asks the weights that the run has kept, where they can be opened."""
        best = self._run.log.best
        if self._kept is None or best is None or not self._run.best.exists():
            return
        if self._original is None:
            self._original = middle(sample(sample_images()[0]))
        self._kept.ask_for(Request(self._run.best, self._original, self._lmbda, best.step), moving=not final)

    def _show_kept(self, view: View, lmbdas: Interval | list[float] | None) -> None:
        with self._errors_in_words():
            if not self._is_live:
                self._show(view)
                self._show_dial(lmbdas)
                self._show_caption()

    def _show(self, view: View) -> None:
        if self._original is None or not np.array_equal(self._original, view.original):
            self._original = view.original
        self._picture.show(view)
        self._show_caption()

    def _show_caption(self) -> None:
        view, words = self._picture.view, []
        is_kept = view is not None and view.bits is None
        if view is not None:
            numbers = f"step {view.step:,}, λ {view.lmbda:.3g}: {view.bpp:.3f} bits a pixel, {view.psnr_db:.2f} dB"
            words.append(f"The best weights, {numbers}." if is_kept else f"{numbers[0].upper()}{numbers[1:]}.")
            if view.bits is not None:
                words.append(f"Bits map: 0 (black) to {heat_top(view.bits):g} bits (yellow) a 16 × 16 block.")
        words.append(self._what_is_missing(view, is_kept))
        self.panel.caption = " ".join(filter(None, words))

    def _what_is_missing(self, view: View | None, is_kept: bool) -> str:
        """Why there is no picture, why it is not the one that was asked for, and why λ cannot be moved."""
        if self._is_live:
            if view is None:
                return "The run draws its first picture soon."
            if not math.isclose(view.lmbda, self._lmbda, rel_tol=1e-3):
                return f"The run draws λ {self._lmbda:.3g} next."
            return "" if self.panel.enabled else "The model has this one λ."
        if self._state == "waiting":
            return "There is no picture yet."
        if self._kept is None:
            return "λ cannot be moved: nobody trains now, and without open_codec= the weights cannot be read."
        if not self._run.best.exists() or self._run.log.best is None:
            return f"λ cannot be moved: nobody trains now, and there is no {self._run.best.name} yet."
        if not is_kept:
            return "The best weights are being opened."
        return "" if self.panel.enabled else "The model has this one λ."

    def _say(self, error: Exception) -> None:
        with self._lock:
            self.panel.error = f"{type(error).__name__}: {error}"
            self.log.error("while watching %s", self.folder, exc_info=error)

    def _errors_in_words(self) -> AbstractContextManager[None]:
        """Nobody hears what a thread or a callback raises: it is said in the panel instead."""
        return said(self._say, self._lock)


def middle(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a photo, at most :data:`PHOTO_PX`, as large as what a run shows.

    >>> middle(np.zeros((427, 640, 3), np.uint8)).shape
    (384, 512, 3)
    """
    height, width = (min(side, limit) for side, limit in zip(photo.shape[:2], PHOTO_PX, strict=True))
    top, left = (photo.shape[0] - height) // 2, (photo.shape[1] - width) // 2
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def _watch(monitor_of: "weakref.ref[TrainingMonitor]", closing: threading.Event) -> None:
    while not closing.wait(POLL_S):
        monitor = monitor_of()
        if monitor is None:
            return
        monitor.refresh()
        del monitor
