"""What the decoder knows beforehand, held against what came: errors over the photo, and two reliability curves.

A composition of the viewer and two plots. Knows arrays and records, of any model that fills them. Does not know
networks.
Shapes: h, w = H/16, W/16 places of 16 x 16 px; M channels of y.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from ipywidgets import HTML, Dropdown, VBox
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from numpy.typing import NDArray
from traitlets import Unicode, link, validate

from dcae.calibration import Calibration
from dcae.config import SCALE_MIN
from dcae.images import check_image
from dcae.traces import PLACE_PX, Trace
from dcae_widgets.heat import heat_image
from dcae_widgets.hyper_figure import (
    BITS_TITLE,
    CHARGED_AXIS,
    ERROR_AXIS,
    ERROR_TITLE,
    FAIR_AXIS,
    SIGMA_AXIS,
    hyper_figure,
    map_ticks,
)
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.plot import Plot, Series
from dcae_widgets.saved_view import ROW, SavedView

ALL = "all slices"


class HyperView(SavedView):
    """The error that sigma foresees beside the one that was found, and whether bits are what they should be.

    What slice 0 foresees comes from z alone; later slices have seen those before them.

    Args:
        image: uint8, H x W x 3.
        sigma: (M, h, w), the predicted scale, quantiser steps.
        error: (M, h, w), y - mu, quantiser steps.
        calibrations: of `all slices`, and of `slice 0`, `slice 1` and so on, in their order.
        z_bytes: of the file, for z; None if that is not known.

    Attributes:
        part: whose numbers are shown: a name of the calibrations.
        photo_view: foreseen and found, and the photo.

    Raises:
        TypeError, ValueError: the image is none, arrays do not fit each other, or there is no such part.
    """

    part = Unicode(ALL)

    def __init__(
        self,
        image: NDArray[np.uint8],
        sigma: NDArray[np.floating],
        error: NDArray[np.floating],
        calibrations: Mapping[str, Calibration],
        z_bytes: int | None = None,
    ):
        _check(image, sigma, error, calibrations)
        self.calibrations, self._image, self._z_bytes = dict(calibrations), image, z_bytes
        foreseen = np.maximum(sigma, SCALE_MIN) * math.sqrt(2 / math.pi)
        self._maps = {
            name: (_of(foreseen, name, calibrations), _of(np.abs(error), name, calibrations)) for name in calibrations
        }
        blank = np.zeros_like(image)
        self._layers = [Layer("error foreseen", blank), Layer("error found", blank)]
        label = "The error that was foreseen beside the one that was found"
        self.photo_view = PhotoView([*self._layers, Layer("photo", image)], label=label, height_px=420)
        self._errors = Plot(title=ERROR_TITLE, x_title=SIGMA_AXIS, y_title=ERROR_AXIS, x_log=True, y_log=True)
        self._costs = Plot(title=BITS_TITLE, x_title=CHARGED_AXIS, y_title=FAIR_AXIS, x_log=True, y_log=True)
        choice = Dropdown(options=list(calibrations), description="Part")
        self._said = HTML()  # a Label does not break its lines
        left = VBox([choice, self.photo_view, self._said], layout=BoxLayout(flex="3 1 420px", min_width="0"))
        right = VBox([self._errors, self._costs], layout=BoxLayout(flex="2 1 340px", min_width="0"))
        super().__init__([left, right], layout=BoxLayout(**ROW))
        link((self, "part"), (choice, "value"))
        self.observe(lambda _: self._show(), "part")
        self._show()

    @classmethod
    def of(cls, trace: Trace, calibrations: Mapping[str, Calibration]) -> HyperView:
        """The view of a trace and of its calibrations (``dcae.analysis.calibration.calibrations(codec, trace)``)."""
        return cls(trace.image, trace.sigma, trace.y - trace.mu, calibrations, trace.file.z_bytes)

    @validate("part")
    def _check_part(self, proposal: Any) -> str:
        if proposal.value not in self.calibrations:
            raise ValueError(f"part is {proposal.value!r}; must be one of {', '.join(self.calibrations)}")
        return proposal.value

    def _show(self) -> None:
        of, maps = self.calibrations[self.part], self._maps[self.part]
        most, size = map_ticks(*maps)[-1], self._image.shape[:2]
        for layer, values, word in zip(self._layers, maps, ("foreseen", "found"), strict=True):
            layer.set_image(heat_image(values, 0, most, PLACE_PX, size))
            layer.name = f"error {word}, 0 to {most:g} steps"
        right = Series("a Gaussian of that σ", of.sigma, of.expected_error, dashed=True)
        self._errors.series = [Series("found", of.sigma, of.error, text=_said_of(of)), right]
        diagonal = Series("right", of.charged_bits, of.charged_bits, dashed=True)
        self._costs.series = [Series("found", of.charged_bits, of.fair_bits), diagonal]
        self._said.value = self._words_of(of)

    def _words_of(self, of: Calibration) -> str:
        z = "" if self._z_bytes is None else f"z, which foretells it: {self._z_bytes:,} bytes. "
        return (
            f"{z}{self.part}: {of.total_bits / 8:,.0f} bytes charged; tables made for this very photo would need "
            f"{of.least_bits / 8:,.0f} at least ({of.excess:.1%} less)."
        )

    def _figure(self) -> Figure:
        size_px = (self._image.shape[1], self._image.shape[0])
        return hyper_figure(*self._maps[self.part], self.calibrations[self.part], self.part, size_px)

    def _words(self) -> str:
        words = self._words_of(self.calibrations[self.part])
        return f"Maps of foreseen and found error, and two reliability curves. {words}"

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each group of each part: `scale` by sigma, `cost` by charge."""
        rows: list[tuple[Any, ...]] = []
        for name, of in self.calibrations.items():
            scales = zip(of.sigma, of.expected_error, of.error, of.elements, strict=True)
            costs = zip(of.charged_bits, of.charged_bits, of.fair_bits, of.hits, strict=True)
            rows += [(name, "scale", *map(float, row)) for row in scales]
            rows += [(name, "cost", *map(float, row)) for row in costs]
        return ["part", "group of", "group", "expected", "found", "count"], rows

    def _arrays(self) -> dict[str, Any]:
        """`foreseen` and `found` (parts, h, w), and `parts`."""
        foreseen, found = zip(*self._maps.values(), strict=True)
        return {"parts": list(self._maps), "foreseen": np.array(foreseen), "found": np.array(found)}


