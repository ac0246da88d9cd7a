"""What one coding of one image went through: frozen records of numpy arrays, from which every view is drawn.

Anyone's model can fill them. Knows shapes and sums. Does not know networks, files' layouts, torch or pictures.
Shapes: M channels of y, N channels of z; h, w = H/16, W/16 with H, W the padded sides in px.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays
from dcae.results import FileInfo
from dcae.windows import Windows

Floats = NDArray[np.float32]
PLACE_PX = 16
"""A place of y is so many pixels of the padded image, in both directions."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowAttentionTrace:
    """The attention of one block of windows.

    Attributes:
        weights: (rows, columns, heads, p p, p p): of each window, head and query position over the window's keys, in
            row-major order; each sums to one.
        relative_position: (heads, 2 p - 1, 2 p - 1): the learned bias at [query row - key row + p - 1, the same of
            columns].
        height: of the feature map, in positions; windows at its end may lie partly beyond it.
        width: of the feature map, in positions.
        shifted: whether the windows are shifted by half a window, up and left, around the map's edges.
        position_px: a position is this many pixels of the padded image, in both directions.

    Raises:
        ValueError: weights or biases do not fit the map.
    """

    weights: Floats
    relative_position: Floats
    height: int
    width: int
    shifted: bool
    position_px: int

    def __post_init__(self) -> None:
        heads, windows = len(self.relative_position), self.windows
        places, differences = windows.side**2, 2 * windows.side - 1
        if self.relative_position.shape != (heads, differences, differences):
            raise ValueError(
                f"relative_position has shape {self.relative_position.shape}; must be (heads, 2 p - 1, 2 p - 1)"
            )
        legal = (windows.rows, windows.columns, heads, places, places)
        if self.weights.shape != legal:
            raise ValueError(f"weights have shape {self.weights.shape}; must be {legal}")
        freeze_arrays(self)

    @property
    def windows(self) -> Windows:
        """How the map is cut into windows."""
        side = (self.relative_position.shape[-1] + 1) // 2
        return Windows(height=self.height, width=self.width, side=side, shifted=self.shifted)

    def on_map(self, row: int, column: int) -> Floats:
        """What each head of one position weighs each position of the map with: (heads, height, width).

        Each head's sum to one; all are zero outside of what the position sees.

        Raises:
            ValueError: there is no such position.
        """
        windows = self.windows
        window_row, window_column, query = windows.find(row, column)
        inside = windows.inside[window_row, window_column]  # (p p,)
        rows, columns = windows.positions[window_row, window_column, inside].T
        weights = np.zeros((len(self.relative_position), self.height, self.width), np.float32)
        weights[:, rows, columns] = self.weights[window_row, window_column, :, query, inside].T
        return weights

    @property
    def mean_distance(self) -> NDArray[np.float64]:
        """How far each head looks: the distance from query to key, weighted, over all positions of the map: (heads,).

        In positions; times `position_px` in px.
        """
        windows = self.windows
        far = np.einsum("rchqk,qk->rchq", self.weights, windows.distances, dtype=np.float64)
        return far.swapaxes(2, 3)[windows.inside].mean(axis=0)  # masked keys, which lie elsewhere, weigh nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """Every intermediate of one coding, and where the file's bytes went.

    Attributes:
        image: the image, uint8, height x width x 3.
        x_hat: the picture that the file decodes to, of the same shape.
        file: the parts of the file that was made.
        y: gained y before rounding, (M, h, w).
        z: z before rounding, (N, h/4, w/4).
        y_hat: what g_s gets, before the inverse gain, (M, h, w).
        z_hat: what h_mean_s and h_scale_s get, (N, h/4, w/4).
        mu: the predicted mean of y, (M, h, w).
        sigma: the predicted scale of y, in quantiser steps, (M, h, w).
        symbols: the coded integers of y, int32, (M, h, w).
        values: what they stand for, in quantiser steps: themselves, or by a trellis half a step less, (M, h, w).
        z_symbols: the coded integers of z, int32, (N, h/4, w/4).
        y_bits: what the coder charges for each symbol of y, escapes included, (M, h, w).
        z_bits: the same of z, (N, h/4, w/4).
        dictionary_attention: (slices, heads, h, w, entries): how much each position reads of each entry, for each
            slice; each sums to one. No entries for a model without a dictionary.
        gain: of each channel of y, (M,); None for a model of one fixed lambda.
        inverse_gain: of each channel of y_hat, (M,); None for a model of one fixed lambda.
        num_slices: groups of channels of y, coded one after the other.
        window_attention: by transform, stage and block, such as ("g_a", 2, 0): those that were asked for.

    Raises:
        ValueError: shapes do not fit each other.
    """

    image: NDArray[np.uint8]
    x_hat: NDArray[np.uint8]
    file: FileInfo
    y: Floats
    z: Floats
    y_hat: Floats
    z_hat: Floats
    mu: Floats
    sigma: Floats
    symbols: NDArray[np.int32]
    values: Floats
    z_symbols: NDArray[np.int32]
    y_bits: Floats
    z_bits: Floats
    dictionary_attention: Floats
    gain: Floats | None
    inverse_gain: Floats | None
    num_slices: int
    window_attention: Mapping[tuple[str, int, int], WindowAttentionTrace]

    def __post_init__(self) -> None:
        for names, like in (
            (("y_hat", "mu", "sigma", "symbols", "values", "y_bits"), self.y),
            (("z_hat", "z_symbols", "z_bits"), self.z),
        ):
            for name in names:
                if getattr(self, name).shape != like.shape:
                    raise ValueError(f"{name} has shape {getattr(self, name).shape}; must be {like.shape}")
        if self.y.shape[0] % self.num_slices:
            raise ValueError(f"y has {self.y.shape[0]} channels; must be a multiple of num_slices, {self.num_slices}")
        if self.image.shape != self.x_hat.shape:
            raise ValueError(f"image has shape {self.image.shape} and x_hat {self.x_hat.shape}; must be the same")
        freeze_arrays(self)
        object.__setattr__(self, "window_attention", MappingProxyType(dict(self.window_attention)))

    @property
    def refinement(self) -> Floats:
        """What the latent residual prediction added to mu + value, (M, h, w)."""
        return self.y_hat - (self.mu + self.values)

    def slice_of(self, array: NDArray, slice_index: int) -> NDArray:
        """The channels of one slice of an array (M, ...).

        Raises:
            ValueError: there is no such slice.
        """
        if not 0 <= slice_index < self.num_slices:
            raise ValueError(f"slice_index is {slice_index}; must be 0 to {self.num_slices - 1}")
        size = self.y.shape[0] // self.num_slices
        return array[slice_index * size : (slice_index + 1) * size]


@dataclass(frozen=True, kw_only=True, eq=False)
class RateMap:
    """Where the bits of one file lie.

    Attributes:
        bits: (slices + 1, h, w), float64: what each place costs, the slices in their order, then z, each of whose
            positions is spread evenly over the 4 x 4 places that it covers.
        file: the parts of the file.
        height: of the image, px.
        width: of the image, px.

    Raises:
        ValueError: there are not as many maps as the file has slices, and one.
    """

    bits: NDArray[np.float64]
    file: FileInfo
    height: int
    width: int

    def __post_init__(self) -> None:
        if len(self.bits) != len(self.file.slice_bytes) + 1:
            raise ValueError(f"{len(self.bits)} maps for {len(self.file.slice_bytes)} slices; must be one more, z's")
        freeze_arrays(self)

    @classmethod
    def of(cls, trace: Trace) -> RateMap:
        """The maps of a trace's bits."""
        slices = trace.y_bits.astype(np.float64).reshape(trace.num_slices, -1, *trace.y.shape[1:]).sum(axis=1)
        z = trace.z_bits.astype(np.float64).sum(axis=0)  # (h/4, w/4)
        spread = np.kron(z, np.full((4, 4), 1 / 16))  # (h, w)
        height, width = trace.image.shape[:2]
        return cls(bits=np.concatenate([slices, spread[None]]), file=trace.file, height=height, width=width)

    @property
    def names(self) -> list[str]:
        """What each map is of: `slice 0` and so on, then `z`."""
        return [*(f"slice {index}" for index in range(len(self.bits) - 1)), "z"]

    @property
    def total(self) -> NDArray[np.float64]:
        """All maps together, (h, w), bits."""
        return self.bits.sum(axis=0)

    @property
    def bits_per_px(self) -> NDArray[np.float64]:
        """The maps in bits a pixel of the padded image: (slices + 1, h, w), a place is 16 x 16 px."""
        return self.bits / PLACE_PX**2

    @property
    def table(self) -> list[tuple[str, float, int]]:
        """What is paid for: name, bits of its symbols, bytes in the file; the bytes add up to the file.

        The streams' bytes exceed their symbols' bits by what ends a stream (at most 64 bits) and by what the coder's
        rounding costs (1.3e-4 bits a symbol); header and checksums have no symbols.
        """
        sums = dict(zip(self.names, self.bits.sum(axis=(1, 2)).tolist(), strict=True))
        return [(name, sums.get(name, 0.0), size) for name, size in self.file.parts]

    def bits_within(self, top: int, left: int, bottom: int, right: int) -> NDArray[np.float64]:
        """Bits of each map in a rectangle of the image in px, (slices + 1,); places that are partly in it count partly.

        Args:
            top: first row.
            left: first column.
            bottom: the row behind the last one.
            right: the column behind the last one.
        """
        rows = _shares(top, bottom, self.bits.shape[1])
        columns = _shares(left, right, self.bits.shape[2])
        return np.einsum("khw,h,w->k", self.bits, rows, columns)


def _shares(begin: int, end: int, count: int) -> NDArray[np.float64]:
    """How much of each of `count` places of 16 px lies between two px: (count,), 0 to 1."""
    places = PLACE_PX * np.arange(count)
    covered_px = np.minimum(end, places + PLACE_PX) - np.maximum(begin, places)
    return np.clip(covered_px, 0, PLACE_PX) / PLACE_PX
