"""Latents to sections of a file and back, in arithmetic that leads to the same symbols on every machine.

Knows z, the slice loop, levels, flags and streams. Does not know pixels, lambda or the container's header.
Sources: Balle et al., Integer networks for data compression, ICLR 2019 (why float noise ruins a file); Tian et al.,
2023 (calibration information); docs/format.md (the bytes).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dcae.codec.entropy_coder import StreamDecoder, StreamEncoder, check_length, decode_symbols, encode_symbols
from dcae.codec.exact_arithmetic import exact_arithmetic
from dcae.codec.interruption import interruption_point
from dcae.codec.layer_points import add_points
from dcae.codec.protocol import Fill
from dcae.codec.scale_levels import MARGINS, flag, levels, pack_flags, resolve, unpack_flags
from dcae.codec.sections import BitstreamError, Section, SectionType, slice_section, split_slice, symbols_checksum
from dcae.codec.symbol_tables import SYMBOL_LIMIT, SymbolTables, tables_from_cdfs
from dcae.config import SCALE_LEVELS, DCAEConfig
from dcae.model.dcae import DCAE
from dcae.model.entropy import z_medians
from dcae.model.float32_layers import speed_up
from dcae.model.slices import parts_of, whole_of
from dcae.model.trellis import NEXT_STATE, value_of

if TYPE_CHECKING:
    from compressai.entropy_models import EntropyModel


_NEXT_STATE = np.array(NEXT_STATE, np.intp).ravel()


class CodedPart(NamedTuple):
    """What one stream holds: z, or one slice of y; while it is coded, a part of one.

    Attributes:
        symbols: Integers, (1, C, H, W).
        indexes: The table of each, flat: z's channel, y's level, 64 more where a trellis' quantiser 1 coded it.
        mu: What the symbols are counted from: z's medians or the prediction, broadcast to the symbols' shape.
        sigma: The predicted scale; None for z.
    """

    symbols: NDArray[np.int32]
    indexes: NDArray[np.integer]
    mu: Tensor
    sigma: Tensor | None


class CodedLatents(NamedTuple):
    """Sections in the file's order, and the y_hat (1, M, H/16, W/16) that every decoder will find in them."""

    sections: tuple[Section, ...]
    y_hat: Tensor


