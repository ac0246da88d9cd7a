"""What each component of a codec costs on this machine: seconds, FLOP, bytes, and memory by training batch.

An image is encoded and decoded: first unwatched, then with the clock alone, a few times, then once more with every
operation counted, which is slow and therefore not timed. Of the timed runs the one of median length is taken, so that
its parts sum to it. Knows codecs and networks. Does not know commands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dcae.analysis.components import COMPONENTS, ComponentClock, watched
from dcae.analysis.operations import OperationCount
from dcae.analysis.roofline import measure_machine
from dcae.codec.codec import Codec
from dcae.config import MULTIPLE_PX, PRESETS
from dcae.costs import ComponentCost, PartsCost
from dcae.model.dcae import DCAE

GAINED_LMBDA = 0.013
"""Where a model with gains is measured: the middle of its range."""


def untrained(preset: str) -> DCAE:
    """A network of this preset with random weights and ready tables: what it computes is noise, its cost is true.

    Raises:
        ValueError: there is no such preset.
    """
    if preset not in PRESETS:
        raise ValueError(f"there is no preset {preset!r}; legal: {', '.join(PRESETS)}")
    torch.manual_seed(0)
    model = DCAE(PRESETS[preset])
    model.update(find_quantiles=False)
    return model.eval()


def lmbda_of(model: DCAE) -> float | None:
    """The lambda that a model is measured at; None for one of a fixed lambda."""
    return None if model.gain is None else GAINED_LMBDA


def measure_parts(
    codec: Codec,
    image: NDArray[np.uint8],
    name: str,
    *,
    rounds: int = 3,
    batches: Sequence[int] = (),
    crop_px: int = 128,
) -> PartsCost:
    """An image to a file and back, by component.

    Args:
        codec: What is measured.
        image: uint8, H x W x 3.
        name: Of the network, for the record.
        rounds: How many runs are timed, from 1.
        batches: Of training steps whose memory is measured.
        crop_px: Side of their crops, a multiple of 64.

    Raises:
        ValueError: it is none.
    """
    check_side(crop_px)
    there_and_back(codec, image)
    clocks = sorted((_timed(codec, image) for _ in range(rounds)), key=lambda clock: sum(clock.seconds.values()))
    clock, count = clocks[len(clocks) // 2], _counted(codec, image)
    components = tuple(
        ComponentCost(
            name=each, seconds=clock.seconds[each], flop=count.flop[each], bytes=count.bytes[each],
            dtype=count.dtype(each), peak_bytes=count.peak_bytes[each],
        )
        for each in COMPONENTS
    )  # fmt: skip
    machine = measure_machine(dict.fromkeys(part.dtype for part in components if part.flop))
    training = {batch: training_bytes(codec.model, batch, crop_px) for batch in batches}
    return PartsCost(
        network=name, width=image.shape[1], height=image.shape[0], seconds=sum(clock.seconds.values()),
        components=components, machine=machine, training_bytes=training, crop_px=crop_px,
    )  # fmt: skip


def check_side(side_px: int) -> None:
    """Refuses a side that the network does not take unpadded.

    Raises:
        ValueError: it is no multiple of 64 px.

    >>> check_side(128)
    """
    if side_px < MULTIPLE_PX or side_px % MULTIPLE_PX:
        raise ValueError(f"the side is {side_px} px; must be a multiple of {MULTIPLE_PX} px")


def training_bytes(model: DCAE, batch: int, crop_px: int) -> int:
    """The most bytes that tensors hold in a forward and a backward pass, gradients included, weights not.

    The model is as before afterwards, without gradients.
    """
    model.train()
    count = OperationCount()
    try:
        with torch.enable_grad(), count:
            x = torch.rand(batch, 3, crop_px, crop_px)
            out = model(x, lmbda_of(model))
            likelihoods = out["likelihoods"].values()
            loss = (out["x_hat"] - x).square().mean() - sum(p.clamp_min(1e-9).log().mean() for p in likelihoods)
            loss.backward()
    finally:
        model.zero_grad(set_to_none=True)
        model.eval()
    return count.peak_bytes["whole"]


def there_and_back(codec: Codec, image: NDArray[np.uint8]) -> None:
    """Encodes an image, uint8, H x W x 3, and decodes its file."""
    codec.decode(codec.encode(image, lmbda_of(codec.model)))


def _timed(codec: Codec, image: NDArray[np.uint8]) -> ComponentClock:
    clock = ComponentClock()
    with watched(codec, clock), clock.running():
        there_and_back(codec, image)
    return clock


def _counted(codec: Codec, image: NDArray[np.uint8]) -> OperationCount:
    clock = ComponentClock()
    count = OperationCount(lambda: clock.current)
    with watched(codec, clock), count:
        there_and_back(codec, image)
    return count
