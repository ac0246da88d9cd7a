"""The container of a compressed image: which bytes stand where, and what is refused before anything is decoded.

A file is a header, typed and length-prefixed sections, and a checksum over everything before it; docs/format.md gives
every byte. This module deliberately knows no tensors, no entropy coder and no model: a payload is bytes, how many
slices a model has and how many pixels are too many is for the codec to say. Standard library only.

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
from enum import IntEnum
from itertools import islice

MAGIC = b"DCAE"
FORMAT_VERSION = 1
IDENTITY_BYTES = 8
MAX_SIDE_PX = 65535
MAX_VARINT_BYTES = 5
# An empty section costs 2 bytes in a file and a hundred in memory: a bound keeps a hostile file from growing.
MAX_SECTIONS = 255
ANCILLARY_BIT = 0x80
SLICE_CHECKSUM_BYTES = 2

_FIXED = struct.Struct("<8sf")  # identity, lmbda
_CRC = struct.Struct("<I")
_VARINTS_AT = len(MAGIC) + 1 + _FIXED.size
# Two one-byte sides and an empty Z section: no file is shorter.
MIN_FILE_BYTES = _VARINTS_AT + 2 + 2 + _CRC.size


class BitstreamError(ValueError):
    """Bytes that no encoder of this project wrote: foreign, cut, damaged, hostile or from the future."""


class SectionType(IntEnum):
    """Section types of format version 1; a type with bit 7 set is ancillary, all others are critical."""

    Z = 0x01
    SLICE = 0x02
    LEVEL_FLAGS = 0x03


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
class Section:
    """One typed piece of a file: `type` is a byte (see `SectionType`), `payload` the bytes it carries."""

    type: int
    payload: bytes


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


def symbols_checksum(symbol_bytes: bytes) -> int:
    """Low 16 bits of the CRC-32 of a slice's symbols, given as little-endian int32 in coding order."""
    return zlib.crc32(symbol_bytes) & 0xFFFF


def slice_section(symbol_bytes: bytes, stream: bytes) -> Section:
    """Section of one slice: the checksum of its symbols, then their coded stream."""
    checksum = symbols_checksum(symbol_bytes).to_bytes(SLICE_CHECKSUM_BYTES, "little")
    return Section(SectionType.SLICE, checksum + bytes(stream))


def split_slice(section: Section) -> tuple[int, bytes]:
    """Checksum of the symbols and coded stream of a SLICE section that `unpack` returned."""
    checksum = int.from_bytes(section.payload[:SLICE_CHECKSUM_BYTES], "little")
    return checksum, section.payload[SLICE_CHECKSUM_BYTES:]


def pack(header: Header, sections: Iterable[Section]) -> bytes:
    """Bytes of the file that holds these sections: Z, then LEVEL_FLAGS if not empty, then the slices in order.

    Raises:
        ValueError: If `unpack` would refuse the sections' types, order or payloads.
    """
    sections = tuple(sections)
    _check_sections(sections)
    data = bytearray(MAGIC)
    data.append(FORMAT_VERSION)
    data += _FIXED.pack(header.identity, header.lmbda)
    data += varint(header.width) + varint(header.height)
    for section in sections:
        data.append(section.type)
        data += varint(len(section.payload)) + section.payload
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
        sections = tuple(islice(_read_sections(body, position), MAX_SECTIONS + 1))
        _check_sections(sections)
    except ValueError as error:
        raise BitstreamError(str(error)) from None
    return header, sections


def layout(data: bytes) -> Layout:
    """Byte accounting of a file.

    Raises:
        BitstreamError: As `unpack`.
    """
    sections = unpack(data)[1]
    z_bytes = len(sections[0].payload)
    slice_bytes = tuple(len(split_slice(section)[1]) for section in sections if section.type == SectionType.SLICE)
    payload_bytes = sum(len(section.payload) for section in sections)
    other_bytes = payload_bytes - z_bytes - sum(slice_bytes) - SLICE_CHECKSUM_BYTES * len(slice_bytes)
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
    present = sum(section.type == SectionType.SLICE for section in sections)
    if not 0 <= num_slices <= present:
        raise ValueError(f"cannot keep {num_slices} slices: the file has 0 to {present}")
    kept, seen = [], 0
    for section in sections:
        seen += section.type == SectionType.SLICE
        if section.type != SectionType.SLICE or seen <= num_slices:
            kept.append(section)
    return pack(header, kept)


