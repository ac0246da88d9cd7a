"""What static figures have in common: their colours on paper, what axes look like, and what is small enough to print.

Knows axes and arrays. Does not know what is drawn.
"""

import io
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image as PillowImage

INK, PAPER, BLUE, ORANGE = "#24292f", "#ffffff", "#1f66a8", "#c9601c"


def finish(axes: Axes, title: str, x: str, y: str) -> None:
    """Gives axes their title, labels with units, a faint grid and, where something is named, a legend.

    Args:
        axes: On which all has been drawn.
        title: What is seen.
        x: Label of the horizontal axis.
        y: Label of the vertical one.
    """
    axes.set(xlabel=x, ylabel=y)
    axes.set_title(title, fontsize=10, color=INK)
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def png_of(figure: Figure, **options: Any) -> bytes:
    """A figure as the bytes of a PNG.

    Args:
        figure: What is drawn.
        options: Of matplotlib's `savefig`.
    """
    return bytes_of(figure, "png", **options)


def bytes_of(figure: Figure, kind: str, **options: Any) -> bytes:
    """A figure as the bytes of a file; of SVG its words are text.

    Args:
        figure: What is drawn.
        kind: "png", "svg" or "pdf".
        options: Of matplotlib's `savefig`.
    """
    buffer = io.BytesIO()
    save: Any = figure.savefig  # matplotlib types its formats as file names
    with rc_context({"svg.fonttype": "none"}):
        save(buffer, format=kind, **options)
    return buffer.getvalue()


def reduced(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Returns a photo whose longer side is at most so many pixels; a smaller one as it is.

    Args:
        image: uint8, H x W x 3.
        side_px: 1 or more.

    >>> reduced(np.zeros((40, 80, 3), np.uint8), 20).shape
    (10, 20, 3)
    """
    picture = PillowImage.fromarray(image)
    picture.thumbnail((side_px, side_px), PillowImage.Resampling.LANCZOS)
    return np.array(picture)
