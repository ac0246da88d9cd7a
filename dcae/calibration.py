"""Whether an entropy model is right about itself: records of what it foresaw beside what happened.

Anyone's model can fill them. Knows numbers. Does not know networks, tables or files.
Source: reliability diagrams, DeGroot and Fienberg, The comparison and evaluation of forecasters, 1983.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """Scales and costs of one coding's symbols, in groups of like ones.

    Groups of scales: elements whose sigma is nearly the same. Groups of costs: all cases in which the model had set
    aside about so many bits for a value, whether that value came or not.

    Attributes:
        sigma: (s,), mean of a group, quantiser steps; not below what the coder's tables begin with.
        expected_error: (s,), mean of |y - mu| that a Gaussian of these sigmas has, sigma sqrt(2 / pi).
        error: (s,), mean of |y - mu| that was found.
        elements: (s,), how many.
        charged_bits: (r,), -log2 of the share of its cases in which the model expected the value.
        fair_bits: (r,), -log2 of the share in which it came; what a model that is right would charge.
        hits: (r,), how many came.
        total_bits: what the tables charge for all symbols, without what a value beyond a table costs extra.
        least_bits: what they would cost with tables that had been made from this very coding's counts, one a level.

    Raises:
        ValueError: arrays do not pair up, or more is charged at least than in all.
    """

    sigma: Numbers
    expected_error: Numbers
    error: Numbers
    elements: NDArray[np.int64]
    charged_bits: Numbers
    fair_bits: Numbers
    hits: NDArray[np.int64]
    total_bits: float
    least_bits: float

    def __post_init__(self) -> None:
        scales, costs = ("expected_error", "error", "elements"), ("fair_bits", "hits")
        for names, like in ((scales, self.sigma), (costs, self.charged_bits)):
            for name in names:
                if getattr(self, name).shape != like.shape:
                    raise ValueError(f"{name} has shape {getattr(self, name).shape}; must be {like.shape}")
        if self.least_bits > self.total_bits * (1 + 1e-9):
            raise ValueError(f"at least {self.least_bits} bits of {self.total_bits} in all; must not be more")
        freeze_arrays(self)

    @property
    def excess(self) -> float:
        """The share of the bits that better tables could have saved at most, 0 to 1."""
        return (self.total_bits - self.least_bits) / self.total_bits if self.total_bits else 0.0
