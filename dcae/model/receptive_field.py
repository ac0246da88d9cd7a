"""How far g_a and g_s look: what must be known around a part of a picture to compute it as if it were whole.

Window attention sees the whole of its window and nothing beyond, so what is computed apart must begin and end where
windows do. Follows the layers of `dcae.model.transforms` from the output backwards. Knows no tensors and no weights.

>>> from dcae.config import PRESETS
>>> alignment_px(PRESETS["small"]), analysis_halo_px(PRESETS["small"]), synthesis_halo_px(PRESETS["small"])
(64, 192, 256)
"""

from __future__ import annotations

import math

from dcae.config import MULTIPLE_PX, DCAEConfig
from dcae.model.linear_path import BLOCK_PX

_SCALES = range(3)
"""Feature maps at 1/2, 1/4 and 1/8 of the picture's sides, by their index in a config."""


def alignment_px(config: DCAEConfig) -> int:
    """Where parts may begin and end: at multiples of this, every window of every scale lies in one part alone.

    Windows at 1/8 of the sides are the largest in pixels; finer ones divide them.
    """
    return math.lcm(MULTIPLE_PX, 8 * config.window)


def analysis_halo_px(config: DCAEConfig) -> int:
    """How many pixels around an aligned part g_a and the linear path need for its y; a multiple of the alignment."""
    return _aligned(max(_analysis_reach(config, mirrored) for mirrored in (False, True)), config)


def synthesis_halo_px(config: DCAEConfig) -> int:
    """How many pixels around an aligned part y_hat must be known for its picture; a multiple of the alignment."""
    return _aligned(max(_synthesis_reach(config, mirrored) for mirrored in (False, True)), config)


def _aligned(reach_px: int, config: DCAEConfig) -> int:
    alignment = alignment_px(config)
    return -(-reach_px // alignment) * alignment


def _analysis_reach(config: DCAEConfig, mirrored: bool) -> int:
    """How many pixels before pixel 0 y from position 0 on depends on; `mirrored`: the other way."""
    first = 2 * 0 - 2  # y's own convolution: 5 x 5, every second position
    for scale in reversed(_SCALES):
        first = _before_stage(first, config, scale, mirrored) - config.bottlenecks
        first = 2 * first - 2
    return max(-first, BLOCK_PX // 2)  # the linear path's filters reach half a block


def _synthesis_reach(config: DCAEConfig, mirrored: bool) -> int:
    """How many pixels before pixel 0 the picture from there on depends on y_hat; `mirrored`: the other way."""
    first = 0
    for scale in _SCALES:
        first = first // 2 - 1 - config.bottlenecks  # either way of up-sampling reaches one position
        first = _before_stage(first, config, scale, mirrored)
    return -(first // 2 - 1) * BLOCK_PX  # the linear path reaches half a block, less than that


def _before_stage(first: int, config: DCAEConfig, scale: int, mirrored: bool) -> int:
    """The first position that a stage needs for those from `first` on."""
    shift = -(config.window // 2) if mirrored else config.window // 2
    first -= 1  # its last convolution
    for block in reversed(range(config.depths[scale])):
        start = shift if block % 2 else 0
        first -= 1  # the gated MLP's depthwise convolution
        first = (first - start) // config.window * config.window + start
    return first
