"""A demo page of made-up codings, for tests of it: nothing in it takes long, and it says what it was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.results import FileInfo, PartialPicture
from dcae.traces import Trace
from dcae_widgets.demo_page import DemoPage

from .fake_codec import FakeCodec, photo

SLICES, CHANNELS, HEADS, ENTRIES = 2, 4, 2, 6


class Asked:
    """Made-up traces and prefixes of any photo.

    Attributes:
        asked: "trace" or the fill, and lambda, in order.
        error: What is raised instead of an answer, if anything is.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, float | None]] = []
        self.error: Exception | None = None

    def _ask(self, what: str, lmbda: float | None) -> None:
        self.asked.append((what, lmbda))
        if self.error is not None:
            raise self.error

    def trace(self, model: str, image: NDArray[np.uint8], lmbda: float | None) -> Trace:
        self._ask("trace", lmbda)
        return made_up_trace(image)

    def prefixes(
        self, model: str, image: NDArray[np.uint8], lmbda: float | None, fill: str
    ) -> tuple[PartialPicture, ...]:
        self._ask(fill, lmbda)
        lost = np.uint8(6 if fill == "zeros" else 4)
        pictures = [image >> lost << lost, image >> np.uint8(2) << np.uint8(2), image]
        return tuple(
            PartialPicture(num_slices=count, bytes=100 * (count + 1), picture=picture)
            for count, picture in enumerate(pictures)
        )


def made_up_trace(image: NDArray[np.uint8]) -> Trace:
    """Of random numbers, in the shapes that a photo of this size has."""
    random, (height, width) = np.random.default_rng(3), image.shape[:2]
    h, w = (4 * -(-side // 64) for side in (height, width))
    y = random.normal(0, 1, (CHANNELS, h, w)).astype(np.float32)
    bits = random.gamma(1.5, 4, (CHANNELS, h, w)).astype(np.float32)
    z = np.ones((2, h // 4, w // 4), np.float32)
    sizes = tuple(int(np.ceil(part.sum() / 8)) for part in np.split(bits, SLICES))
    total = 60 + sum(sizes)
    attention = random.gamma(0.5, 1, (SLICES, HEADS, h, w, ENTRIES)).astype(np.float32)
    return Trace(
        image=image, x_hat=image, y=y, z=z, y_hat=y, z_hat=z, mu=y, sigma=np.abs(y), symbols=np.rint(y).astype("i4"),
        values=np.rint(y),
        z_symbols=z.astype("i4"), y_bits=bits, z_bits=z, gain=None, inverse_gain=None, num_slices=SLICES,
        dictionary_attention=attention / attention.sum(axis=-1, keepdims=True), window_attention={},
        file=FileInfo(
            width=width, height=height, lmbda=0.01, model="m", header_bytes=40, z_bytes=20, slice_bytes=sizes,
            other_bytes=0, total_bytes=total, bpp=8 * total / (width * height),
        ),
    )  # fmt: skip


def demo_page(asked: Asked | None = None, **options: Any) -> DemoPage:
    """A page of a fake codec; its photo has 64 x 48 px if none is given."""
    asked, codec = asked or Asked(), FakeCodec()
    return DemoPage(lambda name: codec, asked.trace, asked.prefixes, **{"photo": photo(), **options})
