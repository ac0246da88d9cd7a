"""What the dictionary is read for, and what a file costs without it.

A part is taken out of a copy of the network, which then encodes and decodes; nothing is trained again. So the numbers
say what this network loses without the part, not what the part is worth: a network that was trained without it would
have learned to do without. Knows the dictionary's attention. Draws nothing.
"""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Mapping
from contextlib import ExitStack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dcae.codec.codec import Codec
from dcae.config import DCAEConfig
from dcae.dictionary_use import Ablation, DictionaryUse, ExcitingPlaces
from dcae.model.dcae import DCAE
from dcae.model.dictionary import DictionaryAttention
from dcae.rd import psnr_db
from dcae.traces import Trace


def dictionary_use(trace: Trace) -> DictionaryUse:
    """Which entries a trace's photo reads, in the places that lie in it at least partly: none of the padding alone.

    Raises:
        ValueError: the model has no dictionary.
    """
    return DictionaryUse.of(trace.image, trace.dictionary_attention)


def exciting_places(
    model: DCAE | Codec, photos: Mapping[str, NDArray[np.uint8]], lmbda: float | None = None, count: int = 8
) -> ExcitingPlaces:
    """The places of some photos that read most of each entry, for each slice and head.

    They are put in order by the log-odds of their weights, since many weights round to 1.

    Args:
        model: A model whose tables are ready, or the codec of one.
        photos: uint8, H x W x 3, by name.
        lmbda: What they are coded at; None for weights that have one fixed lambda.
        count: Places of an entry; fewer if the photos have fewer.

    Raises:
        TypeError, ValueError: no photo, no count, an image or lambda that is not legal, or a model without a
            dictionary.
    """
    if not photos or count < 1:
        raise ValueError(f"{len(photos)} photos and a count of {count}; must be at least 1 of each")
    codec = model if isinstance(model, Codec) else Codec(model)
    _check_part(codec.model.config)
    strongest = [_strongest(codec, photo, lmbda, count) for photo in photos.values()]
    odds = np.concatenate([odds for odds, _ in strongest], axis=-1)
    numbered = [
        np.stack([np.full_like(rows, index), rows, columns]) for index, (_, (rows, columns)) in enumerate(strongest)
    ]
    order = np.argsort(-odds, axis=-1, kind="stable")[..., :count]
    found = np.take_along_axis(np.concatenate(numbered, axis=-1), order[None], axis=-1)
    weights = 1 / (1 + np.exp(-np.take_along_axis(odds, order, axis=-1)))
    return ExcitingPlaces(photos=photos, found=found, weights=weights.astype(np.float32))


def without(
    codec: Codec, *, entry: int | None = None, head: int | None = None, slice_index: int | None = None
) -> Codec:
    """A codec that lacks a part of the dictionary's work. Its files are its own: the whole network refuses them.

    Nothing but a slice: the attention's output is 0 and its shortcut is kept. A head: its share of that output is 0. An
    entry: its logit is -inf, so that the others share its weight.

    Args:
        codec: What it is made of; it stays as it is.
        entry: Which entry is out; None for all.
        head: Of which head; None for all.
        slice_index: For which slice; None for all.

    Raises:
        ValueError: the model has no dictionary, no such part, or only this entry.
    """
    config = codec.model.config
    _check_part(config, entry=entry, head=head, slice_index=slice_index)
    attentions = [f"slice_loop.slices.{index}.dictionary_attention" for index in range(config.num_slices)]
    model = copy.deepcopy(codec.model)
    for name in attentions if slice_index is None else [attentions[slice_index]]:
        attention = model.get_submodule(name)
        assert isinstance(attention, DictionaryAttention)
        _take_out(attention, entry, head)
    in_float32 = codec.transforms.network is codec.model
    # Its latent coder copies the network with what is out of it.
    changed = Codec(model, codec.max_pixels, codec.tile_px, float32=in_float32)
    changed.identity = hashlib.sha256(f"{codec.identity} {entry} {head} {slice_index}".encode()).hexdigest()
    return changed


class Ablations:
    """One photo at one lambda, coded again with parts of the dictionary out.

    Args:
        codec: Of the whole network.
        image: uint8, H x W x 3, RGB.
        lmbda: None for weights that have one fixed lambda.

    Raises:
        TypeError, ValueError: the image or lambda is not legal, or the model has no dictionary.
    """

    def __init__(self, codec: Codec, image: NDArray[np.uint8], lmbda: float | None = None) -> None:
        _check_part(codec.model.config)
        self.codec, self.image, self.lmbda = codec, image, lmbda
        self.whole_bytes, self.whole_psnr_db = self._coded_by(codec)

    def without(self, *, entry: int | None = None, head: int | None = None, slice_index: int | None = None) -> Ablation:
        """The file without a part, and how its picture, decoded from it, compares with the photo.

        Args and Raises: as of :func:`without`.
        """
        changed = without(self.codec, entry=entry, head=head, slice_index=slice_index)
        total_bytes, psnr = self._coded_by(changed)
        return Ablation(
            without=_words(entry, head, slice_index),
            total_bytes=total_bytes,
            psnr_db=psnr,
            whole_bytes=self.whole_bytes,
            whole_psnr_db=self.whole_psnr_db,
        )

    def _coded_by(self, codec: Codec) -> tuple[int, float]:
        """Bytes of the file, and the PSNR of what it decodes to: that it does is the proof that the decoder follows."""
        data = codec.encode(self.image, self.lmbda)
        return len(data), psnr_db(self.image, codec.decode(data))


