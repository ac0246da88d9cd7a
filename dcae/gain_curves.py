"""What the gains of a model of every lambda do to its channels: records, from one photo coded at several lambdas.

Anyone's model can fill them. Knows numbers. Does not know networks.
Shapes: L lambdas, M channels of y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays
from dcae.traces import Trace


@dataclass(frozen=True, kw_only=True, eq=False)
class GainCurves:
    """Gains, and what each channel still says, at each lambda.

    Attributes:
        lmbda: (L,), rising.
        gain: (L, M): what y is multiplied by before it is rounded; the quantiser's step is 1 / gain.
        inverse_gain: (L, M): what y_hat is multiplied by before g_s; a little more or less than 1 / gain.
        bits: (L, M): what each channel costs.
        loud: (L, M): the share of a channel's symbols that are not zero.
        bpp: (L,), of the whole file.
        num_slices: groups of channels, in their order.

    Raises:
        ValueError: shapes do not fit each other, or lambdas do not rise.
    """

    lmbda: NDArray[np.float64]
    gain: NDArray[np.float64]
    inverse_gain: NDArray[np.float64]
    bits: NDArray[np.float64]
    loud: NDArray[np.float64]
    bpp: NDArray[np.float64]
    num_slices: int

    def __post_init__(self) -> None:
        shape = (len(self.lmbda), *self.gain.shape[1:])
        for name in ("gain", "inverse_gain", "bits", "loud"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}; must be {shape}")
        if self.bpp.shape != self.lmbda.shape:
            raise ValueError(f"bpp has shape {self.bpp.shape}; must be {self.lmbda.shape}")
        if not (np.diff(self.lmbda) > 0).all():
            raise ValueError(f"lmbda is {self.lmbda.tolist()}; must rise")
        freeze_arrays(self)

    @classmethod
    def of(cls, traces: Sequence[Trace]) -> GainCurves:
        """The curves of one photo's codings, in any order.

        Raises:
            ValueError: there is none, or one is of a model of one fixed lambda, or two are of the same lambda.
        """
        if not traces:
            raise ValueError("no traces; there must be 1 or more")
        ordered = sorted(traces, key=lambda trace: trace.file.lmbda or 0)
        gains = [(trace.gain, trace.inverse_gain) for trace in ordered]
        if any(gain is None or inverse is None for gain, inverse in gains):
            raise ValueError("a trace is of a model of one fixed lambda, which has no gains")
        gain, inverse_gain = (np.array(each, np.float64) for each in zip(*gains, strict=True))
        return cls(
            lmbda=np.array([trace.file.lmbda for trace in ordered]),
            gain=gain,
            inverse_gain=inverse_gain,
            bits=np.array([trace.y_bits.sum(axis=(1, 2), dtype=np.float64) for trace in ordered]),
            loud=np.array([(trace.symbols != 0).mean(axis=(1, 2)) for trace in ordered]),
            bpp=np.array([trace.file.bpp for trace in ordered]),
            num_slices=ordered[0].num_slices,
        )

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which channels have no symbol but zero, (L, M)."""
        return self.loud == 0
