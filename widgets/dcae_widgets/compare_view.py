"""Is it better than WebP? Two codecs on one photo at equal bytes, or equal PSNR, while a slider moves; then blind.

It says what is wanted, hears what was found out in a thread of its own, and never draws an older answer over a newer
one. Knows no network: codecs are handed in.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dcae.codec.matching import Matched, MatchedFile, Missed
from dcae.codec.protocol import Codec
from dcae_widgets.blind_test import BlindPair, BlindTest
from dcae_widgets.codec_table import LESS_IS_BETTER, PSNR, table_rows
from dcae_widgets.compare_face import CompareFace
from dcae_widgets.compare_figure import compare_figure
from dcae_widgets.delivery import Delivery
from dcae_widgets.error_words import said
from dcae_widgets.match_controls import MatchControls
from dcae_widgets.match_making import (
    Event,
    Failed,
    Found,
    MatchMaking,
    Needed,
    Row,
    TableWanted,
    Wanted,
    fitted,
)
from dcae_widgets.match_words import missed_words
from dcae_widgets.measuring import Measure
from dcae_widgets.photo_list import PhotoList
from dcae_widgets.photo_source import PhotoSource, given_photo
from dcae_widgets.photo_view import PhotoView
from dcae_widgets.saved_view import COLUMN, SavedView


class CompareView(SavedView):
    """Two codecs of the user's choice, matched.

    Args:
        codecs: by the names that are shown; 1 or more.
        photo: uint8, H x W x 3; or a shipped photo's name, or a path; None for the photo that lessons begin with. One
            of more than 2 megapixels is scaled down.
        first: the codec that leads in words; None for the first of all.
        second: the one that it is compared with; None for the next one.
        measures: of the photo and a decoded picture, by their names; PSNR is always there.
        less_is_better: which of them are distances.
        slow: names of codecs that the table leaves out until it is told not to.
        missing: codecs that this machine lacks, each with the reason.
        votes_path: the file that blind votes are added to; None writes nothing.

    Attributes:
        controls: photo, codecs, lock and sliders.
        face: all that is shown. Its table of all codecs does not begin by itself: a round of them takes many seconds of
            a processor that may be shared.
        blind: the blind test that is shown; None if none is.

    Raises:
        TypeError, ValueError, OSError: the photo is none, or cannot be read; or there is no such codec.
    """

    def __init__(
        self,
        codecs: Mapping[str, Codec],
        *,
        photo: NDArray[np.uint8] | str | os.PathLike[str] | None = None,
        first: str | None = None,
        second: str | None = None,
        measures: Mapping[str, Measure] | None = None,
        less_is_better: Collection[str] = LESS_IS_BETTER,
        slow: Collection[str] = (),
        missing: Mapping[str, str] | None = None,
        votes_path: str | os.PathLike[str] | None = None,
    ) -> None:
        first, second = _chosen(list(codecs), first, second)
        self._measures, self._slow, self._votes_path = [PSNR, *(measures or {})], slow, votes_path
        given = given_photo(photo)
        self._photos = PhotoList(given)
        self._photo_name = given.name
        self._photo, note = _read(given)
        self._serial = self._drawn_serial = 0
        self.blind: BlindTest | None = None
        self._lock = threading.RLock()
        self._delivery = Delivery(self._apply, self._lock)
        self._work = MatchMaking(codecs, measures or {}, self._delivery.post)
        self.controls = MatchControls(list(self._photos), list(codecs), first, second, self._change)
        self.face = CompareFace(self.controls, self._photo, self._measures, less_is_better, list(slow), missing or {})
        super().__init__(self.face.widgets, layout=BoxLayout(**COLUMN))
        self.face.table_button.on_click(lambda _: self.tabulate())
        self.face.give_button.on_click(lambda _: self.give_what_is_needed())
        self.face.blind_button.on_click(lambda _: self.begin_blind_test())
        self.face.back_button.on_click(lambda _: self.end_blind_test())
        self._show_photo(note)
        self._newest = self._wish()
        self._want()

    @property
    def photo_view(self) -> PhotoView:
        """The photo and both pictures."""
        return self.face.photo_view

    @property
    def files(self) -> tuple[Matched, Matched] | None:
        """The newest files of both codecs, or why there is none; None until they are known."""
        return (self.face.found.first, self.face.found.second) if self.face.found else None

    @property
    def said(self) -> str:
        """What is said of the two files, as HTML."""
        return self.face.said.value

    @property
    def error(self) -> str:
        """What went wrong, as HTML; "" if nothing did."""
        return self.face.error.value

    @property
    def rows(self) -> list[Row]:
        """The table's rows, the best first."""
        return self.face.sorted_rows

    def give_what_is_needed(self) -> None:
        """Gives the second codec as many bytes as it needs for the first one's PSNR, so that eyes may judge."""
        if self.face.needed is not None and self._newest.lock == "bytes":
            self.controls.factor.value = round(self.face.needed, 2)

    def tabulate(self) -> None:
        """Begins the table of all codecs: at the first file's size, or where PSNR is locked at its PSNR.

        If the files that are wanted are not there yet (`wait`), at what the slider says.
        """
        with self._errors_in_words():
            every = [str(name) for name in self.controls.first.options]
            names = tuple(name for name in every if self.face.with_slow.value or name not in self._slow)
            wanted, target = self._newest, self._newest.target
            found = self.face.found
            first = found.first if found is not None and found.wanted is wanted else None
            if isinstance(first, MatchedFile):
                target = first.size if wanted.lock == "bytes" else first.psnr_db
            table = TableWanted(wanted.photo, wanted.lock, target, names, first)
            self.face.begin_table(table)
            self._work.tabulate(table, wanted)

    def begin_blind_test(self, seed: int | None = None) -> None:
        """Shows the two files without their names, in place of the comparison.

        Args:
            seed: of the sides; None for other ones each time.
        """
        with self._errors_in_words():
            first, second = self.files or (None, None)
            if not isinstance(first, MatchedFile) or not isinstance(second, MatchedFile):
                raise ValueError("a blind test needs a file of each codec; move the slider to where both have one")
            self.end_blind_test()
            pair = BlindPair(self._photo_name, first, second)
            self.blind = BlindTest([pair], votes_path=self._votes_path, seed=seed)
            self.blind.photo_view.view = self.photo_view.view  # what one has zoomed in on
            self.children = [self.blind, self.face.back_button]

    def end_blind_test(self) -> None:
        """Shows the comparison again."""
        if self.blind is not None:
            self.children = self.face.widgets
            self.blind.close()
            self.blind = None

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Waits until all is computed and drawn, a table that was begun too; returns whether that came in time."""
        end = time.monotonic() + timeout_s
        while True:
            came = self._work.worker.wait(max(0.0, end - time.monotonic()))
            serial = self._serial
            self._delivery.drain()
            if not came or serial == self._serial:  # what was drawn may have moved a slider's end, and asked anew
                return came

    def close(self) -> None:
        """Ends the thread and closes all widgets."""
        if self.children:  # none, if what it was to be made of was refused
            self._work.close()
            self.end_blind_test()
            self.face.back_button.close()
        super().close()

    def _change(self, is_photo: bool) -> None:
        with self._errors_in_words():
            if is_photo:
                name = str(self.controls.photo.value)
                if name == self._photo_name:
                    return  # it was put back
                try:
                    self._photo, note = _read(self._photos[name])
                except Exception:
                    self.controls.photo.value = self._photo_name
                    raise
                self._photo_name = name
                self._show_photo(note)
            self._want()

    def _show_photo(self, note: str) -> None:
        self.face.show_photo(self._photo, note)
        self.controls.fit(self._photo.shape[0] * self._photo.shape[1])

    def _want(self) -> None:
        before, self._newest = self._newest, self._wish()
        if not before.is_of(self._newest):
            self.face.forget_files()
        self.face.show_busy(self._newest)
        self._work.want(self._newest)

    def _wish(self) -> Wanted:
        self._serial += 1
        controls = self.controls
        names = (str(controls.first.value), str(controls.second.value))
        return Wanted(self._serial, self._photo, *names, controls.chosen_lock, controls.target, controls.ratio)

    def _apply(self, event: Event) -> None:
        with self._errors_in_words():
            match event:
                case Found() if event.wanted.is_of(self._newest) and event.wanted.serial >= self._drawn_serial:
                    self._drawn_serial = event.wanted.serial
                    self.face.show_files(event, is_newest=event.wanted is self._newest)
                    self._move(event)
                case Needed() if event.wanted is self._newest:
                    self.face.show_needed(event)
                case Row() if event.table is self.face.table:
                    self.face.rows.append(event)
                    self.face.show_table()
                case Failed() if event.wanted is None or event.wanted.is_of(self._newest):
                    raise event.error

    def _move(self, found: Found) -> None:
        """Puts the slider's ends where both codecs have files, and the slider of the other lock where it would begin.

        If an end has moved the slider itself, new files are asked for.
        """
        if found.wanted is not self._newest:
            return
        moved = False
        for file, factor in ((found.first, 1.0), (found.second, found.wanted.factor)):
            if isinstance(file, Missed) and file.reach is not None:
                self.face.ends = f"The slider ends here: {missed_words(file, found.wanted.lock)}"
                moved |= self.controls.narrow(file.reach[0] / factor, file.reach[1] / factor)
        if moved:
            self._want()
        elif isinstance(found.first, MatchedFile):
            self.controls.follow(found.first.psnr_db, found.first.size)

    def _errors_in_words(self) -> AbstractContextManager[None]:
        """Observe callbacks swallow what they raise: here it is said in the pane instead."""
        return said(self.face.show_error, self._lock)

    def _figure(self) -> Figure:
        if not self.wait() or self.files is None:
            raise TimeoutError("no file was made in time; wait until the view shows one")
        seen = self.photo_view.visible
        return compare_figure(self._photo, self.files, self._title, self.rows, self._measures, self.face.caption, seen)

    @property
    def _title(self) -> str:
        return ": ".join(words for words in (self._photo_name, self.face.sentence) if words)

    def _words(self) -> str:
        names = ", ".join(row.found.name for row in self.rows)
        table = f" Under them all codecs, by {self.face.sort_by.value}: {names}." if names else ""
        return f"A part of the photo beside both decoded pictures. {self._title}{table}"

    def _table(self) -> tuple[list[str], Iterable[list[Any]]]:
        """The table of all codecs, or the two files if it was not asked for."""
        rows = self.rows
        if not rows and self.face.found:
            wanted = self.face.found.wanted
            of = TableWanted(wanted.photo, wanted.lock, wanted.target, (), None)
            rows = [Row(of, file, {}, {}) for file in self.files or ()]
        return table_rows(rows, self._measures)

    def _arrays(self) -> dict[str, Any]:
        """The photo, and the pictures of the files that there are, as `first` and `second`; uint8, H x W x 3."""
        files = zip(("first", "second"), self.files or (), strict=False)
        return {"photo": self._photo} | {side: f.picture for side, f in files if isinstance(f, MatchedFile)}


def _chosen(names: list[str], first: str | None, second: str | None) -> tuple[str, str]:
    """The two codecs to begin with."""
    chosen = (first or names[0], second or names[min(1, len(names) - 1)]) if names else (first, second)
    if not set(chosen) <= set(names):
        raise ValueError(f"codecs are {chosen[0]!r} and {chosen[1]!r}; legal: {', '.join(names) or 'none was given'}")
    return str(chosen[0]), str(chosen[1])


def _read(source: PhotoSource) -> tuple[NDArray[np.uint8], str]:
    image, note = fitted(source.read())
    return np.ascontiguousarray(image), note
