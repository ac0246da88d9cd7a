"""How seconds and bytes of a network grow with one size at a time: pixels, batch, widths, slices, window, threads.

Pixels and threads are those of a codec's way to a file and back; the others are of a forward pass of networks with
random weights, which differ from a preset in that one size. Bytes are those of tensors, as `dcae.analysis.operations`
counts them. Knows codecs and networks. Does not know commands.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import torch

from dcae.analysis.live import photo_of
from dcae.analysis.operations import OperationCount
from dcae.analysis.parts import check_side, lmbda_of, there_and_back
from dcae.analysis.speed import in_turns_s
from dcae.codec.codec import Codec
from dcae.config import MULTIPLE_PX, DCAEConfig
from dcae.costs import Growth
from dcae.model.dcae import DCAE

FIRST_MPX = 0.1
"""The smallest picture; each further one has twice its pixels."""
BATCHES, WIDTHS, SLICES, WINDOWS = (1, 2, 4, 8), (1, 2, 3), (1, 2, 4, 5, 8, 10), (2, 4, 8, 16)
"""Images of a batch, factors of a preset's widths, slices (those that divide its channels), sides of a window."""


def pixel_growth(codec: Codec, max_mpx: float, rounds: int = 3, first_mpx: float = FIRST_MPX) -> Growth:
    """An image to a file and back, over its megapixels, up to `max_mpx`; images are 3:2, sides multiples of 64 px."""
    sizes = [_sides(mpx) for mpx in _doubled(first_mpx, max_mpx)]
    runs = {height * width / 1e6: _coding(codec, height, width) for height, width in sizes}
    return _growth("pixels", "Mpx", runs, rounds)


def thread_growth(codec: Codec, height: int, width: int, rounds: int = 3, most: int | None = None) -> Growth | None:
    """The same over torch's threads, 1, 2, 4 and so on to as many as there are cores; None on one core."""
    before = torch.get_num_threads()
    counts = [int(count) for count in _doubled(1, most or os.cpu_count() or 1)]
    run = _coding(codec, height, width)

    def in_threads(count: int) -> Callable[[], object]:
        def running() -> None:
            torch.set_num_threads(count)
            run()

        return running

    try:
        return _growth("threads", "threads", {c: in_threads(c) for c in counts}, rounds) if len(counts) > 1 else None
    finally:
        torch.set_num_threads(before)


def batch_growth(config: DCAEConfig, side_px: int, rounds: int = 3) -> Growth:
    """A forward pass over the images of a batch."""
    model = _network(config)
    return _growth("batch", "images", {batch: _forward(model, batch, side_px) for batch in BATCHES}, rounds)


def width_growth(config: DCAEConfig, side_px: int, rounds: int = 3) -> Growth:
    """A forward pass over the widths of g_a and g_s, as multiples of the preset's."""
    configs = {k: replace(config, widths=tuple(k * width for width in config.widths)) for k in WIDTHS}
    return _of_configs("widths", "times the preset's", configs, side_px, rounds)


def slice_growth(config: DCAEConfig, side_px: int, rounds: int = 3) -> Growth:
    """A forward pass over the number of slices."""
    configs = {count: replace(config, num_slices=count) for count in SLICES if config.M % count == 0}
    return _of_configs("slices", "slices", configs, side_px, rounds)


def window_growth(config: DCAEConfig, side_px: int, rounds: int = 3) -> Growth:
    """A forward pass over the side of the attention windows of g_a and g_s."""
    configs = {side: replace(config, window=side) for side in WINDOWS}
    return _of_configs("window", "positions a side", configs, side_px, rounds)


OF_CONFIGS: Mapping[str, Callable[[DCAEConfig, int, int], Growth]] = MappingProxyType(
    {"batch": batch_growth, "widths": width_growth, "slices": slice_growth, "window": window_growth}
)
"""What is measured on networks with random weights."""

ALONG = ("pixels", *OF_CONFIGS, "threads")
"""All that can be grown."""


def measure_growth(
    codec: Codec, along: Sequence[str], *, max_mpx: float, side_px: int = 128, rounds: int = 3
) -> list[Growth]:
    """The growths that are named.

    Args:
        codec: What codes; its config is the preset that others differ from.
        along: Names of `ALONG`.
        max_mpx: Largest picture, from twice `FIRST_MPX`.
        side_px: Of the pictures of all but pixels, a multiple of 64.
        rounds: How many runs are timed of each size, from 1.

    Raises:
        ValueError: a name that is none, or a size that is not legal.
    """
    check_side(side_px)
    if not 2 * FIRST_MPX <= max_mpx < math.inf:
        raise ValueError(f"max_mpx is {max_mpx}; must be {2 * FIRST_MPX} or more, and finite")
    unknown = [name for name in along if name not in ALONG]
    if unknown:
        raise ValueError(f"there is no growth along {unknown[0]!r}; legal: {', '.join(ALONG)}")
    found: list[Growth | None] = []
    for name in along:
        if name == "pixels":
            found.append(pixel_growth(codec, max_mpx, rounds))
        elif name == "threads":
            found.append(thread_growth(codec, side_px, side_px, rounds))
        else:
            found.append(OF_CONFIGS[name](codec.model.config, side_px, rounds))
    return [growth for growth in found if growth is not None]


def _of_configs(along: str, unit: str, configs: Mapping[int, DCAEConfig], side_px: int, rounds: int) -> Growth:
    return _growth(along, unit, {size: _forward(_network(c), 1, side_px) for size, c in configs.items()}, rounds)


def _network(config: DCAEConfig) -> DCAE:
    model = DCAE(config).eval()
    model.choice()  # makes what symbols cost, once for all passes
    return model


def _forward(model: DCAE, batch: int, side_px: int) -> Callable[[], object]:
    x = torch.rand(batch, 3, side_px, side_px).contiguous(memory_format=torch.channels_last)
    return torch.inference_mode()(lambda: model(x, lmbda_of(model)))


def _coding(codec: Codec, height: int, width: int) -> Callable[[], object]:
    def run() -> None:
        there_and_back(codec, photo_of(width, height))  # made anew, so that not all sizes are held at once

    return run


def _growth(
    along: str, unit: str, runs: Mapping[int, Callable[[], object]] | Mapping[float, Callable[[], object]], rounds: int
) -> Growth:
    """Each size once with its bytes counted, which is its warm-up as well; then all in turns."""
    peaks: list[int] = []
    for run in runs.values():
        with OperationCount() as count:
            run()
        peaks.append(count.peak_bytes["whole"])
    seconds = in_turns_s(runs.values(), rounds)
    return Growth(along=along, unit=unit, sizes=tuple(runs), peak_bytes=tuple(peaks), seconds=seconds)


def _doubled(first: float, most: float) -> Iterable[float]:
    """First, twice as much and so on, up to `most`, give or take what rounding leaves."""
    return [first * 2**step for step in range(math.floor(math.log2(most / first) + 1e-9) + 1)]


def _sides(mpx: float) -> tuple[int, int]:
    """Height and width of about so many megapixels."""
    height = math.sqrt(mpx * 1e6 / 1.5)
    tall, wide = (max(1, round(side / MULTIPLE_PX)) * MULTIPLE_PX for side in (height, 1.5 * height))
    return tall, wide
