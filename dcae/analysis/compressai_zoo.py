"""CompressAI's image models as codecs: any fixed-rate architecture of its zoo, from checkpoints on this machine.

Each checkpoint has one rate, so several of them are the qualities of one codec. They are read as CompressAI's own
`eval_model` does. Pictures are extended to multiples of 64 px by reflection (it pads with black around them; where
sides are multiples already, as Kodak's are, there is no difference).

CompressAI's entropy coder trusts what it is given: a stream that is too short makes it read beyond its memory. So a
codec reads only the files that it wrote itself, and refuses symbols that the coder does not survive.

A file is "CAI", the checkpoint's number, the picture's width and height, the height and width of the last latent, how
many streams there are, and each with its length. Shapes: H, W image size in pixels.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import compressai
import numpy as np
import torch
from compressai.entropy_models import EntropyModel
from compressai.models import (
    Cheng2020Anchor,
    Cheng2020Attention,
    FactorizedPrior,
    FactorizedPriorReLU,
    JointAutoregressiveHierarchicalPriors,
    MeanScaleHyperprior,
    ScaleHyperprior,
)
from numpy.typing import NDArray
from torch import Tensor

from dcae.analysis.baseline_codec import FileSession
from dcae.images import check_image, crop, pad

ARCHITECTURES = MappingProxyType(
    {
        "bmshj2018-factorized": FactorizedPrior,
        "bmshj2018-factorized-relu": FactorizedPriorReLU,
        "bmshj2018-hyperprior": ScaleHyperprior,
        "mbt2018-mean": MeanScaleHyperprior,
        "mbt2018": JointAutoregressiveHierarchicalPriors,
        "cheng2020-anchor": Cheng2020Anchor,
        "cheng2020-attn": Cheng2020Attention,
    }
)
"""The zoo's architectures of one rate for each checkpoint, by their names in `compressai.zoo.image_models`.

