"""What a compressed file says of itself, without decoding it: its size, lambda, weights, and where its bytes go.

Knows the container. Knows no tensors, so that a look at a file costs no import of torch.
"""

from dcae.codec.bitstream import layout, unpack
from dcae.rd import bpp
from dcae.results import FileInfo
from dcae.shipped_weights import shipped_name


def file_info(data: bytes) -> FileInfo:
    """Where the bytes of a file go; its weights by the name that they are shipped under, else by their identity.

    Args:
        data: A whole file.

    Raises:
        BitstreamError: if it is no file of this format.
    """
    header, _ = unpack(data)
    parts = layout(data)
    return FileInfo(
        width=header.width,
        height=header.height,
        lmbda=header.lmbda or None,
        model=shipped_name(header.identity) or header.identity.hex(),
        header_bytes=parts.header_bytes,
        z_bytes=parts.z_bytes,
        slice_bytes=parts.slice_bytes,
        other_bytes=parts.other_bytes,
        total_bytes=parts.total_bytes,
        bpp=bpp(parts.total_bytes, header.width, header.height),
    )
