"""Our network in CompressAI's zoo, so that its tools, such as `eval_model`, run on our weights at one lambda.

Nothing is registered by an import: call `register`, or let `eval_model` do it. What CompressAI calls a file is the sum
of its strings. Ours are the payloads of our file's sections, to the bit: z, the level flags (mostly none, an empty
string) and the slices with their checksums. What a file of ours has beside them, its header and each section's type and
length, is not counted there. CompressAI pads with black around the picture, ours reflects below and to the right, so
figures agree where sides are multiples of 64 px. Its choice of an entropy coder has no effect, since ours codes.
Shapes: H, W image size in pixels, multiples of 64; M channels of y, N channels of z.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import compressai.zoo
import compressai.zoo.image
import torch
from torch import Tensor, nn

from dcae.checkpoint import load
from dcae.codec.exact_arithmetic import exact_arithmetic
from dcae.codec.latent_coder import LatentCoder
from dcae.codec.sections import Section, SectionType
from dcae.config import DCAEConfig
from dcae.files import write_atomically
from dcae.model.dcae import DCAE

NAME = "dcae"
"""What the zoo calls our network."""
PUBLISHED_LMBDAS = (0.0018, 0.0035, 0.0067, 0.013, 0.025, 0.05)
"""The lambdas of the published models: the zoo's qualities 1 to 6."""

_FIXED_LMBDA = 0.0
"""What the state dict of weights with one fixed lambda holds, as the header of a file does."""


