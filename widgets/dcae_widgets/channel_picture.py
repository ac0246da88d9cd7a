"""What a channel draws, as pictures: differences from grey, made visible by a stated factor.

Knows arrays. Does not know networks or widgets.
Shapes: H, W image size in px.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dcae.results import ChannelResponse

GREY = 127.5
_FACTORS = (1 / 8, 128.0)


def pictures_of(response: ChannelResponse) -> dict[str, NDArray[np.uint8]]:
    """The parts of a response around grey, uint8, H x W x 3, each under its name and factor.

    The linear path and both together have one factor. A network without a linear path has the learned part alone.
    """
    learned, linear, together = response.learned, response.linear, response.together
    of_learned = factor_of(learned)
    pictures = {_caption("learned part", of_learned): around_grey(learned, of_learned)}
    if linear is not None:
        factor = min(factor_of(linear), factor_of(together))
        pictures |= {_caption("linear path", factor): around_grey(linear, factor)}
        pictures |= {_caption("together", factor): around_grey(together, factor)}
    return pictures


def factor_of(levels: NDArray[np.floating]) -> float:
    """The power of two, 1/8 to 128, that brings a part's extremes nearest to black and white without cutting them.

    Of its values one in 100 may be cut. What draws nothing is shown as it is.

    >>> factor_of(np.array([3.0, -7.0])), factor_of(np.array([200.0, 0.0])), factor_of(np.zeros(2))
    (16.0, 0.5, 1.0)
    """
    extreme = float(np.percentile(np.abs(levels), 99))
    if not extreme:
        return 1.0
    low, high = _FACTORS
    return min(high, max(low, 2.0 ** math.floor(math.log2(GREY / extreme))))


def around_grey(levels: NDArray[np.floating], factor: float) -> NDArray[np.uint8]:
    """Levels times a factor, added to mid-grey and cut to what a picture can show: uint8, H x W x 3.

    >>> around_grey(np.array([[[-1.0, 0.0, 99.0]]]), 2).tolist()
    [[[126, 128, 255]]]
    """
    return np.floor(np.clip(GREY + factor * levels, 0, 255) + 0.5).astype(np.uint8)


def _caption(name: str, factor: float) -> str:
    """A part's name and factor, as `linear path × 1/2`."""
    return f"{name} × {factor:g}" if factor >= 1 else f"{name} × 1/{1 / factor:g}"
