"""One run of the encoder with everything kept: what every view of a coding is drawn from.

Nothing is computed a second way: symbols, mu and sigma are what the encoder's own slice loop made of this image, the
costs are the coder's, and the attention is read where it is used. Knows the network's parts. Draws nothing.
Shapes: H, W image size in px.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import cost_bits
from dcae.codec.file_info import file_info
from dcae.codec.kept_codecs import KeptCodecs
from dcae.codec.latent_coder import CodedPart, values_of
from dcae.codec.session import Session
from dcae.codec.symbol_tables import SymbolTables
from dcae.config import DCAEConfig
from dcae.model.attention import Stage, WindowAttention
from dcae.model.dcae import DCAE
from dcae.model.dictionary import DictionaryAttention
from dcae.model.gain import Gain
from dcae.traces import Trace, WindowAttentionTrace

TRANSFORMS = ("g_a", "g_s", "h_a")
"""The transforms whose window attention can be asked for."""


def trace(
    model: DCAE | Codec,
    image: NDArray[np.uint8] | Session,
    lmbda: float | None = None,
    window_attention: Sequence[tuple[str, int, int]] = (),
) -> Trace:
    """Encodes an image and keeps every intermediate.

    Args:
        model: A model whose tables are ready, or the codec of one.
        image: uint8, H x W x 3, RGB; or a session of the codec in which it is open, whose g_a is not run again (so the
            attention within g_a cannot be asked for).
        lmbda: 0.0005 to 0.15; None for weights that have one fixed lambda.
        window_attention: Of which blocks: transform (`g_a`, `g_s`, `h_a`), stage and block, counted from 0 in the order
            of the data.

    Raises:
        TypeError, ValueError: if the image or lambda is not legal, there is no such block, or a session is of another
            codec or asked for g_a's attention.
    """
    codec = model if isinstance(model, Codec) else Codec(model)
    if isinstance(image, Session):
        _check_session(image, codec, window_attention)
    blocks = {key: _block(codec.model, *key) for key in window_attention}
    if codec.transforms.network is not codec.model and any(key[0] in ("g_a", "g_s") for key in blocks):
        # In bfloat16 it is a copy that runs, and not block by block.
        codec = Codec(codec.model, codec.max_pixels, float32=True)
    parts: list[CodedPart] = []
    with ExitStack() as watched, torch.inference_mode():
        read = [watched.enter_context(outputs_of(softmax)) for softmax in _softmaxes(codec)]
        seen = {key: watched.enter_context(_inputs_of(block)) for key, block in blocks.items()}
        session = image if isinstance(image, Session) else codec.open_whole(image)
        latents = session.latents(lmbda)
        coded = codec.latent_coder.encode(*latents, record=parts)
        x_hat = codec.synthesise(coded.y_hat, lmbda, session.height, session.width)
        attention = {
            key: _window_trace(blocks[key], inputs[0], 16 * latents.y.shape[2]) for key, inputs in seen.items()
        }
    (z, *slices), coder = parts, codec.latent_coder
    return Trace(
        image=session.image,
        x_hat=x_hat,
        file=file_info(session.file_of(coded, lmbda)),
        y=_array(latents.y[0]),
        z=_array(latents.z[0]),
        y_hat=_array(coded.y_hat[0]),
        z_hat=_array(z.mu[0]) + z.symbols[0].astype(np.float32),
        mu=np.concatenate([_array(part.mu[0]) for part in slices]),
        sigma=np.concatenate([_array(part.sigma[0]) for part in slices if part.sigma is not None]),
        symbols=np.concatenate([part.symbols[0] for part in slices]),
        values=np.concatenate([_array(values_of(part)[0]) for part in slices]),
        z_symbols=z.symbols[0],
        y_bits=np.concatenate([_costs(part, coder.y_tables) for part in slices]),
        z_bits=_costs(z, coder.z_tables),
        dictionary_attention=_maps(read, codec.model.config, *latents.y.shape[2:]),
        gain=_gains(codec.model.gain, lmbda),
        inverse_gain=_gains(codec.model.inverse_gain, lmbda),
        num_slices=len(slices),
        window_attention=attention,
    )


def blocks_of(model: DCAE) -> list[tuple[str, int, int]]:
    """The blocks whose window attention can be asked for, in the order of the data.

    >>> from dcae.config import PRESETS
    >>> blocks_of(DCAE(PRESETS["tiny"]))
    [('g_a', 2, 0), ('g_s', 0, 0), ('h_a', 0, 0)]
    """
    return [
        (name, stage, block)
        for name in TRANSFORMS
        for stage, layers in enumerate(_stages(model, name))
        for block in range(len(layers.blocks))
    ]


class Tracer:
    """Traces codings of one photo after another lambda: weights and g_a's output are kept from one to the next.

    Weights that have been written anew since are opened anew.

    Args:
        open_codec: The codec of weights, by their name or path (`dcae.codec.catalogue.open_codec`).
    """

    def __init__(self, open_codec: Callable[[str], Any]) -> None:
        self._codecs = KeptCodecs(open_codec, 1)
        self._session: Session | None = None

    def __call__(self, model: str, image: NDArray[np.uint8], lmbda: float | None) -> Trace:
        """The trace of an image, uint8, H x W x 3, at lambda.

        Raises:
            TypeError: the weights are no single model, such as a folder of them.
            ValueError, OSError: as `trace` and the opener of codecs.
        """
        codec = self._codecs.get(model).codec
        if not isinstance(codec, Codec):
            raise TypeError(f"{model} is no single model; only one model's codings can be traced")
        session = self._session
        if session is None or session.codec is not codec or not np.array_equal(session.image, image):
            session = self._session = codec.open_whole(image)
        return trace(codec, session, lmbda)


def _check_session(session: Session, codec: Codec, window_attention: Sequence[tuple[str, int, int]]) -> None:
    if session.codec is not codec:
        raise ValueError("the session is of another codec; open the image with the one that is traced")
    if any(transform == "g_a" for transform, _, _ in window_attention):
        raise ValueError("g_a has run in this session; give the image itself to see its attention")


def _stages(model: DCAE, transform: str) -> list[Stage]:
    return [layer for layer in model.get_submodule(transform) if isinstance(layer, Stage)]  # pyright: ignore[reportGeneralTypeIssues]


def _block(model: DCAE, transform: str, stage: int, block: int) -> WindowAttention:
    if (transform, stage, block) not in blocks_of(model):
        legal = ", ".join(map(str, blocks_of(model)))
        raise ValueError(f"there is no block {(transform, stage, block)}; this model has {legal or 'none'}")
    attention = _stages(model, transform)[stage].blocks[block].attention
    assert isinstance(attention, WindowAttention)
    return attention


def _softmaxes(codec: Codec) -> list[nn.Module]:
    """The layer of each slice in which the coding arithmetic reads the dictionary."""
    found = codec.latent_coder.slice_loop.modules()
    return [module.softmax for module in found if isinstance(module, DictionaryAttention)]


@contextmanager
def outputs_of(module: nn.Module) -> Iterator[list[Tensor]]:
    """What a module returns while the block runs."""
    found: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        found.append(output)

    handle = module.register_forward_hook(keep)
    try:
        yield found
    finally:
        handle.remove()


@contextmanager
def _inputs_of(module: nn.Module) -> Iterator[list[Tensor]]:
    """What a module is given while the block runs."""
    found: list[Tensor] = []
    handle = module.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    try:
        yield found
    finally:
        handle.remove()


def _window_trace(block: WindowAttention, x: Tensor, padded_height_px: int) -> WindowAttentionTrace:
    height, width, side = x.shape[1], x.shape[2], block.window
    weights = block.weights(x).unflatten(0, (-(-height // side), -(-width // side)))
    return WindowAttentionTrace(
        weights=_array(weights),
        relative_position=_array(block.relative_position),
        height=height,
        width=width,
        shifted=block.shifted,
        position_px=padded_height_px // height,
    )


def _maps(read: Sequence[Sequence[Tensor]], config: DCAEConfig, height: int, width: int) -> NDArray[np.float32]:
    """(slices, heads, height, width, entries) of what each slice read, (1, heads, height * width, entries)."""
    if not config.dictionary_entries:
        return np.zeros((config.num_slices, config.dictionary_heads, height, width, 0), np.float32)
    return np.concatenate([_array(outputs[0].unflatten(2, (height, width))) for outputs in read])


def _costs(part: CodedPart, tables: SymbolTables) -> NDArray[np.float32]:
    return cost_bits(part.symbols.ravel(), part.indexes, tables).reshape(part.symbols.shape[1:]).astype(np.float32)


@torch.no_grad()
def _gains(gain: Gain | None, lmbda: float | None) -> NDArray[np.float32] | None:
    if gain is None or lmbda is None:
        return None
    return _array(gain(torch.tensor([lmbda], device=gain.log_gain.device))[0, :, 0, 0])


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().float().cpu().numpy()
