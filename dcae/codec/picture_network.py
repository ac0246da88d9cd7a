"""The network that a codec's g_a and g_s are run with: the model, or a copy whose wide layers are in bfloat16.

Only for networks that code in float32, such as the published one: there g_a and g_s take longer than all the rest. A
narrow network's pictures are the same on every machine within a level, and stay so: it gains little.
Does not know images, y's gain, or what is coded.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from dcae.codec.layer_points import add_points
from dcae.codec.preview import fastest_dtype
from dcae.model.dcae import DCAE
from dcae.model.layers import ShuffleConv2d


def picture_network(model: DCAE, *, float32: bool = False) -> DCAE:
    """The model itself, or its copy in bfloat16 where its config allows it and its device multiplies in it.

    Args:
        model: A model in eval mode.
        float32: Whether it is to be the model itself whatever the device can do.
    """
    if float32 or model.config.picture_dtype == "float32":
        return model
    like = next(model.parameters())
    is_fast = like.device.type == "cuda" or fastest_dtype(model) == torch.bfloat16
    return in_bfloat16(model) if like.dtype == torch.float32 and is_fast else model


def in_bfloat16(model: DCAE) -> DCAE:
    """The model with a copy of g_a and g_s in bfloat16, channels last; all other parts are the model's own.

    What comes out is as precise as float32: y may be in the hundreds, where bfloat16's steps are wider than a
    quantiser's, and near white they are a level wide. So the last layer of each stays in float32.
    """
    parts = {name: part for name, part in model.named_children() if name not in ("g_a", "g_s")}
    with torch.no_grad():
        network: Any = copy.deepcopy(model, {id(part): part for part in parts.values()})
        last = network.g_s[-1]
        if isinstance(last.conv, nn.ConvTranspose2d):
            last.conv = ShuffleConv2d.of(last.conv)  # for three channels in half the time
        for layer in (*network.g_a[:-1], *network.g_s[:-1], last.residuals):
            layer.to(torch.bfloat16)
        for transform in (network.g_a, network.g_s):
            transform.to(memory_format=torch.channels_last)
            transform.register_forward_pre_hook(_to_bfloat16)
        for layer in (network.g_a[-1], last.conv):
            layer.register_forward_pre_hook(_to_float32)
    add_points(network)
    return network


def _to_bfloat16(_layer: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    return (inputs[0].to(torch.bfloat16),)


def _to_float32(_layer: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    return (inputs[0].float(),)