def varint(value: int) -> bytes:
    r"""Unsigned LEB128: 7 bits a byte, lowest first, bit 7 set in all bytes but the last.

    Raises:
        ValueError: If the value is negative or needs more than 5 bytes.

    >>> varint(0), varint(127), varint(768)
    (b'\x00', b'\x7f', b'\x80\x06')
    """
    if not 0 <= value < 1 << 7 * MAX_VARINT_BYTES:
        raise ValueError(f"cannot write {value} as a varint: legal are 0 to 2^{7 * MAX_VARINT_BYTES} - 1")
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Value of the varint at `position`, and the position behind it.

    Raises:
        BitstreamError: If it does not end before the data do, has more than 5 bytes or is not the shortest form.

    >>> read_varint(bytes([0x80, 0x06]), 0)
    (768, 2)
    """
    value = 0
    for length, byte in enumerate(data[position : position + MAX_VARINT_BYTES], start=1):
        value |= (byte & 0x7F) << 7 * (length - 1)
        if byte < 0x80:
            if byte == 0 and length > 1:
                raise BitstreamError(f"illegal varint at byte {position}: {length} bytes where fewer would do")
            return value, position + length
    if position + MAX_VARINT_BYTES <= len(data):
        raise BitstreamError(f"illegal varint at byte {position}: longer than {MAX_VARINT_BYTES} bytes")
    raise BitstreamError(f"illegal varint at byte {position}: the data end at byte {len(data)} within it")


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
    if version > FORMAT_VERSION:
        raise BitstreamError(f"file has format version {version}; this reader knows up to {FORMAT_VERSION}: update it")
    if version < FORMAT_VERSION:
        raise BitstreamError(f"file has format version {version}, which never was; versions begin at {FORMAT_VERSION}")
    if len(data) < MIN_FILE_BYTES:
        raise BitstreamError(f"file is cut: {len(data)} bytes; the shortest DCAE file has {MIN_FILE_BYTES}")
    stated, actual = _CRC.unpack(data[-_CRC.size :])[0], zlib.crc32(data[: -_CRC.size])
    if stated != actual:
        raise BitstreamError(f"file is cut or damaged: its checksum is {stated:08x}, its bytes give {actual:08x}")


def _read_sections(body: bytes, position: int) -> Iterable[Section]:
    while position < len(body):
        kind = body[position]
        length, start = read_varint(body, position + 1)
        position = start + length
        if position > len(body):
            raise BitstreamError(
                f"section of type 0x{kind:02x} claims {length} bytes; {len(body) - start} are left in the file"
            )
        yield Section(kind, body[start:position])


def _check_sections(sections: tuple[Section, ...]) -> None:
    """Types, order and payloads that pack may write and unpack accepts."""
    if not sections or sections[0].type != SectionType.Z:
        found = f"type 0x{sections[0].type:02x}" if sections else "nothing"
        raise ValueError(f"the first section must be Z (type 0x01); found {found}")
    if len(sections) > MAX_SECTIONS:
        raise ValueError(f"the file has {len(sections)} sections or more; it may have {MAX_SECTIONS}")
    slices = flags = 0
    for section in sections[1:]:
        if not 0 <= section.type <= 0xFF:
            raise ValueError(f"section type {section.type} is not a byte")
        if section.type == SectionType.SLICE:
            slices += 1
            if len(section.payload) < SLICE_CHECKSUM_BYTES:
                raise ValueError(f"slice {slices - 1} has {len(section.payload)} bytes; its checksum alone has 2")
        elif section.type == SectionType.LEVEL_FLAGS:
            flags += 1
            if slices or flags > 1 or not section.payload:
                raise ValueError("level flags must come once, before the first slice, and only when there are any")
        elif section.type == SectionType.Z:
            raise ValueError("the file has more than one Z section; it must have exactly one")
        elif not section.type & ANCILLARY_BIT:
            raise ValueError(f"section of critical type 0x{section.type:02x} is unknown: the file needs a newer reader")