class LatentCoder:
    """The entropy path of one model: h_mean_s, h_scale_s and the slice loop, in the model's coding arithmetic.

    Levels of a sigma near a boundary are flagged; how near, and what noise was measured, says `MARGINS`.
    Works on one image at a time: the batch size changes the order of sums.

    Args:
        model: A model whose tables are ready.

    Raises:
        ValueError: if the tables are missing, or there are not as many as the config asks for.
    """

    def __init__(self, model: DCAE) -> None:
        if model.gaussian_conditional._quantized_cdf.numel() == 0:
            raise ValueError("the model has no CDF tables yet; run update() first")
        self.config = model.config
        self.dtype = getattr(torch, self.config.coding_dtype)
        self.margin = MARGINS[self.config.coding_dtype]
        self.device = _device_with(self.dtype, next(model.parameters()).device)
        parts = nn.ModuleList([model.h_scale_s, model.h_mean_s, model.slice_loop])
        # First the device, then the dtype, here and below: in one call an Apple GPU would cast before it hands over.
        parts = copy.deepcopy(parts).to(self.device).to(self.dtype).eval()
        if self.dtype == torch.float32 and self.device.type == "cpu":
            speed_up(parts)
            add_points(parts)
        self.h_scale_s, self.h_mean_s, self.slice_loop = parts
        self.medians = z_medians(model.entropy_bottleneck).to(self.device).to(self.dtype)
        self.choose_symbols, self.nearest_symbols = model.choice(), model.choice(weighs=False)
        self.z_tables = tables_of(model.entropy_bottleneck)
        self.y_tables = tables_of(model.gaussian_conditional)
        if len(self.y_tables) != self.config.y_tables:
            raise ValueError(f"the model has {len(self.y_tables)} tables of y; must be {self.config.y_tables}")

    def encode(
        self, y: Tensor, z: Tensor, *, nearest: bool = False, record: list[CodedPart] | None = None
    ) -> CodedLatents:
        """Codes gained y (1, M, H/16, W/16) and z (1, N, H/64, W/64).

        Args:
            y: What is coded.
            z: What is coded before it.
            nearest: Takes the symbols nearest to y - mu, or with a trellis the nearest way, whatever they cost.
            record: Gets what each stream holds, z first, for those who want to see it.

        Raises:
            ValueError: if a symbol is 2^23 or larger.
        """
        with exact_arithmetic():
            y, z = y.to(self.device).to(self.dtype), z.to(self.device).to(self.dtype)
            z_symbols = _integers((z - self.medians).round())
            indexes = self._z_indexes(z.shape)
            if record is not None:
                record.append(CodedPart(z_symbols, indexes, self.medians.expand(z.shape), None))
            slices = _SliceEncoder(self, y, nearest, record)
            y_hat = self.slice_loop(*self._latents(_to_tensor(z_symbols, z)), slices).y_hat
        z_stream = encode_symbols(z_symbols.ravel(), indexes, self.z_tables)
        sections = [Section(SectionType.Z, z_stream), *slices.flag_sections(), *slices.sections]
        return CodedLatents(tuple(sections), y_hat)

    def decode(
        self,
        sections: Sequence[Section],
        height: int,
        width: int,
        num_slices: int | None = None,
        fill: Fill = "prediction",
    ) -> Tensor:
        """y_hat (1, M, height/16, width/16) of sections that `encode` made.

        Args:
            sections: Sections of a file, in its order.
            height: Padded height of the image, px.
            width: Padded width of the image, px.
            num_slices: Slices to decode; None for all that are there.
            fill: What stands for the others.

        Raises:
            BitstreamError: if they are not sections that this model's `encode` makes for an image of this size.
            ValueError: if there is no such fill.
        """
        _check_fill(fill)
        latents, decoder = self._opened(sections, height, width)
        if num_slices is not None:
            decoder.num_slices = min(num_slices, decoder.num_slices)
        y_hat = self._decoded(latents, decoder)
        return self._silenced(y_hat, decoder.num_slices) if fill == "zeros" else y_hat

    def prefixes(
        self, sections: Sequence[Section], height: int, width: int, fill: Fill = "prediction"
    ) -> Iterator[Tensor]:
        """y_hat as of `decode`, of the first 0 slices, of the first 1, and so on to all that are there.

        Each stream is decoded once. What is predicted for absent slices follows from those before them, so it is
        predicted anew for each number of slices; zeros need but one run.

        Raises:
            BitstreamError, ValueError: as `decode`.
        """
        _check_fill(fill)
        latents, decoder = self._opened(sections, height, width)
        present = decoder.num_slices
        whole = self._decoded(latents, decoder)  # first, so that a damaged file is refused before anything is shown
        for count in range(present):
            decoder.num_slices = count
            yield self._silenced(whole, count) if fill == "zeros" else self._decoded(latents, decoder)
        yield self._silenced(whole, present) if fill == "zeros" else whole

    def _opened(
        self, sections: Sequence[Section], height: int, width: int
    ) -> tuple[tuple[Tensor, Tensor], _SliceDecoder]:
        """What z says, latent scales and means, and the slices that are there, not decoded yet."""
        coded = [split_slice(section) for section in sections if section.type == SectionType.SLICE]
        z_shape = (1, self.config.N, height // 64, width // 64)
        y_shape = (1, self.config.M, height // 16, width // 16)
        self.check_lengths(sections, height, width)
        flags = b"".join(section.payload for section in sections if section.type == SectionType.LEVEL_FLAGS)
        positions, upper = unpack_flags(flags, int(np.prod(y_shape)))
        with exact_arithmetic():
            z_symbols = decode_symbols(sections[0].payload, self._z_indexes(z_shape), self.z_tables)
            like = torch.empty(z_shape, dtype=self.dtype, device=self.device)
            latents = self._latents(_to_tensor(z_symbols.reshape(z_shape), like))
        return latents, _SliceDecoder(self, coded, positions, upper)

    def _decoded(self, latents: tuple[Tensor, Tensor], decoder: _SliceDecoder) -> Tensor:
        with exact_arithmetic():
            return self.slice_loop(*latents, decoder).y_hat

    def _silenced(self, y_hat: Tensor, num_slices: int) -> Tensor:
        """y_hat with zeros from slice `num_slices` on."""
        with exact_arithmetic():
            present = y_hat[:, : num_slices * self.config.slice_channels]
            return torch.cat([present, torch.zeros_like(y_hat[:, present.shape[1] :])], dim=1)

    def _latents(self, z_symbols: Tensor) -> tuple[Tensor, Tensor]:
        """Latent scales and means."""
        z_hat = z_symbols + self.medians
        if self.dtype == torch.float32:  # whose layers are faster so; in float64 the order of sums is that of old files
            z_hat = z_hat.contiguous(memory_format=torch.channels_last)
        return self.h_scale_s(z_hat), self.h_mean_s(z_hat)

    def _z_indexes(self, shape: Sequence[int]) -> NDArray[np.uint16]:
        """The channel of each element of z."""
        return np.repeat(np.arange(shape[1], dtype=np.uint16), shape[2] * shape[3])

    def check_lengths(self, sections: Sequence[Section], height: int, width: int) -> None:
        """Refuses a claim of more elements than the streams can hold before anything is allocated for them.

        Args:
            sections: As of `decode`.
            height: Likewise.
            width: Likewise.

        Raises:
            BitstreamError: if a stream is too short, or there are more slices than the model has.
        """
        streams = [split_slice(section)[1] for section in sections if section.type == SectionType.SLICE]
        if len(streams) > self.config.num_slices:
            raise BitstreamError(f"file has {len(streams)} slices; its model has {self.config.num_slices}")
        z_counts = np.full(len(self.z_tables), (height // 64) * (width // 64))
        check_length(len(sections[0].payload), z_counts, self.z_tables)
        counts = np.zeros(len(self.y_tables), np.int64)
        counts[self.cheapest_table] = self.config.slice_channels * (height // 16) * (width // 16)
        for stream in streams:
            check_length(len(stream), counts, self.y_tables)

    @property
    def cheapest_table(self) -> int:
        """The table of y that has the cheapest symbol of all."""
        return int(np.argmin(np.minimum.reduceat(self.y_tables.bits, self.y_tables.starts)))


class _SliceEncoder:
    """`code` for the slice loop: symbols of y, their streams and flags on the way."""

    def __init__(self, coder: LatentCoder, y: Tensor, nearest: bool, record: list[CodedPart] | None) -> None:
        self.coder, self.parts, self.nearest = coder, parts_of(y, coder.config), nearest
        self.record = record
        self.sections: list[Section] = []
        self.flags: list[tuple[NDArray[np.int64], NDArray[np.bool_]]] = []
        self._begin()

    def __call__(self, part: int, mu: Tensor, sigma: Tensor) -> Tensor:
        interruption_point()
        residual = self.parts[part] - mu
        choose = self.coder.nearest_symbols if self.nearest else self.coder.choose_symbols
        chosen = choose(residual, sigma)
        symbols = _integers(chosen.symbols)
        interruption_point()
        scales = sigma.cpu().numpy().ravel()
        self.flags.append(flag(scales, self.coder.margin, part * scales.size))
        interruption_point()
        indexes = levels(scales)
        if self.coder.config.trellis:
            indexes += chosen.first_table.cpu().numpy().astype(indexes.dtype).ravel()
            for each in zip(*(of_part.reshape(mu.shape[1], -1) for of_part in (symbols, indexes)), strict=True):
                self._stream.add(*each)  # a channel, whose tables follow from the channels before it
        else:
            self._stream.add(symbols.ravel(), indexes)
        self._slice.append(CodedPart(symbols, indexes, mu, sigma))
        if len(self._slice) == self.coder.config.parts_of_slice:
            self._end()
        return _values(symbols, indexes, mu) + mu

    def flag_sections(self) -> list[Section]:
        """The section of level flags; none if there are none."""
        positions, upper = (np.concatenate(parts) for parts in zip(*self.flags, strict=True))
        return [Section(SectionType.LEVEL_FLAGS, pack_flags(positions, upper))] if positions.size else []

    def _begin(self) -> None:
        self._stream, self._slice = StreamEncoder(self.coder.y_tables), list[CodedPart]()

    def _end(self) -> None:
        """A slice is whole."""
        coded = b"".join(part.symbols.astype("<i4").tobytes() for part in self._slice)
        self.sections.append(slice_section(coded, self._stream.stream()))
        if self.record is not None:
            self.record.append(_whole(self._slice, self.coder.config))
        self._begin()


class _SliceDecoder:
    """`code` for the slice loop: symbols from the first `num_slices` streams, and for other slices the mean alone.

    A part that was decoded is kept: what comes after it does not change it, so another run of the loop takes it as it
    is.
    """

    def __init__(
        self,
        coder: LatentCoder,
        coded: Sequence[tuple[int, bytes]],
        positions: NDArray[np.int64],
        upper: NDArray[np.bool_],
    ) -> None:
        self.coder, self.coded, self.positions, self.upper = coder, coded, positions, upper
        self.num_slices = len(coded)
        self._kept: dict[int, Tensor] = {}

    def __call__(self, part: int, mu: Tensor, sigma: Tensor) -> Tensor:
        slice_index = part // self.coder.config.parts_of_slice
        if not bool(torch.isfinite(mu).all() and torch.isfinite(sigma).all()):
            raise BitstreamError(f"slice {slice_index} is predicted as NaN or infinite: no encoder wrote this file")
        if slice_index >= self.num_slices:
            return mu
        if part not in self._kept:
            self._kept[part] = _values(*self._symbols(part, slice_index, sigma), mu) + mu
        return self._kept[part]

    def _symbols(self, part: int, slice_index: int, sigma: Tensor) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The symbols of a part, of sigma's shape, and the table of each, flat."""
        checksum, stream = self.coded[slice_index]
        first, last = part % self.coder.config.parts_of_slice == 0, (part + 1) % self.coder.config.parts_of_slice == 0
        if first:
            self._stream, self._read = StreamDecoder(stream, self.coder.y_tables), b""
        scales = sigma.cpu().numpy().ravel()
        interruption_point()
        resolved = resolve(scales, self.positions, self.upper, part * scales.size)
        interruption_point()
        if self.coder.config.trellis:
            symbols, resolved = _read_along_trellis(self._stream, resolved.reshape(sigma.shape[1], -1))
        else:
            symbols = self._stream.read(resolved)
        self._read += symbols.astype("<i4").tobytes()
        if last:
            self._stream.close()
            if symbols_checksum(self._read) != checksum:
                raise BitstreamError(
                    f"slice {slice_index} decodes to other symbols than were encoded (checksum differs)"
                )
        return symbols.reshape(sigma.shape), resolved


def _read_along_trellis(
    stream: StreamDecoder, channel_levels: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The symbols of a part and the table of each, both flat; `channel_levels` are the levels, (C, places)."""
    state = np.zeros(channel_levels.shape[1], np.intp)
    symbols, tables = np.empty(channel_levels.shape, np.int32), channel_levels.copy()
    for channel, table in zip(symbols, tables, strict=True):
        table += (SCALE_LEVELS * (state & 1)).astype(table.dtype)
        channel[:] = stream.read(table)
        state = _NEXT_STATE[2 * state + (channel & 1)]
    return symbols.ravel(), tables.ravel()


def _whole(parts: Sequence[CodedPart], config: DCAEConfig) -> CodedPart:
    """A slice of its parts."""
    if len(parts) == 1:
        return parts[0]
    symbols = whole_of([torch.from_numpy(part.symbols) for part in parts], config)
    indexes = whole_of([torch.from_numpy(part.indexes.reshape(part.symbols.shape)) for part in parts], config)
    mu = whole_of([part.mu for part in parts], config)
    sigma = whole_of([part.sigma for part in parts if part.sigma is not None], config)
    return CodedPart(symbols.numpy(), indexes.numpy().ravel(), mu, sigma)


def values_of(part: CodedPart) -> Tensor:
    """What the symbols that one stream holds stand for, in quantiser steps, of their shape, in mu's arithmetic."""
    return _to_tensor(part.symbols, part.mu) if part.sigma is None else _values(part.symbols, part.indexes, part.mu)


def tables_of(entropy_model: EntropyModel) -> SymbolTables:
    """The integer tables that a CompressAI entropy model carries in its buffers, one a channel or a level.

    Raises:
        ValueError: if they are no such tables.
    """
    buffers = dict(entropy_model.named_buffers())
    cdfs, lengths, offsets = (buffers[name].cpu().numpy() for name in ("_quantized_cdf", "_cdf_length", "_offset"))
    return tables_from_cdfs(cdfs, lengths.ravel(), offsets.ravel())


def _check_fill(fill: str) -> None:
    if fill not in get_args(Fill):
        raise ValueError(f"fill is {fill!r}; must be one of {', '.join(get_args(Fill))}")


def _integers(symbols: Tensor) -> NDArray[np.int32]:
    largest = float(symbols.abs().max())
    if not largest < SYMBOL_LIMIT:
        raise ValueError(f"a symbol is {largest:g}; must be below {SYMBOL_LIMIT}: these weights do not fit this image")
    return symbols.cpu().numpy().astype(np.int32, order="C")  # as a decoder has them: layouts differ in rounding


def _values(symbols: NDArray[np.int32], indexes: NDArray[np.integer], like: Tensor) -> Tensor:
    """What symbols stand for, in the arithmetic of `like`: those of a trellis' quantiser 1 have the second tables."""
    quantiser = (indexes >= SCALE_LEVELS).reshape(symbols.shape)
    values = _to_tensor(symbols, like)
    return value_of(values, torch.from_numpy(quantiser).to(like.device).to(like.dtype)) if quantiser.any() else values


def _to_tensor(symbols: NDArray[np.int32], like: Tensor) -> Tensor:
    return torch.from_numpy(symbols).to(like.device).to(like.dtype)


def _device_with(dtype: torch.dtype, device: torch.device) -> torch.device:
    """The device itself if it computes in `dtype`, else the CPU (Apple's GPUs have no float64)."""
    return torch.device("cpu") if dtype == torch.float64 and device.type == "mps" else device
