"""g_a and g_s of one model as a codec runs them: their arithmetic and memory order.

The symbols of a file do not depend on how g_s runs, and any y may be coded, so both may run in whatever arithmetic is
fast and good enough; what must be the same on every machine is the latent coder's affair. Does not know images of
uint8, padding, files or lambda's range. Shapes: H, W padded image size in pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dcae.codec.latent_coder import exact_arithmetic
from dcae.model.dcae import DCAE


class ImageTransforms:
    """The way from pixels to ungained y, and from y_hat to pixels.

    Args:
        model: A model in eval mode.
    """

    def __init__(self, model: DCAE) -> None:
        self.model = model

    @torch.inference_mode()
    def analyse(self, x: Tensor) -> Tensor:
        """Ungained y of an image: (1, 3, H, W) in [0, 1] -> (1, M, H/16, W/16).

        Raises:
            TypeError, ValueError: for images that are not legal.
        """
        return self.model.analyse_ungained(self._placed(x))

    def synthesise(self, y_hat: Tensor, lmbda: float | None) -> Tensor:
        """The image of y_hat, not clamped to [0, 1]: (1, M, H/16, W/16) -> (1, 3, H, W).

        In float32 without TF32: on another machine a level differs in fewer than one pixel of a thousand.

        Raises:
            ValueError: if lambda is not legal.
        """
        with exact_arithmetic():
            return self.model.synthesise(self._placed(y_hat), lmbda)

    def _placed(self, x: Tensor) -> Tensor:
        """On the model's device, in its type, channels last for speed."""
        like = next(self.model.parameters())
        return x.to(like.device, like.dtype).contiguous(memory_format=torch.channels_last)
