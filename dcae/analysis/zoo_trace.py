"""One run of CompressAI's mean and scale hyperprior (`mbt2018-mean`) with everything kept, as our own record.

It codes all of y at once and has no dictionary and no gains: its trace has one slice, no entries and no gain, so the
maps of bits and of foreseen errors can be drawn of it, and what shows a dictionary says that there is none. Latents are
what its own `compress` made of the picture; what a symbol costs are its coder's tables and escapes.
Shapes: M channels of y, N channels of z; h, w = H/16, W/16 with H, W the padded sides in px.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcae.analysis.calibration import ScaleCoding
from dcae.analysis.compressai_zoo import ZooCodec, unpacked
from dcae.analysis.trace import outputs_of
from dcae.codec.latent_coder import tables_of
from dcae.codec.symbol_tables import SymbolTables
from dcae.model.entropy import z_medians
from dcae.rd import bpp
from dcae.results import FileInfo
from dcae.traces import Trace

TRACED = "mbt2018-mean"
"""The architecture that can be traced."""

_ESCAPE_DIGIT_BITS = 4


def trace_zoo(codec: ZooCodec, image: NDArray[np.uint8], quality: int) -> Trace:
    """Encodes an image and keeps every intermediate.

    Args:
        codec: Of the architecture `mbt2018-mean`.
        image: uint8, H x W x 3, RGB.
        quality: The number of a checkpoint.

    Raises:
        TypeError, ValueError: it is another architecture, or as `ZooCodec.encode`.
    """
    if codec.name != TRACED:
        raise ValueError(f"{codec.name} cannot be traced; of CompressAI's models only {TRACED} can")
    model = codec.model_of(quality)
    with ExitStack() as watched:
        found = [watched.enter_context(outputs_of(part)) for part in (model.g_a, model.h_a, model.h_s)]
        data = codec.encode(image, quality)
    (y,), (z,), (foreseen,) = found
    gaussian, bottleneck = model.gaussian_conditional, model.entropy_bottleneck
    sigma, mu = foreseen.chunk(2, dim=1)
    symbols, z_symbols = _symbols(gaussian, y, mu), _symbols(bottleneck, z, z_medians(bottleneck).expand_as(z))
    z_indexes = np.broadcast_to(np.arange(len(z_symbols))[:, None, None], z_symbols.shape)
    return Trace(
        image=image,
        x_hat=codec.decode(data),
        file=_file_info(codec, quality, data),
        y=_array(y),
        z=_array(z),
        y_hat=_array(mu) + symbols.astype(np.float32),
        z_hat=_array(z_medians(bottleneck)) + z_symbols.astype(np.float32),
        mu=_array(mu),
        sigma=_array(sigma),
        symbols=symbols,
        values=symbols.astype(np.float32),
        z_symbols=z_symbols,
        y_bits=charged_bits(symbols, _array(gaussian.build_indexes(sigma)), tables_of(gaussian)).astype(np.float32),
        z_bits=charged_bits(z_symbols, z_indexes, tables_of(bottleneck)).astype(np.float32),
        dictionary_attention=np.zeros((1, 0, *symbols.shape[1:], 0), np.float32),
        gain=None,
        inverse_gain=None,
        num_slices=1,
        window_attention={},
    )


def scale_coding(codec: ZooCodec, quality: int) -> ScaleCoding:
    """How its coder charges y: what `dcae.analysis.calibration` needs to judge a trace of it."""
    gaussian = codec.model_of(quality).gaussian_conditional

    def level_of(sigma: NDArray[np.float32]) -> NDArray[np.integer]:
        return gaussian.build_indexes(torch.from_numpy(sigma.copy())).numpy()

    return ScaleCoding(tables_of(gaussian), level_of)


def charged_bits(
    symbols: NDArray[np.integer], indexes: NDArray[np.integer], tables: SymbolTables
) -> NDArray[np.float64]:
    """What CompressAI's coder charges for each symbol, any shape; a stream has at most 64 bits more, for its end.

    Beyond its table a symbol costs the escape, then 4 bits for the number of hexadecimal digits that say how far
    beyond, and 4 for each of them.

    >>> tables = SymbolTables(np.array([-1]), np.array([4]), np.array([16384, 32768, 8192, 8192]))
    >>> charged_bits(np.array([-1, 0, 1, 2, 3, -2, 10]), np.zeros(7, int), tables).tolist()
    [2.0, 1.0, 3.0, 7.0, 11.0, 11.0, 15.0]
    """
    entries, escape = symbols.astype(np.int64) - tables.offsets[indexes], tables.sizes[indexes] - 1
    outside = (entries < 0) | (entries >= escape)
    far = np.where(entries < 0, -2 * entries - 1, 2 * (entries - escape))
    digits = -(-np.frexp(far.astype(np.float64))[1] // _ESCAPE_DIGIT_BITS)  # frexp counts the bits
    bits = tables.bits[tables.starts[indexes] + np.where(outside, escape, entries)]
    return bits + np.where(outside, _ESCAPE_DIGIT_BITS * (1 + digits), 0)


def _symbols(entropy_model: Any, values: Tensor, means: Tensor) -> NDArray[np.int32]:
    """The integers that it codes of one image's latent."""
    return _array(entropy_model.quantize(values, "symbols", means)).astype(np.int32)


def _file_info(codec: ZooCodec, quality: int, data: bytes) -> FileInfo:
    file = unpacked(data)
    y_bytes, z_bytes = map(len, file.streams)
    return FileInfo(
        width=file.width,
        height=file.height,
        lmbda=None,
        model=f"{codec.name}, {codec.checkpoints[quality - 1].name}",
        header_bytes=len(data) - y_bytes - z_bytes,
        z_bytes=z_bytes,
        slice_bytes=(y_bytes,),
        other_bytes=0,
        total_bytes=len(data),
        bpp=bpp(len(data), file.width, file.height),
    )


def _array(tensor: Tensor) -> NDArray[Any]:
    """Of a batch of one, the one."""
    return tensor.detach()[0].numpy()
