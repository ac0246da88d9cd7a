"""The container of a compressed image: which bytes stand where, and what is refused before anything is decoded.

A file is a header, typed and length-prefixed sections, and a checksum over everything before it; docs/format.md gives
every byte. A large picture is cut into tiles, each with sections of its own: that is version 2, all others are still
version 1. This module deliberately knows no tensors, no entropy coder and no model: a payload is bytes, how many
slices a model has and how many pixels are too many is for the codec to say. Standard library only.

>>> from dcae.codec.sections import slice_section
>>> header = Header(identity=bytes(8), lmbda=0.0130, width=768, height=512)
>>> data = pack(header, [Section(SectionType.Z, b"zzzz"), slice_section(b"symbols", b"yyyyyyyy")])
>>> unpack(data)[0] == header, [section.type for section in unpack(data)[1]]
(True, [1, 2])
>>> layout(data)
Layout(header_bytes=31, z_bytes=4, slice_bytes=(8,), other_bytes=0, total_bytes=43)
"""

import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from dcae.codec.sections import (
    MAX_SECTIONS,
    MIN_TILE_PX,
    BitstreamError,
    Section,
    SectionType,
    check_sections,
    first_slices,
    num_tiles,
    packed,
    read_sections,
    read_varint,
    slices_in,
    split_slice,
    tiles_of,
    varint,
)

MAGIC = b"DCAE"
UNTILED_VERSION, TILED_VERSION = 1, 2
IDENTITY_BYTES = 8
MAX_SIDE_PX = 65535

_FIXED = struct.Struct("<8sf")  # identity, lmbda
_CRC = struct.Struct("<I")
_VARINTS_AT = len(MAGIC) + 1 + _FIXED.size
# Two one-byte sides and an empty Z section: no file is shorter.
MIN_FILE_BYTES = _VARINTS_AT + 2 + 2 + _CRC.size


@dataclass(frozen=True)
class Header:
    """What a file says of itself before its sections.

    Attributes:
        identity: First 8 bytes of the SHA-256 identity of the model that wrote the file.
        lmbda: Rate-distortion trade-off, rounded to float32 here, so that encoder and decoder use the same number;
            0.0 says that the weights have one fixed lambda.
        width: Image width in pixels, 1 to 65535.
        height: Image height in pixels, 1 to 65535.

    Raises:
        ValueError: If a field is not what is said above.

    >>> Header(bytes(8), 0.1, 3, 2).lmbda
    0.10000000149011612
    """

    identity: bytes
    lmbda: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if len(self.identity) != IDENTITY_BYTES:
            raise ValueError(f"identity is {len(self.identity)} bytes long; it must be {IDENTITY_BYTES}")
        object.__setattr__(self, "lmbda", _float32_lmbda(self.lmbda))
        if not (1 <= self.width <= MAX_SIDE_PX and 1 <= self.height <= MAX_SIDE_PX):
            raise ValueError(f"image is {self.width} x {self.height} px; sides must be 1 to {MAX_SIDE_PX} px")


@dataclass(frozen=True)
class Layout:
    """Where the bytes of a file go; header + z + slices + other = total.

    Attributes:
        header_bytes: Everything that is not a payload, and the checksum at the head of each slice.
        z_bytes: The coded stream of z.
        slice_bytes: The coded stream of each slice that is present.
        other_bytes: Payloads of all other sections (level flags, ancillary ones).
        total_bytes: Size of the file.
    """

    header_bytes: int
    z_bytes: int
    slice_bytes: tuple[int, ...]
    other_bytes: int
    total_bytes: int


def pack(header: Header, sections: Iterable[Section]) -> bytes:
    """Bytes of the file that holds these sections.

    They are Z, then LEVEL_FLAGS if not empty, then the slices in order; or, of a tiled picture, TILES and then each
    TILE, row by row.

    Raises:
        ValueError: If `unpack` would refuse the sections' types, order or payloads.
    """
    sections = tuple(sections)
    check_sections(sections, header.width, header.height)
    data = bytearray(MAGIC)
    data.append(TILED_VERSION if sections[0].type == SectionType.TILES else UNTILED_VERSION)
    data += _FIXED.pack(header.identity, header.lmbda)
    data += varint(header.width) + varint(header.height)
    data += packed(sections)
    return bytes(data + _CRC.pack(zlib.crc32(data)))


