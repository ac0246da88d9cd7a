"""What an engine can be asked for: codecs by name, open photos, files, traces. It has the weights; visitors have not.

Photos are known by a hash of their pixels, so that a photo which twenty visitors look at is open once. Knows codecs and
what they can do. Does not know visitors, turns, or how a question arrives.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.baselines import fast_baselines
from dcae.analysis.trace import trace
from dcae.codec import progressive
from dcae.codec.catalogue import open_codec
from dcae.codec.codec import Codec
from dcae.codec.protocol import Interval
from dcae.engine.photos import NotOpenError, photo_key
from dcae.images import check_image
from dcae.metrics import ms_ssim
from dcae.results import Estimate, PartialPicture
from dcae.shipped_weights import immutable_name, shipped_weights
from dcae.traces import Trace

MAX_PIXELS = 1 << 21
"""Larger pictures are refused: one of them would keep everybody waiting."""
STEPS = ("others", "describe", "is_open", "estimate")
"""What a moving hand waits for."""
OPEN_PIXELS = 48 << 20
"""So many pixels of photos stay open, some 10 bytes each; the one that nobody asked about for longest is closed."""


class Engine:
    """Answers questions, one at a time.

    Attributes:
        answers: What can be asked, by name.
    """

    def __init__(self) -> None:
        self._codecs: dict[str, Any] = {codec.name: codec for codec in fast_baselines().values()}
        self._others = {label: codec.name for label, codec in fast_baselines().items()}
        self._open: OrderedDict[tuple[str, str], tuple[Any, int]] = OrderedDict()
        asked: list[Callable[..., Any]] = [
            self.others,
            self.describe,
            self.is_open,
            self.open,
            self.estimate,
            self.encode,
            self.reconstruct,
            self.decode,
            self.trace,
            self.prefixes,
            self.ms_ssim,
        ]
        self.answers: Mapping[str, Callable[..., Any]] = {each.__name__: each for each in asked}

    def others(self) -> dict[str, str]:
        """The codecs of others, by what users call them: the names that they have here."""
        return self._others

    def describe(self, codec: str) -> dict[str, Any]:
        """What a codec's users must know of it: its qualities, and those of its curve.

        Raises:
            ValueError: there is no such codec here.
        """
        found = self._codec(codec)
        qualities = found.qualities
        legal = qualities if qualities is None or isinstance(qualities, Interval) else [*map(float, qualities)]
        named = getattr(found, "curve", None)
        return {"qualities": legal, "curve": None if named is None else [float(each) for each in named]}

    def is_open(self, codec: str, photo: str) -> bool:
        """Whether a photo is open, by what it is known by."""
        return (self._full(codec), photo) in self._open

    def open(self, codec: str, image: NDArray[np.uint8]) -> str:
        """Opens a photo, uint8, H x W x 3; returns what it is known by.

        Raises:
            TypeError, ValueError: it is none, or larger than `MAX_PIXELS`.
        """
        height, width = check_image(image).shape[:2]
        if height * width > MAX_PIXELS:
            raise ValueError(f"the photo has {width} x {height} px; at most {MAX_PIXELS} px are opened here")
        key = self._full(codec), photo_key(image)
        self._open[key] = self._codec(codec).open(image), height * width
        while len(self._open) > 1 and sum(pixels for _, pixels in self._open.values()) > OPEN_PIXELS:
            self._open.popitem(last=False)
        return key[1]

    def estimate(self, codec: str, photo: str, quality: float | None) -> Estimate:
        """As of an open photo's session."""
        return self._session(codec, photo).estimate(quality)

    def encode(self, codec: str, photo: str, quality: float | None) -> bytes:
        """As of an open photo's session."""
        return self._session(codec, photo).encode(quality)

    def reconstruct(self, codec: str, photo: str, quality: float | None) -> NDArray[np.uint8]:
        """As of an open photo's session."""
        return self._session(codec, photo).reconstruct(quality)

    def decode(self, codec: str, data: bytes) -> NDArray[np.uint8]:
        """The picture of a file, uint8, H x W x 3."""
        return self._codec(codec).decode(data)

    def trace(self, codec: str, photo: str, lmbda: float | None) -> Trace:
        """One coding of an open photo, with everything kept but the attention within windows."""
        return trace(self._dcae(codec), self._session(codec, photo), lmbda)

    def prefixes(self, codec: str, photo: str, lmbda: float | None, fill: str) -> tuple[PartialPicture, ...]:
        """What the first slices of an open photo's file show, with `prediction` or `zeros` for the others."""
        if fill not in ("prediction", "zeros"):
            raise ValueError(f"fill is {fill!r}; legal: prediction, zeros")
        return progressive.progressive(self._dcae(codec), self._session(codec, photo).encode(lmbda), fill)

    def ms_ssim(self, image: NDArray[np.uint8], picture: NDArray[np.uint8]) -> float | None:
        """MS-SSIM of two images; None where it is not defined."""
        return ms_ssim(image, picture)

    def _session(self, codec: str, photo: str) -> Any:
        key = self._full(codec), photo
        if key not in self._open:
            raise NotOpenError(photo)
        self._open.move_to_end(key)
        return self._open[key][0]

    def _dcae(self, codec: str) -> Codec:
        found = self._codec(codec)
        if not isinstance(found, Codec):
            raise ValueError(f"{codec!r} is no model of ours; legal: {', '.join(shipped_weights())}")
        return found

    def _codec(self, name: str) -> Any:
        """Shipped weights or another codec, by its name: never a path."""
        name = self._full(name)
        if name not in self._codecs:
            if name not in shipped_weights():
                legal = ", ".join([*shipped_weights(), *self._others.values()])
                raise ValueError(f"there is no codec {name!r} here; legal: {legal}")
            self._codecs[name] = open_codec(name, MAX_PIXELS)
        return self._codecs[name]

    def _full(self, name: str) -> str:
        return immutable_name(name) or name
