"""Weights on disk: ours as safetensors, the published ones as torch files, and the identity of a model.

The only file that knows the published code's parameter names. Trusts no file: names, shapes and values are checked
before a network of the size that the file claims is built. Does not know images or coded files, nor how tables are
used (`dcae.codec` checks their contents).
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from dcae.config import PRESETS, DCAEConfig
from dcae.files import write_atomically
from dcae.model.dcae import DCAE
from dcae.shipped_weights import immutable_name, retired_weights, shipped_weights

TABLES = tuple(
    f"{model}.{buffer}"
    for model in ("entropy_bottleneck", "gaussian_conditional")
    for buffer in ("_quantized_cdf", "_cdf_length", "_offset")
)
"""The integer CDF tables of z and y among a model's buffers (CompressAI's names)."""

_FORMAT = "dcae-weights-1"
"""What the metadata of our weights files says under `format`; another layout of names or tables gets another number."""

_WIDEST_TABLE = 4096
"""Symbols of z that the quantiles of a published checkpoint may span, since a table of so many entries is made."""


def load(name: str | Path) -> DCAE:
    """The model of shipped weights or of a weights file, in eval mode, on the CPU, tables ready.

    Args:
        name: `small` or `tiny` (the best weights that are shipped), an immutable name such as `small-1a2b3c4d`, or
            the path of a .safetensors file.

    Raises:
        FileNotFoundError: if nothing of that name is shipped and no such file exists; the message lists what is, and
            where weights are that were shipped once.
        ValueError: if the file holds no weights of ours.
    """
    path = Path(name)
    if path.suffix == ".safetensors" or path.is_file():
        return read_weights(path)
    full_name = immutable_name(str(name))
    if (commit := retired_weights().get(str(name))) is not None:
        raise FileNotFoundError(f"weights {name} are no longer shipped; take them from commit {commit}, by their path")
    if full_name is None:
        raise FileNotFoundError(f"no weights named {str(name)!r}; shipped: {', '.join(shipped_names()) or 'none'}")
    with as_file(shipped_weights()[full_name]) as shipped_path:
        return read_weights(shipped_path)


def shipped_names() -> list[str]:
    """The immutable names of the weights that are shipped, such as `small-1a2b3c4d`."""
    return list(shipped_weights())


@torch.inference_mode(False)  # else a caller's inference mode would decide how the model rounds, and forbid training
def read_weights(path: str | Path) -> DCAE:
    """The model of one .safetensors file, in eval mode, on the CPU; its tables are the file's, not computed anew.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds no weights of ours: another format, an illegal config, tensors that are missing,
            unknown, of another shape or type than the config says, or not finite.
    """
    path = _existing(path)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError as error:
        hint = "; for a published one use load_published" if path.suffix in (".pth", ".pt", ".tar") else ""
        raise ValueError(f"{path} is no safetensors file, or is damaged ({error}){hint}") from error
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"{path} is no {_FORMAT} file; its format is {metadata.get('format')!r}")
    config = _config_of(metadata, path)
    tables = {name: tensors.pop(name) for name in TABLES if name in tensors}
    _check_tables(tables, config, path)
    model = _build(config, tensors, path)
    for name, table in tables.items():
        owner, buffer = name.split(".")
        setattr(model.get_submodule(owner), buffer, table)
    return model.eval()


def save_weights(model: DCAE, path: str | Path, half: bool = False) -> None:
    """Writes a model's config, parameters and tables, whole or not at all.

    Args:
        model: A model whose tables are ready (`update()`).
        path: A .safetensors file.
        half: Whether parameters are stored in half precision, not float32; they must have been rounded with
            `round_to_half`.

    Raises:
        ValueError: if the tables are missing, or rounding would change the model.
        OSError: if the file cannot be written.
    """
    if model.gaussian_conditional._quantized_cdf.numel() == 0:
        raise ValueError("the model has no CDF tables yet; run update() first")
    tensors: dict[str, Tensor] = {name: model.state_dict()[name].contiguous() for name in TABLES}
    for name, parameter in model.named_parameters():
        value = parameter.detach().float().contiguous()
        if half and not torch.equal(value.half().float(), value):
            raise ValueError(f"{name} is not representable in half precision; call round_to_half first")
        tensors[name] = value.half() if half else value
    metadata = {"format": _FORMAT, "config": json.dumps(model.config.to_dict())}
    write_atomically(path, safetensors_bytes(tensors, metadata))


@torch.no_grad()
def round_to_half(model: DCAE) -> None:
    """Rounds every parameter to half precision in place and computes quantiles and tables anew from what is left.

    Raises:
        ValueError: if a parameter is beyond half precision's 65504 or not finite; the model is then left as it was.
    """
    for name, parameter in model.named_parameters():
        if not bool(parameter.half().isfinite().all()):
            raise ValueError(f"{name} reaches {float(parameter.abs().max()):g}; half precision ends at 65504")
    for parameter in model.parameters():
        parameter.copy_(parameter.half())
    model.update()
    quantiles = model.entropy_bottleneck.quantiles
    quantiles.copy_(quantiles.half())
    model.update(find_quantiles=False)  # tables around the medians that are stored


def identity(model: DCAE) -> str:
    """SHA-256 over config, parameters and tables, as 64 hexadecimal digits.

    Over the config as JSON with sorted keys; then, for each parameter in order of its name and each table: name,
    shape, and float32 (a table: int32) bytes, little-endian. So half-precision, float32 and other copies of the
    same numbers agree, on every machine.
    """
    digest = hashlib.sha256(json.dumps(model.config.to_dict(), sort_keys=True).encode())
    state = model.state_dict()
    parameters = sorted(name for name, _ in model.named_parameters())
    for name in (*parameters, *TABLES):
        number, kind = (torch.int32, "<i4") if name in TABLES else (torch.float32, "<f4")
        values = state[name].detach().to("cpu", number).numpy().astype(kind)
        digest.update(name.encode() + struct.pack(f"<{values.ndim}I", *values.shape))
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


@torch.inference_mode(False)
def load_published(path: str | Path) -> DCAE:
    """The model of a checkpoint of the published code (github.com/CVL-UESTC/DCAE), in eval mode, on the CPU.

    Takes {"state_dict": ...} or the dict itself, names with or without `module.`, entropy-bottleneck names of old
    and new CompressAI; ignores buffers, of any size or absent: the tables are computed from the parameters, and
    from the quantiles that were trained, whose medians are part of the published z_hat.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no such checkpoint: pickled code, parameters missing, unknown, doubled, of another shape
            or type, or not finite.
    """
    path = _existing(path)
    with path.open("rb") as file:
        try:
            stored = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many types, and its text advises to run what is in the file
            raise ValueError(
                f"{path} is no torch checkpoint of tensors and plain values alone; nothing in it was run"
            ) from error
    model = _build(PRESETS["paper"], _published_parameters(stored, path), path)
    quantiles = model.entropy_bottleneck.quantiles.detach()
    if (span := float(quantiles.max() - quantiles.min())) > _WIDEST_TABLE:
        raise ValueError(f"{path}: entropy_bottleneck.quantiles span {span:g} symbols; at most {_WIDEST_TABLE}")
    model.update(find_quantiles=False)
    return model.eval()


# Published names to ours, in two tables because `.msa.` is window attention inside a transform and the aggregation of
# the neighbourhood inside a dictionary attention.
_BLOCK_NAMES = (
    (r"\.res([123])\.", lambda match: f".residuals.{int(match[1]) - 1}."),
    (r"\.layers\.(\d+)\.", r".blocks.\1."),
    (r"\.ln([12])\.", r".norm\1."),
    (r"\.msa\.relative_position_params$", ".attention.relative_position"),
    (r"\.msa\.embedding_layer\.", ".attention.qkv."),
    (r"\.msa\.linear\.", ".attention.linear."),
)
_DICTIONARY_NAMES = (
    (r"\.msa\.dense\.conv_layers\.(\d)\.1\.in_trans\.", r".aggregation.dense.\1.conv1."),
    (r"\.msa\.dense\.conv_layers\.(\d)\.1\.dw_conv\.", r".aggregation.dense.\1.depthwise."),
    (r"\.msa\.dense\.conv_layers\.(\d)\.1\.out_trans\.", r".aggregation.dense.\1.conv2."),
    (r"\.msa\.dense\.proj\.", ".aggregation.projection."),
    (r"\.msa\.spatial_atte\.conv1\.", ".aggregation.spatial."),
    (r"\.msa\.s\.", ".aggregation.conv."),
    (r"\.x_trans\.", ".input."),
    (r"\.ln_scale\.", ".norm_aggregation."),
    (r"\.lnx\.", ".norm_query."),
    (r"\.q_trans\.", ".query."),
    (r"\.dict_ln\.", ".norm_dictionary."),
    (r"\.k\.", ".key."),
    (r"\.ln_mlp\.", ".norm_mlp."),
    (r"\.output_trans\.0\.", ".output."),
)
_COMMON_NAMES = (
    (r"\.mlp\.dwconv\.dwconv\.", ".mlp.depthwise."),
    (r"\.res_scale_([123])\.", r".residual\1."),
    (r"^dt$", "slice_loop.dictionary"),
    (r"^dt_cross_attention\.(\d+)\.", r"slice_loop.slices.\1.dictionary_attention."),
    (r"^cc_mean_transforms\.(\d+)\.", r"slice_loop.slices.\1.mean_transform."),
    (r"^cc_scale_transforms\.(\d+)\.", r"slice_loop.slices.\1.scale_transform."),
    (r"^lrp_transforms\.(\d+)\.", r"slice_loop.slices.\1.lrp_transform."),
    (r"^h_z_s1\.", "h_scale_s."),
    (r"^h_z_s2\.", "h_mean_s."),
    (r"^entropy_bottleneck\._matrix(\d)$", r"entropy_bottleneck.matrices.\1"),
    (r"^entropy_bottleneck\._bias(\d)$", r"entropy_bottleneck.biases.\1"),
    (r"^entropy_bottleneck\._factor(\d)$", r"entropy_bottleneck.factors.\1"),
)

_BUFFER = re.compile(
    r"gaussian_conditional\.|entropy_bottleneck\.(_offset|_quantized_cdf|_cdf_length|target|likelihood_lower_bound)(\.|$)"
)
"""The beginnings of published names that are CDF tables, bounds and other buffers, which are not trained."""


def canonical_name(published: str) -> str:
    """Our name of a published parameter.

    >>> canonical_name("cc_mean_transforms.3.0.weight")
    'slice_loop.slices.3.mean_transform.0.weight'
    """
    name = published
    own = _DICTIONARY_NAMES if name.startswith("dt_cross_attention.") else _BLOCK_NAMES
    for pattern, replacement in (*own, *_COMMON_NAMES):
        name = re.sub(pattern, replacement, name)
    return name


def _published_parameters(stored: Any, path: Path) -> dict[str, Any]:
    """What a published checkpoint holds under the names of our parameters, buffers left out."""
    state = stored.get("state_dict", stored) if isinstance(stored, dict) else None
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise ValueError(f"{path} holds no state dict; must be one, or a dict with one as 'state_dict'")
    parameters: dict[str, Any] = {}
    for name, value in state.items():
        published = name.removeprefix("module.")
        if _BUFFER.match(published):
            continue
        if (canonical := canonical_name(published)) in parameters:
            raise ValueError(f"{path} holds {canonical} twice, the second time as {name}")
        parameters[canonical] = value
    return parameters


def _config_of(metadata: dict[str, str], path: Path) -> DCAEConfig:
    try:
        return DCAEConfig.from_dict(json.loads(metadata.get("config", "null")))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} has no legal config: {error}") from error


def _build(config: DCAEConfig, tensors: dict[str, Any], path: Path) -> DCAE:
    """A new network with every parameter from `tensors`, which are checked before its memory is claimed."""
    with torch.device("meta"):
        _check_parameters(tensors, dict(DCAE(config).named_parameters()), path)
    with torch.device("cpu"):  # whatever the caller's default device is
        model = DCAE(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    return model


def _check_parameters(tensors: dict[str, Any], wanted: dict[str, Tensor], path: Path) -> None:
    """Refuses tensors that are not exactly the wanted ones in name, kind and shape, and values that are no numbers."""
    if missing := sorted(set(wanted) - set(tensors)):
        raise ValueError(f"{path} lacks {len(missing)} of {len(wanted)} parameters, the first {missing[0]}")
    if unknown := sorted(set(tensors) - set(wanted)):
        raise ValueError(f"{path} holds {len(unknown)} unknown tensors, the first {unknown[0]}")
    for name, parameter in wanted.items():
        tensor = tensors[name]
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.layout != torch.strided:
            kind = f"{tensor.dtype}, {tensor.layout}" if isinstance(tensor, Tensor) else type(tensor).__name__
            raise ValueError(f"{path}: {name} is {kind}; must be a dense floating-point tensor")
        if tensor.shape != parameter.shape:
            raise ValueError(f"{path}: {name} has shape {tuple(tensor.shape)}; must be {tuple(parameter.shape)}")
    for name in wanted:
        extremes = torch.stack(tensors[name].float().aminmax())  # many times as fast as a look at each value
        if not bool(extremes.isfinite().all()):
            raise ValueError(f"{path}: {name} holds NaN or infinite values; must be finite in float32")


def _check_tables(tables: dict[str, Tensor], config: DCAEConfig, path: Path) -> None:
    """Refuses tables that are not int32, one row for each channel of z or each of y's tables."""
    for name in TABLES:
        rows = config.N if name.startswith("entropy_bottleneck.") else config.y_tables
        dimensions = 2 if name.endswith("_quantized_cdf") else 1
        if name not in tables:
            raise ValueError(f"{path} lacks the table {name}")
        table = tables[name]
        if table.dtype != torch.int32 or table.dim() != dimensions or table.shape[0] != rows:
            raise ValueError(
                f"{path}: {name} is {table.dtype} of shape {tuple(table.shape)}; "
                f"must be torch.int32, {dimensions}-dimensional, {rows} rows"
            )


def _existing(path: str | Path) -> Path:
    if not (path := Path(path)).is_file():
        raise FileNotFoundError(f"there is no file {path}")
    return path
