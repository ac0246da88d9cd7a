"""The sizes and choices that make one network of the DCAE family, as data.

Knows every number that shapes the network and refuses what cannot be built. Does not know tensors, weights or files.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

MULTIPLE_PX = 64
"""Sides of a padded image are multiples of this: z stands at 1/64 of the image's sides."""

LMBDA_MIN, LMBDA_MAX = 0.0018, 0.05
"""The published range of lambda (Lu et al., CVPR 2025, section 4.1), over which one model of ours is trained."""

LMBDA_LOWEST, LMBDA_HIGHEST = 0.0005, 0.15
"""The widest range of lambda that a model with gains accepts; outside the trained range it extrapolates."""

SCALE_LEVELS, SCALE_MIN, SCALE_MAX = 64, 0.11, 256.0
"""The levels that have integer tables, and the scales (standard deviations in quantiser steps) of the outer two."""

SCALE_LOG_STEP = math.log(SCALE_MAX / SCALE_MIN) / (SCALE_LEVELS - 1)
"""Between the logarithms of two levels' scales."""

_LIMITS = {
    "num_slices": (1, 64),
    "depths": (0, 64),
    "hyper_depth": (0, 64),
    "bottlenecks": (0, 64),
    "gain_knots": (0, 65_536),
    "neighbours": (0, 65_536),
    "dictionary_entries": (0, 65_536),
    "window": (2, 64),
    "hyper_window": (2, 64),
}
"""Lowest and highest number of the fields that are not 1 to 65536: those of repeated layers are small, so that no
weights file can ask for a network that takes minutes to lay out."""


