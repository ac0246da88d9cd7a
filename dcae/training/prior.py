"""The last step of a run: z's prior fitted to the z that the finished network makes.

In a short run the factorised prior is still close to its wide start, since each step moves it as little as the
network; alone it is fitted in seconds. Knows z and its likelihood. Does not know photos or the loss.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from dcae.model.dcae import DCAE
from dcae.model.entropy import z_likelihoods

STEPS, LEARNING_RATE = 500, 0.02


def fit_prior(model: DCAE, z: Tensor) -> float:
    """Trains the entropy bottleneck of a model alone, in place; returns the bits an element of z costs then.

    Args:
        model: A model; nothing but its entropy bottleneck changes, and its tables become stale.
        z: z of many images at many lambdas, (B, N, H, W).
    """
    bottleneck = copy.deepcopy(model.entropy_bottleneck).train().requires_grad_(True)
    fitted = {name: parameter for name, parameter in bottleneck.named_parameters() if name != "quantiles"}
    optimizer = torch.optim.Adam(fitted.values(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    bits = torch.zeros(())
    for _ in range(STEPS):
        optimizer.zero_grad()
        bits = -z_likelihoods(bottleneck, z)[1].log2().mean()
        bits.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        for name, parameter in fitted.items():
            model.entropy_bottleneck.get_parameter(name).copy_(parameter)
    return bits.item()
