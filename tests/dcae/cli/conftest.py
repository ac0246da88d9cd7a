"""What the tests of the command line share: small weights, a small photo, and a way to run `dcae`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from dcae.checkpoint import identity, read_weights, save_weights
from dcae.cli import app
from dcae.codec.codec import Codec
from dcae.config import PRESETS, DCAEConfig
from dcae.images import save_png
from dcae.model.dcae import DCAE
from dcae.samples import sample

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs `dcae` with arguments in this process; stdout and stderr apart."""

    def run_dcae(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run_dcae


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of `tiny`, as a file under their immutable name, in a folder `weights` of their own."""
    return write_weights(tmp_path_factory, PRESETS["tiny"], seed=0)


@pytest.fixture(scope="session")
def fixed_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights without gains: they have one fixed lambda."""
    return write_weights(tmp_path_factory, replace(PRESETS["tiny"], gain_knots=0), seed=1)


@pytest.fixture(scope="session")
def float32_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of one lambda that code in float32, as the published network's do."""
    return write_weights(tmp_path_factory, replace(PRESETS["tiny"], gain_knots=0, coding_dtype="float32"), seed=2)


@pytest.fixture(scope="session")
def codec(weights: Path) -> Codec:
    """The codec of `weights`."""
    return Codec(read_weights(weights))


@pytest.fixture(scope="session")
def image() -> NDArray[np.uint8]:
    """A piece of a photo with odd sides, 61 x 45 px."""
    return sample("coffee")[100:145, 200:261]


@pytest.fixture
def photo(tmp_path: Path, image: NDArray[np.uint8]) -> Path:
    """`image` as a PNG file."""
    save_png(tmp_path / "photo.png", image)
    return tmp_path / "photo.png"


@pytest.fixture
def coded(tmp_path: Path, codec: Codec, image: NDArray[np.uint8]) -> Path:
    """`image` as a file that `codec` made."""
    (tmp_path / "coded.dcae").write_bytes(codec.encode(image, 0.013))
    return tmp_path / "coded.dcae"


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, weights: Path) -> str:
    """Makes `weights` the only shipped ones, and returns their name."""
    monkeypatch.setattr("dcae.shipped_weights.files", lambda _: weights.parent.parent)
    return weights.stem


def write_weights(tmp_path_factory: pytest.TempPathFactory, config: DCAEConfig, seed: int) -> Path:
    """Saves a random model as tiny-<hash8>.safetensors."""
    torch.manual_seed(seed)
    model = DCAE(config)
    model.update()
    folder = tmp_path_factory.mktemp("data") / "weights"
    folder.mkdir()
    path = folder / f"tiny-{identity(model)[:8]}.safetensors"
    save_weights(model, path)
    return path
