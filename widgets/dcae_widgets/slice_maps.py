"""What each slice of y holds at each place, as maps: its bits, what was foreseen of it, and what became of it.

Knows traces. Does not know colours or widgets.
Shapes: Q quantities; M channels of y in S slices; h, w places of 16 x 16 px, those that lie in the photo at least
partly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcae.traces import PLACE_PX, Trace
from dcae_widgets.heat import round_ticks

QUANTITIES: tuple[str, ...] = ("bits", "μ", "σ", "y − μ", "ŷ")
"""What is shown of y: its cost, the predicted mean and scale, how far y lies from that mean, and what g_s gets."""
UNITS = ("bits a pixel", "steps", "steps", "steps", "steps")
"""Of each quantity; a step is the quantiser's."""
_SIGNED = (False, True, False, True, True)
_COMPARED = ((0,), (1, 4), (2, 3))
"""Quantities of one scale: what was foreseen and what is there, how far it was expected off and how far it is."""


def elements(trace: Trace) -> NDArray[np.float32]:
    """Each quantity of each element of y, (Q, M, h, w); bits are bits a pixel of the 256 that a place has."""
    rows, columns = (-(-side // PLACE_PX) for side in trace.image.shape[:2])
    every = (trace.y_bits / PLACE_PX**2, trace.mu, trace.sigma, trace.y - trace.mu, trace.y_hat)
    return np.stack(every)[:, :, :rows, :columns]


def slice_maps(values: NDArray[np.floating], num_slices: int) -> NDArray[np.float64]:
    """Each quantity over each slice's channels, (Q, S, h, w): the sum of bits, the root mean square of all others.

    >>> maps = slice_maps(np.array([[[[1.0]], [[3.0]]], [[[3.0]], [[-4.0]]]]), 1)
    >>> maps.round(4).ravel().tolist()
    [4.0, 3.5355]
    """
    of_slices = values.astype(np.float64).reshape(len(values), num_slices, -1, *values.shape[2:])
    bits = of_slices[:1].sum(axis=2)
    return np.concatenate([bits, np.sqrt((of_slices[1:] ** 2).mean(axis=2))])


def common_ranges(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """First and last value of each map's scale, (Q, S, 2): the same for all slices, from 0.

    μ and ŷ have one scale, and so have σ and y − μ, so that they can be compared. Of their values at most one in 100
    lies above the last.
    """
    ranges = np.zeros((*maps.shape[:2], 2))
    for group in _COMPARED:
        ranges[list(group), :, 1] = _round_top(maps[list(group)])
    return ranges


def own_ranges(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """First and last value of each map's scale, (Q, S, 2): each map's own, from 0."""
    tops = [[_round_top(of_slice) for of_slice in of_quantity] for of_quantity in maps]
    return np.stack([np.zeros(maps.shape[:2]), np.array(tops)], axis=-1)


def channel_ranges(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """First and last value of the scale of each quantity of one channel, (Q, h, w) -> (Q, 2).

    Quantities with a sign have 0 in the middle.
    """
    tops = np.array([_round_top(np.abs(of_quantity)) for of_quantity in maps])
    return np.stack([np.where(_SIGNED, -tops, 0), tops], axis=-1)


def _round_top(values: NDArray[np.floating]) -> float:
    return round_ticks(float(np.percentile(values, 99)))[-1]
