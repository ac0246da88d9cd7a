"""Per-channel gains that let one model serve every lambda.

Knows log-linear interpolation over lambda. Does not know what is gained.
Source: Cui et al., Asymmetric gained deep image compression with continuous rate adaptation, CVPR 2021.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from dcae.config import LMBDA_MAX, LMBDA_MIN

REFERENCE_LMBDA = 0.013
"""The lambda at which a new model's gains are all one."""


class Gain(nn.Module):
    """exp of a table of log gains, (knots, M), linear in log lambda between its knots and beyond the outer two.

    High-rate theory has a quantiser's step go with lambda to the power -1/2, so log gains start at
    +-1/2 ln(lambda / 0.013).

    Args:
        knots: Points in log lambda, evenly spaced over [0.0018, 0.05].
        channels: Channels to gain.
        sign: +1 for the gain before quantisation, -1 for its inverse after it.

    Shapes: lambda (B,) -> gains (B, channels, 1, 1).
    """

    def __init__(self, knots: int, channels: int, sign: int) -> None:
        super().__init__()
        log_lmbda = torch.linspace(math.log(LMBDA_MIN), math.log(LMBDA_MAX), knots)
        start = sign * 0.5 * (log_lmbda - math.log(REFERENCE_LMBDA))
        self.log_gain = nn.Parameter(start[:, None].repeat(1, channels))

    def forward(self, lmbda: Tensor) -> Tensor:
        low, high = math.log(LMBDA_MIN), math.log(LMBDA_MAX)
        last = self.log_gain.shape[0] - 1
        position = (lmbda.log() - low) * (last / (high - low))  # (B,), in knots
        left = position.detach().floor().clamp(0, last - 1).long()
        share = (position - left).to(self.log_gain.dtype)[:, None]
        log_gain = (1 - share) * self.log_gain[left] + share * self.log_gain[left + 1]  # (B, channels)
        return log_gain.exp()[:, :, None, None]
