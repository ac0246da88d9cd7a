"""Checkpoints of the published code: what they compute, which names they may have, and what is refused.

The published network has 119 million parameters, so it is built as seldom as can be, and what is refused is refused
before it is built: most files here hold tensors of one repeated number, which take no room.
"""

import json
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dcae.checkpoint import TABLES, canonical_name, load_published
from dcae.config import PRESETS, scale_table
from dcae.model.dcae import DCAE

_BUFFERS = {"_offset", "_quantized_cdf", "_cdf_length", "target", "bound", "scale_table", "scale_bound"}


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """Names and shapes of the published state dict, and golden arrays."""
    return json.loads((Path(__file__).parent / "golden" / "dcae_published.json").read_text())


@pytest.fixture(scope="module")
def shapes(published: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of each published parameter by its name, buffers left out."""
    return {n: tuple(s) for n, s in published["shapes"].items() if n.rpartition(".")[2] not in _BUFFERS}


@pytest.fixture(scope="module")
def buffers(published: dict[str, Any]) -> dict[str, Tensor]:
    """Every published buffer, in a size that no version of CompressAI gives it."""
    names = [name for name in published["shapes"] if name.rpartition(".")[2] in _BUFFERS]
    odd = [(7, 3), (0, 2), (), (2, 1, 5)]
    return {name: torch.ones(odd[k % len(odd)], dtype=torch.int32) for k, name in enumerate(names)}


@pytest.fixture
def constants(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """A state dict in which parameter k of n is k / n everywhere, and z's quantiles -10, 0.25 and 10."""
    state = {n: torch.tensor(k / len(shapes)).expand(s) for k, (n, s) in enumerate(shapes.items())}
    state["entropy_bottleneck.quantiles"] = torch.tensor([-10.0, 0.25, 10.0]).expand(192, 1, 3)
    return state


@pytest.fixture(scope="module")
def golden_model(
    published: dict[str, Any],
    shapes: dict[str, tuple[int, ...]],
    buffers: dict[str, Tensor],
    recipe: ModuleType,
    tmp_path_factory: pytest.TempPathFactory,
) -> DCAE:
    """A checkpoint of recipe weights as `load_published` reads it, in float64.

    As the published code's training writes it under an old CompressAI: `module.` before each name, old names in the
    entropy bottleneck, every buffer of another size than ours.
    """
    seed = published["seed"]
    state = {n: torch.from_numpy(recipe.weight(n, shape, seed)).float() for n, shape in shapes.items()}
    state |= buffers
    path = tmp_path_factory.mktemp("published") / "checkpoint.pth.tar"
    torch.save({"epoch": 49, "state_dict": {"module." + _old_name(n): value for n, value in state.items()}}, path)
    del state
    model = load_published(path).double()
    path.unlink()
    return model


@pytest.mark.slow
def test_a_published_checkpoint_computes_what_the_published_code_computed(
    golden_model: DCAE, published: dict[str, Any], recipe: ModuleType
):
    found: dict[str, Tensor] = {}
    hooks = [
        getattr(golden_model, part).register_forward_hook(
            lambda _module, _inputs, output, part=part: found.update({part: output})
        )
        for part in ("g_a", "h_a", "slice_loop")
    ]
    x = torch.from_numpy(recipe.image(published["height"], published["width"], published["seed"])).float().double()
    with torch.inference_mode():
        output = golden_model(x)
    for hook in hooks:
        hook.remove()
    slices: Any = found["slice_loop"]
    arrays = {
        "y": found["g_a"],
        "z": found["h_a"],
        "means": slices.mu,
        "scales": slices.sigma,
        "x_hat": output["x_hat"],
    }
    for name, likelihoods in output["likelihoods"].items():
        arrays[f"{name}_bits"] = -likelihoods.log2().sum(dim=(2, 3))
    assert set(arrays) == set(published["arrays"])
    for name, golden in published["arrays"].items():
        assert list(arrays[name].shape) == golden["shape"]
        errors = recipe.relative_errors(arrays[name].numpy(), golden)
        assert max(errors.values()) < 1e-6, (name, errors)


def test_published_medians_are_kept_and_the_tables_are_made_around_them(golden_model: DCAE, recipe: ModuleType):
    quantiles = recipe.weight("entropy_bottleneck.quantiles", (192, 1, 3), 1).astype(np.float32)
    np.testing.assert_array_equal(golden_model.entropy_bottleneck.quantiles.detach().numpy(), quantiles)
    first = np.ceil(quantiles[:, 0, 1] - quantiles[:, 0, 0])
    np.testing.assert_array_equal(golden_model.entropy_bottleneck._offset.numpy(), -first)
    assert golden_model.gaussian_conditional._quantized_cdf.shape[0] == len(scale_table())
    assert not golden_model.training


def test_buffers_of_any_size_are_left_out(golden_model: DCAE, buffers: dict[str, Tensor]):
    assert len(buffers) == 12
    assert buffers.keys() > set(TABLES)
    ours = dict(golden_model.named_buffers())
    for name, odd in buffers.items():
        assert name not in ours or ours[name].shape != odd.shape, name


def test_names_without_prefix_and_of_new_compressai_are_taken_and_buffers_may_be_absent(
    constants: dict[str, Tensor], tmp_path: Path
):
    torch.save(constants, tmp_path / "bare.pth")
    parameters = dict(load_published(tmp_path / "bare.pth").named_parameters())
    assert len(parameters) == len(constants)
    for name, value in constants.items():
        assert parameters[canonical_name(name)].detach().aminmax() == value.aminmax(), name


def test_published_names_map_one_to_one_onto_our_parameters_with_equal_shapes(shapes: dict[str, tuple[int, ...]]):
    with torch.device("meta"):
        ours = {name: tuple(p.shape) for name, p in DCAE(PRESETS["paper"]).named_parameters()}
    assert {canonical_name(name): shape for name, shape in shapes.items()} == ours
    assert len(shapes) == len(ours)  # no two names fell together


def test_old_and_new_entropy_bottleneck_names_are_the_same_parameters(shapes: dict[str, tuple[int, ...]]):
    renamed = {name: _old_name(name) for name in shapes if _old_name(name) != name}
    assert len(renamed) == 14  # five matrices, five biases, four factors
    for new, old in renamed.items():
        assert canonical_name(old) == canonical_name(new) == new


def test_a_missing_parameter_is_named(constants: dict[str, Tensor], tmp_path: Path):
    del constants["dt"]
    with pytest.raises(ValueError, match=r"lacks 1 of 1130 parameters, the first slice_loop\.dictionary"):
        _load(constants, tmp_path)


def test_an_unknown_tensor_is_named(constants: dict[str, Tensor], tmp_path: Path):
    constants["g_a.7.weight"] = torch.zeros(3)
    with pytest.raises(ValueError, match=r"holds 1 unknown tensors, the first g_a\.7\.weight"):
        _load(constants, tmp_path)


def test_a_parameter_of_another_shape_is_refused_with_both_shapes(constants: dict[str, Tensor], tmp_path: Path):
    constants["dt"] = torch.zeros(64, 640)
    with pytest.raises(ValueError, match=re.escape("has shape (64, 640); must be (128, 640)")):
        _load(constants, tmp_path)


def test_one_parameter_under_two_names_is_refused(constants: dict[str, Tensor], tmp_path: Path):
    constants["entropy_bottleneck._matrix0"] = constants["entropy_bottleneck.matrices.0"]
    with pytest.raises(ValueError, match=r"matrices\.0 twice, the second time as entropy_bottleneck\._matrix0"):
        _load(constants, tmp_path)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3.5, "float"),
        (torch.zeros(128, 640, dtype=torch.int64), r"torch\.int64, torch\.strided"),
        (torch.zeros(128, 640, dtype=torch.complex64), r"torch\.complex64"),
    ],
)
def test_what_is_no_floating_point_tensor_is_refused(
    value: object, kind: str, constants: dict[str, Any], tmp_path: Path
):
    constants["dt"] = value
    with pytest.raises(ValueError, match=f"dictionary is {kind}.*; must be a dense floating-point tensor"):
        _load(constants, tmp_path)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf, torch.tensor(1e300, dtype=torch.float64)])
