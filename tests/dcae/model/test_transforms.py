"""Sizes: what each transform makes of a map, for every preset, without computing it."""

import pytest
import torch

from dcae.config import PRESETS
from dcae.model.transforms import analysis, hyper_analysis, hyper_synthesis, synthesis


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 192), (192, 320), (448, 128)])
def test_y_stands_at_one_sixteenth_and_z_at_one_sixty_fourth(preset: str, height: int, width: int):
    config = PRESETS[preset]
    with torch.device("meta"):
        y = analysis(config)(torch.empty(2, 3, height, width))
        z = hyper_analysis(config)(y)
        latents = hyper_synthesis(config)(z)
        x_hat = synthesis(config)(y)
    assert y.shape == latents.shape == (2, config.M, height // 16, width // 16)
    assert z.shape == (2, config.N, height // 64, width // 64)
    assert x_hat.shape == (2, 3, height, width)


@pytest.mark.parametrize("preset", PRESETS)
def test_transforms_have_the_published_indices(preset: str):
    config = PRESETS[preset]
    names = [[type(layer).__name__ for layer in build(config)] for build in (analysis, synthesis, hyper_analysis)]
    up = "ShuffleConv2d" if config.upsample == "shuffle" else "ConvTranspose2d"
    assert names[0] == ["DownBlock", "Stage", "DownBlock", "Stage", "DownBlock", "Stage", "Conv2d"]
    assert names[1] == [up, "Stage", "UpBlock", "Stage", "UpBlock", "Stage", "UpBlock"]
    assert names[2] == ["DownBlock", "Stage", "Conv2d"]
    assert [type(layer).__name__ for layer in hyper_synthesis(config)] == [up, "Stage", "UpBlock"]
