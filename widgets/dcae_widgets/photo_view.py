"""The one viewer: photos over or beside each other, compared by divider, flicker, difference or blend, down to pixels.

Pictures cross to the browser once, as bytes; zoom, divider and the colours under the pointer are the browser's own,
and come back as traits. Everything that shows photos is built on it. Knows pictures and names; does not know codecs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from anywidget import AnyWidget
from IPython.display import Image
from ipywidgets import Widget, widget_serialization
from numpy.typing import NDArray
from traitlets import Bytes, Enum, Float, Instance, Int, List, Unicode, validate

from dcae.images import check_image
from dcae_widgets.charts import pictures
from dcae_widgets.figure_style import reduced
from dcae_widgets.front_end import front_end

MODES = ("split", "side", "flicker", "difference", "blend")
MAX_ZOOM = 64.0
MAX_GAIN = 64.0
MAX_FLICKER_HZ = 8.0
PRINTED_SIDE_PX = 640


class Layer(Widget):
    """One picture of a view, under a name. It has no view of its own; several views may hold the same layer.

    Args:
        name: what is written over it.
        image: uint8, H x W x 3, RGB.

    Attributes:
        name: what is written over it.
        width: W, in pixels.
        height: H, in pixels.
        pixels: the picture as bytes, row by row, R G B.
        opacity: 0 to 1, for the view's mode "blend".
        patch_pixels: pixels that stand in for a part of the picture, laid out as `pixels`; empty if there is none.
        patch_rect: left, top, width and height of that part in pixels, or nothing.
    """

    name = Unicode().tag(sync=True)
    width = Int(0, min=0).tag(sync=True)
    height = Int(0, min=0).tag(sync=True)
    pixels = Bytes().tag(sync=True)
    opacity = Float(1.0, min=0.0, max=1.0).tag(sync=True)
    patch_pixels = Bytes().tag(sync=True)
    patch_rect: Any = List(Int()).tag(sync=True)

    def __init__(self, name: str, image: NDArray[np.uint8], *, opacity: float = 1.0):
        height, width = check_image(image).shape[:2]
        super().__init__(name=name, width=width, height=height, pixels=image.tobytes(), opacity=opacity)

    def set_image(self, image: NDArray[np.uint8]) -> None:
        """Shows another picture, of any size, without a patch. It crosses in one message and is drawn at once.

        Raises:
            TypeError: it is no array.
            ValueError: it is not uint8, H x W x 3.
        """
        height, width = check_image(image).shape[:2]
        with self.hold_sync():
            self.width, self.height, self.pixels = width, height, image.tobytes()
            self.patch_pixels, self.patch_rect = b"", []

    def set_patch(self, image: NDArray[np.uint8], left: int, top: int) -> None:
        """Shows these pixels instead of a part of the picture; a patch that was there goes.

        Args:
            image: uint8, h x w x 3, RGB.
            left: the column of the picture, in pixels, that its first column takes.
            top: the same for rows.

        Raises:
            TypeError: it is no array.
            ValueError: it is not uint8, h x w x 3, or reaches outside the picture.
        """
        height, width = check_image(image).shape[:2]
        if not (0 <= left <= self.width - width and 0 <= top <= self.height - height):
            raise ValueError(
                f"patch of {width} x {height} px at ({left}, {top}); "
                f"must lie in the picture of {self.width} x {self.height} px"
            )
        with self.hold_sync():
            self.patch_pixels, self.patch_rect = image.tobytes(), [left, top, width, height]

    def clear_patch(self) -> None:
        """Shows the whole picture again."""
        with self.hold_sync():
            self.patch_pixels, self.patch_rect = b"", []

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture as it is shown, its patch in place: uint8, H x W x 3, a copy."""
        image = np.frombuffer(self.pixels, np.uint8).reshape(self.height, self.width, 3).copy()
        if self.patch_rect:
            left, top, width, height = self.patch_rect
            patch = np.frombuffer(self.patch_pixels, np.uint8).reshape(height, width, 3)
            image[top : top + height, left : left + width] = patch
        return image


