"""What a comparison of two codecs looks like: menus, words, the viewer, buttons and a table; how answers are drawn.

Knows widgets and records. Does not know who finds out, nor which answer is too old.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from ipywidgets import HTML, Box, Button, Checkbox, Dropdown, Widget
from ipywidgets import Layout as BoxLayout
from numpy.typing import NDArray

from dcae.codec.matching import MatchedFile, Missed
from dcae_widgets.codec_table import BYTES, sorted_rows, table_html, target_words
from dcae_widgets.match_controls import MAX_FACTOR, MIN_FACTOR, MatchControls
from dcae_widgets.match_making import Found, Needed, Row, TableWanted, Wanted
from dcae_widgets.match_words import error_html, missed_words, missing_html, needed_words, pair_html, pair_words
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.shown import faded

_AS_WIDE_AS_ITS_WORDS = {"width": "max-content", "align_self": "flex-start"}
_ROW = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "4px 16px", "width": "100%", "align_items": "center"}


class CompareFace:
    """The widgets of a comparison.

    Args:
        controls: the menus and sliders.
        photo: uint8, H x W x 3.
        measures: names of the table's measures.
        less_is_better: which of them are distances.
        slow: names of codecs that the table leaves out until it is told not to.
        missing: codecs that this machine lacks, each with the reason.

    Attributes:
        controls: the menus and sliders.
        photo_view: the photo and both pictures.
        table_button, give_button, blind_button, back_button: what they say on them.
        with_slow: whether the table has slow codecs.
        sort_by: which measure the table is sorted by.
        found: the files that are shown; None until there are some.
        rows: of the table, as they came.
        table: what the table is of; None if there is none.
        needed: how many times the first file's bytes the second codec needs; None if that is not known.
        ends: why the slider ends where it does, in words.
    """

    def __init__(
        self,
        controls: MatchControls,
        photo: NDArray[np.uint8],
        measures: Sequence[str],
        less_is_better: Collection[str],
        slow: Sequence[str],
        missing: Mapping[str, str],
    ) -> None:
        self.controls, self._measures, self._less, self._missing = controls, measures, less_is_better, missing
        self.found: Found | None = None
        self.needed: float | None = None
        self.table: TableWanted | None = None
        self.rows: list[Row] = []
        self._note = self.ends = ""
        names = ("the photo", str(controls.first.value), str(controls.second.value))
        self._layers = [Layer(names[0], photo), *(Layer(f"{name} follows", faded(photo)) for name in names[1:])]
        self.photo_view = PhotoView(self._layers, first=1, second=2, label="Both pictures")
        self.photo_view.layout = BoxLayout(width="100%")
        self.table_button, self.give_button, self.blind_button, self.back_button = (
            Button(description=words, layout=_AS_WIDE_AS_ITS_WORDS)
            for words in ("All codecs at this size", "", "Blind test", "Back to the comparison")
        )
        self.give_button.layout.display = "none"
        words = f"slow ones too: {', '.join(slow)}"
        self.with_slow = Checkbox(False, description=words, indent=False, layout=_AS_WIDE_AS_ITS_WORDS)
        self.sort_by = Dropdown(options=[*measures, BYTES], description="Sort by")
        self.sort_by.observe(lambda _: self.show_table(), "value")
        self.busy, self.said, self.error, self._table_pane = HTML(), HTML(), HTML(), HTML()
        lacking = [HTML(missing_html(missing))] if missing else []
        above = Box([self.give_button, self.blind_button, self.busy], layout=BoxLayout(**_ROW))
        below = [self.table_button, *([self.with_slow] if slow else []), self.sort_by]
        told = [*lacking, self.said, self.error, above]
        self.widgets: list[Widget] = [
            *(controls, *told, self.photo_view),
            *(Box(below, layout=BoxLayout(**_ROW)), self._table_pane),
        ]

    @property
    def sorted_rows(self) -> list[Row]:
        """The table's rows, the best first."""
        return sorted_rows(self.rows, str(self.sort_by.value), self._less)

    @property
    def caption(self) -> str:
        """What the table is of; "" if there is none."""
        if self.table is None:
            return ""
        to_come = len(self.table.names) - len(self.rows)
        caption = f"All codecs at {target_words(self.table.lock, self.table.target)}, by {self.sort_by.value}"
        return caption + (f"; {to_come} to come …" if to_come else "")

    def show_photo(self, photo: NDArray[np.uint8], note: str) -> None:
        """Another photo, of which there are no files and no table yet, and what was done to it in words."""
        self._note, self.table, self.rows, self._table_pane.value = note, None, [], ""
        names = (self.controls.first.value, self.controls.second.value)
        # The same layers: what was shown in one stays in the page's memory for as long as the page is open.
        for layer, name in zip(self._layers[1:], names, strict=True):
            layer.name = f"{name} follows"
            layer.set_image(faded(photo))
        self._layers[0].set_image(photo)
        with self.photo_view.hold_sync():
            self.photo_view.view = [photo.shape[1] / 2, photo.shape[0] / 2, 0.0]
        self.forget_files()

    def forget_files(self) -> None:
        """What was found is of another photo or other codecs: nobody may compare it, vote on it or ask for more."""
        self.found = self.needed = None
        self.ends = self.said.value = ""
        self.give_button.layout.display = "none"

    def show_busy(self, wanted: Wanted) -> None:
        """Files are being made."""
        self.busy.value = f"making files of {target_words(wanted.lock, wanted.target)} …"

    def show_files(self, found: Found, *, is_newest: bool) -> None:
        """Two files, or why there is none."""
        self.found, self.needed = found, None
        files = (found.first, found.second)
        for layer, file in zip(self._layers[1:], files, strict=True):
            layer.name = file.name
            layer.set_image(file.picture if isinstance(file, MatchedFile) else np.full_like(found.wanted.photo, 128))
        missed = [missed_words(file, found.wanted.lock) for file in files if isinstance(file, Missed)]
        self._show_error(" ".join(missed))
        self.give_button.layout.display = "none"
        self.table_button.description = f"All codecs at this {'size' if found.wanted.lock == 'bytes' else 'PSNR'}"
        if is_newest:
            self.busy.value = ""
        self._say(found)

    def show_needed(self, needed: Needed) -> None:
        """What the second codec needs for the first file's PSNR, and a button that gives it so much."""
        wanted, self.needed = needed.wanted, needed.factor
        if self.found is None or wanted.lock != "bytes" or wanted.first == wanted.second:
            return
        self._say(self.found, needed_words(wanted.first, wanted.second, needed.factor))
        factor = needed.factor or 0.0
        if MIN_FACTOR <= factor <= MAX_FACTOR and abs(factor / wanted.factor - 1) > 0.02:
            self.give_button.description = f"Give {wanted.second} {factor:.2f} times the bytes"
            self.give_button.layout.display = ""

    def begin_table(self, table: TableWanted) -> None:
        """An empty table; sorted by bytes where PSNR is locked, since that is where codecs differ then."""
        self.rows, self.table = [], table
        if table.lock == "psnr_db" and self.sort_by.value == self._measures[0]:
            self.sort_by.value = BYTES
        elif table.lock == "bytes" and self.sort_by.value == BYTES:
            self.sort_by.value = self._measures[0]
        self.show_table()

    def show_table(self) -> None:
        """The table as it is now."""
        if self.table is not None:
            by = str(self.sort_by.value)
            self._table_pane.value = table_html(
                self.sorted_rows, self._measures, by, self.caption, self._missing, self._less
            )

    def show_error(self, error: Exception) -> None:
        """What went wrong, in words."""
        self.busy.value = ""
        self._show_error(str(error) or type(error).__name__)

    @property
    def sentence(self) -> str:
        """What the two files say about each other; "" without two files."""
        if self.found is None:
            return ""
        first, second = self.found.first, self.found.second
        if isinstance(first, MatchedFile) and isinstance(second, MatchedFile):
            return pair_words(first, second, self.found.wanted.lock)
        return ""

    @property
    def table_html(self) -> str:
        """The table, as HTML."""
        return self._table_pane.value

    def _show_error(self, words: str) -> None:
        self.error.value = error_html(words)
        self.error.layout.display = "" if words else "none"

    def _say(self, found: Found, *more: str) -> None:
        note = f"The photo was {self._note}." if self._note else ""
        sentences = [words for words in (self.sentence, *more, self.ends, note) if words]
        self.said.value = pair_html((found.first, found.second), sentences)
