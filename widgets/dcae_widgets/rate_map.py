"""Where the bits go: a photo under a heat map of its file's bits, read place by place and rectangle by rectangle.

A composition of the viewer, the panel of figures and the readout. Knows records and arrays, of any model that fills
them. Does not know networks.
Shapes: H, W image size in px; h, w = H/16, W/16; M channels of y.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from numpy.typing import NDArray
from traitlets import Float, List, Unicode, link, validate

from dcae.images import check_image
from dcae.traces import RateMap, Trace
from dcae_widgets.heat import PALETTE
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.rate_map_figure import heat_map, rate_map_figure, ticks_of
from dcae_widgets.rate_map_panel import TOP_ENTRIES, TOTAL, RateMapPanel
from dcae_widgets.readout import Readout
from dcae_widgets.saved_view import ROW, SavedView

_PHOTO_FLEX, _PANEL_FLEX, _FILE_FLEX = "10 1 400px", "1 1 344px", "1 1 100%"  # in a narrow page below each other


class RateMapView(SavedView):
    """The photo with a heat map over it, figures of the place under the pointer and of a rectangle, and the file's bar.

    The rectangle is drawn with Shift held, in the photo or with the panel's arrow keys.

    Args:
        image: uint8, H x W x 3.
        rates: where the bits of its file lie.
        sigma: (M, h, w), the predicted scale of y; its mean over each slice's channels is shown.
        dictionary_attention: (slices, heads, h, w, entries); the entries that are read most at a place are named, by
            their mean over slices and heads.
        opacity: of the heat map, 0 to 1.

    Attributes:
        rates: where the bits lie.
        photo_view: the viewer: the photo, and the heat map over it.
        panel: the figures.
        readout: the file's bytes.
        choice: which map is shown: "total" or one of `rates.names`.
        brush_bits: what each map has in the rectangle `photo_view.brush`, in the order of `rates.names`; nothing
            without one.

    Raises:
        TypeError, ValueError: the image is none, arrays do not fit each other, or there is no such choice.
        traitlets.TraitError: the opacity is not 0 to 1.
    """

    choice = Unicode(TOTAL)
    brush_bits: Any = List(Float())

    def __init__(
        self,
        image: NDArray[np.uint8],
        rates: RateMap,
        sigma: NDArray[np.floating] | None = None,
        dictionary_attention: NDArray[np.floating] | None = None,
        *,
        opacity: float = 0.65,
    ):
        _check(image, rates, sigma, dictionary_attention)
        self._photo, self._heat = Layer("photo", image), Layer(_caption(TOTAL), image, opacity=opacity)
        label = "The photo under a map of its bits"
        self.photo_view = PhotoView([self._photo, self._heat], mode="blend", label=label)
        self.panel = RateMapPanel(self.photo_view, PALETTE)
        self.readout = Readout()
        self.show(image, rates, sigma, dictionary_attention)
        shown = {self.photo_view: _PHOTO_FLEX, self.panel: _PANEL_FLEX, self.readout: _FILE_FLEX}
        for widget, flex in shown.items():
            widget.layout = BoxLayout(flex=flex, width="auto", min_width="0", margin="0")
        super().__init__(list(shown), layout=BoxLayout(**ROW))
        link((self, "choice"), (self.panel, "choice"))
        self.observe(self._show_choice, "choice")
        self.photo_view.observe(lambda _: self._sum_brush(), "brush")

    def show(
        self,
        image: NDArray[np.uint8],
        rates: RateMap,
        sigma: NDArray[np.floating] | None = None,
        dictionary_attention: NDArray[np.floating] | None = None,
    ) -> None:
        """Shows another coding in the same widgets: what is chosen, zoomed and pointed at stays, if the size does.

        Args:
            image: as of the class, and so on.
            rates: where the bits of its file lie.
            sigma: the predicted scale of y.
            dictionary_attention: how much is read of each entry.

        Raises:
            TypeError, ValueError: as the class.
        """
        _check(image, rates, sigma, dictionary_attention)
        self.rates, self._image = rates, image
        with self.photo_view.exchanging(self._photo, image):
            entries, weights = _top(dictionary_attention)
            self.panel.show(
                names=rates.names,
                bits=rates.bits,
                sigma=None if sigma is None else sigma.reshape(len(rates.bits) - 1, -1, *sigma.shape[1:]).mean(axis=1),
                entries=entries,
                weights=weights,
                ticks=ticks_of(rates),
                size_px=(rates.width, rates.height),
            )
            self._show_choice(None)
        self._sum_brush()
        numbers: dict[str, float | None] = {"bytes": rates.file.total_bytes, "bpp": rates.file.bpp}
        self.readout.show("file", numbers, rates.file.parts, f"the whole photo, {rates.width} × {rates.height} px")

    def show_trace(self, trace: Trace) -> None:
        """Shows a trace, as :meth:`show` does."""
        self.show(trace.image, RateMap.of(trace), trace.sigma, trace.dictionary_attention)

    @classmethod
    def of(cls, trace: Trace, rates: RateMap) -> RateMapView:
        """The view of a trace and of its rate map (``dcae.analysis.rate.rate_map(trace)``)."""
        return cls(trace.image, rates, trace.sigma, trace.dictionary_attention)

    def bits_of(self, choice: str) -> NDArray[np.float64]:
        """The bits of each place of a map, (h, w).

        Raises:
            ValueError: there is no such choice.
        """
        if choice == TOTAL:
            return self.rates.total
        if choice not in self.rates.names:
            raise ValueError(f"choice is {choice!r}; must be one of {', '.join([TOTAL, *self.rates.names])}")
        return self.rates.bits[self.rates.names.index(choice)]

    @validate("choice")
    def _check_choice(self, proposal: Any) -> str:
        self.bits_of(proposal.value)
        return proposal.value

    def _figure(self) -> Figure:
        return rate_map_figure(self._image, self.rates)

    def _words(self) -> str:
        sizes = ", ".join(f"{name} {size} bytes" for name, size in self.rates.file.parts)
        return f"The photo, and maps of its bits a pixel, on one scale; {sizes}"

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each place of each map."""
        maps = zip(self.rates.names, self.rates.bits, strict=True)
        rows = ((name, *place, float(value)) for name, bits in maps for place, value in np.ndenumerate(bits))
        return ["part", "row", "column", "bits"], rows

    def _arrays(self) -> dict[str, Any]:
        """`bits` (maps, h, w), `names`, and the bytes of the file's `parts` with their `part_names`."""
        parts = dict(self.rates.file.parts)
        sizes = {"part_names": list(parts), "parts": list(parts.values())}
        return {"bits": self.rates.bits, "names": self.rates.names, **sizes}

    def _show_choice(self, _: Any) -> None:
        self._heat.set_image(heat_map(self.rates, self.bits_of(self.choice)))
        self._heat.name = _caption(self.choice)

    def _sum_brush(self) -> None:
        if not self.photo_view.brush:
            self.brush_bits = []
            return
        left, top, right, bottom = self.photo_view.brush
        self.brush_bits = self.rates.bits_within(top, left, bottom, right).tolist()


