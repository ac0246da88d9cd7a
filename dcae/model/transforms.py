"""The five transforms: g_a and g_s between image and y, h_a and the two h_s between y and z.

Knows which layers follow each other, in the published order, so that an index in a sequence is the published index.
Does not know the linear path, the gains or what is coded.
"""

from __future__ import annotations

from torch import nn

from dcae.config import DCAEConfig
from dcae.model.attention import Stage
from dcae.model.layers import DownBlock, UpBlock, upsampling


def analysis(config: DCAEConfig) -> nn.Sequential:
    """g_a: (B, 3, H, W) -> (B, M, H/16, W/16)."""
    layers: list[nn.Module] = []
    channels = 3
    for width, depth, head_size in zip(config.widths, config.depths, config.head_sizes, strict=True):
        layers.append(DownBlock(channels, width, config.bottlenecks))
        layers.append(Stage(width, depth, head_size, config.window))
        channels = width
    layers.append(nn.Conv2d(channels, config.M, 5, stride=2, padding=2))
    return nn.Sequential(*layers)


def synthesis(config: DCAEConfig) -> nn.Sequential:
    """g_s: (B, M, H/16, W/16) -> (B, 3, H, W)."""
    layers: list[nn.Module] = [upsampling(config.M, config.widths[2], 5, config.upsample)]
    outputs = (3, *config.widths[:2])
    for scale in (2, 1, 0):
        width = config.widths[scale]
        layers.append(Stage(width, config.depths[scale], config.head_sizes[scale], config.window))
        layers.append(UpBlock(width, outputs[scale], config.bottlenecks, config.upsample))
    return nn.Sequential(*layers)


def hyper_analysis(config: DCAEConfig) -> nn.Sequential:
    """h_a: (B, M, H/16, W/16) -> (B, N, H/64, W/64)."""
    return nn.Sequential(
        DownBlock(config.M, config.N, config.bottlenecks),
        Stage(config.N, config.hyper_depth, config.hyper_head_size, config.hyper_window),
        nn.Conv2d(config.N, config.N, 3, stride=2, padding=1),
    )


def hyper_synthesis(config: DCAEConfig) -> nn.Sequential:
    """h_mean_s or h_scale_s: (B, N, H/64, W/64) -> (B, M, H/16, W/16)."""
    return nn.Sequential(
        upsampling(config.N, config.N, 3, config.upsample),
        Stage(config.N, config.hyper_depth, config.hyper_head_size, config.hyper_window),
        UpBlock(config.N, config.M, config.bottlenecks, config.upsample),
    )
