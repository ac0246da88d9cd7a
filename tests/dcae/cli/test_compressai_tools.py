"""`dcae compressai` writes what CompressAI's eval_model reads, and hands it its own arguments."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import compressai.zoo
import pytest
import torch

from dcae.checkpoint import identity, read_weights
from dcae.compressai_bridge import ZooDCAE
from dcae.images import save_png
from dcae.samples import sample

from .conftest import Run


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """CompressAI's tool computes in one thread, and would leave the other tests in one; the zoo is everybody's."""
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    yield
    for models in (compressai.zoo.image.model_architectures, compressai.zoo.image_models):
        models.pop("dcae", None)


def test_what_is_exported_is_evaluated(run: Run, weights: Path, tmp_path: Path):
    state = tmp_path / "tiny-0.02.pth.tar"
    told = run("compressai", "export", "--model", weights, "--lmbda", 0.02, "-o", state)
    assert told.exit_code == 0
    assert told.stdout == f"{weights} at lambda 0.02 -> {state}: {state.stat().st_size} bytes\n"
    (tmp_path / "photos").mkdir()
    save_png(tmp_path / "photos" / "coffee.png", sample("coffee")[:192, :192])
    told = run("compressai", "eval", "checkpoint", tmp_path / "photos", "-a", "dcae", "-p", state)
    assert told.exit_code == 0
    assert set(json.loads(told.stdout)["results"]) >= {"bpp", "psnr-rgb", "ms-ssim-rgb"}


def test_of_a_folder_of_weights_one_is_exported(run: Run, fixed_weights: Path, float32_weights: Path, tmp_path: Path):
    folder, state = tmp_path / "series", tmp_path / "fixed.pth.tar"
    folder.mkdir()
    shutil.copy(fixed_weights, folder / "0.0067.safetensors")
    shutil.copy(float32_weights, folder / "0.013.safetensors")
    assert run("compressai", "export", "--model", folder, "--lmbda", 0.0067, "-o", state).exit_code == 0
    model = ZooDCAE.from_state_dict(torch.load(state))
    assert model.lmbda == 0
    assert identity(model.network) == identity(read_weights(fixed_weights))


def test_a_lambda_that_is_not_legal_is_one_line(run: Run, weights: Path, tmp_path: Path):
    told = run("compressai", "export", "--model", weights, "--lmbda", 3, "-o", tmp_path / "x.pth.tar")
    assert told.exit_code == 2
    assert told.stderr == "dcae: --lmbda is 3.0; must be 0.0005 to 0.15\n"


def test_help_of_eval_is_compressais(run: Run):
    told = run("compressai", "eval", "--help")
    assert told.exit_code == 0
    assert "Evaluate a model on an image dataset." in told.stdout
