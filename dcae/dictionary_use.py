"""How a dictionary is used, and what is lost without it: frozen records of numpy arrays.

Anyone's model can fill them. Knows places and shares. Does not know networks or files.
Shapes: places are of 16 x 16 px; H, W image size in px.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class DictionaryUse:
    """Which entries of the dictionary are read where in one photo, of the places that lie in it at least partly.

    Each head reads a part of an entry of its own, and each slice asks anew; so entries win for a slice and a head.

    Attributes:
        attention: (slices, heads, rows, columns, entries): how much a place reads of an entry; each sums to one.

    Raises:
        ValueError: the attention has another number of axes, or there are no entries.
    """

    attention: Floats

    def __post_init__(self) -> None:
        if self.attention.ndim != 5 or 0 in self.attention.shape:
            raise ValueError(
                f"attention has shape {self.attention.shape}; must be (slices, heads, rows, columns, entries), each 1 "
                "or more: a model without a dictionary reads nothing"
            )
        freeze_arrays(self)

    @classmethod
    def of(cls, image: NDArray[np.uint8], attention: Floats) -> DictionaryUse:
        """Of what all places of a coding read, such as a trace's: those of the padding alone are left out.

        Args:
            image: the photo, H x W x 3.
            attention: (slices, heads, H/16, W/16, entries), of the padded sides.

        Raises:
            ValueError: as the class.
        """
        rows, columns = (-(-side // 16) for side in image.shape[:2])
        return cls(attention=attention[:, :, :rows, :columns])

    @cached_property
    def winners(self) -> NDArray[np.intp]:
        """The entry that a place reads most, (slices, heads, rows, columns); of equals the first."""
        return self.attention.argmax(axis=-1)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """How often an entry wins, (slices, heads, entries): a share of the places; each sums to one."""
        slices, heads, rows, columns, entries = self.attention.shape
        flat = self.winners.reshape(slices * heads, rows * columns)
        counts = [np.bincount(winners, minlength=entries) for winners in flat]
        return np.reshape(counts, (slices, heads, entries)) / (rows * columns)

    @property
    def mean_attention(self) -> NDArray[np.float64]:
        """How much is read of an entry on average over the places, (slices, heads, entries)."""
        return self.attention.mean(axis=(2, 3), dtype=np.float64)

    @property
    def entropy_bits(self) -> NDArray[np.float64]:
        """The entropy of `shares`, (slices, heads): 0 if one entry wins everywhere, log2(entries) if all do equally."""
        logs = np.log2(self.shares, where=self.shares > 0, out=np.zeros_like(self.shares))
        return np.maximum(-(self.shares * logs).sum(axis=-1), 0)  # not -0


class ExcitingPatch(NamedTuple):
    """A place that reads much of an entry, and what surrounds it.

    Attributes:
        pixels: uint8, side x side x 3, the place in the middle; grey beyond the photo.
        photo: the photo's name.
        row: of the place, in places of 16 px.
        column: of the place.
        weight: how much it reads of the entry, 0 to 1.
    """

    pixels: NDArray[np.uint8]
    photo: str
    row: int
    column: int
    weight: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ExcitingPlaces:
    """The places of some photos that read most of each entry, the strongest first.

    Attributes:
        photos: uint8, height x width x 3, by name.
        found: which photo, counted in their order, and which row and column of it:
            (3, slices, heads, entries, count).
        weights: how much each reads of the entry, (slices, heads, entries, count).

    Raises:
        ValueError: shapes do not fit each other.
    """

    photos: Mapping[str, NDArray[np.uint8]]
    found: NDArray[np.intp]
    weights: Floats

    def __post_init__(self) -> None:
        if self.weights.ndim != 4 or self.found.shape != (3, *self.weights.shape):
            raise ValueError(
                f"found has shape {self.found.shape} and weights {self.weights.shape}; must be (3, slices, heads, "
                "entries, count) and the same without the 3"
            )
        freeze_arrays(self)
        object.__setattr__(self, "photos", MappingProxyType(dict(self.photos)))

    def patches(self, slice_index: int, head: int, entry: int, side_px: int = 48) -> list[ExcitingPatch]:
        """The places of one entry with their surroundings.

        Raises:
            IndexError: there is no such slice, head or entry.
        """
        names, weights = list(self.photos), self.weights[slice_index, head, entry]
        places = self.found[:, slice_index, head, entry].T.tolist()
        return [
            ExcitingPatch(_around(self.photos[names[index]], row, column, side_px), names[index], row, column, weight)
            for (index, row, column), weight in zip(places, weights.tolist(), strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """A photo coded without a part of the network, beside its coding by the whole one.

    Attributes:
        without: what was out, in words.
        total_bytes: of the file without it.
        psnr_db: of the picture that this file decodes to, dB.
        whole_bytes: of the whole network's file.
        whole_psnr_db: of its picture, dB.
    """

    without: str
    total_bytes: int
    psnr_db: float
    whole_bytes: int
    whole_psnr_db: float

    @property
    def bytes_delta(self) -> int:
        """How many bytes more the file has without it."""
        return self.total_bytes - self.whole_bytes

    @property
    def psnr_delta_db(self) -> float:
        """How much better the picture is without it, dB; negative: worse. Infinite if only one of them is the photo."""
        return 0.0 if self.psnr_db == self.whole_psnr_db else self.psnr_db - self.whole_psnr_db


def _around(image: NDArray[np.uint8], row: int, column: int, side_px: int) -> NDArray[np.uint8]:
    """The pixels around the middle of a place; grey where there are none."""
    top, left = 16 * row + 8 - side_px // 2, 16 * column + 8 - side_px // 2
    inside = image[max(top, 0) : top + side_px, max(left, 0) : left + side_px]
    patch = np.full((side_px, side_px, 3), 128, np.uint8)
    down, across = max(-top, 0), max(-left, 0)
    patch[down : down + inside.shape[0], across : across + inside.shape[1]] = inside
    return patch