Not the zoo's own table: other code puts more into it, such as those of variable rates, which are called otherwise.
"""
KEPT_MODELS = 2
"""How many models are in memory at a time."""
MAX_CHECKPOINTS = 255
"""How many a codec can have: a file says in one byte which wrote it."""

_MAGIC = b"CAI"
_HEAD = struct.Struct("<3sBHHHHB")
_LENGTH = struct.Struct("<I")
_STATE_KEYS = ("network", "state_dict", "model_state_dict")  # where a training run's checkpoint has the parameters
_SYMBOL_LIMIT = 2**24  # escapes of 2^28 and more never end, or come back as others
_PADDED_TO = 64


class ZooCodec:
    """One architecture of CompressAI's zoo; its quality is the number of a checkpoint, from 1.

    Checkpoints are read when they are needed, and those used last are kept. On the CPU.

    Args:
        architecture: one of `ARCHITECTURES`.
        checkpoints: files of a state dict, or of a training run's checkpoint, from small files to large ones.

    Attributes:
        name: the architecture.
        qualities: 1 to the number of checkpoints.
        checkpoints: the files.
        model_of: the model of a quality, ready to code; read if it is not in memory.

    Raises:
        FileNotFoundError: a checkpoint is no file.
        ValueError: there is no such architecture, or not 1 to 255 checkpoints.
    """

    def __init__(self, architecture: str, checkpoints: Sequence[str | PathLike[str]]) -> None:
        if architecture not in ARCHITECTURES:
            raise ValueError(f"architecture is {architecture!r}; legal: {', '.join(ARCHITECTURES)}")
        if not 1 <= len(checkpoints) <= MAX_CHECKPOINTS:
            raise ValueError(f"there are {len(checkpoints)} checkpoints; must be 1 to {MAX_CHECKPOINTS}")
        self.name = architecture
        self.checkpoints = tuple(map(Path, checkpoints))
        for path in self.checkpoints:
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such file")
        self.qualities = tuple(range(1, len(checkpoints) + 1))
        self.model_of = lru_cache(KEPT_MODELS)(self._read)
        self._written: set[bytes] = set()

    @property
    def settings(self) -> str:
        """The architecture, CompressAI's version and the checkpoints' names in one line."""
        files = ", ".join(path.name for path in self.checkpoints)
        return f"{self.name}, CompressAI {compressai.__version__}, {files}"

    def open(self, image: NDArray[np.uint8]) -> FileSession:
        """A session for one image, uint8, H x W x 3, RGB, sides 1 to 65535 px.

        Raises:
            TypeError, ValueError: it is no such image.
        """
        return FileSession(self, check_image(image))

    @torch.no_grad()
    def encode(self, image: NDArray[np.uint8], quality: float | None) -> bytes:
        """The whole file of an image.

        Raises:
            ValueError: the quality is not legal, its file holds no such weights, or they make symbols that the entropy
                coder does not survive.
        """
        number = self._number(quality)
        pixels = torch.from_numpy(np.ascontiguousarray(pad(image, _PADDED_TO).transpose(2, 0, 1)))  # 3 x H x W
        coded = self.model_of(number).compress(pixels[None] / 255)
        streams = [stream for (stream,) in coded["strings"]]
        head = _HEAD.pack(_MAGIC, number, image.shape[1], image.shape[0], *coded["shape"], len(streams))
        data = b"".join([head, *(_LENGTH.pack(len(stream)) + stream for stream in streams)])
        self._written.add(hashlib.sha256(data).digest())
        return data

    @torch.no_grad()
    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a file that this codec wrote, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is another file.
        """
        if hashlib.sha256(data).digest() not in self._written:
            raise ValueError(
                f"{len(data)} bytes that this {self.name} codec did not write itself; CompressAI's entropy coder is "
                "not safe with others"
            )
        file = unpacked(data)
        model = self.model_of(file.quality)
        # Zeros behind each stream, as many as its symbols could ask for: then nothing reads beyond its end.
        most_symbols = max(model.N, model.M) * -(-file.width // 64) * -(-file.height // 64) * 16
        strings = [[stream + bytes(16 * len(stream) + 32 * most_symbols)] for stream in file.streams]
        x_hat: Tensor = model.decompress(strings, file.shape)["x_hat"][0].clamp(0, 1)  # 3 x H x W, padded
        levels = (x_hat * 255).round().byte().numpy().transpose(1, 2, 0)  # H x W x 3
        return np.ascontiguousarray(crop(levels, file.height, file.width))

    def _number(self, quality: float | None) -> int:
        if quality is None or quality not in self.qualities:
            raise ValueError(
                f"{self.name} quality is {quality}; must be the number of a checkpoint, 1 to {len(self.qualities)}"
            )
        return int(quality)

    def _read(self, quality: int) -> Any:
        """A zoo model, ready to code; the zoo's classes share no type that says so."""
        path = self.checkpoints[self._number(quality) - 1]
        with path.open("rb") as file:
            try:
                stored = torch.load(file, map_location="cpu", weights_only=True)
            except Exception as error:  # torch raises many types, and its text advises to run what is in the file
                raise ValueError(f"{path} is no torch checkpoint of tensors and plain values alone") from error
        try:
            parameters = next((stored[key] for key in _STATE_KEYS if key in stored), stored)
            model = ARCHITECTURES[self.name].from_state_dict(parameters)
        except (AttributeError, IndexError, KeyError, RuntimeError, TypeError) as error:
            raise ValueError(
                f"{path} holds no weights of {self.name} ({' '.join(str(error).split())[:200]})"
            ) from error
        if min(model.N, model.M) < 2:
            raise ValueError(f"{path} has {min(model.N, model.M)} channel; CompressAI's coder needs 2 symbols a stream")
        model.update(force=True)
        for part in model.modules():
            if isinstance(part, EntropyModel):
                part.quantize = partial(_checked_symbols, part.quantize)
        return model.eval()


class ZooFile(NamedTuple):
    """The parts of a file of ours; `shape` is the height and width of z, streams are in CompressAI's order."""

    quality: int
    width: int
    height: int
    shape: tuple[int, int]
    streams: list[bytes]


def unpacked(data: bytes) -> ZooFile:
    """The parts of a file that a `ZooCodec` wrote."""
    _, quality, width, height, tall, wide, count = _HEAD.unpack_from(data)
    streams, position = [], _HEAD.size
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(data, position)
        position += _LENGTH.size + length
        streams.append(data[position - length : position])
    return ZooFile(quality, width, height, (tall, wide), streams)


def _checked_symbols(quantize: Callable[..., Tensor], inputs: Tensor, mode: str, means: Tensor | None = None) -> Tensor:
    """What an entropy model makes of its inputs, refused if its coder would not survive it."""
    exact = inputs if means is None else inputs - means
    if mode == "symbols" and not bool((exact.abs() < _SYMBOL_LIMIT).all()):  # nor if it is NaN
        raise ValueError(f"weights make symbols of {_SYMBOL_LIMIT} and more, which CompressAI's coder does not survive")
    return quantize(inputs, mode, means)
