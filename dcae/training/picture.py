"""What a network that is being trained makes of one photo, for those who watch.

Knows a photo's estimate. Does not know when somebody watches or who is shown it.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dcae.model.dcae import DCAE

LARGEST_PX = (384, 512)
"""Height and width of the largest picture, so that it costs little."""


class Picture(NamedTuple):
    """A photo and what becomes of it.

    Shapes: original and picture (H, W, 3), uint8; bits (H/16, W/16), float32: what each place costs by estimate.
    """

    original: np.ndarray
    picture: np.ndarray
    bits: np.ndarray
    step: int
    lmbda: float
    bpp: float
    psnr_db: float

    def to_npz(self) -> bytes:
        """The fields as the bytes of a NumPy archive."""
        stream = io.BytesIO()
        np.savez(stream, **self._asdict())
        return stream.getvalue()


@torch.no_grad()
def picture_of(model: DCAE, photo: np.ndarray, lmbda: float, step: int) -> Picture:
    """What a model in eval mode makes of the middle of a photo (H, W, 3), uint8, at a lambda.

    For a model of one fixed lambda it is the lambda that it was trained for, and only shown.
    """
    photo = central_crop(photo, *LARGEST_PX)
    device = next(model.parameters()).device
    x = to_batch(photo[None], device)
    output = model(x, lmbda if model.gain is not None else None)
    made = (output["x_hat"].float().clamp(0, 1) * 255).round()[0].permute(1, 2, 0).byte().cpu().numpy()
    y, z = (-output["likelihoods"][name].float().log2().sum(1)[0].cpu().numpy() for name in ("y", "z"))
    bits = y + np.kron(z, np.full((4, 4), 1 / 16, np.float32))  # (H/16, W/16)
    error = float(np.square(made.astype(float) - photo).mean())
    psnr_db = 10 * np.log10(255**2 / max(error, 1e-9))
    bpp = float(bits.sum()) / (photo.shape[0] * photo.shape[1])
    return Picture(photo, made, bits.astype(np.float32), step, lmbda, bpp, float(psnr_db))


def to_batch(photos: np.ndarray, device: torch.device) -> Tensor:
    """uint8 images (B, H, W, 3) as the network takes them: (B, 3, H, W) in [0, 1], channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(photos)).to(device).permute(0, 3, 1, 2).float() / 255


def central_crop(photo: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle of a photo (H, W, 3), its sides multiples of 64 up to `height` and `width`.

    >>> central_crop(np.zeros((200, 1000, 3)), 512, 512).shape
    (192, 512, 3)
    """
    sides = [min(largest, side // 64 * 64) for largest, side in zip((height, width), photo.shape[:2], strict=True)]
    top, left = ((side - kept) // 2 for side, kept in zip(photo.shape[:2], sides, strict=True))
    return photo[top : top + sides[0], left : left + sides[1]]