class ZooDCAE(nn.Module):
    """A network at one lambda, with the interface of CompressAI's models; for evaluation, not for training.

    Its state dict holds the network, lambda, and the network's config as JSON in bytes, so that it can be read alone.

    Args:
        network: one whose tables are ready; it is put into eval mode.
        lmbda: 0.0005 to 0.15; None for weights that have one fixed lambda.

    Raises:
        ValueError: lambda is not legal for this network, or the tables are missing.
    """

    lmbda: Tensor
    config: Tensor

    def __init__(self, network: DCAE, lmbda: float | None) -> None:
        super().__init__()
        network.check_lmbda(lmbda, torch.empty(1))
        self.network = network.eval()
        config = json.dumps(network.config.to_dict()).encode()
        self.register_buffer("lmbda", torch.tensor(_FIXED_LMBDA if lmbda is None else lmbda, dtype=torch.float32))
        self.register_buffer("config", torch.tensor(list(config), dtype=torch.uint8))
        self._coder = LatentCoder(network)
        self.register_load_state_dict_post_hook(lambda *_: setattr(self, "_coder", LatentCoder(self.network)))

    @classmethod
    def from_state_dict(cls, state_dict: Mapping[str, Tensor]) -> ZooDCAE:
        """The model of a state dict.

        Raises:
            ValueError: it is none that `export` writes.
        """
        if missing := {"lmbda", "config"} - set(state_dict):
            raise ValueError(
                f"state dict lacks {' and '.join(sorted(missing))}; must be one of `dcae compressai export`"
            )
        config = DCAEConfig.from_dict(json.loads(bytes(state_dict["config"].tolist())))
        network = DCAE(config)
        prefix = "network."
        network.load_state_dict({k.removeprefix(prefix): v for k, v in state_dict.items() if k.startswith(prefix)})
        lmbda = state_dict["lmbda"].item()
        return cls(network, None if lmbda == _FIXED_LMBDA else lmbda)

    def forward(self, x: Tensor) -> dict[str, Any]:
        """The estimate of a coding: `{"x_hat": (B, 3, H, W), "likelihoods": {"y": ..., "z": ...}}`.

        Raises:
            TypeError, ValueError: x (B, 3, H, W) holds no images in [0, 1], or sides that are no multiples of 64 px.
        """
        return self.network(x, self._lmbda)

    def compress(self, x: Tensor) -> dict[str, Any]:
        """`{"strings": [z, level flags, slice 0, ...], "shape": (H/64, W/64)}`, each a list of the images' bytes.

        Raises:
            TypeError, ValueError: as `forward`.
        """
        coded = [self._compressed(image) for image in x.split(1)]
        return {
            "strings": [list(stream) for stream in zip(*coded, strict=True)],
            "shape": (x.shape[2] // 64, x.shape[3] // 64),
        }

    def decompress(self, strings: Sequence[Sequence[bytes]], shape: Sequence[int]) -> dict[str, Tensor]:
        """`{"x_hat": (B, 3, H, W)}`, in [0, 1], of what `compress` returned.

        Raises:
            dcae.codec.bitstream.BitstreamError: strings are not this model's, or do not fit the shape.
        """
        height, width = (64 * side for side in shape)
        pictures = [self._decompressed(_sections(each), height, width) for each in zip(*strings, strict=True)]
        return {"x_hat": torch.cat(pictures)}

    def update(self, *_: object, **__: object) -> bool:
        """Leaves the tables as they are, and says so: made anew on another machine they could differ in a bit."""
        return False

    def _compressed(self, x: Tensor) -> list[bytes]:
        """The strings of one image: its arithmetic does not depend on those beside it, and is our codec's."""
        with torch.inference_mode():
            y = self.network.analyse(x.contiguous(memory_format=torch.channels_last), self._lmbda)
            return _strings(self._coder.encode(y, self.network.h_a(y)).sections)

    def _decompressed(self, sections: Sequence[Section], height: int, width: int) -> Tensor:
        like = next(self.network.parameters())
        y_hat = self._coder.decode(sections, height, width).to(like.device).to(like.dtype)
        with exact_arithmetic():
            x_hat = self.network.synthesise(y_hat.contiguous(memory_format=torch.channels_last), self._lmbda)
            return x_hat.clamp(0, 1)

    @property
    def _lmbda(self) -> float | None:
        lmbda = self.lmbda.item()
        return None if lmbda == _FIXED_LMBDA else lmbda


def zoo_dcae(quality: int, metric: str = "mse", pretrained: bool = False, progress: bool = True) -> ZooDCAE:
    """The shipped weights `small` at one of the six published lambdas, as the zoo's functions are called.

    Args:
        quality: 1 (lambda 0.0018) to 6 (0.05).
        metric: what they were trained for, `mse`.
        pretrained: must be true; there is no network without weights in this zoo.
        progress: has no effect, since nothing is brought from elsewhere.

    Raises:
        ValueError: one of these is not legal.
    """
    if quality not in range(1, len(PUBLISHED_LMBDAS) + 1):
        raise ValueError(f"quality is {quality}; must be 1 to {len(PUBLISHED_LMBDAS)}")
    if metric != "mse" or not pretrained:
        raise ValueError(f"metric is {metric!r}, pretrained {pretrained}; there are only pretrained weights for 'mse'")
    return ZooDCAE(load("small"), PUBLISHED_LMBDAS[quality - 1])


def register() -> None:
    """Puts our network into CompressAI's two dictionaries of image models; once more changes nothing.

    Raises:
        ValueError: another model has its name there.
    """
    entries: list[tuple[dict[str, Any], object]] = [
        (compressai.zoo.image.model_architectures, ZooDCAE),
        (compressai.zoo.image_models, zoo_dcae),
    ]
    for models, entry in entries:
        if models.setdefault(NAME, entry) is not entry:
            raise ValueError(f"CompressAI's zoo has another {NAME!r} already: {models[NAME]}")


def export(network: DCAE, lmbda: float | None, path: str | Path) -> None:
    """Writes the state dict of a network at one lambda, whole or not at all; arguments as of `ZooDCAE`.

    Raises:
        ValueError: as `ZooDCAE`.
        OSError: the file cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(ZooDCAE(network, lmbda).state_dict(), buffer)
    write_atomically(path, buffer.getvalue())


def eval_model(arguments: Sequence[str]) -> None:
    """Runs CompressAI's `compressai.utils.eval_model` with our network in its zoo.

    Its import sets this process to one thread.

    Args:
        arguments: as on its command line.
    """
    register()
    importlib.import_module("compressai.utils.eval_model.__main__").main(list(arguments))


def _strings(sections: Sequence[Section]) -> list[bytes]:
    """Payloads of one image's sections: z, level flags (empty if there are none), slices."""
    flags = b"".join(section.payload for section in sections if section.type == SectionType.LEVEL_FLAGS)
    slices = [section.payload for section in sections if section.type == SectionType.SLICE]
    return [sections[0].payload, flags, *slices]


def _sections(strings: Sequence[bytes]) -> list[Section]:
    """The sections that `_strings` took apart."""
    z, flags, *slices = strings
    kinds = [(SectionType.Z, z), *([(SectionType.LEVEL_FLAGS, flags)] if flags else [])]
    return [Section(kind, data) for kind, data in [*kinds, *((SectionType.SLICE, data) for data in slices)]]
