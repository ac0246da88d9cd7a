"""A photo built up slice by slice: what stands for slices that are not there yet, compared, and what each one brings.

A composition of the viewer, a slider and a plot. Knows records and arrays, of any model that fills them.
Shapes: H, W image size in px.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from ipywidgets import HTML, Box, IntSlider
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from numpy.typing import NDArray
from traitlets import Int, link, validate

from dcae.images import check_image
from dcae.rd import psnr_db
from dcae.results import PartialPicture
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.plot import Plot, Series
from dcae_widgets.progressive_figure import name_of, progressive_figure
from dcae_widgets.saved_view import ROW, SavedView

PREDICTION, ZEROS = "predicted", "zeros"
_COLUMN = {"display": "flex", "flex_flow": "column", "grid_gap": "4px", "width": "100%"}
_PHOTO_FLEX, _PLOT_FLEX = "10 1 400px", "1 1 344px"  # in a narrow page below each other
_PLOT_HEIGHT_PX = 320


class ProgressiveView(SavedView):
    """The photo after some slices, predicted ones on the left of the divider and zeros on its right; and the staircase.

    The slider, a click on a stair or the arrow keys in the plot choose how many slices.

    Args:
        image: uint8, H x W x 3.
        predicted: the pictures of its file after 0 slices, 1 and so on, where absent slices are predicted
            (``dcae.codec.progressive``).
        zeros: the same with zeros for absent slices.

    Attributes:
        num_slices: how many there are; at first 1.
        fills: the pictures by what stands for absent slices.
        psnrs: PSNR of each of them in dB, likewise.
        photo_view: the pictures, and the photo itself.
        slider: how many slices.
        plot: PSNR against bytes.

    Raises:
        TypeError, ValueError: the image is none, pictures are not of its size, or the two are not of the same files.
        ValueError: there are not so many slices.
    """

    num_slices = Int(1)

    def __init__(self, image: NDArray[np.uint8], predicted: Sequence[PartialPicture], zeros: Sequence[PartialPicture]):
        fills = _checked(image, predicted, zeros)
        most = len(predicted) - 1
        count = min(1, most)
        self._layers = [Layer("", steps[count].picture) for steps in fills.values()]
        self._photo = Layer("the photo", image)
        self.photo_view = PhotoView([*self._layers, self._photo], label="The photo after some slices")
        self.slider = IntSlider(count, 0, most, description="Slices", layout=BoxLayout(width="320px", max_width="100%"))
        self.plot = Plot(title="What each slice brings", height_px=_PLOT_HEIGHT_PX)
        self.plot.x_title, self.plot.y_title, self.plot.choosable = "bytes of the file so far", "PSNR (dB)", True
        self._told = HTML()
        for widget, flex in {self.photo_view: _PHOTO_FLEX, self.plot: _PLOT_FLEX}.items():
            widget.layout = BoxLayout(flex=flex, width="auto", min_width="0", margin="0")
        shown = Box([self.photo_view, self.plot], layout=BoxLayout(**ROW))
        self._take(image, fills)
        super().__init__([self.slider, self._told, shown], num_slices=count, layout=BoxLayout(**_COLUMN))
        link((self, "num_slices"), (self.slider, "value"))
        link((self, "num_slices"), (self.plot, "chosen"))
        self.observe(self._show, "num_slices")
        self._show()

    def show(
        self, image: NDArray[np.uint8], predicted: Sequence[PartialPicture], zeros: Sequence[PartialPicture]
    ) -> None:
        """Shows another coding in the same widgets, after as many slices as before if it has so many.

        Args:
            image: as of the class, and so on.
            predicted: the pictures of its file, absent slices predicted.
            zeros: the same with zeros for them.

        Raises:
            TypeError, ValueError: as the class.
        """
        fills = _checked(image, predicted, zeros)
        self.num_slices = min(self.num_slices, len(predicted) - 1)
        with self.photo_view.exchanging(self._photo, image):
            self._take(image, fills)
            self.slider.max = len(predicted) - 1
            self._show()

    @property
    def told(self) -> str:
        """What is said of what is shown, as HTML."""
        return self._told.value

    @validate("num_slices")
    def _check_num_slices(self, proposal: Any) -> int:
        most = len(self.fills[PREDICTION]) - 1
        if not 0 <= proposal.value <= most:
            raise ValueError(f"num_slices is {proposal.value}; must be 0 to {most}")
        return proposal.value

    def _take(self, image: NDArray[np.uint8], fills: dict[str, tuple[PartialPicture, ...]]) -> None:
        self._image, self.fills = image, fills
        self.psnrs = {fill: [psnr_db(image, each.picture) for each in steps] for fill, steps in fills.items()}
        self.plot.series = self._stairs()

    def _figure(self) -> Figure:
        return progressive_figure(self._image, self.fills)

    def _words(self) -> str:
        steps = zip(self.fills[PREDICTION], *self.psnrs.values(), strict=True)
        said = (
            f"{name_of(step.num_slices)}: {step.bytes} bytes, {predicted:.2f} dB predicted, {zeros:.2f} dB with zeros"
            for step, predicted, zeros in steps
        )
        return f"The photo after each slice, absent ones predicted or zeros, and PSNR against bytes. {'; '.join(said)}"

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each number of slices and each fill."""
        rows = (
            (step.num_slices, fill, step.bytes, psnr)
            for fill, steps in self.fills.items()
            for step, psnr in zip(steps, self.psnrs[fill], strict=True)
        )
        return ["num_slices", "absent_slices", "bytes", "psnr_db"], rows

    def _arrays(self) -> dict[str, Any]:
        """`bytes` (slices + 1,), and by fill its `pictures` (slices + 1, H, W, 3) and `psnr_db` (slices + 1,)."""
        pictures = {f"{fill}_pictures": np.stack([s.picture for s in steps]) for fill, steps in self.fills.items()}
        psnrs = {f"{fill}_psnr_db": np.array(values) for fill, values in self.psnrs.items()}
        return {"bytes": [step.bytes for step in self.fills[PREDICTION]], **pictures, **psnrs}

    def _stairs(self) -> list[Series]:
        stairs = []
        for fill, steps in self.fills.items():
            said = zip(steps, self.psnrs[fill], strict=True)
            texts = [f"{name_of(s.num_slices)}, {fill}: {s.bytes:,} bytes, {psnr:.2f} dB" for s, psnr in said]
            sizes = [step.bytes for step in steps]
            stairs.append(Series(f"absent: {fill}", sizes, self.psnrs[fill], "step", texts, dashed=fill == ZEROS))
        return stairs

    def _show(self, _: Any = None) -> None:
        count = self.num_slices
        for layer, (fill, steps) in zip(self._layers, self.fills.items(), strict=True):
            layer.name = f"{name_of(count)}, the others {fill}"
            layer.set_image(steps[count].picture)
        size, whole = (self.fills[PREDICTION][index].bytes for index in (count, -1))
        predicted, zeros = (values[count] for values in self.psnrs.values())
        self._told.value = (
            f"After <b>{name_of(count)}</b>: {size:,} of {whole:,} bytes ({size / whole:.0%}); "
            f"absent slices predicted {predicted:.2f} dB, zeros {zeros:.2f} dB"
        )


def _checked(
    image: NDArray[np.uint8], predicted: Sequence[PartialPicture], zeros: Sequence[PartialPicture]
) -> dict[str, tuple[PartialPicture, ...]]:
    """The pictures by what stands for absent slices, if they are of the image and of the same files."""
    shape = check_image(image).shape
    fills = {PREDICTION: tuple(predicted), ZEROS: tuple(zeros)}
    kinds = [[(step.num_slices, step.bytes) for step in steps] for steps in fills.values()]
    counts = [count for count, _ in kinds[0]]
    if not counts or counts != list(range(len(counts))) or kinds[0] != kinds[1]:
        raise ValueError(
            f"predicted and zeros have (slices, bytes) {kinds[0]} and {kinds[1]}; must be the same, from 0 slices on"
        )
    for step in (step for steps in fills.values() for step in steps):
        if step.picture.shape != shape:
            raise ValueError(f"a picture is {step.picture.shape}, the image {shape}; must be the same")
    return fills
