"""What a symbol of y costs, in bits, by the integer tables that it will be coded with.

An encoder that weighs bits against error, an estimate and the decoder's stage of training ask this. Knows CompressAI's
table buffers. Does not know where symbols come from, nor the coder. Source: docs/format.md (tables, levels, escapes).
"""

from __future__ import annotations

import torch
from compressai.entropy_models import GaussianConditional
from torch import Tensor

from dcae.config import SCALE_LEVELS, SCALE_LOG_STEP, SCALE_MAX, SCALE_MIN, scale_table

REACH = 255
_ESCAPE_LENGTH_BITS = 23  # the longest length of an excess has no end mark


class SymbolCosts:
    """The costs by the tables of an entropy model; by a Gaussian's if it has none yet.

    Symbols beyond 255 are taken to cost as much as that one.

    Args:
        gaussian: y's entropy model.
    """

    def __init__(self, gaussian: GaussianConditional) -> None:
        if gaussian._quantized_cdf.numel() == 0:
            gaussian = gaussian_with_tables().to(gaussian._quantized_cdf.device)
        self._bits = _bits_of(gaussian).flatten()

    def level_of(self, sigma: Tensor) -> Tensor:
        """The level that a symbol of scale sigma is coded with: int64, of sigma's shape.

        Next to a boundary between two levels rounding may lead to the other one, which costs the same there.
        """
        return _position(sigma).round().long().clamp(0, SCALE_LEVELS - 1)  # of NaN, too

    def at_level(self, symbols: Tensor, level: Tensor) -> Tensor:
        """The bits of each symbol, of any shape, at its level, int64 of that shape: float32."""
        places = symbols.long().clamp(-REACH, REACH) + REACH
        return self._bits.to(symbols.device).take(level * (2 * REACH + 1) + places)

    def between_levels(self, symbols: Tensor, sigma: Tensor) -> Tensor:
        """The bits of each symbol, of any shape, at its sigma, on a line between two levels: with a slope in sigma."""
        position = _position(sigma)
        below = position.detach().floor().clamp_max(SCALE_LEVELS - 2)
        share, level = position - below, below.long()
        return (1 - share) * self.at_level(symbols, level) + share * self.at_level(symbols, level + 1)


def gaussian_with_tables() -> GaussianConditional:
    """y's entropy model with the tables of Gaussians, one for each level."""
    gaussian = GaussianConditional(scale_table())
    gaussian.update_scale_table(scale_table(), force=True)
    return gaussian


def _position(sigma: Tensor) -> Tensor:
    """Where sigma lies among the levels, 0 to 63, with fractions."""
    sigma = sigma.to(torch.promote_types(sigma.dtype, torch.float32))
    return (sigma.clamp(SCALE_MIN, SCALE_MAX) / SCALE_MIN).log() / SCALE_LOG_STEP


def _bits_of(gaussian: GaussianConditional) -> Tensor:
    """The bits of symbols -REACH to REACH at each level: (64, 2 REACH + 1), float32."""
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