def _caption(choice: str) -> str:
    return "bits of all parts" if choice == TOTAL else f"bits of {choice}"


def _check(
    image: NDArray[np.uint8],
    rates: RateMap,
    sigma: NDArray[np.floating] | None,
    attention: NDArray[np.floating] | None,
) -> None:
    height, width = check_image(image).shape[:2]
    if (height, width) != (rates.height, rates.width):
        raise ValueError(f"image is {width} x {height} px; rates are of {rates.width} x {rates.height} px")
    slices, *places = rates.bits.shape
    slices -= 1
    if sigma is not None and (list(sigma.shape[1:]) != places or sigma.shape[0] % slices):
        raise ValueError(f"sigma has shape {sigma.shape}; must be (a multiple of {slices}, {places[0]}, {places[1]})")
    if attention is not None and (attention.ndim != 5 or list(attention.shape[2:4]) != places):
        raise ValueError(
            f"dictionary_attention has shape {attention.shape}; "
            f"must be (slices, heads, {places[0]}, {places[1]}, entries)"
        )


def _top(attention: NDArray[np.floating] | None) -> tuple[NDArray[np.integer] | None, NDArray[np.floating] | None]:
    """The heaviest entries at each place, by their mean over slices and heads, and their weights: (n, h, w) each."""
    if attention is None or not attention.shape[-1]:
        return None, None
    mean = attention.mean(axis=(0, 1))  # (h, w, entries)
    entries = np.argsort(-mean, axis=-1, kind="stable")[..., :TOP_ENTRIES]
    weights = np.take_along_axis(mean, entries, axis=-1)
    return np.moveaxis(entries, -1, 0), np.moveaxis(weights, -1, 0)
