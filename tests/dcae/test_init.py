"""What the package offers at its top."""

from pathlib import Path

import pytest
import torch

import dcae
from dcae.checkpoint import identity, save_weights
from dcae.config import PRESETS
from dcae.model.dcae import DCAE


def test_load_returns_the_model_of_a_weights_file_in_eval_mode(tmp_path: Path):
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"])
    model.update()
    save_weights(model, tmp_path / "mine.safetensors")
    loaded = dcae.load(tmp_path / "mine.safetensors")
    assert identity(loaded) == identity(model)
    assert not loaded.training


def test_load_refuses_a_name_that_is_not_shipped():
    with pytest.raises(FileNotFoundError, match="no weights named 'nothing'; shipped: "):
        dcae.load("nothing")