def _check_part(config: DCAEConfig, **part: int | None) -> None:
    if not config.dictionary_entries:
        raise ValueError("dictionary_entries is 0: this model has no dictionary, so nothing of it can be taken out")
    counts = {"entry": config.dictionary_entries, "head": config.dictionary_heads, "slice_index": config.num_slices}
    for name, value in part.items():
        if value is not None and not 0 <= value < counts[name]:
            raise ValueError(f"{name} is {value}; must be 0 to {counts[name] - 1}")
    if part.get("entry") is not None and config.dictionary_entries == 1:
        raise ValueError("entry 0 is the only one, so no weights would be left; take the whole dictionary out instead")


def _take_out(attention: DictionaryAttention, entry: int | None, head: int | None) -> None:
    def forget(_layer: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        logits = inputs[0].clone()  # (B, heads, H * W, entries)
        logits[:, slice(None) if head is None else head, :, entry] = -math.inf
        return logits

    def silence(_layer: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        read = inputs[0].unflatten(-1, (attention_heads, -1)).clone()  # (B, H, W, heads, head size)
        read[..., head, :] = 0
        return read.flatten(-2)

    def empty(_layer: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> Tensor:
        return torch.zeros_like(output)

    attention_heads = attention.heads  # not the attention itself, which the hooks' copies would keep alive
    if entry is not None:
        attention.softmax.register_forward_pre_hook(forget)
    elif head is not None:
        attention.linear.register_forward_pre_hook(silence)
    else:
        attention.linear.register_forward_hook(empty)


def _words(entry: int | None, head: int | None, slice_index: int | None) -> str:
    numbers = {"entry": entry, "head": head, "slice": slice_index}
    named = [f"{name} {number}" for name, number in numbers.items() if number is not None]
    return " of ".join(named if entry is not None or head is not None else ["the dictionary", *named])


def _strongest(
    codec: Codec, photo: NDArray[np.uint8], lmbda: float | None, count: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The highest log-odds of each entry in a photo, and their rows and columns: (slices, heads, entries, count)."""
    odds = _log_odds(codec, photo, lmbda)
    slices, heads, _, columns, entries = odds.shape
    flat = odds.reshape(slices, heads, -1, entries).swapaxes(2, 3)
    places = np.argsort(-flat, axis=-1, kind="stable")[..., :count]
    return np.take_along_axis(flat, places, axis=-1), np.stack(np.divmod(places, columns))


def _log_odds(codec: Codec, photo: NDArray[np.uint8], lmbda: float | None) -> NDArray[np.float64]:
    """Of the weights that a photo's places give to entries: (slices, heads, rows, columns, entries)."""
    logits: list[Tensor] = []
    found = [module for module in codec.latent_coder.slice_loop.modules() if isinstance(module, DictionaryAttention)]
    with ExitStack() as watched:
        for attention in found:
            handle = attention.softmax.register_forward_pre_hook(lambda _, inputs: logits.append(inputs[0]))
            watched.callback(handle.remove)
        session = codec.open_whole(photo)
        latents = session.latents(lmbda)
        codec.latent_coder.encode(*latents)
    height, width = latents.y.shape[2:]
    rows, columns = _places(photo)
    all_odds = log_odds(torch.cat(logits)).unflatten(2, (height, width))  # (slices, heads, h, w, entries)
    return all_odds[:, :, :rows, :columns].cpu().numpy()


@torch.inference_mode()
def log_odds(logits: Tensor) -> Tensor:
    """log(p / (1 - p)) of a softmax over the last axis, without p, which may round to 1: float64, of the same shape.

    >>> log_odds(torch.tensor([0.0, 0.0, 100.0]))
    tensor([-100.0000, -100.0000,   99.3069], dtype=torch.float64)
    """
    logits = logits.double()
    highest = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, logits.argmax(dim=-1, keepdim=True), True)
    of_others = logits.masked_fill(highest, -math.inf).logsumexp(dim=-1, keepdim=True)
    log_p = logits.log_softmax(dim=-1)
    return torch.where(highest, logits - of_others, log_p - torch.log1p(-log_p.exp()))


def _places(image: NDArray[np.uint8]) -> tuple[int, int]:
    """How many rows and columns of places lie in an image at least partly."""
    return -(-image.shape[0] // 16), -(-image.shape[1] // 16)
