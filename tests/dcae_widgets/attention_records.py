"""Attention of made-up blocks, for tests of what shows it: a softmax of random logits over what each position sees."""

import numpy as np
from numpy.typing import NDArray

from dcae.traces import WindowAttentionTrace
from dcae.windows import Windows
from dcae_widgets.attention_controls import Block

HEIGHT, WIDTH = 70, 102
PLAIN, SHIFTED = ("g_a", 2, 0), ("h_a", 0, 1)


def image() -> NDArray[np.uint8]:
    """Of 102 x 70 px."""
    return np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def record(heads: int, position_px: int, *, shifted: bool) -> WindowAttentionTrace:
    """In windows of 4 x 4 positions, over the image padded to 128 x 96 px."""
    random = np.random.default_rng(heads)
    windows = Windows(height=96 // position_px, width=128 // position_px, side=4, shifted=shifted)
    biases = random.normal(0, 0.5, (heads, 7, 7)).astype(np.float32)
    logits = random.normal(0, 1.5, (windows.rows, windows.columns, heads, 16, 16))
    logits = np.where(windows.sees[:, :, None] | ~windows.inside[:, :, None, :, None], logits, -np.inf)
    weights = np.exp(logits)
    return WindowAttentionTrace(
        weights=(weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32),
        relative_position=biases,
        height=windows.height,
        width=windows.width,
        shifted=shifted,
        position_px=position_px,
    )


def blocks() -> dict[Block, WindowAttentionTrace]:
    """A plain block of three heads and positions of 8 px, and a shifted one of two heads and positions of 16 px."""
    return {PLAIN: record(3, 8, shifted=False), SHIFTED: record(2, 16, shifted=True)}
