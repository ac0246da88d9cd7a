"""Weights on disk: ours as safetensors, the published ones as torch files, and the identity of a model.

The only file that knows the published code's parameter names. Does not know images or coded files.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor, nn

from dcae.config import PRESETS, DCAEConfig
from dcae.files import write_atomically
from dcae.model.dcae import DCAE

TABLES = tuple(
    f"{model}.{buffer}"
    for model in ("entropy_bottleneck", "gaussian_conditional")
    for buffer in ("_quantized_cdf", "_cdf_length", "_offset")
)
"""The integer CDF tables of z and y among a model's buffers (CompressAI's names)."""

_FORMAT = "dcae-weights-1"


def load(name: str | Path) -> DCAE:
    """The model of shipped weights or of a weights file, in eval mode, on the CPU, tables ready.

    Args:
        name: `small` or `tiny` (the best weights that are shipped), an immutable name such as `small-1a2b3c4d`, or
            the path of a .safetensors file.

    Raises:
        FileNotFoundError: if nothing of that name is shipped and no such file exists; the message lists what is.
        ValueError: if the file holds no weights of ours.
    """
    path = Path(name)
    if path.suffix == ".safetensors" or path.exists():
        return read_weights(path)
    shipped = _shipped()
    matches = [resource for full, resource in shipped.items() if str(name) in (full, full.rsplit("-", 1)[0])]
    if not matches:
        raise FileNotFoundError(f"no weights named {str(name)!r}; shipped: {', '.join(sorted(shipped)) or 'none'}")
    with as_file(matches[0]) as shipped_path:
        return read_weights(shipped_path)


def shipped_names() -> list[str]:
    """The immutable names of the weights that are shipped, such as `small-1a2b3c4d`."""
    return sorted(_shipped())


def read_weights(path: Path) -> DCAE:
    """The model of one .safetensors file; its tables are those of the file, not computed anew.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds no weights of ours, or parameters that do not fit its own config.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file: {error}") from error
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"{path} is no {_FORMAT} file; its format is {metadata.get('format')!r}")
    model = DCAE(DCAEConfig.from_dict(json.loads(metadata["config"])))
    _fill(model, tensors, str(path))
    return model.eval()


def save_weights(model: DCAE, path: Path, half: bool = False) -> None:
    """Writes a model's config, parameters and tables, whole or not at all.

    Args:
        model: A model whose tables are ready (`update()`).
        path: A .safetensors file.
        half: Whether parameters are stored in half precision; they must have been rounded with `round_to_half`.

    Raises:
        ValueError: if the tables are missing, or rounding would change the model.
    """
    if model.gaussian_conditional._quantized_cdf.numel() == 0:
        raise ValueError("the model has no CDF tables yet; run update() first")
    tensors: dict[str, Tensor] = {name: model.state_dict()[name].contiguous() for name in TABLES}
    for name, parameter in model.named_parameters():
        value = parameter.detach().contiguous()
        if half and not torch.equal(value.half().to(value.dtype), value):
            raise ValueError(f"{name} is not representable in half precision; call round_to_half first")
        tensors[name] = value.half() if half else value
    metadata = {"format": _FORMAT, "config": json.dumps(model.config.to_dict())}
    write_atomically(path, safetensors_bytes(tensors, metadata))


@torch.no_grad()
def round_to_half(model: DCAE) -> None:
    """Rounds every parameter to half precision in place and computes the tables anew, in that order."""
    for parameter in model.parameters():
        parameter.copy_(parameter.half())
    model.update()


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
        values = state[name].detach().cpu().numpy().astype("<i4" if name in TABLES else "<f4")
        digest.update(name.encode() + struct.pack(f"<{values.ndim}I", *values.shape))
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def load_published(path: str | Path) -> DCAE:
    """The model of a checkpoint of the published code (github.com/CVL-UESTC/DCAE), in eval mode.

    Takes {"state_dict": ...} or the dict itself, names with or without `module.`, entropy-bottleneck names of old
    and new CompressAI; ignores buffers, of any size or absent: the tables are computed from the parameters.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no such checkpoint: parameters missing, unknown or of another shape.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for files that are none of its own
        raise ValueError(f"{path} is no torch checkpoint that can be loaded safely: {error}") from error
    state = stored.get("state_dict", stored) if isinstance(stored, dict) else None
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise ValueError(f"{path} holds no state dict")
    model = DCAE(PRESETS["paper"])
    names = {name.removeprefix("module."): value for name, value in state.items()}
    tensors = {canonical_name(name): value for name, value in names.items() if not _is_buffer(name)}
    _fill(model, tensors, str(path), tables=False)
    model.update()
    return model.eval()


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


def _is_buffer(published: str) -> bool:
    """Whether a published name is a CDF table, a bound or another buffer, which is not trained."""
    return bool(
        published.startswith("gaussian_conditional.")
        or re.match(
            r"entropy_bottleneck\.(_offset|_quantized_cdf|_cdf_length|target|likelihood_lower_bound)", published
        )
    )


def _fill(model: nn.Module, tensors: dict[str, Any], path: str, tables: bool = True) -> None:
    """Copies named tensors into a model, every parameter and table exactly once."""
    wanted = dict(model.named_parameters())
    expected = {*wanted, *(TABLES if tables else ())}
    if missing := sorted(expected - set(tensors)):
        raise ValueError(f"{path} lacks {len(missing)} of {len(expected)} tensors, the first {missing[0]}")
    if unknown := sorted(set(tensors) - expected):
        raise ValueError(f"{path} holds {len(unknown)} unknown tensors, the first {unknown[0]}")
    with torch.no_grad():
        for name, parameter in wanted.items():
            if tuple(tensors[name].shape) != tuple(parameter.shape):
                raise ValueError(
                    f"{path}: {name} has shape {tuple(tensors[name].shape)}; must be {tuple(parameter.shape)}"
                )
            parameter.copy_(tensors[name])
    for name in TABLES if tables else ():
        owner, buffer = name.split(".")
        setattr(model.get_submodule(owner), buffer, tensors[name].to(torch.int32))


def _shipped() -> dict[str, Any]:
    folder = files("dcae_data") / "weights"
    if not folder.is_dir():
        return {}
    return {r.name.removesuffix(".safetensors"): r for r in folder.iterdir() if r.name.endswith(".safetensors")}