@dataclass(frozen=True)
class DCAEConfig:
    """One network: widths, depths and the choices in which `small` and `tiny` differ from the published one.

    Attributes:
        N: Channels of z.
        M: Channels of y; a multiple of `num_slices`.
        num_slices: Groups of channels of y that are coded one after the other.
        widths: Channels of the feature maps at 1/2, 1/4 and 1/8 of the image's sides.
        depths: Window-attention blocks at each of those scales.
        head_sizes: Channels of one attention head at each of those scales; each divides its width.
        window: Side of an attention window of g_a and g_s, in feature-map positions.
        hyper_depth: Window-attention blocks in h_a and in each h_s.
        hyper_head_size: Channels of one attention head there; divides N.
        hyper_window: Side of an attention window there.
        bottlenecks: Residual bottlenecks in a down or up block.
        dictionary_entries: Entries of the learned dictionary; 0 for a network without one.
        dictionary_heads: Heads of the cross-attention that reads it.
        dictionary_head_size: Channels of one such head; an entry has heads x head size channels.
        context_widths: Channels of the two hidden layers of each mean, scale and refinement transform.
        upsample: `deconv`: transposed 5x5 convolution; `shuffle`: 3x3 convolution and pixel shuffle.
        context: Hidden layers of the slice transforms: `conv3x3`: dense; `depthwise`: 1x1, depthwise 5x5, 1x1.
        aggregation: What gathers the neighbourhood in the dictionary attention: `dense`: the published multi-scale
            block; `depthwise`: one depthwise 5x5 convolution.
        scale_activation: `none`: sigma is the raw output; `softplus`: always positive.
        linear_path: Adds a trainable lapped block transform beside g_a and beside g_s.
        gain_knots: Knots of the per-channel log gains over log lambda; 0 for a model of one fixed lambda.
        coding_dtype: Arithmetic of h_s and the slice loop when real files are made.
        neighbours: Hidden channels of what corrects mu and sigma by the symbols around an element, a slice being coded
            in four quarters; 0 for a network that codes a slice at once. Needs `softplus`.
        trellis: Quantises y by two quantisers that take turns along a trellis, not by one.

    Raises:
        TypeError: for a value of another type than its field.
        ValueError: for a number out of its range, a choice that is none, and numbers that do not fit each other.
    """

    N: int
    M: int
    num_slices: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    head_sizes: tuple[int, int, int]
    window: int
    hyper_depth: int
    hyper_head_size: int
    hyper_window: int
    bottlenecks: int
    dictionary_entries: int
    dictionary_heads: int
    dictionary_head_size: int
    context_widths: tuple[int, int]
    upsample: Literal["deconv", "shuffle"]
    context: Literal["conv3x3", "depthwise"]
    aggregation: Literal["dense", "depthwise"]
    scale_activation: Literal["none", "softplus"]
    linear_path: bool
    gain_knots: int
    coding_dtype: Literal["float32", "float64"]
    neighbours: int = 0
    trellis: bool = False

    def __post_init__(self) -> None:
        self._check_types()
        self._check_counts()
        self._check_divisions()

    def _check_types(self) -> None:
        hints = get_type_hints(DCAEConfig)
        for field in fields(self):
            value, hint = getattr(self, field.name), hints[field.name]
            choices = get_args(hint)
            if choices and isinstance(choices[0], str):
                if value not in choices:
                    raise ValueError(f"{field.name} is {value!r}; legal: {', '.join(map(repr, choices))}")
            elif choices:
                if not (isinstance(value, tuple) and len(value) == len(choices) and all(_is_int(v) for v in value)):
                    raise TypeError(f"{field.name} is {value!r}; must be a tuple of {len(choices)} integers")
            elif hint is bool and not isinstance(value, bool):
                raise TypeError(f"{field.name} is {value!r}; must be true or false")
            elif hint is int and not _is_int(value):
                raise TypeError(f"{field.name} is {value!r}; must be an integer")

    def _check_counts(self) -> None:
        for field in fields(self):
            low, high = _LIMITS.get(field.name, (1, 65_536))
            value = getattr(self, field.name)
            for number in value if isinstance(value, tuple) else (value,):
                if _is_int(number) and not low <= number <= high:
                    raise ValueError(f"{field.name} is {number}; must be {low} to {high}")
        if self.dictionary_size > 65_536:
            heads, size = self.dictionary_heads, self.dictionary_head_size
            raise ValueError(f"a dictionary entry has {heads} x {size} = {heads * size} channels; at most 65536")
        if self.gain_knots == 1:
            raise ValueError("gain_knots is 1; must be 0 (one fixed lambda) or at least 2 (a line needs two points)")
        if self.neighbours and self.scale_activation != "softplus":
            raise ValueError(
                f"neighbours is {self.neighbours}, but sigma may be negative; use softplus, or neighbours 0"
            )
        if self.linear_path and self.M > 768:
            raise ValueError(f"M is {self.M}; with the linear path at most 768, the samples of a 16 x 16 colour block")

    def _check_divisions(self) -> None:
        if self.M % self.num_slices:
            raise ValueError(f"M is {self.M}, num_slices is {self.num_slices}; M must be a multiple of num_slices")
        for width, head_size in zip((*self.widths, self.N), (*self.head_sizes, self.hyper_head_size), strict=True):
            if width % head_size:
                raise ValueError(f"width {width} is no multiple of its head size {head_size}")
        for width in (*self.widths, self.N):
            if width % 2:
                raise ValueError(f"width {width} is odd; residual bottlenecks halve it, so it must be even")

    @property
    def slice_channels(self) -> int:
        """Channels of one slice of y."""
        return self.M // self.num_slices

    @property
    def parts_of_slice(self) -> int:
        """How many parts of a slice are coded one after the other."""
        return 4 if self.neighbours else 1

    @property
    def y_tables(self) -> int:
        """How many tables y's symbols are coded with: one for each level, of each quantiser."""
        return 2 * SCALE_LEVELS if self.trellis else SCALE_LEVELS

    @property
    def picture_dtype(self) -> Literal["bfloat16", "float32"]:
        """Arithmetic of g_a and g_s on devices that multiply in it: a wide network's fast one.

        >>> PRESETS["paper"].picture_dtype, PRESETS["small"].picture_dtype
        ('bfloat16', 'float32')
        """
        return "bfloat16" if self.coding_dtype == "float32" else "float32"

    @property
    def dictionary_size(self) -> int:
        """Channels of one dictionary entry."""
        return self.dictionary_heads * self.dictionary_head_size

    def support_channels(self, slice_index: int) -> int:
        """Channels that slice `slice_index` is predicted from, its dictionary reading included.

        >>> PRESETS["paper"].support_channels(0)
        960
        """
        return (3 if self.dictionary_entries else 2) * self.M + slice_index * self.slice_channels

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values: what a weights file stores.

        One that came after the first weights is left out at its default, so that their identity stays.

        >>> DCAEConfig.from_dict(PRESETS["tiny"].to_dict()) == PRESETS["tiny"]
        True
        """
        later = {field.name: field.default for field in fields(self) if field.default is not MISSING}
        kept = {key: value for key, value in asdict(self).items() if key not in later or value != later[key]}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in kept.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DCAEConfig:
        """The config of `to_dict`'s values.

        Raises:
            TypeError: for what is no dict, and for values of another type than their field.
            ValueError: for names that are no field, fields that are missing, and values that are not legal.
        """
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict):
            raise TypeError(f"config is {values!r}; must be a dict of its fields")
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        if not needed <= set(values) <= names:
            unknown, missing = sorted(set(values) - names), sorted(needed - set(values))
            raise ValueError(f"config fields do not fit: unknown {unknown}, missing {missing}")
        arguments: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**arguments)


def scale_table() -> list[float]:
    """The scale of each level, evenly spaced in their logarithm (CompressAI's table).

    >>> [round(scale, 2) for scale in scale_table()[::21]]
    [0.11, 1.46, 19.32, 256.0]
    """
    return [SCALE_MIN * math.exp(SCALE_LOG_STEP * level) for level in range(SCALE_LEVELS)]


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


PRESETS: dict[str, DCAEConfig] = {
    "paper": DCAEConfig(
        N=192,
        M=320,
        num_slices=5,
        widths=(96, 144, 256),
        depths=(1, 2, 12),
        head_sizes=(8, 16, 32),
        window=8,
        hyper_depth=1,
        hyper_head_size=32,
        hyper_window=4,
        bottlenecks=3,
        dictionary_entries=128,
        dictionary_heads=20,
        dictionary_head_size=32,
        context_widths=(224, 128),
        upsample="deconv",
        context="conv3x3",
        aggregation="dense",
        scale_activation="none",
        linear_path=False,
        gain_knots=0,
        coding_dtype="float32",
    ),
    "small": DCAEConfig(
        N=48,
        M=320,
        num_slices=5,
        widths=(24, 32, 48),
        depths=(0, 1, 2),
        head_sizes=(8, 16, 16),
        window=8,
        hyper_depth=1,
        hyper_head_size=16,
        hyper_window=4,
        bottlenecks=6,
        dictionary_entries=64,
        dictionary_heads=4,
        dictionary_head_size=16,
        context_widths=(112, 96),
        upsample="shuffle",
        context="depthwise",
        aggregation="depthwise",
        scale_activation="softplus",
        linear_path=True,
        gain_knots=6,
        coding_dtype="float64",
        neighbours=14,
        trellis=True,
    ),
    "tiny": DCAEConfig(
        N=24,
        M=80,
        num_slices=5,
        widths=(16, 24, 32),
        depths=(0, 0, 1),
        head_sizes=(8, 8, 16),
        window=8,
        hyper_depth=1,
        hyper_head_size=8,
        hyper_window=4,
        bottlenecks=1,
        dictionary_entries=32,
        dictionary_heads=2,
        dictionary_head_size=16,
        context_widths=(48, 32),
        upsample="shuffle",
        context="depthwise",
        aggregation="depthwise",
        scale_activation="softplus",
        linear_path=True,
        gain_knots=6,
        coding_dtype="float64",
    ),
}
"""The published network, and the two that two CPU cores can train and run live."""
