"""Short timings of parts of a network and of a codec on this machine: ratios, for claims that are ratios.

What is compared is run in turns, so that a machine that slows down slows all of it, and medians are taken. One thread
computes: several wait for each other, and beside other programs that is most of what one would measure. Knows the
network's parts and the codec's steps. Does not know what is claimed of them.
Shapes: H, W image size in px, multiples of 64.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import decode_symbols, encode_symbols
from dcae.codec.latent_coder import CodedPart
from dcae.config import DCAEConfig
from dcae.images import padded_size
from dcae.model.attention import WindowAttention
from dcae.model.dcae import DCAE
from dcae.model.dictionary import DictionaryAttention


@contextmanager
def one_thread() -> Iterator[None]:
    """torch computes in one thread; afterwards in as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def medians_s(runs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median seconds of each run, in one thread: all once as a warm-up, then in turns, `rounds` times."""
    with one_thread():
        for run in runs.values():
            run()
        return dict(zip(runs, in_turns_s(runs.values(), rounds), strict=True))


def in_turns_s(runs: Collection[Callable[[], object]], rounds: int) -> tuple[float, ...]:
    """The median seconds of each run, in turns, `rounds` times, in as many threads as torch has."""
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, found in zip(runs, seconds, strict=True):
            start = time.perf_counter()
            run()
            found.append(time.perf_counter() - start)
    return tuple(map(median, seconds))


def seconds_in(parts: Mapping[str, Sequence[nn.Module]], run: Callable[[], object]) -> dict[str, float]:
    """The seconds that a run spends in each part, all its modules together, and in the `whole`."""
    seconds = dict.fromkeys(parts, 0.0)
    started: dict[nn.Module, float] = {}
    with ExitStack() as watched:
        for name, modules in parts.items():

            def begin(module: nn.Module, _: object) -> None:
                started[module] = time.perf_counter()

            def end(module: nn.Module, _: object, __: object, name: str = name) -> None:
                seconds[name] += time.perf_counter() - started[module]

            for module in modules:
                watched.callback(module.register_forward_pre_hook(begin).remove)
                watched.callback(module.register_forward_hook(end).remove)
        start = time.perf_counter()
        run()
        return {**seconds, "whole": time.perf_counter() - start}


class ForwardTimes(NamedTuple):
    """Of one network's forward pass.

    Attributes:
        dictionary_share: what the dictionary attention takes of it, 0 to 1.
        fused_s: seconds with torch's fused attention.
        unfused_s: seconds where torch has to write attention out.
    """

    dictionary_share: float
    fused_s: float
    unfused_s: float


def forward_times(model: DCAE, x: Tensor, lmbda: float | None = None, rounds: int = 1) -> ForwardTimes:
    """Times a forward pass of x (B, 3, H, W), with fused attention and without, in turns."""
    layers = [module for module in model.modules() if isinstance(module, DictionaryAttention)]
    found: list[dict[str, float]] = []

    def unfused() -> None:
        with sdpa_kernel(SDPBackend.MATH):
            model(x, lmbda)

    with torch.inference_mode():
        runs = {
            "fused": lambda: found.append(seconds_in({"dictionary": layers}, lambda: model(x, lmbda))),
            "unfused": unfused,
        }
        seconds = medians_s(runs, rounds)
    share = median(each["dictionary"] / each["whole"] for each in found[1:])  # the first was the warm-up
    return ForwardTimes(share, seconds["fused"], seconds["unfused"])


def coding_shares(codec: Codec, image: NDArray[np.uint8], lmbda: float | None, rounds: int = 2) -> dict[str, float]:
    """Shares of an image's way to a file and back, 0 to 1: of the range coder, and of it with the entropy model.

    The entropy model is what predicts mu and sigma of each slice, and z's way to them.
    """
    parts: list[CodedPart] = []
    latents = codec.open_whole(image).latents(lmbda)
    coded = codec.latent_coder.encode(*latents, record=parts)
    size = padded_size(*image.shape[:2])
    seconds = medians_s(
        {
            "whole": lambda: codec.decode(codec.encode(image, lmbda)),
            "model": lambda: (codec.latent_coder.encode(*latents), codec.latent_coder.decode(coded.sections, *size)),
            "coder": lambda: _coded_again(codec, parts),
        },
        rounds,
    )
    return {
        "the range coder alone": seconds["coder"] / seconds["whole"],
        "with the entropy model": seconds["model"] / seconds["whole"],
    }


def attention_seconds(config: DCAEConfig, height: int = 64, width: int = 96, rounds: int = 9) -> tuple[float, float]:
    """Seconds of one block's window attention, written out and by torch's `scaled_dot_product_attention`.

    Args:
        config: Whose block at 1/8 of the sides.
        height: Of the feature map, in positions; 64 x 96 is an image of 512 x 768 px.
        width: Likewise.
        rounds: How many of each.
    """
    channels = config.widths[2]
    block = WindowAttention(channels, config.head_sizes[2], config.window, shifted=False)
    with torch.inference_mode():
        x = torch.randn(1, height, width, channels)
        q, k, v = block.split(block.qkv(x))
        mask, scale = block.mask(x, q.dtype), block.head_size**-0.5
        seconds = medians_s(
            {
                "written out": lambda: torch.softmax(q @ k.transpose(-1, -2) * scale + mask, dim=-1) @ v,
                "fused": lambda: F.scaled_dot_product_attention(q, k, v, attn_mask=mask),
            },
            rounds,
        )
    return seconds["written out"], seconds["fused"]


def _coded_again(codec: Codec, parts: Sequence[CodedPart]) -> None:
    """Codes the symbols of a file's streams, each in one part, and decodes them, without any network."""
    coder = codec.latent_coder
    for part in parts:
        tables = coder.z_tables if part.sigma is None else coder.y_tables
        decode_symbols(encode_symbols(part.symbols.ravel(), part.indexes, tables), part.indexes, tables)
