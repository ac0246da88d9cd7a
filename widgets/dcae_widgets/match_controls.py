"""What a comparison is of: a photo, two codecs, what their files have in common, and how much of it.

Knows names and numbers. Does not know codecs or files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import Box, Dropdown, FloatLogSlider, FloatSlider, ToggleButtons
from ipywidgets import Layout as BoxLayout

from dcae.codec.matching import Lock
from dcae_widgets.quiet import Quiet

LOCKS: dict[str, Lock] = {"equal bytes": "bytes", "equal PSNR": "psnr_db"}
LOW_BPP, START_BPP, HIGH_BPP = 0.05, 0.25, 2.0
"""Where the slider of bytes ends and stands before a codec says what it can make: nearly all photos on the web."""
LOW_DB, START_DB, HIGH_DB = 22.0, 32.0, 46.0
MIN_FACTOR, MAX_FACTOR = 0.5, 3.0
_STEP_DB = 0.05
_ROW = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "4px 16px", "width": "100%"}
_WIDE = {"flex": "1 1 340px", "width": "auto", "max_width": "620px"}


class MatchControls(Box):
    """Menus and sliders. The slider of bytes is logarithmic; the one of the lock that is not chosen is hidden.

    Args:
        photos: names to choose from.
        codecs: likewise.
        first: where the first menu of codecs stands.
        second: the second one.
        changed: is called after each change of the hand's, with whether it is another photo.

    Attributes:
        photo, first, second: the menus.
        lock: "bytes" or "psnr_db".
        size: the first file's bytes.
        psnr: dB.
        factor: the second file's bytes for each of the first one's.
    """

    def __init__(
        self, photos: Sequence[str], codecs: Sequence[str], first: str, second: str, changed: Callable[[bool], None]
    ) -> None:
        self._changed, self._quiet = changed, Quiet()
        self.photo = Dropdown(options=list(photos), description="Photo")
        self.first = Dropdown(options=list(codecs), value=first, description="First")
        self.second = Dropdown(options=list(codecs), value=second, description="Second")
        self.lock = ToggleButtons(options=list(LOCKS.items()), style={"button_width": "110px"})
        self.lock.tooltips = ["Both files have as many bytes", "Both pictures have the same PSNR"]
        self.lock.layout = BoxLayout(width="max-content")
        self.size = FloatLogSlider(
            10_000.0, base=10, min=1, max=7, step=0.005, description="Bytes", readout_format=",.0f", layout=_WIDE
        )
        self.psnr = FloatSlider(
            START_DB,
            min=LOW_DB,
            max=HIGH_DB,
            step=_STEP_DB,
            description="PSNR (dB)",
            readout_format=".2f",
            layout=_WIDE,
        )
        self.factor = FloatSlider(
            1.0,
            min=MIN_FACTOR,
            max=MAX_FACTOR,
            step=0.01,
            description="Second's bytes ×",
            style={"description_width": "initial"},
            tooltip="How many times the first file's bytes the second one may have",
            layout={**_WIDE, "flex": "1 1 260px", "max_width": "420px"},
        )
        rows = [[self.photo, self.first, self.second], [self.lock, self.size, self.psnr, self.factor]]
        super().__init__([Box(row, layout=BoxLayout(**_ROW)) for row in rows], layout=BoxLayout(**_ROW))
        for menu in (self.photo, self.first, self.second):
            menu.observe(self._begin_anew, "value")
        self.lock.observe(self._relock, "value")
        for slider in (self.size, self.psnr, self.factor):
            slider.observe(self._tell, "value")
        self._pixels = 0
        self._show_lock()

    @property
    def chosen_lock(self) -> Lock:
        """What the two files have in common."""
        return "bytes" if self.lock.value == "bytes" else "psnr_db"

    @property
    def target(self) -> float:
        """What the first file is to have: bytes or dB."""
        return round(self.size.value) if self.lock.value == "bytes" else self.psnr.value

    @property
    def ratio(self) -> float:
        """How many times the first file's bytes the second one may have: 1 where PSNR is locked."""
        return self.factor.value if self.lock.value == "bytes" else 1.0

    def fit(self, pixels: int) -> None:
        """Puts the sliders' ends where files of a photo of so many pixels lie; a size goes along, in bits a pixel."""
        with self._quiet:
            share = self.size.value / self._pixels if self._pixels else START_BPP / 8
            self._pixels = pixels
            self._widen()
            self.size.value = share * pixels

    def narrow(self, low: float, high: float) -> bool:
        """Puts the chosen slider's ends where there are files; returns whether that has moved its thumb.

        Where the thumb stands inside already and there is no file, the end goes a little beyond it: what a codec
        reaches lies on the legal side of a target, and the other one may not get there.
        """
        slider, nudge = (self.size, 0.05 * self.size.value) if self.lock.value == "bytes" else (self.psnr, 2 * _STEP_DB)
        before = slider.value
        if before >= high or before > (low + high) / 2:
            high = min(high, before - nudge)
        else:
            low = max(low, before + nudge)
        with self._quiet:
            self._set_ends(slider, low, high)
        return slider.value != before

    def _set_ends(self, slider: Any, low: float, high: float) -> None:
        """Ends that are inside of those that it has; none if they leave nothing between them."""
        if slider is self.size:
            low, high = math.log10(max(low, 1)), math.log10(max(high, 1))
        low, high = max(low, slider.min), min(high, slider.max)
        if low < high:
            slider.min, slider.max = low, high

    def _widen(self) -> None:
        for slider in (self.size, self.psnr):  # first all of the axis, so that min never passes max
            slider.min, slider.max = 0, 100 if slider is self.psnr else 12
        self.psnr.min, self.psnr.max = LOW_DB, HIGH_DB
        if self._pixels:
            low, high = (math.log10(max(1.0, bpp * self._pixels / 8)) for bpp in (LOW_BPP, HIGH_BPP))
            self.size.min, self.size.max = low, max(high, low + 0.01)

    def follow(self, psnr_db: float, size: int) -> None:
        """Lets the slider that is not chosen follow what is shown, so that the other lock begins there."""
        with self._quiet:
            if self.lock.value == "bytes" and math.isfinite(psnr_db):
                self.psnr.value = math.floor(psnr_db / _STEP_DB) * _STEP_DB
            elif self.lock.value == "psnr_db":
                self.size.value = size

    def _begin_anew(self, change: Any) -> None:
        with self._quiet:
            self._widen()
        self._changed(change["owner"] is self.photo)

    def _relock(self, _: Any) -> None:
        self._show_lock()
        self._tell(None)

    def _show_lock(self) -> None:
        by_bytes = self.lock.value == "bytes"
        for slider, is_shown in ((self.size, by_bytes), (self.factor, by_bytes), (self.psnr, not by_bytes)):
            slider.layout.display = "" if is_shown else "none"

    def _tell(self, _: Any) -> None:
        if not self._quiet:
            self._changed(False)
