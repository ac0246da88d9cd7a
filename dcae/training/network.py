"""The network that a run trains: how it begins, and what a step asks of it.

Knows names and shapes of parameters, stages and precision. Does not know losses or optimisers.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dcae.checkpoint import read_weights
from dcae.model.attention import AttentionBlock
from dcae.model.dcae import DCAE
from dcae.model.entropy import Noise
from dcae.model.gain import REFERENCE_LMBDA
from dcae.model.layers import Bottleneck
from dcae.model.neighbours import Neighbours
from dcae.training.config import TrainingConfig
from dcae.training.loss import Perceptual
from dcae.training.tuning import freeze_encoder, output_on_symbols

log = logging.getLogger(__name__)

_BRANCH_ENDS: dict[type[nn.Module], tuple[str, ...]] = {
    Bottleneck: ("conv3",),
    AttentionBlock: ("attention.linear", "mlp.fc2"),
}
"""The last layer of each residual branch: while these are zero, a block returns its input."""


class Network(nn.Module):
    """A network in the stage and the precision of a run: what is differentiated, and shared by processes.

    The quantiles of z stay out of what processes share: no forward pass uses them, and each process computes the same
    gradient of them by itself.

    Shapes: x (B, 3, H, W) in [0, 1], lmbda (B,) or None without gains; the result is that of `DCAE.forward`.
    """

    def __init__(self, model: DCAE, config: TrainingConfig) -> None:
        super().__init__()
        self.model, self._in_bfloat16 = model, config.bfloat16
        self.stage = DCAE.forward
        if config.stage != "joint":
            model.eval()
            self.stage = output_on_symbols
        if config.stage == "decoder":
            freeze_encoder(model)
        self._ddp_params_and_buffers_to_ignore = ["model.entropy_bottleneck.quantiles"]

    def forward(self, x: Tensor, lmbda: Tensor | None, noise: Noise) -> dict[str, Any]:
        """The stage's output, its transforms in the run's precision."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self._in_bfloat16):
            return self.stage(self.model, x, lmbda, noise)


def start_model(config: TrainingConfig) -> DCAE:
    """The network of a configuration, in training mode on the CPU, drawn by its seed and started from `config.start`.

    Raises:
        FileNotFoundError, ValueError: if the weights to start from are none, or nothing in them fits.
    """
    torch.manual_seed(config.seed)
    model = DCAE(config.network)
    if config.lmbdas:
        _move_to_lmbda(model, config.lmbdas[0])
    if config.start:
        taken, count = take_over(model, read_weights(Path(config.start)))
        if not taken:
            raise ValueError(f"{config.start}: none of its parameters fits the network of this run")
        if taken < count:
            log.info("%s: %d of the network's %d parameters fit, the others start anew", config.start, taken, count)
    return model.train()


@torch.no_grad()
def take_over(model: DCAE, other: DCAE) -> tuple[int, int]:
    """Copies each parameter of `other` whose name and shape the model has: (how many, of how many of the model's).

    Residual blocks that only the model has start as what changes nothing, so that a deeper network begins exactly as
    good as the other one (function-preserving growth: Chen et al., Net2Net, ICLR 2016, section 2.3). So do neighbours
    that the other one lacks, or has in another width.
    """
    theirs, ours = dict(other.named_parameters()), dict(model.named_parameters())
    fitting = [name for name in ours if name in theirs and theirs[name].shape == ours[name].shape]
    renewed = [
        f"{name}."
        for name, module in model.named_modules()
        if isinstance(module, Neighbours) and f"{name}.conv.weight" not in fitting
    ]
    fitting = [name for name in fitting if not name.startswith(tuple(renewed))]  # begins as what changes nothing
    for name in fitting:
        ours[name].copy_(theirs[name])
    theirs_too = dict(other.named_modules())
    added = [block for name, block in model.named_modules() if name not in theirs_too]
    ends = [block.get_submodule(end) for block in added for end in _BRANCH_ENDS.get(type(block), ())]
    for parameter in nn.ModuleList(ends).parameters():
        parameter.zero_()
    return len(fitting), len(ours)


def perceptual_distance(config: TrainingConfig, device: torch.device) -> Perceptual | None:
    """LPIPS for the loss, if the configuration weighs it.

    Raises:
        ValueError: if the features that it needs are not installed.
    """
    if not config.lpips:
        return None
    from dcae.metrics import lpips_network

    return lpips_network().to(device)


@torch.no_grad()
def _move_to_lmbda(model: DCAE, lmbda: float) -> None:
    """Gives a new network without gains the linear path of its lambda: steps go with lambda to the power -1/2."""
    if model.analysis_path is None or model.synthesis_path is None or model.gain is not None:
        return
    factor = math.sqrt(lmbda / REFERENCE_LMBDA)
    model.analysis_path.conv.weight.mul_(factor)
    model.synthesis_path.conv.weight.div_(factor)
