"""A folder of weights that have one fixed lambda each, as one codec whose lambdas are its stops.

Knows files, which lambda each is for and which of them are in memory. Does not know how one is read. Published DCAE
models come like this: six checkpoints, 480 MB each.
Shapes: H, W image size in pixels.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec, check_pixel_count
from dcae.codec.protocol import Fill, Refined, RefinementStep, Report
from dcae.codec.refine import REFINEMENT_STEPS
from dcae.codec.sections import BitstreamError
from dcae.codec.session import Session
from dcae.codec.tiled_session import TiledSession
from dcae.codec.tiles import Part
from dcae.images import MAX_PIXELS, check_image
from dcae.results import Estimate

WEIGHTS_SUFFIXES = (".safetensors", ".pth", ".pt", ".pth.tar")
"""Endings of the files that hold weights: ours, and those of published checkpoints."""

KEPT_MODELS = 2
"""How many models are in memory at a time."""

_LEGAL = "legal are names with one lambda, such as 0.0067.pth, lambda_0.013.safetensors or dcae_0.05_best.pth.tar"


class FixedLmbdaCodec:
    """Weights of one fixed lambda each, as one codec: `quality` is one of their lambdas.

    Models are read when they are needed, and the two that were used last are kept.

    Args:
        weights: The file of each lambda.
        read: Makes a codec of one file.
        max_pixels: Largest image that is encoded or decoded.

    Attributes:
        qualities: The legal lambdas, ascending.
    """

    def __init__(
        self, weights: Mapping[float, Path], read: Callable[[Path], Codec], max_pixels: int = MAX_PIXELS
    ) -> None:
        self.weights, self.max_pixels = dict(sorted(weights.items())), max_pixels
        self.qualities = tuple(self.weights)
        self._read = read
        self._kept: OrderedDict[float, _Loaded] = OrderedDict()
        self._identities: dict[float, bytes] = {}

    def open(self, image: NDArray[np.uint8]) -> FixedLmbdaSession:
        """A session for one image, uint8, H x W x 3, RGB, sides 1 to 65535 px. No model is read yet.

        Raises:
            TypeError, ValueError: if it is not that, or has more than `max_pixels` pixels.
        """
        image = check_image(image)
        check_pixel_count(image.shape[1], image.shape[0], self.max_pixels, ValueError)
        return FixedLmbdaSession(self, image.copy())

    def encode(self, image: NDArray[np.uint8], lmbda: float | None, report: Report | None = None) -> bytes:
        """The file of an image, uint8, H x W x 3, at one of the lambdas; `report` as of `Codec.encode`.

        Raises:
            TypeError, ValueError: if the image or lambda is not legal, or the lambda's file holds no such weights.
        """
        return self.open(image).encode(lmbda, report)

    def decode(
        self,
        data: bytes,
        num_slices: int | None = None,
        fill: Fill = "prediction",
        *,
        region: Part | None = None,
        report: Report | None = None,
    ) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3; weights are read until those are found that the file names.

        Args:
            data: A whole file.
            num_slices: As of `Codec.decode`.
            fill: As of `Codec.decode`.
            region: As of `Codec.decode`.
            report: As of `Codec.decode`.

        Raises:
            BitstreamError: if it is no file, or none that one of these weights wrote.
            ValueError: if `num_slices`, `fill` or `region` is not legal, or a file of the folder holds no such weights.
        """
        identity = unpack(data)[0].identity
        seen_first = sorted(self.weights, key=lambda lmbda: lmbda not in self._identities)
        for lmbda in seen_first:
            if lmbda not in self._identities:
                self.codec_of(lmbda)
            if self._identities[lmbda] == identity:
                return self.codec_of(lmbda).decode(data, num_slices, fill, region=region, report=report)
        known = ", ".join(f"{identity.hex()} ({lmbda:g})" for lmbda, identity in sorted(self._identities.items()))
        raise BitstreamError(f"file was made with weights {identity.hex()}; these (and their lambdas) are {known}")

    def codec_of(self, lmbda: float | None) -> Codec:
        """The codec of one lambda, read if it is not in memory.

        Raises:
            ValueError: if there are no weights for it, or they have more than one lambda.
        """
        return self._loaded(lmbda).codec

    def session_of(self, session: FixedLmbdaSession, lmbda: float | None) -> Session | TiledSession:
        """What one lambda's model has made of a session's image; made if that is not in memory.

        Raises:
            ValueError: as `codec_of`.
        """
        loaded = self._loaded(lmbda)
        if session not in loaded.sessions:
            loaded.sessions[session] = loaded.codec.open(session.image)
        return loaded.sessions[session]

    def _loaded(self, lmbda: float | None) -> _Loaded:
        if lmbda not in self.weights:
            raise ValueError(f"lmbda is {lmbda}; must be one of {', '.join(map(str, self.qualities))}")
        if lmbda not in self._kept:
            while len(self._kept) >= KEPT_MODELS:
                self._kept.popitem(last=False)  # first, so that there are never three
            self._kept[lmbda] = _Loaded(self._checked(self._read(self.weights[lmbda]), lmbda))
        self._kept.move_to_end(lmbda)
        return self._kept[lmbda]

    def _checked(self, codec: Codec, lmbda: float) -> Codec:
        if codec.qualities is not None:
            low, high = codec.qualities
            raise ValueError(
                f"{self.weights[lmbda]} holds weights for every lambda from {low} to {high}; a folder's weights must "
                "have one fixed lambda each: open that file itself"
            )
        self._identities[lmbda] = bytes.fromhex(codec.identity)[:8]
        return codec


