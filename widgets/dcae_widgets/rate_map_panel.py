"""The figures of a rate map: what the place under the pointer costs, and what a rectangle does.

The maps cross to the browser once, as bytes; there they are read and summed, so that a hand need not wait for Python.
Knows arrays over the picture, and the viewer that points at them. Does not know how they came about.
Shapes: h, w = H/16, W/16, places of 16 x 16 px.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from anywidget import AnyWidget
from ipywidgets import widget_serialization
from numpy.typing import NDArray
from traitlets import Bytes, Float, Instance, Int, List, Unicode, validate

from dcae_widgets.front_end import front_end
from dcae_widgets.photo_view import PhotoView

TOTAL = "total"
"""The choice of all maps together; the others are the maps' names."""
TOP_ENTRIES = 3
"""How many entries of the dictionary are named at a place."""


class RateMapPanel(AnyWidget):
    """What is chosen, and figures of it; they follow `hover` and `brush` of a viewer in the browser.

    Args:
        photo_view: the viewer.
        palette: uint8, (256, 3), the colours from 0 to the last of the ticks.

    Attributes:
        choice: which map is shown: "total" or one of the names.
        place: column and row of the place that is examined, counted in places, or nothing.

    Raises:
        ValueError: there is no such choice.
    """

    _esm, _css = front_end("rate_map_panel").values()

    photo_view = Instance(PhotoView).tag(sync=True, **widget_serialization)
    names: Any = List(Unicode()).tag(sync=True)
    shape: Any = List(Int(), [0, 0, 0]).tag(sync=True)
    size_px: Any = List(Int(), [0, 0]).tag(sync=True)
    bits = Bytes().tag(sync=True)
    sigma = Bytes().tag(sync=True)
    entries = Bytes().tag(sync=True)
    weights = Bytes().tag(sync=True)
    palette = Bytes().tag(sync=True)
    ticks: Any = List(Float(), [0.0, 1.0]).tag(sync=True)
    choice = Unicode(TOTAL).tag(sync=True)
    place: Any = List(Int(min=0), maxlen=2).tag(sync=True)

    def __init__(self, photo_view: PhotoView, palette: NDArray[np.uint8]):
        super().__init__(photo_view=photo_view, palette=palette.tobytes())

    def show(
        self,
        *,
        names: Sequence[str],
        bits: NDArray[np.float64],
        sigma: NDArray[np.floating] | None,
        entries: NDArray[np.integer] | None,
        weights: NDArray[np.floating] | None,
        ticks: Sequence[float],
        size_px: tuple[int, int],
    ) -> None:
        """Shows maps in place of those before, in one message; a choice and a place that they lack are given up.

        Args:
            names: of the maps.
            bits: (maps, h, w), bits a place.
            sigma: (slices, h, w), the mean over a slice's channels, or None; slices are the first maps.
            entries: (n, h, w), the n heaviest entries of the dictionary, or None.
            weights: (n, h, w), how much is read of each.
            ticks: of the colour bar, bits a pixel.
            size_px: width and height of the image.
        """
        with self.hold_sync():
            if self.place and not (self.place[0] < bits.shape[2] and self.place[1] < bits.shape[1]):
                self.place = []
            self.names, self.shape, self.size_px, self.ticks = list(names), list(bits.shape), list(size_px), list(ticks)
            self.sigma = b"" if sigma is None else sigma.astype("<f4").tobytes()
            self.entries = b"" if entries is None else entries.astype("<i4").tobytes()
            self.weights = b"" if weights is None else weights.astype("<f4").tobytes()
            self.bits = bits.astype("<f8").tobytes()
            if self.choice not in (TOTAL, *names):
                self.choice = TOTAL

    @validate("choice")
    def _check_choice(self, proposal: Any) -> str:
        if proposal.value not in (TOTAL, *self.names):
            raise ValueError(f"choice is {proposal.value!r}; must be one of {', '.join([TOTAL, *self.names])}")
        return proposal.value
