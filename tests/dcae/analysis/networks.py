"""What tests of the analysis look into: networks that say something without having been trained, and pictures."""

import numpy as np
import torch
from numpy.typing import NDArray

from dcae.config import DCAEConfig
from dcae.model.dcae import DCAE


def network(config: DCAEConfig, seed: int = 0, noise: float = 0.02) -> DCAE:
    """A network whose learned parts say something: a new one's are zero at their ends."""
    torch.manual_seed(seed)
    model = DCAE(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(noise * torch.randn_like(parameter))
    model.update()
    return model.eval()


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth colours with noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 16 + 2, width // 16 + 2, 3)).astype(float)
    smooth = np.kron(coarse, np.ones((16, 16, 1)))[:height, :width]
    return np.clip(smooth + rng.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
