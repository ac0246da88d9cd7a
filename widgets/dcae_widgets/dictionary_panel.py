"""Who wins, what is read at the place under the pointer, and patches of one entry.

The weights of a slice and a head cross to the browser once, as bytes; there they are read, so that a hand need not wait
for Python. Knows arrays over the picture, and the viewer that points at them. Does not know how they came about.
Shapes: places of 16 x 16 px.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from anywidget import AnyWidget
from ipywidgets import widget_serialization
from numpy.typing import NDArray
from traitlets import Bytes, Instance, Int, List, Unicode

from dcae.dictionary_use import ExcitingPatch
from dcae.traces import PLACE_PX
from dcae_widgets.front_end import front_end
from dcae_widgets.photo_view import PhotoView


class DictionaryPanel(AnyWidget):
    """Figures of one slice and one head; they follow `hover` and `clicked` of a viewer in the browser.

    Args:
        photo_view: the viewer.
        size_px: width and height of the image.

    Attributes:
        entry: which entry is chosen.
        place: column and row of the place that was clicked, counted in places.
    """

    _esm, _css = front_end("dictionary_panel").values()

    photo_view = Instance(PhotoView).tag(sync=True, **widget_serialization)
    size_px: Any = List(Int()).tag(sync=True)
    title = Unicode().tag(sync=True)
    shape: Any = List(Int(), [0, 0, 0]).tag(sync=True)
    weights = Bytes().tag(sync=True)
    shares = Bytes().tag(sync=True)
    colours = Bytes().tag(sync=True)
    named: Any = List(Int()).tag(sync=True)
    entry = Int(0, min=0).tag(sync=True)
    place: Any = List(Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)
    patches = Bytes().tag(sync=True)
    patch_px = Int(0).tag(sync=True)
    patch_texts: Any = List(List(Unicode())).tag(sync=True)

    def __init__(self, photo_view: PhotoView, size_px: tuple[int, int]):
        super().__init__(photo_view=photo_view, size_px=list(size_px))

    def show_use(
        self,
        title: str,
        weights: NDArray[np.floating],
        shares: NDArray[np.floating],
        colours: NDArray[np.uint8],
        named: Sequence[int],
    ) -> None:
        """Shows another slice or head.

        Args:
            title: which, in words.
            weights: (rows, columns, entries), how much a place reads of an entry.
            shares: (entries,), how often each wins.
            colours: uint8, (entries, 3).
            named: the entries that are listed.
        """
        with self.hold_sync():
            self.title, self.shape, self.named = title, list(weights.shape), list(named)
            self.weights = weights.astype("<f4").tobytes()
            self.shares = shares.astype("<f4").tobytes()
            self.colours = colours.tobytes()

    def show_patches(self, patches: Sequence[ExcitingPatch]) -> None:
        """Shows the patches of the chosen entry; they are of one size."""
        with self.hold_sync():
            self.patches = b"".join(patch.pixels.tobytes() for patch in patches)
            self.patch_px = len(patches[0].pixels) if patches else 0
            self.patch_texts = [
                [each.photo, f"{100 * each.weight:.1f} %", f"x {PLACE_PX * each.column}, y {PLACE_PX * each.row} px"]
                for each in patches
            ]
