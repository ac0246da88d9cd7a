"""What a symbol of y costs, in bits, by the integer tables that it will be coded with.

An encoder that weighs bits against error, an estimate and the decoder's stage of training ask this. Knows CompressAI's
table buffers. Does not know where symbols come from, nor the coder. Source: docs/format.md (tables, levels, escapes).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from compressai.entropy_models import GaussianConditional
from torch import Tensor

from dcae.config import SCALE_LEVELS, SCALE_LOG_STEP, SCALE_MAX, SCALE_MIN, scale_table
from dcae.model.trellis import value_of

REACH = 255
_ESCAPE_LENGTH_BITS = 23  # the longest length of an excess has no end mark


class Between(NamedTuple):
    """Between which levels scales lie: the one below, int64, and how far they are from it to the next one, 0 to 1."""

    level: Tensor
    share: Tensor


class SymbolCosts:
    """The costs by the tables of an entropy model; by a Gaussian's if it has none yet.

    Symbols beyond 255 are taken to cost as much as that one. There are tables for each level, and for a trellis those
    of its second quantiser behind them: what is coded by these has 64 as its first table.

    Args:
        gaussian: y's entropy model.
        trellis: Whether its symbols are those of a trellis.
    """

    def __init__(self, gaussian: GaussianConditional, trellis: bool = False) -> None:
        if gaussian._quantized_cdf.numel() == 0:
            gaussian = gaussian_with_tables(trellis).to(gaussian._quantized_cdf.device)
        self._bits = _bits_of(gaussian).flatten()

    def level_of(self, sigma: Tensor) -> Tensor:
        """The level that a symbol of scale sigma is coded with: int64, of sigma's shape.

        Next to a boundary between two levels rounding may lead to the other one, which costs the same there.
        """
        return _position(sigma).round().long().clamp(0, SCALE_LEVELS - 1)  # of NaN, too

    def at_level(self, symbols: Tensor, table: Tensor) -> Tensor:
        """The bits of each symbol, of any shape, by its table (its first one and its level), int64: float32."""
        places = symbols.long().clamp(-REACH, REACH) + REACH
        return self._bits.to(symbols.device).take(table * (2 * REACH + 1) + places)

    def between_levels(self, symbols: Tensor, sigma: Tensor, first_table: Tensor | int = 0) -> Tensor:
        """The bits of each symbol, of any shape, at its sigma, on a line between two levels: with a slope in sigma."""
        return self.at(symbols, self.between(sigma), first_table)

    def at(self, symbols: Tensor, between: Between, first_table: Tensor | int = 0) -> Tensor:
        """As `between_levels`, of a sigma that lies `between` two levels."""
        below = self.at_level(symbols, first_table + between.level)
        above = self.at_level(symbols, first_table + between.level + 1)
        return (1 - between.share) * below + between.share * above

    def between(self, sigma: Tensor) -> Between:
        """Between which levels sigma lies, of any shape."""
        position = _position(sigma)
        below = position.detach().floor().clamp_max(SCALE_LEVELS - 2)
        return Between(below.long().clamp(0, SCALE_LEVELS - 2), position - below)  # of NaN, too


def gaussian_with_tables(trellis: bool = False) -> GaussianConditional:
    """y's entropy model with the tables of Gaussians, one for each level; of a trellis, one for each of its quantisers.

    A symbol is as likely as what lies nearer to its value than to others'.
    """
    gaussian = GaussianConditional(scale_table())
    gaussian.update_scale_table(scale_table(), force=True)
    if not trellis:
        return gaussian
    sizes, offsets = gaussian._cdf_length - 2, gaussian._offset
    most = int(sizes.max())
    symbols = offsets[:, None] + torch.arange(most)  # (64, most), each row's from its first on
    value = value_of(symbols.double(), 1)
    next_value, last_value = (value_of(symbols.double() + side, 1) for side in (1, -1))
    scale = torch.tensor(scale_table(), dtype=torch.float64)[:, None]
    below, above = (torch.special.ndtr((value + other) / (2 * scale)) for other in (last_value, next_value))
    likely = torch.where(torch.arange(most) < sizes[:, None], above - below, 0)
    cdf = gaussian._pmf_to_cdf(likely.float(), (1 - likely.sum(1, keepdim=True)).float().clamp_min(0), sizes, most)
    gaussian._quantized_cdf = torch.cat([gaussian._quantized_cdf, cdf])
    gaussian._cdf_length, gaussian._offset = gaussian._cdf_length.repeat(2), offsets.repeat(2)
    return gaussian


def _position(sigma: Tensor) -> Tensor:
    """Where sigma lies among the levels, 0 to 63, with fractions."""
    sigma = sigma.to(torch.promote_types(sigma.dtype, torch.float32))
    return (sigma.clamp(SCALE_MIN, SCALE_MAX) / SCALE_MIN).log() / SCALE_LOG_STEP


def _bits_of(gaussian: GaussianConditional) -> Tensor:
    """The bits of symbols -REACH to REACH by each table: (tables, 2 REACH + 1), float32."""
    cdf = gaussian._quantized_cdf.double()
    lengths, offsets = (buffer.long()[:, None] for buffer in (gaussian._cdf_length, gaussian._offset))
    symbols = torch.arange(-REACH, REACH + 1, device=cdf.device)
    entries, escape = symbols - offsets, lengths - 2  # the last entry is the escape
    excess = torch.where(entries < 0, -entries, entries - escape + 1).clamp_min(1)
    magnitude = excess.double().log2().floor()
    inside = (entries >= 0) & (entries < escape)
    entries = torch.where(inside, entries, escape)
    frequencies = cdf.gather(1, entries + 1) - cdf.gather(1, entries)
    after_escape = 1 + 2 * magnitude + (magnitude < _ESCAPE_LENGTH_BITS)
    return (gaussian.entropy_coder_precision - frequencies.log2() + torch.where(inside, 0, after_escape)).float()
