"""What one number in y draws: the pattern of a channel, in the middle of nothing.

For a block transform these are its basis functions; the linear path starts as one. Knows the network's parts. Draws
nothing. Shapes: M channels of y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dcae.model.dcae import DCAE

SIDE_PX = 48
"""Side of a pattern: the block of 16 px in the middle, and what the filters across its edges reach."""
_PLACES = 12  # of y, a side; the middle one is far enough from every end


def linear_patterns(model: DCAE, channels: Sequence[int]) -> NDArray[np.float32]:
    """What the linear path adds to a picture for a 1 in one place of one channel.

    Args:
        model: A model that has a linear path; before or after training.
        channels: Which ones, from 0.

    Returns:
        float32, (channels, 48, 48, 3), in units of the image, 0 to 1.

    Raises:
        ValueError: the model has no linear path, or there is no such channel.

    >>> from dcae.config import PRESETS
    >>> first, second = linear_patterns(DCAE(PRESETS["tiny"]), [0, 1]).reshape(2, -1)
    >>> abs(float(first @ second)) < 1e-6 * float(first @ first)  # a new one starts as an orthogonal transform
    True
    """
    path = model.synthesis_path
    if path is None:
        raise ValueError("the model has no linear path (linear_path in its config); `small` and `tiny` have one")
    count = model.config.M
    if any(not 0 <= channel < count for channel in channels):
        raise ValueError(f"channels are {list(channels)}; each must be 0 to {count - 1}")
    like = next(model.parameters())
    y_hat = torch.zeros(len(channels), count, _PLACES, _PLACES, device=like.device, dtype=like.dtype)
    y_hat[range(len(channels)), list(channels), _PLACES // 2, _PLACES // 2] = 1
    first = 16 * (_PLACES // 2) - (SIDE_PX - 16) // 2
    with torch.inference_mode():
        drawn = path(y_hat) - path(torch.zeros_like(y_hat[:1]))  # (channels, 3, 192, 192)
        cut = drawn[..., first : first + SIDE_PX, first : first + SIDE_PX]
        return cut.permute(0, 2, 3, 1).float().contiguous().cpu().numpy()


def pattern_sheet(patterns: NDArray[np.float32], columns: int = 8) -> NDArray[np.uint8]:
    """Patterns beside each other around grey, each as strong as it can be shown: uint8, H x W x 3.

    Args:
        patterns: (n, side, side, 3), as of `linear_patterns`.
        columns: Patterns a row; the last row is filled up with grey.
    """
    count, side = patterns.shape[:2]
    most = np.abs(patterns).max(axis=(1, 2, 3), keepdims=True)
    levels = np.rint(127.5 + 127.5 * patterns / np.where(most > 0, most, 1)).astype(np.uint8)
    rows = -(-count // columns)
    sheet = np.full((rows * columns, side + 2, side + 2, 3), 128, np.uint8)
    sheet[:count, 1:-1, 1:-1] = levels
    tiles = sheet.reshape(rows, columns, side + 2, side + 2, 3).swapaxes(1, 2)  # rows, side, columns, side
    return tiles.reshape(rows * (side + 2), columns * (side + 2), 3)
