"""g_a and g_s of one model as a codec runs them: their arithmetic (`dcae.codec.picture_network`) and memory order.

The symbols of a file do not depend on how g_s runs, and any y may be coded, so both may run in whatever arithmetic is
fast and good enough; what must be the same on every machine is the latent coder's affair. Does not know images of
uint8, padding, files or lambda's range. Shapes: H, W padded image size in pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcae.codec.exact_arithmetic import exact_arithmetic
from dcae.codec.interruption import interruption_point
from dcae.codec.picture_network import picture_network
from dcae.codec.tiles import Part
from dcae.model.dcae import DCAE


class ImageTransforms:
    """The way from pixels to ungained y, and from y_hat to pixels.

    Args:
        model: A model in eval mode.
        float32: Whether both are run in float32 even where the config has a faster arithmetic for them.
    """

    def __init__(self, model: DCAE, *, float32: bool = False) -> None:
        self.model = model
        self.network = picture_network(model, float32=float32)

    @torch.inference_mode()
    def analyse(self, x: Tensor) -> Tensor:
        """Ungained y of an image: (1, 3, H, W) in [0, 1] -> (1, M, H/16, W/16).

        Raises:
            TypeError, ValueError: for images that are not legal.
        """
        return self.network.analyse_ungained(self._placed(x))

    def synthesise(self, y_hat: Tensor, lmbda: float | None) -> Tensor:
        """The image of y_hat, not clamped to [0, 1]: (1, M, H/16, W/16) -> (1, 3, H, W).

        In float32, without TF32, on another machine a level differs in fewer than one pixel of a thousand.

        Raises:
            ValueError: if lambda is not legal.
        """
        with exact_arithmetic():
            return self.network.synthesise(self._placed(y_hat), lmbda)

    def _placed(self, x: Tensor) -> Tensor:
        """On the model's device, in its type, channels last for speed."""
        like = next(self.model.parameters())
        return x.to(like.device, like.dtype).contiguous(memory_format=torch.channels_last)


def picture_of(x_hat: Tensor, part: Part) -> NDArray[np.uint8]:
    """A part of a network's output as an image, as `dcae.images.to_uint8` makes one: part's height x width x 3.

    Shapes: x_hat (1, 3, H, W), nominally in [0, 1]; clamped here.

    Raises:
        ValueError: if x_hat holds NaN or infinity, in the part or beside it.
    """
    if not bool(torch.stack(x_hat.aminmax()).isfinite().all()):
        raise ValueError("the network's picture holds NaN or infinite values")
    interruption_point()
    planes = part.of_pixels(x_hat[0]).float()
    levels = planes.clamp(0, 1).mul_(255).add_(0.5).to(torch.uint8)  # cuts, so halves are rounded up
    return levels.permute(1, 2, 0).contiguous().cpu().numpy()
