"""Our weights files: what they carry, how a model is identified, and what is refused."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from dcae import shipped_weights
from dcae.checkpoint import TABLES, identity, load, read_weights, round_to_half, save_weights, shipped_names
from dcae.config import PRESETS, DCAEConfig
from dcae.model.dcae import DCAE

# The least network that has every part.
SMALLEST = replace(PRESETS["tiny"], N=8, M=10, widths=(8, 8, 16), dictionary_entries=4, context_widths=(8, 8))
CDF = "gaussian_conditional._quantized_cdf"


def new_model(config: DCAEConfig = SMALLEST) -> DCAE:
    """A model of noise with tables, for tests to spoil."""
    torch.manual_seed(0)
    model = DCAE(config).eval()
    with torch.no_grad():
        for parameter in model.slice_loop.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    model.update()
    return model


@pytest.fixture
def model() -> DCAE:
    return new_model()


@pytest.fixture
def path(model: DCAE, tmp_path: Path) -> Path:
    """A good file of `model`."""
    save_weights(model, tmp_path / "weights.safetensors")
    return tmp_path / "weights.safetensors"


def contents(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())  # noqa: SIM118


def rewrite(path: Path, tensors: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None) -> None:
    """Replaces tensors and metadata of a file; None takes one away."""
    old_tensors, old_metadata = contents(path)
    new_tensors = {n: t for n, t in (old_tensors | (tensors or {})).items() if t is not None}
    new_metadata = {n: t for n, t in (old_metadata | (metadata or {})).items() if t is not None}
    save_file(new_tensors, path, new_metadata)


def test_a_file_brings_back_every_parameter_and_table_and_the_config(model: DCAE, path: Path):
    read = read_weights(path)
    assert read.config == model.config
    assert not read.training
    expected = dict(model.named_parameters()) | {name: model.state_dict()[name] for name in TABLES}
    for name, value in expected.items():
        assert torch.equal(read.state_dict()[name], value), name


def test_a_model_that_was_read_computes_what_the_saved_one_did_wherever_it_was_read(model: DCAE, path: Path):
    x = torch.rand(1, 3, 64, 64)
    outside = read_weights(path)
    with torch.inference_mode():
        inside = read_weights(path)
        for read in (outside, inside):
            assert torch.equal(read(x, 0.01)["x_hat"], model(x, 0.01)["x_hat"])
    assert not any(tensor.is_inference() for tensor in inside.state_dict().values())


def test_a_model_is_read_to_the_cpu_whatever_the_default_device_is(path: Path):
    with torch.device("meta"):
        read = read_weights(path)
    assert {tensor.device.type for tensor in read.state_dict().values()} == {"cpu"}


def test_a_half_precision_file_has_the_identity_of_the_full_one(model: DCAE, tmp_path: Path):
    round_to_half(model)
    save_weights(model, tmp_path / "half.safetensors", half=True)
    save_weights(model, tmp_path / "full.safetensors")
    half, full = read_weights(tmp_path / "half.safetensors"), read_weights(tmp_path / "full.safetensors")
    assert identity(half) == identity(full) == identity(model)
    tensors, _ = contents(tmp_path / "half.safetensors")
    assert {tensor.dtype for name, tensor in tensors.items() if name not in TABLES} == {torch.float16}


def test_rounding_to_half_twice_changes_nothing_more(model: DCAE):
    round_to_half(model)
    once = identity(model)
    round_to_half(model)
    assert identity(model) == once


def test_tables_after_rounding_are_those_of_the_rounded_parameters(model: DCAE):
    round_to_half(model)
    tables = {name: model.state_dict()[name].clone() for name in TABLES}
    model.update(find_quantiles=False)
    for name, table in tables.items():
        assert torch.equal(model.state_dict()[name], table), name


@pytest.mark.parametrize("value", [7e4, torch.nan, torch.inf])
def test_rounding_refuses_what_half_precision_cannot_hold_and_leaves_the_model(model: DCAE, value: float):
    with torch.no_grad():
        model.get_parameter("slice_loop.dictionary")[0, 0] = value
    before = identity(model)
    with pytest.raises(ValueError, match=rf"dictionary reaches {value:g}; half precision ends at 65504"):
        round_to_half(model)
    assert identity(model) == before


def test_half_precision_is_refused_for_parameters_that_it_would_change(model: DCAE, tmp_path: Path):
    with pytest.raises(ValueError, match="not representable in half precision; call round_to_half first"):
        save_weights(model, tmp_path / "half.safetensors", half=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_identity_is_of_numbers_not_of_their_type(model: DCAE, dtype: torch.dtype):
    round_to_half(model)
    before = identity(model)
    assert identity(model.to(dtype)) == before
    assert re.fullmatch("[0-9a-f]{64}", before)


def test_identity_takes_parameters_of_any_floating_type(model: DCAE):
    assert identity(model.bfloat16()) == identity(model.float())


def test_identity_does_not_depend_on_memory_layout(model: DCAE):
    before = identity(model)
    assert identity(model.to(memory_format=torch.channels_last)) == before  # pyright: ignore[reportCallIssue]


def test_identity_changes_with_the_last_bit_of_any_parameter(model: DCAE):
    before = identity(model)
    for name, parameter in model.named_parameters():
        kept = parameter.detach().clone()
        with torch.no_grad():
            last = (-1,) * parameter.dim()
            parameter[last] = torch.nextafter(parameter[last], torch.tensor(9e9))
        assert identity(model) != before, name
        parameter.data = kept
    assert identity(model) == before


@pytest.mark.parametrize("name", TABLES)
def test_identity_changes_with_any_table(model: DCAE, name: str):
    before = identity(model)
    model.get_buffer(name).view(-1)[-1] += 1
    assert identity(model) != before


def test_identity_changes_with_the_config_alone(model: DCAE):
    before = identity(model)
    model.config = replace(model.config, coding_dtype="float32")
    assert identity(model) != before


def test_tables_are_the_files_and_not_computed_anew(path: Path):
    tensors, _ = contents(path)
    tensors[CDF][3, 5] += 1
    rewrite(path, {CDF: tensors[CDF]})
    assert torch.equal(read_weights(path).gaussian_conditional._quantized_cdf, tensors[CDF])


def test_a_model_without_tables_is_not_saved(tmp_path: Path):
    with pytest.raises(ValueError, match=r"no CDF tables yet; run update\(\) first"):
        save_weights(DCAE(SMALLEST), tmp_path / "weights.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    model: DCAE, path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_weights(new_model(replace(SMALLEST, N=16)), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("data", [b"", b"hello, world", b"\xff" * 100, (2**60).to_bytes(8, "little") + b"{}"])
def test_a_file_of_another_kind_is_refused(data: bytes, tmp_path: Path):
    (tmp_path / "x.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.safetensors is no safetensors file, or is damaged \([^()]+\)$"):
        read_weights(tmp_path / "x.safetensors")
    (tmp_path / "x.pth").write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.pth is no safetensors file, .* use load_published"):
        read_weights(tmp_path / "x.pth")


@pytest.mark.parametrize("cut", [1, 1000])
def test_a_cut_file_is_refused(path: Path, cut: int):
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ValueError, match="is no safetensors file, or is damaged"):
        read_weights(path)


@pytest.mark.parametrize("said", [None, "dcae-weights-2"])
def test_another_format_is_refused(path: Path, said: str | None):
    rewrite(path, metadata={"format": said})
    with pytest.raises(ValueError, match=f"is no dcae-weights-1 file; its format is {said!r}"):
        read_weights(path)


def test_a_safetensors_file_without_metadata_is_refused(tmp_path: Path):
    save_file({"x": torch.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="its format is None"):
        read_weights(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (None, "config is None; must be a dict"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion"),
        ("[1, 2]", "config is .1, 2.; must be a dict"),
        ("{}", "unknown .., missing .'M', 'N', "),
        (json.dumps(SMALLEST.to_dict() | {"N": 0}), "N is 0; must be 1 to 65536"),
        (json.dumps(SMALLEST.to_dict() | {"N": 8.0}), "N is 8.0; must be an integer"),
        (json.dumps(SMALLEST.to_dict() | {"depths": [10**9, 0, 0]}), "depths is 1000000000; must be 0 to 64"),
    ],
)
def test_a_config_that_is_not_legal_is_refused_with_the_reason(path: Path, config: str | None, reason: str):
    rewrite(path, metadata={"config": config})
    with pytest.raises(ValueError, match=rf"weights\.safetensors has no legal config: .*{reason}"):
        read_weights(path)


def test_a_config_of_a_network_of_terabytes_is_refused_before_it_is_built(path: Path):
    greedy = SMALLEST.to_dict() | {"widths": [65_536] * 3, "context_widths": [65_536] * 2}
    rewrite(path, metadata={"config": json.dumps(greedy)})
    with pytest.raises(ValueError, match=re.escape("has shape (8, 3, 5, 5); must be (65536, 3, 5, 5)")):
        read_weights(path)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"g_a.0.conv.weight": None}, r"lacks 1 of \d+ parameters, the first g_a\.0\.conv\.weight"),
        ({"extra": torch.zeros(3)}, "holds 1 unknown tensors, the first extra"),
        ({"g_a.0.conv.bias": torch.zeros(7)}, r"g_a\.0\.conv\.bias has shape \(7,\); must be \(8,\)"),
        ({"g_a.0.conv.bias": torch.zeros(8).int()}, r"bias is torch\.int32, .*; must be a dense floating-point tensor"),
        ({"g_a.0.conv.bias": torch.full((8,), torch.nan)}, "bias holds NaN or infinite values; must be finite"),
        ({"g_a.0.conv.bias": torch.full((8,), 1e39, dtype=torch.float64)}, "bias holds NaN or infinite values"),
        ({CDF: None}, r"lacks the table gaussian_conditional\._quantized_cdf"),
        ({CDF: torch.zeros(64, 9)}, r"is torch\.float32 of shape \(64, 9\); must be torch\.int32, 2-dimensional, 64"),
        ({CDF: torch.zeros(64).int()}, r"is torch\.int32 of shape \(64,\); must be torch\.int32, 2-dimensional, 64"),
        ({"entropy_bottleneck._offset": torch.zeros(9).int()}, r"of shape \(9,\); .*, 1-dimensional, 8 rows"),
    ],
)
def test_tensors_that_do_not_fit_the_config_are_refused(path: Path, tensors: dict[str, Any], message: str):
    rewrite(path, tensors)
    with pytest.raises(ValueError, match=message):
        read_weights(path)


@pytest.mark.parametrize("name", ["absent.safetensors", "."])
def test_a_path_without_a_file_is_refused(name: str, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_weights(tmp_path / name)


def test_load_reads_a_file_by_its_path_whatever_its_suffix(model: DCAE, path: Path):
    renamed = path.rename(path.with_name("weights.bin"))
    assert identity(load(renamed)) == identity(load(str(renamed))) == identity(model)


def test_load_finds_shipped_weights_by_full_name_and_by_alias(model: DCAE, path: Path, monkeypatch: pytest.MonkeyPatch):
    (path.parent / "weights").mkdir()
    path.rename(path.parent / "weights" / "mine-1a2b3c4d.safetensors")
    monkeypatch.setattr(shipped_weights, "files", lambda package: path.parent)
    assert shipped_names() == ["mine-1a2b3c4d"]
    assert identity(load("mine")) == identity(load("mine-1a2b3c4d")) == identity(model)
    with pytest.raises(FileNotFoundError, match=r"no weights named 'min'; shipped: mine-1a2b3c4d$"):
        load("min")


def test_load_says_so_where_nothing_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shipped_weights, "files", lambda package: tmp_path)
    assert shipped_names() == []
    with pytest.raises(FileNotFoundError, match="no weights named 'small'; shipped: none"):
        load("small")


def test_a_folder_of_an_alias_name_does_not_hide_shipped_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(FileNotFoundError, match="no weights named 'nothing'"):
        load("nothing")


def test_retired_weights_are_refused_with_the_commit_that_still_has_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.checkpoint.retired_weights", lambda: {"small-01234567": "abc"})
    with pytest.raises(FileNotFoundError, match="small-01234567 are no longer shipped; take them from commit abc"):
        load("small-01234567")
