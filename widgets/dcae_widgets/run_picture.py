"""What a run has made of a photo, in the viewer: the original, the reconstruction, and where its bits go.

Knows pictures. Does not know who has drawn them.
"""

import math

import numpy as np
from numpy.typing import NDArray

from dcae.traces import PLACE_PX
from dcae_widgets.heat import heat_image
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.watched_run import View

NAMES = ("original", "decoded", "bits map")
_ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class RunPicture:
    """The viewer, and what is in it.

    The divider stands between the original and what is decoded; the bits can be chosen in place of either.

    Attributes:
        photo_view: The viewer.
        view: What is shown; None while there is nothing.
    """

    def __init__(self) -> None:
        self.photo_view = PhotoView([], label="There is no picture of the run yet")
        self.view: View | None = None
        self._layers: dict[str, Layer] = {}

    def show(self, view: View) -> None:
        """Shows another picture; of the same photo, the part that is seen stays.

        Always in the same layers: what a closed one held stays in JupyterLab's page, pixels and all.
        """
        images = [view.original, view.picture, *([] if view.bits is None else [heat_map(view.bits)])]
        height, width = view.original.shape[:2]
        before = self.view
        self.view = view
        for name, image in reversed(list(zip(NAMES, images, strict=False))):
            if name not in self._layers:
                self._layers[name] = Layer(name, image)
            elif not np.array_equal(self._layers[name].image, image):
                self._layers[name].set_image(image)
        with self.photo_view.hold_sync():
            self.photo_view.label = f"A photo, and what the run makes of it after {view.step:,} steps"
            self.photo_view.layers = [self._layers[name] for name in NAMES[: len(images)]]
            if before is not None and before.original.shape != view.original.shape:
                self.photo_view.view = [width / 2, height / 2, 0.0]  # the whole

    def close(self) -> None:
        """Closes the widgets."""
        for widget in (*self._layers.values(), self.photo_view):
            widget.close()


def heat_map(bits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The bits of each place as colours from black (none) over red to pale yellow (:func:`heat_top` bits or more).

    Args:
        bits: float32, H/16 x W/16.

    Returns:
        uint8, H x W x 3.
    """
    return heat_image(bits, 0, heat_top(bits), PLACE_PX)


def heat_top(bits: NDArray[np.float32]) -> float:
    """The bits of the brightest colour: 99 of 100 places have no more of them; rounded up to a round number.

    >>> heat_top(np.array([[3, 187]], np.float32)), heat_top(np.array([[0, 0]], np.float32))
    (200.0, 1.0)
    """
    most = max(1.0, float(np.percentile(np.nan_to_num(bits), 99)))
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in _ROUND if step * power >= most)