class FixedLmbdaSession:
    """One image, open for encoding at any of the lambdas. Made by `FixedLmbdaCodec.open`.

    Attributes:
        codec: Whose session it is.
        image: The image, uint8, H x W x 3.
    """

    def __init__(self, codec: FixedLmbdaCodec, image: NDArray[np.uint8]) -> None:
        self.codec, self.image = codec, image

    def estimate(self, lmbda: float | None) -> Estimate:
        """What a file at lambda would cost and show.

        Raises:
            ValueError: if it is not one of the codec's lambdas, or its file holds no such weights.
        """
        return self.codec.session_of(self, lmbda).estimate()

    def encode(self, lmbda: float | None, report: Report | None = None) -> bytes:
        """The file at lambda; `report` as of `Codec.encode`.

        Raises:
            ValueError: as `estimate`.
        """
        return self.codec.session_of(self, lmbda).encode(None, report)

    def reconstruct(self, lmbda: float | None) -> NDArray[np.uint8]:
        """The picture that the file at lambda decodes to, uint8, H x W x 3.

        Raises:
            ValueError: as `estimate`.
        """
        return self.codec.session_of(self, lmbda).reconstruct()

    def refine(
        self,
        lmbda: float | None,
        steps: int = REFINEMENT_STEPS,
        *,
        trade_off: float | None = None,
        report: Callable[[RefinementStep], object] | None = None,
    ) -> Refined:
        """The file at lambda after a refinement, as of `Session.refine`; `trade_off` is lambda unless given.

        Raises:
            ValueError: as `estimate`, and as there.
        """
        return self.codec.session_of(self, lmbda).refine(None, steps, trade_off=trade_off or lmbda, report=report)


class _Loaded:
    """A model in memory with what it has made of the images of sessions that still exist: they go together."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.sessions: WeakKeyDictionary[FixedLmbdaSession, Session | TiledSession] = WeakKeyDictionary()


def weights_by_lmbda(folder: Path) -> dict[float, Path]:
    """The file of each lambda in a folder, by the number in its name; what holds no weights is passed over.

    Raises:
        ValueError: if there is none, a name has no lambda or several, or two files have the same.
    """
    found: dict[float, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.name.endswith(WEIGHTS_SUFFIXES) or not path.is_file():
            continue
        lmbda = _lmbda_in(path)
        if lmbda in found:
            raise ValueError(f"{found[lmbda]} and {path.name} are both for lambda {lmbda}; one file each is legal")
        found[lmbda] = path
    if not found:
        raise ValueError(f"{folder} holds no weights ({', '.join(WEIGHTS_SUFFIXES)}); {_LEGAL}")
    return found


def _lmbda_in(path: Path) -> float:
    suffix = next(suffix for suffix in sorted(WEIGHTS_SUFFIXES, key=len, reverse=True) if path.name.endswith(suffix))
    numbers = re.findall(r"(?<![\d.])\d*\.\d+(?![\d.])", path.name.removesuffix(suffix))
    if len(numbers) != 1 or float(numbers[0]) == 0:
        said = "no lambda" if not numbers else f"the numbers {', '.join(numbers)}"
        raise ValueError(f"{path} has {said} in its name; {_LEGAL}")
    return float(numbers[0])
