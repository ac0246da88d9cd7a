"""What the commands make of --model and --lmbda where the weights are a folder of one lambda each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import Result

from dcae.checkpoint import read_weights
from dcae.cli.weights import DEFAULT_LMBDA, legal_lmbda
from dcae.codec.catalogue import open_codec
from dcae.codec.codec import Codec
from dcae.images import load_image

Run = Callable[..., Result]


@pytest.fixture
def models(tmp_path: Path, fixed_weights: Path) -> Path:
    """A folder of two fixed lambdas, which happen to have the same weights."""
    folder = tmp_path / "models"
    folder.mkdir()
    for lmbda in ("0.0067", "0.025"):
        shutil.copy(fixed_weights, folder / f"{lmbda}.safetensors")
    return folder


def test_a_folder_of_weights_encodes_at_its_lambdas_and_decodes(
    run: Run, tmp_path: Path, photo: Path, image: NDArray[np.uint8], models: Path, fixed_weights: Path
):
    data, picture = tmp_path / "out.dcae", tmp_path / "back.png"
    encoded = run("encode", photo, "-o", data, "--model", models, "--lmbda", 0.0067)
    decoded = run("decode", data, "-o", picture, "--model", models)
    assert (encoded.exit_code, decoded.exit_code) == (0, 0), encoded.stderr + decoded.stderr
    alone = Codec(read_weights(fixed_weights))
    assert data.read_bytes() == alone.encode(image)
    np.testing.assert_array_equal(load_image(picture), alone.open(image).reconstruct())


def test_a_lambda_that_a_folder_lacks_is_refused_with_those_that_it_has(
    run: Run, tmp_path: Path, photo: Path, models: Path
):
    result = run("encode", photo, "-o", tmp_path / "out.dcae", "--model", models, "--lmbda", 0.013)
    assert (result.exit_code, result.stderr) == (2, "dcae: --lmbda is 0.013; must be one of 0.0067, 0.025\n")


def test_where_none_is_given_a_folders_lambda_that_is_nearest_to_the_default_is_used(models: Path):
    assert DEFAULT_LMBDA / 0.0067 > 0.025 / DEFAULT_LMBDA
    assert legal_lmbda(open_codec(models), None) == 0.025


def test_a_folders_curve_has_all_its_lambdas(run: Run, tmp_path: Path, photo: Path, models: Path):
    result = run("eval", photo.parent, "--model", models, "--out", tmp_path / "results")
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("photo.png")]
    assert [row[1:3] for row in rows] == [["models", "0.0067"], ["models", "0.025"]]
    record = json.loads((tmp_path / "results" / "eval.json").read_text())
    assert "DCAE, one model for each lambda: 0.0067.safetensors, 0.025.safetensors" in json.dumps(record)


def test_a_folder_without_weights_is_refused(run: Run, tmp_path: Path, photo: Path):
    (tmp_path / "empty").mkdir()
    result = run("encode", photo, "-o", tmp_path / "out.dcae", "--model", tmp_path / "empty")
    assert result.exit_code == 2
    assert f"dcae: {tmp_path / 'empty'} holds no weights" in result.stderr