class PhotoView(AnyWidget):
    """Layers of one size, two of them compared.

    The wheel zooms once the view has the focus, or with Ctrl; "?" in the view lists its keys. Each trait can be set
    from Python, and follows what is done in the browser (within about a tenth of a second; the browser itself waits for
    nobody). ``jslink((a, "view"), (b, "view"))`` lets two views show the same part without the kernel.

    Args:
        layers: the pictures.
        **traits: initial values of the traits below.

    Attributes:
        layers: the pictures, the first at the bottom in mode "blend". When their size changes, the whole is shown;
            views that are linked to this one stay as they are.
        mode: "split" (a divider), "side" (side by side), "flicker", "difference" (|a - b| times `gain`, cut at 255) or
            "blend" (all layers over each other, each with its own opacity; the other modes show pictures as they are).
        first: index of the picture on the left, and of what flicker begins with.
        second: index of the one that it is compared with. A view of one layer compares nothing.
        divider: where the divider stands, 0 (left) to 1.
        gain: 1 to 64.
        flicker_hz: how often a second both pictures are shown, 0 (only by hand: hold F) to 8.
        view: column and row of the picture in the middle of the view, and the zoom: CSS pixels a picture pixel, up to
            64, or 0 for the whole picture.
        visible: left, top, right and bottom in pixels of the part that can be seen, about 100 ms after it last moved.
        hover: column and row under the pointer, or nothing.
        clicked: column, row, and the how-manieth click it was, so that two on one pixel are two changes; or nothing.
        brush: left, top, right and bottom in pixels of the rectangle drawn with Shift held, or nothing.
        outline: the same for a rectangle that Python draws.
        label: what the view shows, for screen readers.
        height_px: of the picture's area, in CSS pixels.

    Raises:
        TypeError: there is no trait of that name.
        ValueError: layers of different sizes, or an illegal view or rectangle.
        traitlets.TraitError: another trait's value is not legal.
    """

    _esm, _css = front_end("photo_view").values()

    layers: Any = List(Instance(Layer)).tag(sync=True, **widget_serialization)
    mode = Enum(MODES, "split").tag(sync=True)
    first = Int(0, min=0).tag(sync=True)
    second = Int(1, min=0).tag(sync=True)
    divider = Float(0.5, min=0.0, max=1.0).tag(sync=True)
    gain = Float(8.0, min=1.0, max=MAX_GAIN).tag(sync=True)
    flicker_hz = Float(1.0, min=0.0, max=MAX_FLICKER_HZ).tag(sync=True)
    view: Any = List(Float(), [0.0, 0.0, 0.0], minlen=3, maxlen=3).tag(sync=True)
    visible: Any = List(Int(), maxlen=4).tag(sync=True)
    hover: Any = List(Int(), maxlen=2).tag(sync=True)
    clicked: Any = List(Int(), maxlen=3).tag(sync=True)
    brush: Any = List(Int()).tag(sync=True)
    outline: Any = List(Int()).tag(sync=True)
    label = Unicode().tag(sync=True)
    height_px = Int(480, min=120).tag(sync=True)

    def __init__(self, layers: Sequence[Layer] = (), **traits: Any):
        unknown = sorted(set(traits) - set(self.trait_names()))
        if unknown:
            raise TypeError(f"PhotoView has no {', '.join(unknown)}; see its attributes for what there is")
        super().__init__(layers=list(layers), **traits)

    def picture(self) -> Image:
        """A static picture of what is compared, at most 640 px a side, for print and for a notebook without a kernel.

        Raises:
            ValueError: there is no layer.
        """
        if not self.layers:
            raise ValueError("a view without layers has no picture; it needs 1 or more")
        return pictures({name: reduced(image, PRINTED_SIDE_PX) for name, image in self._shown().items()})

    def _shown(self) -> dict[str, NDArray[np.uint8]]:
        """The pictures that tell what the mode shows, by caption."""
        last = len(self.layers) - 1
        compared = [self.layers[index] for index in dict.fromkeys((min(self.first, last), min(self.second, last)))]
        if self.mode == "blend":
            return {" over ".join(layer.name for layer in reversed(self.layers)): _blended(self.layers)}
        shown = {layer.name: layer.image for layer in compared}
        if self.mode == "difference" and len(shown) == 2:
            a, b = shown.values()
            shown[f"difference × {self.gain:g}"] = _difference(a, b, self.gain)
        return shown

    @contextmanager
    def exchanging(self, photo: Layer, image: NDArray[np.uint8]) -> Iterator[None]:
        """Inside the block the layers are given another photo's pictures, if it is another.

        Layers of two sizes are never seen together. Of the photo that was shown before, zoom and choice stay.

        Args:
            photo: The layer of the photo itself, which is given the image.
            image: uint8, H x W x 3.
        """
        layers, is_other_photo = list(self.layers), not np.array_equal(photo.image, image)
        if is_other_photo:
            with self.hold_sync():
                self.layers, self.brush, self.outline = [], [], []
            photo.set_image(image)
        yield
        if is_other_photo:
            self.layers = layers

    @validate("layers")
    def _check_layers(self, proposal: Any) -> list[Layer]:
        sizes = {(layer.width, layer.height) for layer in proposal.value}
        if len(sizes) > 1:
            given = ", ".join(f"{layer.name!r} {layer.width} x {layer.height} px" for layer in proposal.value)
            raise ValueError(f"layers are {given}; they must be of one size")
        return proposal.value

    @validate("view")
    def _check_view(self, proposal: Any) -> list[float]:
        if not all(map(math.isfinite, proposal.value)) or not 0 <= proposal.value[2] <= MAX_ZOOM:
            raise ValueError(
                f"view is {proposal.value}; must be a column, a row and a zoom "
                f"from 0 (the whole picture) to {MAX_ZOOM:g}"
            )
        return proposal.value

    @validate("brush", "outline")
    def _check_rectangle(self, proposal: Any) -> list[int]:
        sides = proposal.value
        if sides and not (len(sides) == 4 and 0 <= sides[0] < sides[2] and 0 <= sides[1] < sides[3]):
            raise ValueError(f"{proposal.trait.name} is {sides}; must be [] or left < right and top < bottom in pixels")
        return sides


def _difference(a: NDArray[np.uint8], b: NDArray[np.uint8], gain: float) -> NDArray[np.uint8]:
    """|a - b| times the gain, rounded and cut at 255, as the browser draws it."""
    distance = np.abs(a.astype(np.int16) - b)
    return np.minimum(np.floor(distance * gain + 0.5), 255).astype(np.uint8)


def _blended(layers: Sequence[Layer]) -> NDArray[np.uint8]:
    """All layers over each other on white, the first at the bottom."""
    blend: NDArray[Any] = np.full_like(layers[0].image, 255)
    for layer in layers:
        blend = blend * (1 - layer.opacity) + layer.image * layer.opacity
    return np.rint(blend).astype(np.uint8)
