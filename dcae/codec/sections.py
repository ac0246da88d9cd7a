"""The typed pieces that a file consists of: how they are written and read, and which may stand together.

A section is a byte of type, a length and a payload. An untiled file's are Z, level flags and slices; a large picture's
are tiles, each of which holds what an untiled file would. Knows no header, no checksum of a file and no tensors.
Standard library only; docs/format.md gives every byte.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

MAX_VARINT_BYTES = 5
# An empty section costs 2 bytes in a file and a hundred in memory: bounds, for a file without tiles and what stands
# beside or inside of a tile, and for all tiles together, keep a hostile file from growing.
MAX_SECTIONS = 255
MAX_TILED_SECTIONS = 65536
ANCILLARY_BIT = 0x80
SLICE_CHECKSUM_BYTES = 2
TILE_UNIT_PX = 64
# Tiles of the largest picture are then 65536 at most.
MIN_TILE_PX, MAX_TILE_PX = 256, 65536


class BitstreamError(ValueError):
    """Bytes that no encoder of this project wrote: foreign, cut, damaged, hostile or from the future."""


class SectionType(IntEnum):
    """Section types; a type with bit 7 set is ancillary, all others are critical. The last two are of version 2."""

    Z = 0x01
    SLICE = 0x02
    LEVEL_FLAGS = 0x03
    TILES = 0x04
    TILE = 0x05


@dataclass(frozen=True)
class Section:
    """One typed piece of a file: `type` is a byte (see `SectionType`), `payload` the bytes it carries."""

    type: int
    payload: bytes


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


def tiles_section(tile_px: int) -> Section:
    r"""The section that begins a tiled file: the side of a tile, a multiple of 64 from 256 to 65536 px.

    Raises:
        ValueError: If it is not.

    >>> tiles_section(1024)
    Section(type=<SectionType.TILES: 4>, payload=b'\x10')
    """
    _check_tile_side(tile_px)
    return Section(SectionType.TILES, varint(tile_px // TILE_UNIT_PX))


def tile_section(sections: Iterable[Section]) -> Section:
    """The section of one tile, which holds its Z, its level flags and its slices as an untiled file would."""
    return Section(SectionType.TILE, packed(sections))


def tiles_of(sections: tuple[Section, ...]) -> tuple[int | None, list[tuple[Section, ...]]]:
    """The side of a tile in px and each tile's sections, row by row; None and the sections themselves if untiled.

    Args:
        sections: What `unpack` returned.

    >>> tiles_of((tiles_section(256), tile_section([Section(SectionType.Z, b"zz")])))
    (256, [(Section(type=1, payload=b'zz'),)])
    """
    if sections[0].type != SectionType.TILES:
        return None, [sections]
    tiles = [_sections_of(section.payload) for section in sections if section.type == SectionType.TILE]
    return _tile_side(sections[0]), tiles


def num_tiles(width: int, height: int, tile_px: int) -> int:
    """How many tiles of this side a picture has; those at its right and bottom may be narrower.

    >>> num_tiles(1025, 1024, 1024)
    2
    """
    return -(-width // tile_px) * -(-height // tile_px)


def first_slices(sections: Iterable[Section], num_slices: int) -> list[Section]:
    """All sections but the slices behind the first so many, in each tile alike."""
    kept, seen = [], 0
    for section in sections:
        seen += section.type == SectionType.SLICE
        if section.type == SectionType.TILE:
            kept.append(tile_section(first_slices(_sections_of(section.payload), num_slices)))
        elif section.type != SectionType.SLICE or seen <= num_slices:
            kept.append(section)
    return kept


def slices_in(sections: Iterable[Section]) -> int:
    """How many slices an untiled file, or a tile, has."""
    return sum(section.type == SectionType.SLICE for section in sections)


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


def packed(sections: Iterable[Section]) -> bytes:
    """Sections as bytes, one behind the other."""
    data = bytearray()
    for section in sections:
        data.append(section.type)
        data += varint(len(section.payload)) + section.payload
    return bytes(data)


def read_sections(body: bytes, position: int = 0) -> Iterator[Section]:
    """The sections of `packed` that begin at `position`, one at a time.

    Raises:
        BitstreamError: If one ends behind the data.
    """
    while position < len(body):
        kind = body[position]
        length, start = read_varint(body, position + 1)
        position = start + length
        if position > len(body):
            raise BitstreamError(f"section of type 0x{kind:02x} claims {length} bytes; {len(body) - start} are left")
        yield Section(kind, body[start:position])


def check_sections(sections: tuple[Section, ...], width: int, height: int) -> None:
    """Refuses sections that no file of a picture of width x height px has: their types, order or payloads.

    Raises:
        ValueError: In one line, what is wrong.
    """
    if not sections or sections[0].type != SectionType.TILES:
        return _check_untiled(sections)
    tiles = [section for section in sections if section.type == SectionType.TILE]
    expected = num_tiles(width, height, _tile_side(sections[0]))
    if len(tiles) != expected:
        raise ValueError(f"the file has {len(tiles)} tiles; {width} x {height} px are {expected}")
    if len(sections) - len(tiles) > MAX_SECTIONS:
        raise ValueError(f"the file has {len(sections) - len(tiles)} sections beside its tiles; at most {MAX_SECTIONS}")
    for section in sections[1:]:
        if section.type != SectionType.TILE and not section.type & ANCILLARY_BIT:
            raise ValueError(f"section of type 0x{section.type:02x} stands among tiles; it belongs inside of one")
    _check_tiles(tiles)


def _check_tiles(tiles: Iterable[Section]) -> None:
    present, inside = set(), 0
    for tile in tiles:
        sections = _sections_of(tile.payload)
        inside += len(sections)
        if inside > MAX_TILED_SECTIONS:
            raise ValueError(f"tiles have {inside} sections or more; all together may have {MAX_TILED_SECTIONS}")
        _check_untiled(sections)
        present.add(slices_in(sections))
    if len(present) > 1:
        raise ValueError(f"tiles have {min(present)} to {max(present)} slices; all must have equally many")


def _check_untiled(sections: tuple[Section, ...]) -> None:
    """Types, order and payloads of an untiled file, or of a tile."""
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


def _sections_of(payload: bytes) -> tuple[Section, ...]:
    """The sections of a tile."""
    return tuple(islice(read_sections(payload), MAX_SECTIONS + 1))


def _tile_side(section: Section) -> int:
    """What a TILES section says, px."""
    units, end = read_varint(section.payload, 0)
    if end != len(section.payload):
        raise BitstreamError(f"the section of tiles has {len(section.payload)} bytes; its side takes {end}")
    _check_tile_side(units * TILE_UNIT_PX)
    return units * TILE_UNIT_PX


def _check_tile_side(tile_px: int) -> None:
    if tile_px % TILE_UNIT_PX or not MIN_TILE_PX <= tile_px <= MAX_TILE_PX:
        legal = f"a multiple of {TILE_UNIT_PX} from {MIN_TILE_PX} to {MAX_TILE_PX} px"
        raise ValueError(f"tiles are {tile_px} px; their side must be {legal}")
