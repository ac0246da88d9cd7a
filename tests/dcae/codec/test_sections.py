"""Sections: what is packed is read, of one picture or of many tiles, and what no file has is refused in words."""

import pytest

from dcae.codec.bitstream import Header, keep_slices, layout, pack, unpack
from dcae.codec.sections import (
    BitstreamError,
    Section,
    SectionType,
    check_sections,
    first_slices,
    packed,
    read_sections,
    slice_section,
    slices_in,
    tile_section,
    tiles_of,
    tiles_section,
)

HEADER = Header(identity=b"identity", lmbda=0.013, width=600, height=300)  # 3 x 2 tiles of 256 px
REMARK = Section(0x85, b"a remark")


def tile(number: int, slices: int = 3) -> list[Section]:
    """Sections of a tile that can be told from those of another."""
    flags = [Section(SectionType.LEVEL_FLAGS, b"\x07")] if number == 1 else []
    streams = [slice_section(bytes([number, k]), bytes([k]) * 4 * (number + 1)) for k in range(slices)]
    return [Section(SectionType.Z, bytes([number]) * 4), *flags, *streams]


TILES = [tile(number) for number in range(6)]
SECTIONS = (tiles_section(256), *map(tile_section, TILES))


def test_a_tiled_file_has_version_2_and_gives_back_its_tiles():
    data = pack(HEADER, [*SECTIONS, REMARK])
    assert data[4] == 2
    header, sections = unpack(data)
    assert (header, sections) == (HEADER, (*SECTIONS, REMARK))
    assert tiles_of(sections) == (256, [tuple(each) for each in TILES])


def test_an_untiled_file_is_still_version_1():
    assert pack(HEADER, tile(0))[4] == 1
    assert tiles_of(tuple(tile(0))) == (None, [tuple(tile(0))])


def test_the_bytes_of_all_tiles_are_counted_once():
    data = pack(HEADER, [*SECTIONS, REMARK])
    parts = layout(data)
    assert parts.z_bytes == 6 * 4
    assert parts.slice_bytes == (4 * 21, 4 * 21, 4 * 21)
    assert parts.other_bytes == 1 + 1 + len(REMARK.payload)  # the side, one level flag, the remark
    assert parts.header_bytes + parts.z_bytes + sum(parts.slice_bytes) + parts.other_bytes == len(data)


@pytest.mark.parametrize("num_slices", range(4))
def test_the_first_slices_are_kept_in_every_tile(num_slices: int):
    kept = unpack(keep_slices(pack(HEADER, SECTIONS), num_slices))[1]
    assert [slices_in(each) for each in tiles_of(kept)[1]] == [num_slices] * 6
    assert tiles_of(kept)[1][4] == tuple(first_slices(TILES[4], num_slices))


def test_more_slices_than_a_tile_has_cannot_be_kept():
    with pytest.raises(ValueError, match="cannot keep 4 slices: the file has 0 to 3"):
        keep_slices(pack(HEADER, SECTIONS), 4)


def test_as_many_sections_as_are_legal_are_read():
    remarks = [REMARK] * 254  # 255 with the section of the tiles' side
    assert unpack(pack(HEADER, [*SECTIONS, *remarks]))[1] == (*SECTIONS, *remarks)
    full = [tile_section([TILES[0][0], *remarks])] * 257
    check_sections((tiles_section(256), *full, tile_section([TILES[0][0]])), 6 * 256, 43 * 256)  # 65536 inside of tiles
    with pytest.raises(ValueError, match="tiles have 65537 sections or more; all together may have 65536"):
        check_sections((tiles_section(256), *full, tile_section([TILES[0][0], REMARK])), 6 * 256, 43 * 256)


def test_the_largest_tile_is_65536_px():
    assert tiles_of((tiles_section(65536), SECTIONS[1]))[0] == 65536


@pytest.mark.parametrize("side", [0, 192, 300, 65600])
def test_a_side_that_no_tile_has_is_refused(side: int):
    with pytest.raises(ValueError, match=f"tiles are {side} px; their side must be a multiple of 64 from 256 to 65536"):
        tiles_section(side)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (SECTIONS[:-1], "the file has 5 tiles; 600 x 300 px are 6"),
        ((*SECTIONS, SECTIONS[1]), "the file has 7 tiles; 600 x 300 px are 6"),
        ((SECTIONS[0], TILES[0][0], *SECTIONS[1:]), "type 0x01 stands among tiles; it belongs inside of one"),
        ((*SECTIONS, TILES[0][0]), "type 0x01 stands among tiles; it belongs inside of one"),
        ((*SECTIONS, SECTIONS[0]), "type 0x04 stands among tiles; it belongs inside of one"),
        ((*SECTIONS[:-1], tile_section(tile(5, slices=2))), "tiles have 2 to 3 slices; all must have equally many"),
        ((*SECTIONS[:-1], tile_section([])), "the first section must be Z .*; found nothing"),
        ((*SECTIONS[:-1], tile_section([*tile(5), SECTIONS[0]])), "critical type 0x04 is unknown"),
        ((*SECTIONS, *[REMARK] * 255), "the file has 256 sections beside its tiles; at most 255"),
        ((Section(4, b"\x04\x00"), *SECTIONS[1:]), "the section of tiles has 2 bytes; its side takes 1"),
        ((Section(4, b"\x03"), *SECTIONS[1:]), "tiles are 192 px"),
        ((Section(4, b""), *SECTIONS[1:]), "illegal varint"),
    ],
)
def test_tiles_that_no_encoder_writes_are_refused(sections: tuple[Section, ...], message: str):
    with pytest.raises(ValueError, match=message):
        check_sections(sections, HEADER.width, HEADER.height)
    with pytest.raises(ValueError, match=message):
        pack(HEADER, sections)


def test_a_tile_with_more_sections_than_a_file_may_have_is_refused():
    crowded = tile_section([TILES[0][0], *[REMARK] * 300])
    with pytest.raises(ValueError, match="the file has 256 sections or more; it may have 255"):
        check_sections((tiles_section(256), crowded), 256, 256)


def test_a_tile_that_ends_behind_its_section_is_refused():
    cut = Section(SectionType.TILE, SECTIONS[-1].payload[:-1])
    with pytest.raises(BitstreamError, match="claims 26 bytes; 25 are left"):
        check_sections((*SECTIONS[:-1], cut), HEADER.width, HEADER.height)


def test_sections_are_read_from_where_they_begin():
    assert list(read_sections(b"??" + packed(TILES[1]), 2)) == TILES[1]