def unpack(data: bytes) -> tuple[Header, tuple[Section, ...]]:
    """Header and sections of a file, unknown ancillary sections included; linear in the size of the file.

    Checked in this order: magic, format version, shortest legal size, checksum, header, each section in turn.

    Raises:
        BitstreamError: In one line, what is wrong with the file.
    """
    data = bytes(data)
    _check_envelope(data)
    body = data[: -_CRC.size]
    identity, lmbda = _FIXED.unpack_from(body, len(MAGIC) + 1)
    width, position = read_varint(body, _VARINTS_AT)
    height, position = read_varint(body, position)
    try:
        header = Header(identity, lmbda, width, height)
        most = MAX_SECTIONS
        if data[len(MAGIC)] == TILED_VERSION:
            most += num_tiles(width, height, MIN_TILE_PX)
        sections = tuple(islice(read_sections(body, position), most + 1))
        _check_version(data[len(MAGIC)], sections)
        check_sections(sections, header.width, header.height)
    except ValueError as error:
        raise BitstreamError(str(error)) from None
    return header, sections


def layout(data: bytes) -> Layout:
    """Byte accounting of a file.

    Raises:
        BitstreamError: As `unpack`.
    """
    sections = unpack(data)[1]
    tile_px, tiles = tiles_of(sections)
    z_bytes = sum(len(tile[0].payload) for tile in tiles)
    streams = [
        [len(split_slice(section)[1]) for section in tile if section.type == SectionType.SLICE] for tile in tiles
    ]
    slice_bytes = tuple(map(sum, zip(*streams, strict=True)))
    others = [section for tile in tiles for section in tile[1:] if section.type != SectionType.SLICE]
    if tile_px is not None:
        others += [section for section in sections if section.type != SectionType.TILE]
    other_bytes = sum(len(section.payload) for section in others)
    header_bytes = len(data) - z_bytes - sum(slice_bytes) - other_bytes
    return Layout(header_bytes, z_bytes, slice_bytes, other_bytes, len(data))


def keep_slices(data: bytes, num_slices: int) -> bytes:
    """The same file with only its first `num_slices` slices: a legal file that decodes to a coarser picture.

    Level flags are kept as they are: a decoder ignores those of slices that are not there.

    Raises:
        BitstreamError: As `unpack`.
        ValueError: If the file has fewer slices.
    """
    header, sections = unpack(data)
    present = slices_in(tiles_of(sections)[1][0])
    if not 0 <= num_slices <= present:
        raise ValueError(f"cannot keep {num_slices} slices: the file has 0 to {present}")
    return pack(header, first_slices(sections, num_slices))


def _float32_lmbda(lmbda: float) -> float:
    if not math.isfinite(lmbda) or math.copysign(1.0, lmbda) < 0:
        raise ValueError(f"lambda is {lmbda}; it must be 0 (fixed by the weights) or a finite positive number")
    try:
        rounded = struct.unpack("<f", struct.pack("<f", lmbda))[0]
    except OverflowError:
        rounded = math.inf
    if math.isinf(rounded) or (rounded == 0) != (lmbda == 0):
        raise ValueError(f"lambda is {lmbda}; as a float32 that is {rounded}, legal is 1.4e-45 to 3.4e38")
    return rounded


def _check_envelope(data: bytes) -> None:
    """Magic and version come first: a later version may put its checksum elsewhere."""
    if not data.startswith(MAGIC[: len(data)]):
        raise BitstreamError(f"not a DCAE file: begins with {data[:4]!r}, not {MAGIC!r}")
    if len(data) <= len(MAGIC):
        raise BitstreamError(f"file is cut: {len(data)} bytes; the shortest DCAE file has {MIN_FILE_BYTES}")
    version = data[len(MAGIC)]
    if version > TILED_VERSION:
        raise BitstreamError(f"file has format version {version}; this reader knows up to {TILED_VERSION}: update it")
    if version < UNTILED_VERSION:
        raise BitstreamError(f"file has format version {version}, which never was; versions begin at {UNTILED_VERSION}")
    if len(data) < MIN_FILE_BYTES:
        raise BitstreamError(f"file is cut: {len(data)} bytes; the shortest DCAE file has {MIN_FILE_BYTES}")
    stated, actual = _CRC.unpack(data[-_CRC.size :])[0], zlib.crc32(data[: -_CRC.size])
    if stated != actual:
        raise BitstreamError(f"file is cut or damaged: its checksum is {stated:08x}, its bytes give {actual:08x}")


def _check_version(version: int, sections: tuple[Section, ...]) -> None:
    tiled = bool(sections) and sections[0].type == SectionType.TILES
    if tiled != (version == TILED_VERSION):
        has = "tiles" if tiled else "no tiles"
        raise ValueError(f"file has format version {version} and {has}; tiled files have version {TILED_VERSION}")
