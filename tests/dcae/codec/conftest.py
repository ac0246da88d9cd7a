"""What the codec's tests share: models of recipe weights, recipe images, and the tables of the 64 levels.

Recipe weights are exact on every machine, and they make sigma spread over forty levels, as in a trained model. Names of
parameters are the seeds, so that a model of any config has some.
"""

import importlib.util
import math
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from compressai.entropy_models import GaussianConditional
from numpy.typing import NDArray

from dcae.codec.codec import Codec
from dcae.codec.latent_coder import tables_of
from dcae.codec.symbol_tables import SymbolTables
from dcae.config import PRESETS, DCAEConfig, scale_table
from dcae.model.dcae import DCAE

LOUDER = {"analysis_path.conv.weight": 16.0, "synthesis_path.conv.weight": 0.05, "g_s.6.conv.weight": 0.05}


def recipe_weight(name: str, shape: tuple[int, ...], seed: int) -> NDArray[np.float64]:
    """The value of a parameter: uniform numbers of PCG64 seeded with crc32("seed:name"), scaled."""
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(f"{seed}:{name}".encode())))
    uniform = 2 * rng.random(shape) - 1
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "quantiles":
        return np.array([-10, 0, 10]) + np.array([0, 0.5, 0]) * uniform
    if name.startswith("entropy_bottleneck."):
        return uniform / 2
    if leaf in ("dictionary", "relative_position"):
        return uniform * 2
    if name.endswith("scale_transform.5.bias"):
        return uniform + 2
    if leaf in ("bias", "log_gain"):
        return uniform / 10
    if leaf == "scale" or len(shape) == 1:
        return uniform / 10 + 1
    factor = 3.0 if name.endswith("scale_transform.5.weight") else LOUDER.get(name, 1.0)
    return uniform * factor * math.sqrt(3 / math.prod(shape[1:]))


@torch.no_grad()
def recipe_model(config: DCAEConfig, seed: int = 1) -> DCAE:
    """A model of recipe weights, its tables computed on this machine."""
    model = DCAE(config)
    for name, parameter in model.named_parameters():
        parameter.copy_(torch.from_numpy(recipe_weight(name, tuple(parameter.shape), seed)).float())
    model.update()
    return model.eval()


def recipe_image(height: int, width: int, seed: int = 1) -> NDArray[np.uint8]:
    """A picture of soft waves with hard turns, in integer arithmetic: uint8, height x width x 3."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows, columns = np.mgrid[:height, :width]
    slopes, phases = rng.integers(-20, 21, (2, 4, 3)), rng.integers(0, 512, (4, 3))
    waves = slopes[0] * rows[..., None, None] + slopes[1] * columns[..., None, None] + phases  # (H, W, waves, 3)
    return (np.abs(waves % 512 - 256).clip(0, 255).sum(axis=2) // 4).astype(np.uint8)


@pytest.fixture(scope="session")
def make_model() -> Callable[..., DCAE]:
    """`recipe_model` for any config."""
    return recipe_model


@pytest.fixture(scope="session")
def make_image() -> Callable[..., NDArray[np.uint8]]:
    """`recipe_image` of any size."""
    return recipe_image


@pytest.fixture(scope="session")
def tiny() -> DCAE:
    """`tiny` with recipe weights; not to be changed."""
    return recipe_model(PRESETS["tiny"])


@pytest.fixture(scope="session")
def codec(tiny) -> Codec:
    """The codec of `tiny`."""
    return Codec(tiny)


@pytest.fixture(scope="session")
def level_tables() -> SymbolTables:
    """The table of each level: what `DCAE.update` leaves in a model."""
    gaussian = GaussianConditional(None)
    gaussian.update_scale_table(scale_table(), force=True)
    return tables_of(gaussian)


@pytest.fixture(scope="session")
def reader() -> ModuleType:
    """The module `independent_reader.py` beside this file (test files cannot import their neighbours)."""
    path = Path(__file__).with_name("independent_reader.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
