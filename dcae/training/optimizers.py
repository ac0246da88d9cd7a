"""The optimisers: Muon for matrices, Adam for everything else, an Adam of its own for the quantiles of z.

Knows which parameter is which. Does not know losses or schedules.
Source: Jordan et al., Muon, 2024 (orthogonalised momentum), from the library pytorch_optimizer.
"""

from __future__ import annotations

import torch
from pytorch_optimizer import Muon
from torch import nn

from dcae.model.dcae import DCAE
from dcae.training.config import TrainingConfig

_NO_MATRIX = ("analysis_path.", "synthesis_path.", "entropy_bottleneck.", "gain.", "inverse_gain.")


def main_optimizer(model: DCAE, config: TrainingConfig) -> torch.optim.Optimizer:
    """One optimiser over all parameters but the quantiles: a Muon group and an Adam group, or Adam for both."""
    matrices, others = split_parameters(model)
    if config.optimizer == "adam":
        return torch.optim.Adam([*matrices, *others], lr=config.adam_lr, betas=(0.9, 0.99))
    return Muon(
        [
            {"params": matrices, "lr": config.muon_lr, "use_muon": True},
            {"params": others, "lr": config.adam_lr, "betas": (0.9, 0.99), "eps": 1e-8, "use_muon": False},
        ]
    )


def quantiles_optimizer(model: DCAE, config: TrainingConfig) -> torch.optim.Adam:
    """The optimiser of `DCAE.aux_loss`."""
    return torch.optim.Adam([model.entropy_bottleneck.quantiles], lr=config.aux_lr)


def split_parameters(model: DCAE) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Weights of convolutions and linear layers with more than one input channel, and all the others that learn."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if name == "entropy_bottleneck.quantiles" or not parameter.requires_grad:
            continue
        is_matrix = name.endswith(".weight") and parameter.dim() >= 2 and parameter.shape[1] > 1
        (matrices if is_matrix and not name.startswith(_NO_MATRIX) else others).append(parameter)
    return matrices, others