def test_parameters_that_are_not_finite_in_float32_are_refused(
    value: float | Tensor, constants: dict[str, Tensor], tmp_path: Path
):
    constants["g_a.0.conv.bias"] = torch.as_tensor(value).expand(96)
    with pytest.raises(ValueError, match=r"g_a\.0\.conv\.bias holds NaN or infinite values"):
        _load(constants, tmp_path)


def test_quantiles_that_ask_for_gigabytes_of_tables_are_refused(constants: dict[str, Tensor], tmp_path: Path):
    constants["entropy_bottleneck.quantiles"] = torch.tensor([-1e9, 0, 1e9]).expand(192, 1, 3)
    with pytest.raises(ValueError, match=r"quantiles span 2e\+09 symbols; at most 4096"):
        _load(constants, tmp_path)


class _Code:
    """Makes a folder when it is unpickled without care."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_pickled_code_is_refused_and_not_run(constants: dict[str, Any], tmp_path: Path):
    constants["dt"] = _Code(tmp_path / "run")
    with pytest.raises(
        ValueError, match="no torch checkpoint of tensors and plain values alone; nothing in it was run"
    ):
        _load(constants, tmp_path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("data", [b"", b"hello, world", b"\x89PNG\r\n\x1a\n" + bytes(99), b"PK\x03\x04" + bytes(99)])
def test_a_file_that_is_no_checkpoint_is_refused(data: bytes, tmp_path: Path):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ValueError, match="file is no torch checkpoint"):
        load_published(tmp_path / "file")


@pytest.mark.parametrize("stored", [[1, 2], {"state_dict": 5}, {1: torch.zeros(2)}, torch.zeros(3)])
def test_a_checkpoint_without_a_state_dict_is_refused(stored: object, tmp_path: Path):
    with pytest.raises(ValueError, match="holds no state dict"):
        _load(stored, tmp_path)


@pytest.mark.parametrize("name", ["absent.pth", "."])
def test_a_file_that_is_not_there_is_refused(name: str, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_published(tmp_path / name)


def _load(stored: object, folder: Path) -> DCAE:
    torch.save(stored, folder / "checkpoint.pth")
    return load_published(folder / "checkpoint.pth")


def _old_name(name: str) -> str:
    """The name of a parameter in CompressAI before 1.2.8."""
    for new, old in (("matrices.", "_matrix"), ("biases.", "_bias"), ("factors.", "_factor")):
        name = name.replace(f"entropy_bottleneck.{new}", f"entropy_bottleneck.{old}")
    return name
