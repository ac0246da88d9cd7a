"""What `dcae encode` aims at instead of a lambda: a size, a rate, or how good the picture is.

Knows the options and what is said of them. Does not know how a target is reached (`dcae.codec.rate_control`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import Codec
from dcae.codec.rate_control import Measure, Reached, UnreachableTarget, encode_to_measure, encode_to_size
from dcae.rd import ms_ssim_db, psnr_db


class Target(NamedTuple):
    """One of the options with its value.

    Attributes:
        option: --bytes, --bpp, --psnr or --ms-ssim.
        value: In bytes, bits a pixel, dB, or 0 to 1.
    """

    option: str
    value: float

    def encode(self, codec: Codec, image: NDArray[np.uint8]) -> Reached:
        """The file of an image, uint8, H x W x 3, that reaches the target.

        Raises:
            ValueError: none does, or the image is not legal or too small for the measure.
        """
        session = codec.open(image)
        if self.option == "--psnr":
            return encode_to_measure(codec, session, Measure("PSNR", partial(psnr_db, image)), self.value)
        if self.option == "--ms-ssim":
            return encode_to_measure(codec, session, Measure("MS-SSIM", _similarity(image), ms_ssim_db), self.value)
        if self.option == "--bytes":
            return encode_to_size(codec, session, int(self.value))
        height, width = image.shape[:2]
        try:
            return encode_to_size(codec, session, max(1, int(self.value * width * height / 8)))
        except UnreachableTarget as error:
            raise ValueError(f"--bpp {self.value} of {width} x {height} px: {error}") from None

    def in_words(self, reached: Reached) -> str:
        """What came of it, beside the size."""
        words = {"--psnr": [f"PSNR {reached.value:.2f} dB"], "--ms-ssim": [f"MS-SSIM {reached.value:.5f}"]}
        dial = [] if reached.quality is None else [f"lambda {reached.quality:.4g}"]
        trials = "1 trial" if reached.trials == 1 else f"{reached.trials} trials"
        return ", ".join([*words.get(self.option, []), *dial, trials])


def target_of(options: Mapping[str, float | None], others: Mapping[str, float | None]) -> Target | None:
    """The one target among the options, by name, of which each may be absent; None if all are.

    Args:
        options: Those of `Target`.
        others: Which may not be given beside a target.

    Raises:
        ValueError: there are several, or the value is none that a picture or file can have.

    >>> target_of({"--bytes": None, "--psnr": 32.0}, {"--lmbda": None})
    Target(option='--psnr', value=32.0)
    """
    given = [Target(option, value) for option, value in options.items() if value is not None]
    if not given:
        return None
    names = [target.option for target in given] + [option for option, value in others.items() if value is not None]
    if len(names) > 1:
        raise ValueError(f"{' and '.join(names)} exclude each other; give one of them")
    highest = 1.0 if given[0].option == "--ms-ssim" else math.inf
    if not 0 < given[0].value < highest:
        raise ValueError(f"{names[0]} is {given[0].value}; must be above 0 and below {highest:g}")
    return given[0]


def _similarity(image: NDArray[np.uint8]) -> Callable[[NDArray[np.uint8]], float]:
    """MS-SSIM with an image, of pictures of its size."""
    from dcae.metrics import MIN_MS_SSIM_SIDE_PX, ms_ssim

    def similarity(picture: NDArray[np.uint8]) -> float:
        value = ms_ssim(image, picture)
        if value is None:
            size = f"{image.shape[1]} x {image.shape[0]} px"
            raise ValueError(f"--ms-ssim needs sides of {MIN_MS_SSIM_SIDE_PX} px or more; this picture is {size}")
        return value

    return similarity
