"""Numbers of places as colours, to lie over a photo.

Knows colours. Does not know what the numbers mean, nor widgets.
Shapes: h, w places; H, W image size in px.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

SEQUENTIAL, DIVERGING = "inferno", "RdBu_r"
"""Names of colour maps: black over red to pale yellow, where equal steps look equal; blue over white to red."""


def palette(name: str) -> NDArray[np.uint8]:
    """The 256 colours of one of matplotlib's colour maps: uint8, (256, 3)."""
    return (colormaps[name](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


PALETTE = palette(SEQUENTIAL)


def round_ticks(most: float) -> list[float]:
    """Round numbers from 0 to one that is `most` or more; for 0, to 1.

    >>> round_ticks(0.83)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, most or 1.0)
    return [float(f"{tick:.6g}") for tick in ticks]  # they are products: 3 * 0.1 is not 0.3


def heat_image(
    values: NDArray[np.floating],
    low: float,
    high: float,
    block_px: int = 1,
    size: Sequence[int] | None = None,
    *,
    diverging: bool = False,
) -> NDArray[np.uint8]:
    """Each value as a block of equal pixels; what is out of range has the colour of its end.

    Args:
        values: (h, w); what is not finite is drawn as `low`.
        low: Value of the first colour.
        high: Value of the last colour; above `low`.
        block_px: Side of a value's block, such as 16 for places of y.
        size: (H, W) in px of the picture that the blocks lie on, beyond which they are cut; None for all of them.
        diverging: Blue, white, red instead of dark to bright; for values around 0.

    Returns:
        uint8, H x W x 3.

    Raises:
        ValueError: `high` is not above `low`, or the blocks do not cover the picture.

    >>> heat_image(np.array([[0.0, 1.0]]), 0, 1, 4, (3, 7))[0, :, 0].tolist()
    [0, 0, 0, 0, 252, 252, 252]
    """
    if not high > low:
        raise ValueError(f"colours from {low} to {high}; the last must be above the first")
    shares = np.clip((np.where(np.isfinite(values), values, low) - low) / (high - low), 0, 1)
    colours = (palette(DIVERGING) if diverging else PALETTE)[np.rint(shares * 255).astype(np.uint8)]
    blocks = colours.repeat(block_px, axis=0).repeat(block_px, axis=1)
    height, width = size or blocks.shape[:2]
    if height > blocks.shape[0] or width > blocks.shape[1]:
        raise ValueError(f"blocks cover {blocks.shape[1]} x {blocks.shape[0]} px of a picture of {width} x {height} px")
    return blocks[:height, :width]
