"""Dependent quantisation: two quantisers that take turns along a trellis, and the cheapest way through it.

A decoder follows: the quantiser of an element is that of its state, and the parity of each symbol leads to the state of
the next. So what a whole sequence may be is better spread in space than on a grid, and is missed by less. An encoder
searches: of all sequences it takes the one that costs least in error and bits together (Viterbi).
A sequence runs through the channels of one slice at one place, so places do not depend on each other.
Knows states, symbols and values. Does not know slices, streams or what predicts mu and sigma.
Sources: Marcellin and Fischer, Trellis coded quantization, IEEE Trans. Communications 38(1), 1990; Schwarz et al.,
Quantization and entropy coding in the Versatile Video Coding standard, IEEE Trans. CSVT 31(10), 2021 (two quantisers
with a zero each, states driven by parity: 4 there, 8 in what came after it); Suehring et al., Trellis-coded
quantization for end-to-end learned image compression, ICIP 2022.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

STATES = 8
NEXT_STATE = ((0, 2), (5, 7), (1, 3), (6, 4), (2, 0), (4, 6), (3, 1), (7, 5))
"""From each state after an even and after an odd symbol. Even states have the quantiser 0, odd ones the quantiser 1."""

Costs = Callable[[Tensor, int], Tensor]
"""What symbols (C, P) cost in squared steps where they are coded by quantiser 0 or 1."""

_WAYS = sorted((after, state, parity) for state in range(STATES) for parity, after in enumerate(NEXT_STATE[state]))
"""All ways from a state to the next: the two that lead to state 0, the two that lead to 1, and so on."""


def value_of(symbols: Tensor, quantiser: Tensor | int) -> Tensor:
    """What symbols stand for, in quantiser steps: any shape.

    Quantiser 0 has the integers; quantiser 1 has zero and the halves: its symbol k is k - sign(k)/2.

    >>> value_of(torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]), 1)
    tensor([-1.5000, -0.5000,  0.0000,  0.5000,  1.5000])
    """
    return symbols - symbols.sign() * quantiser / 2


def quantisers_of(symbols: Tensor) -> Tensor:
    """The quantiser of each symbol of sequences along dimension 0, (C, ...): int64, 0 or 1.

    >>> quantisers_of(torch.tensor([0, 1, 0, 3, 0]))
    tensor([0, 0, 0, 1, 1])
    """
    after = torch.tensor(NEXT_STATE, device=symbols.device).flatten()
    odd = symbols.long() & 1
    state, states = torch.zeros_like(odd[0]), []
    for parity in odd:
        states.append(state)
        state = after[2 * state + parity]
    return torch.stack(states) & 1


@torch.no_grad()
def cheapest_way(residual: Tensor, costs: Costs) -> tuple[Tensor, Tensor]:
    """The symbols of P sequences whose sum of squared error and costs is least, and the quantiser of each.

    Of each quantiser and parity the nearest symbol stands for choice, and zero.

    Args:
        residual: y - mu in quantiser steps, (C, P), float32 or float64.
        costs: Of symbols.

    Shapes: both results (C, P): symbols of residual's type, quantisers int64.
    """
    symbols, errors = _candidates(residual, costs)  # (4, C, P)
    device = residual.device
    before, kind = (
        torch.tensor(column, device=device).view(STATES, 2)
        for column in zip(*((state, 2 * (state & 1) + parity) for _, state, parity in _WAYS), strict=True)
    )
    total = residual.new_full((STATES, residual.shape[1]), torch.inf)
    total[0] = 0
    is_second = []
    for step in range(residual.shape[0]):
        one, other = (total[before[:, way]].add_(errors[kind[:, way], step]) for way in (0, 1))
        is_second.append(other < one)
        total = torch.minimum(one, other)
    ways, before, kind = torch.arange(residual.shape[1], device=device), before.flatten(), kind.flatten()
    state = total.argmin(0)
    kinds = torch.empty(residual.shape, dtype=torch.int64, device=device)
    for step in reversed(range(residual.shape[0])):
        way = 2 * state + is_second[step][state, ways]
        kinds[step], state = kind[way], before[way]
    return symbols.gather(0, kinds[None])[0], kinds >> 1


def _candidates(residual: Tensor, costs: Costs) -> tuple[Tensor, Tensor]:
    """Of each quantiser and parity the best symbol for each element, and what it costs in all: both (4, C, P)."""
    size, sign = residual.abs(), residual.sign()
    symbols, errors = [], []
    for quantiser, parity in ((0, 0), (0, 1), (1, 0), (1, 1)):
        if parity:  # sizes 1, 3, 5 and so on, or half a step less
            symbol = ((size - (1 - quantiser / 2)) / 2).round().clamp_min_(0).mul_(2).add_(1)
        else:  # 0, 2, 4 and so on, or half a step less but for 0
            symbol = ((size + quantiser / 2) / 2).round().mul_(2)
            symbol[size < 0.75 * quantiser] = 0
        symbol *= torch.where(sign == 0, 1, sign)
        error = (residual - value_of(symbol, quantiser)).square_() + costs(symbol, quantiser)
        if not parity:
            none = torch.zeros_like(symbol)
            error_of_none = residual.square() + costs(none, quantiser)
            symbol = torch.where(error_of_none < error, none, symbol)
            error = torch.minimum(error, error_of_none)
        symbols.append(symbol)
        errors.append(error)
    return torch.stack(symbols), torch.stack(errors)
