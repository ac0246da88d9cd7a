"""How y becomes symbols: rounding around mu, or a choice that weighs bits against error, of each or of a whole trellis.

Only an encoder chooses; a decoder takes any symbol. Knows residuals, scales and what symbols cost. Does not know what
predicts them, nor streams. Source: Sullivan and Wiegand, Rate-distortion optimization for video compression, IEEE
Signal Processing Magazine 15(6), 1998; the weight was found by trial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dcae.config import SCALE_LEVELS, DCAEConfig
from dcae.model.slices import whole_of
from dcae.model.symbol_costs import SymbolCosts
from dcae.model.trellis import cheapest_way, value_of

RATE_WEIGHT = 0.08
"""What a bit is worth in squared quantiser steps. A uniform quantiser trades at 2 ln 2 / 12 = 0.116 at high rate. Of
0.06, 0.08, 0.1 and 0.12, each with tables fitted to its symbols, it gave `small` the best mean curve on photos: the
others took 0.1, 0.6 and 1.6 % more bits; that was without a trellis, which has the same."""


class Quantised(NamedTuple):
    """Symbols of a part of y: all of its shape.

    Attributes:
        symbols: The integers that are coded.
        values: What they stand for, in quantiser steps; the symbols themselves without a trellis.
        first_table: The first of the tables by which they are coded, one for each level, int64: 64 for those of a
            trellis' quantiser 1, else 0.
    """

    symbols: Tensor
    values: Tensor
    first_table: Tensor


def whole_choice(parts: Sequence[Quantised], config: DCAEConfig) -> Quantised:
    """What was chosen for the parts of one or more whole slices, as one: (B, C, H/16, W/16)."""
    return Quantised(*(whole_of(each, config) for each in zip(*parts, strict=True)))


Choice = Callable[[Tensor, Tensor], Quantised]
"""From y - mu and sigma, of one shape, (B, M/slices, H/16, W/16), to what is coded of them."""


def scalar_choice(choose: Callable[[Tensor, Tensor], Tensor]) -> Choice:
    """The choice of one quantiser for all elements, whose symbols are found by `choose`."""

    def choice(residual: Tensor, sigma: Tensor) -> Quantised:
        symbols = choose(residual, sigma)
        return Quantised(symbols, symbols, symbols.new_zeros((), dtype=torch.int64).expand_as(symbols))

    return choice


def trellis_choice(costs: SymbolCosts, rate_weight: float) -> Choice:
    """The choice of a trellis: of whole sequences of symbols, a bit weighing so many squared steps."""

    @torch.no_grad()
    def choice(residual: Tensor, sigma: Tensor) -> Quantised:
        between = costs.between(_sequences(sigma).float())
        symbols, quantisers = cheapest_way(
            _sequences(residual).float(),
            lambda some, quantiser: rate_weight * costs.at(some, between, SCALE_LEVELS * quantiser),
        )
        found = (
            symbols.to(residual.dtype),
            value_of(symbols, quantisers).to(residual.dtype),
            SCALE_LEVELS * quantisers,
        )
        return Quantised(*(_places(each, residual.shape) for each in found))

    return choice


def _sequences(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (C, B H W)."""
    return x.transpose(0, 1).flatten(1)


def _places(x: Tensor, shape: torch.Size) -> Tensor:
    """The inverse of `_sequences`."""
    return x.unflatten(1, (shape[0], shape[2], shape[3])).transpose(0, 1)


@torch.no_grad()
def rounded(residual: Tensor) -> Tensor:
    """The nearest symbols of y - mu, any shape."""
    return residual.round()


@torch.no_grad()
def weighed(residual: Tensor, sigma: Tensor, costs: SymbolCosts) -> Tensor:
    """The nearest symbols of y - mu or those one step nearer to zero, whichever costs less.

    cost = (y - mu - symbol)^2 + RATE_WEIGHT * bits of the symbol by the tables, on a line between two levels: so the
    size of a file does not jump where sigma goes from one level to the next.

    Shapes: residual and sigma of one shape, any; the result has it too.
    """
    nearest = residual.round()
    chosen = nearest.flatten().clone()
    places = chosen.nonzero()[:, 0]  # zero stays zero, and most are
    exact = torch.promote_types(residual.dtype, torch.float32)
    symbol, value, scale = (t.flatten()[places].to(exact) for t in (chosen, residual, sigma))
    smaller = symbol - symbol.sign()
    bits, bits_smaller = costs.between_levels(symbol, scale), costs.between_levels(smaller, scale)
    cost, cost_smaller = (
        (value - symbol).square() + RATE_WEIGHT * bits,
        (value - smaller).square() + RATE_WEIGHT * bits_smaller,
    )
    chosen[places] = torch.where(cost_smaller < cost, smaller, symbol).to(chosen.dtype)
    return chosen.view_as(nearest)
