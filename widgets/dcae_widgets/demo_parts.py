"""What is inside of an explorer's file, in three parts of a page: its bits, its slices, and the dictionary's entries.

Only the part that is seen asks for anything, since many visitors share one machine. Knows an explorer, views and what
they are made of. Does not know how that is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from ipywidgets import Box, VBox, Widget
from ipywidgets import Layout as BoxLayout
from numpy.typing import NDArray

from dcae.codec.protocol import Fill
from dcae.dictionary_use import DictionaryUse
from dcae.results import PartialPicture
from dcae.traces import RateMap, Trace
from dcae_widgets.dictionary_view import DictionaryView
from dcae_widgets.error_words import error_words
from dcae_widgets.explorer import Explorer
from dcae_widgets.linked_views import Followers, link_photos
from dcae_widgets.lmbda_dial import decimal
from dcae_widgets.part_choice import Part, PartChoice
from dcae_widgets.progressive_view import ProgressiveView
from dcae_widgets.rate_map import RateMapView
from dcae_widgets.shown import Coding

Photo = NDArray[np.uint8]
TraceOf = Callable[[str, Photo, float | None], Trace]
"""Model, photo (H x W x 3) and lambda to a trace, such as `dcae.analysis.trace.Tracer`."""
PrefixesOf = Callable[[str, Photo, float | None, Fill], Sequence[PartialPicture]]
"""Model, photo, lambda and fill to the pictures of the photo's file after 0, 1, ... slices."""

PARTS = (
    Part(
        "bits",
        "Where the bits go",
        "Bright places of the map cost many bits, dark ones almost none. Point at a place to read what it costs; the "
        "same place is marked in the photo above.",
    ),
    Part(
        "slices",
        "Slice by slice",
        "The file is made of slices, one after the other. Left of the line, slices that are not there yet are guessed "
        "by the network; right of it they are zeros.",
    ),
    Part(
        "dictionary",
        "The dictionary",
        "The network has learned a dictionary and reads it to guess what comes next. Each colour is the entry that is "
        "read most at a place; choose an entry to see where else it is read.",
    ),
)
_VIEWS: Mapping[str, Any] = MappingProxyType(
    {"bits": RateMapView, "slices": ProgressiveView, "dictionary": DictionaryView}
)
_OPENED = "An opened file has no photo to compare it with: this is still the photo before"


class DemoParts(VBox):
    """A choice of parts and the one that is chosen, which follows an explorer's file.

    Args:
        explorer: Whose files.
        trace: What the bits and the dictionary are read from.
        prefixes: The pictures slice by slice.

    Attributes:
        choice: Which part is seen, and how far it is.
        views: The parts that have been seen, by name.
    """

    def __init__(self, explorer: Explorer, trace: TraceOf, prefixes: PrefixesOf) -> None:
        self._explorer, self._trace, self._prefixes = explorer, trace, prefixes
        self.views: dict[str, Any] = {}
        self._drawn: dict[str, Coding] = {}
        self._traced: tuple[Coding, Trace] | None = None
        self._links: list[Widget] = []
        self.choice = PartChoice("Look inside the file", PARTS)
        self._boxes = {part.name: Box(layout=BoxLayout(width="100%", overflow="visible")) for part in PARTS}
        for name, box in self._boxes.items():
            box.add_class(f"dcae-demo-{name}")
        super().__init__([self.choice, *self._boxes.values()], layout=BoxLayout(width="100%", overflow="visible"))
        self._show_box()
        self._followers: Followers[_Found] = Followers(explorer, self._find_out, self._show, self._say)
        self.choice.observe(self._change_part, "part")
        explorer.observe(self._begin, "coding")
        explorer.readout.observe(self._begin, "kind")
        self._begin(None)

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Waits until the explorer rests and the chosen part shows its file; returns whether that came in time."""
        return self._followers.wait(timeout_s)

    def close(self) -> None:
        """Ends the thread and closes all widgets but the explorer."""
        self._followers.close()
        for widget in (*self._links, *self.views.values(), *self._boxes.values(), self.choice):
            widget.close()
        super().close()

    def _change_part(self, _: Any) -> None:
        self._show_box()
        self._begin(None)
        self._followers.ask_again()

    def _show_box(self) -> None:
        for name, box in self._boxes.items():
            box.layout.display = "" if name == self.choice.part else "none"

    def _begin(self, _: Any) -> None:
        """Says what is found out now; without a file nothing is."""
        coding, choice = self._explorer.coding, self.choice
        if coding is None:
            choice.busy, choice.said = "", _OPENED if self._explorer.readout.kind == "opened" else choice.said
            return
        choice.error = ""
        if _is_same(self._drawn.get(choice.part), coding):
            self._say_file(coding)
        else:
            choice.busy = "Decoding slice by slice …" if choice.part == "slices" else "Tracing where each bit goes …"

    def _find_out(self, model: str, photo: Photo, lmbda: float | None) -> _Found:
        part, coding = self.choice.part, Coding(model, photo, lmbda)
        if _is_same(self._drawn.get(part), coding):
            return _Found(part, coding, ())
        if part == "slices":
            fills: tuple[Fill, Fill] = ("prediction", "zeros")
            return _Found(part, coding, (photo, *(self._prefixes(model, photo, lmbda, fill) for fill in fills)))
        trace = self._trace_of(coding)
        if part == "dictionary":
            return _Found(part, coding, (photo, DictionaryUse.of(photo, trace.dictionary_attention)))
        return _Found(part, coding, (photo, RateMap.of(trace), trace.sigma, trace.dictionary_attention))

    def _trace_of(self, coding: Coding) -> Trace:
        """The trace, which two parts are drawn from; one is kept, since it has up to 300 MB a megapixel."""
        if self._traced is None or not _is_same(self._traced[0], coding):
            self._traced = None  # before the next one comes
            self._traced = coding, self._trace(coding.model, coding.photo, coding.lmbda)
        return self._traced[1]

    def _show(self, found: _Found) -> None:
        if found.part != self.choice.part:
            return
        if found.arguments:
            self._draw(found.part, found.arguments)
            self._drawn[found.part] = found.coding
        self._say_file(found.coding)

    def _draw(self, part: str, arguments: tuple[Any, ...]) -> None:
        self._drawn.pop(part, None)
        if part in self.views:
            self.views[part].show(*arguments)
            return
        view = self.views[part] = _VIEWS[part](*arguments)
        self._boxes[part].children = [view]
        self._links += link_photos(self._explorer.photo_view, view.photo_view)

    def _say_file(self, coding: Coding) -> None:
        lmbda = "" if coding.lmbda is None else f" at λ = {decimal(coding.lmbda)}"
        self.choice.busy, self.choice.said = "", f"Of the file{lmbda}, made by {coding.model}"

    def _say(self, error: Exception) -> None:
        self.choice.busy, self.choice.error = "", error_words(error)


def _is_same(one: Coding | None, other: Coding) -> bool:
    """Whether two codings make the same file; the explorer keeps one array for a photo."""
    return one is not None and one.photo is other.photo and (one.model, one.lmbda) == (other.model, other.lmbda)


class _Found(NamedTuple):
    part: str
    coding: Coding
    arguments: tuple[Any, ...]