def _said_of(of: Calibration) -> list[str]:
    groups = zip(of.sigma, of.error, of.expected_error, of.elements, strict=True)
    return [f"σ {s:.3f}: {e:.3f} found, {x:.3f} foreseen, {n:,} numbers" for s, e, x, n in groups]


def _of(values: NDArray[np.floating], name: str, calibrations: Mapping[str, Calibration]) -> NDArray[np.floating]:
    """The mean over a part's channels, (h, w)."""
    index = list(calibrations).index(name)
    parts = values.reshape(len(calibrations) - 1, -1, *values.shape[1:])
    return values.mean(axis=0) if name == ALL else parts[index - 1].mean(axis=0)


def _check(image: NDArray[np.uint8], sigma: NDArray, error: NDArray, calibrations: Mapping[str, Calibration]) -> None:
    height, width = check_image(image).shape[:2]
    slices = len(calibrations) - 1
    names = [ALL, *(f"slice {index}" for index in range(slices))]
    if slices < 1 or list(calibrations) != names:
        raise ValueError(f"calibrations are of {', '.join(calibrations) or 'nothing'}; must be of {ALL}, slice 0, ...")
    if sigma.ndim != 3 or sigma.shape != error.shape or sigma.shape[0] % slices:
        raise ValueError(
            f"sigma has shape {sigma.shape} and error {error.shape}; must be the same, (a multiple of {slices}, h, w)"
        )
    if PLACE_PX * sigma.shape[1] < height or PLACE_PX * sigma.shape[2] < width:
        raise ValueError(f"{sigma.shape[2]} x {sigma.shape[1]} places of 16 px do not cover {width} x {height} px")
