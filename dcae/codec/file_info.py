"""What a compressed file says of itself, without decoding it: its size, lambda, weights, and where its bytes go.

Knows the container and the names of the shipped weights. Knows no tensors, so that a look at a file costs no import of
torch; the weights themselves are `dcae.checkpoint`'s.
"""

from importlib.resources import files

from dcae.codec.bitstream import layout, unpack
from dcae.rd import bpp
from dcae.results import FileInfo

_NAME_HEX_DIGITS = 8
"""How many digits of the identity end an immutable name, such as `small-1a2b3c4d`."""


def file_info(data: bytes, model_name: str | None = None) -> FileInfo:
    """Where the bytes of a file go.

    Args:
        data: A whole file.
        model_name: What its weights are called; None for the name of shipped weights, or else the identity's digits.

    Raises:
        BitstreamError: if it is no file of this format.
    """
    header, _ = unpack(data)
    parts = layout(data)
    return FileInfo(
        width=header.width,
        height=header.height,
        lmbda=header.lmbda or None,
        model=model_name or shipped_name(header.identity) or header.identity.hex(),
        header_bytes=parts.header_bytes,
        z_bytes=parts.z_bytes,
        slice_bytes=parts.slice_bytes,
        other_bytes=parts.other_bytes,
        total_bytes=parts.total_bytes,
        bpp=bpp(parts.total_bytes, header.width, header.height),
    )


def shipped_name(identity: bytes) -> str | None:
    """The immutable name of the shipped weights with this identity, such as `small-1a2b3c4d`; None if none has it.

    Args:
        identity: The first 8 bytes of a model's SHA-256 identity, as a file's header holds them.

    >>> shipped_name(bytes(8)) is None
    True
    """
    weights = files("dcae_data") / "weights"
    ending = f"-{identity.hex()[:_NAME_HEX_DIGITS]}.safetensors"
    names = [resource.name for resource in weights.iterdir()] if weights.is_dir() else []
    return next((name.removesuffix(".safetensors") for name in names if name.endswith(ending)), None)
