"""Codecs by the name that a user gives: shipped weights, a file of weights, or a folder of them.

Knows which kind of thing a name means. Does not know what is in it. Imports torch when it is asked to open one.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dcae.images import MAX_PIXELS
from dcae.shipped_weights import immutable_name

if TYPE_CHECKING:
    from dcae.codec.codec import Codec
    from dcae.codec.fixed_lmbda import FixedLmbdaCodec

NAME_HELP = (
    "Shipped weights (small, tiny), a .safetensors file, a published checkpoint (.pth, .pth.tar), "
    "or a folder of weights of one lambda each, which stands in each file's name."
)
"""What `open_codec` takes, for a user."""

_PUBLISHED_SUFFIXES = (".pth", ".pt", ".tar")


def open_codec(
    name: str | Path, max_pixels: int = MAX_PIXELS, tile_px: int | None = None, *, float32: bool = False
) -> Codec | FixedLmbdaCodec:
    """The codec of weights, by their name, file or folder.

    Args:
        name: `small` or `tiny` (the best weights that are shipped), an immutable name such as `small-1a2b3c4d`, or the
            path of a .safetensors file, of a published checkpoint (.pth, .pt, .pth.tar), or of a folder of those whose
            weights have one fixed lambda each: the one number in the file's name.
        max_pixels: The largest image that is encoded or decoded.
        tile_px: As of `Codec`.
        float32: As of `Codec`.

    Raises:
        FileNotFoundError: nothing of that name is shipped, and there is no such file or folder.
        ValueError: the file holds no weights, or the folder no such files.
    """
    if Path(name).is_dir() and immutable_name(str(name)) is None:  # a folder that has a shipped name is not meant
        from dcae.codec.fixed_lmbda import FixedLmbdaCodec, weights_by_lmbda

        return FixedLmbdaCodec(
            weights_by_lmbda(Path(name)),
            partial(_open_file, max_pixels=max_pixels, tile_px=tile_px, float32=float32),
            max_pixels,
        )
    return _open_file(name, max_pixels, tile_px, float32)


def _open_file(name: str | Path, max_pixels: int, tile_px: int | None, float32: bool) -> Codec:
    from dcae import checkpoint
    from dcae.codec.codec import Codec

    load = checkpoint.load_published if str(name).endswith(_PUBLISHED_SUFFIXES) else checkpoint.load
    return Codec(load(name), max_pixels, tile_px, float32=float32)
