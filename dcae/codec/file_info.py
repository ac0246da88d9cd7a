"""What a compressed file says of itself, without decoding it: its size, lambda, weights, and where its bytes go.

Knows the container. Knows no tensors, so that a look at a file costs no import of torch.
"""

from dcae.codec.bitstream import layout, unpack
from dcae.rd import bpp
from dcae.results import FileInfo
from dcae.shipped_weights import shipped_name


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
