"""The container: what pack writes, unpack reads; what it did not write, unpack refuses in one line that says which."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcae.codec import bitstream
from dcae.codec.bitstream import Header, keep_slices, layout, pack, unpack
from dcae.codec.sections import (
    BitstreamError,
    Section,
    SectionType,
    read_varint,
    slice_section,
    split_slice,
    symbols_checksum,
    tile_section,
    tiles_section,
    varint,
)

HEADER = Header(identity=b"identity", lmbda=0.013, width=768, height=512)
Z = Section(SectionType.Z, b"zzzz")
FLAGS = Section(SectionType.LEVEL_FLAGS, b"\x07\x00")
SLICES = [slice_section(bytes([k]), bytes([k]) * (4 * k)) for k in range(5)]
ANCILLARY = Section(0x85, b"a remark")
FILE = pack(HEADER, [Z, FLAGS, *SLICES])


def sealed(body: bytes) -> bytes:
    """A body with a checksum that is right, as someone would make who means harm."""
    return body + struct.pack("<I", zlib.crc32(body))


def with_sections(raw: bytes) -> bytes:
    """HEADER followed by the given raw bytes in place of sections."""
    return sealed(pack(HEADER, [Z])[:-10] + raw)


lambdas = st.one_of(st.just(0.0), st.floats(2.0**-126, 1e38))
sides = st.integers(1, 65535)
headers = st.builds(Header, st.binary(min_size=8, max_size=8), lambdas, sides, sides)
ancillary_sections = st.lists(st.builds(Section, st.integers(0x80, 0xFF), st.binary()), max_size=3)
slice_sections = st.lists(st.builds(slice_section, st.binary(), st.binary(max_size=300)), max_size=6)
flag_sections = st.lists(st.builds(Section, st.just(3), st.binary(min_size=1)), max_size=1)


@given(headers, st.binary(), ancillary_sections, flag_sections, slice_sections, ancillary_sections)
def test_what_is_packed_is_unpacked(header, z, before, flags, slices, after):
    sections = (Section(1, z), *before, *flags, *slices, *after)
    assert unpack(pack(header, sections)) == (header, sections)


def test_every_byte_is_where_the_format_says():
    data = pack(Header(bytes(range(8)), 0.5, 300, 1), [Section(1, b"zz"), Section(3, b"f"), slice_section(b"s", b"yy")])
    checksum = symbols_checksum(b"s").to_bytes(2, "little").hex()
    body = "44434145 01 0001020304050607 0000003f ac02 01" + "01027a7a 030166 0204" + checksum + "7979"
    assert data == sealed(bytes.fromhex(body.replace(" ", "")))


def test_the_layout_sums_to_the_file():
    facts = layout(pack(HEADER, [Z, FLAGS, *SLICES, ANCILLARY]))
    assert (facts.z_bytes, facts.slice_bytes, facts.other_bytes) == (4, (0, 4, 8, 12, 16), 2 + 8)
    assert facts.total_bytes == len(pack(HEADER, [Z, FLAGS, *SLICES, ANCILLARY]))
    assert facts.header_bytes + facts.z_bytes + sum(facts.slice_bytes) + facts.other_bytes == facts.total_bytes


def test_overhead_is_at_most_72_bytes_at_five_slices_of_megabytes():
    header = Header(bytes(8), 0.013, 65535, 65535)
    slices = [slice_section(b"", bytes(1 << 21)) for _ in range(5)]
    data = pack(
        header, [Section(SectionType.Z, bytes(1 << 21)), Section(SectionType.LEVEL_FLAGS, bytes(20000)), *slices]
    )
    assert layout(data).header_bytes <= 72


def test_lambda_is_the_float32_that_the_file_holds():
    header = Header(bytes(8), 0.1, 1, 1)
    assert header.lmbda == struct.unpack("<f", struct.pack("<f", 0.1))[0] != 0.1
    assert unpack(pack(header, [Z]))[0].lmbda == header.lmbda


@pytest.mark.parametrize("num_slices", range(6))
def test_any_prefix_of_slices_is_a_legal_file(num_slices):
    prefix = keep_slices(pack(HEADER, [Z, FLAGS, *SLICES, ANCILLARY]), num_slices)
    assert unpack(prefix) == (HEADER, (Z, FLAGS, *SLICES[:num_slices], ANCILLARY))


@pytest.mark.parametrize("num_slices", [-1, 6])
def test_more_slices_than_there_are_cannot_be_kept(num_slices):
    with pytest.raises(ValueError, match=f"cannot keep {num_slices} slices: the file has 0 to 5"):
        keep_slices(FILE, num_slices)


def test_an_unknown_ancillary_section_is_handed_on():
    assert unpack(pack(HEADER, [Z, ANCILLARY, *SLICES]))[1] == (Z, ANCILLARY, *SLICES)


def test_a_slice_gives_back_its_checksum_and_stream():
    assert split_slice(slice_section(b"symbols", b"stream")) == (symbols_checksum(b"symbols"), b"stream")
    assert symbols_checksum(b"symbols") == zlib.crc32(b"symbols") & 0xFFFF


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "file is cut: 0 bytes; the shortest DCAE file has 25"),
        (b"DC", "file is cut: 2 bytes"),
        (b"DCAE", "file is cut: 4 bytes"),
        (b"DCAE\x01", "file is cut: 5 bytes"),
        (FILE[:24], "file is cut: 24 bytes"),
        (FILE[:-1], "file is cut or damaged: its checksum is [0-9a-f]{8}, its bytes give [0-9a-f]{8}"),
        (b"\x89PNG\r\n\x1a\n", r"not a DCAE file: begins with b'\\x89PNG', not b'DCAE'"),
        (b"D", "file is cut"),
        (b"X", "not a DCAE file"),
        (b"DCAE\x03", "format version 3; this reader knows up to 2"),
        (b"DCAE\xff" + FILE[5:], "format version 255; this reader knows up to 2"),
        (b"DCAE\x00" + FILE[5:], "format version 0, which never was"),
        (sealed(FILE[:17] + bytes([0x80] * 5) + FILE[21:-4]), "illegal varint at byte 17: longer than 5 bytes"),
        (sealed(FILE[:17] + bytes([0x81, 0x00]) + FILE[19:-4]), "illegal varint at byte 17: 2 bytes where fewer"),
        (sealed(FILE[:17] + varint(0) + FILE[19:-4]), "image is 0 x 512 px; sides must be 1 to 65535 px"),
        (sealed(FILE[:17] + varint(65536) + FILE[19:-4]), "image is 65536 x 512 px"),
        (sealed(FILE[:13] + struct.pack("<f", float("nan")) + FILE[17:-4]), "lambda is nan"),
        (sealed(FILE[:13] + struct.pack("<f", float("inf")) + FILE[17:-4]), "lambda is inf"),
        (sealed(FILE[:13] + struct.pack("<f", -0.0) + FILE[17:-4]), "lambda is -0.0"),
        (with_sections(b"\x01\x7fzz"), "section of type 0x01 claims 127 bytes; 2 are left"),
        (with_sections(b"\x01\xff\xff\xff\xff\x7fzz"), f"claims {2**35 - 1} bytes; 2 are left"),
        (with_sections(b"\x01\x80"), "illegal varint at byte 22: the data end at byte 23 within it"),
        (with_sections(b"\x01"), "illegal varint at byte 22: the data end at byte 22"),
        (with_sections(b"\x02\x02ab"), r"the first section must be Z \(type 0x01\); found type 0x02"),
        (with_sections(b"\x85\x00\x01\x00"), "the first section must be Z .* found type 0x85"),
        (sealed(FILE[:17] + bytes([1, 0x81, 0x80, 0x01])), "the first section must be Z .* found nothing"),
        (with_sections(b"\x01\x00\x01\x00"), "^the file has more than one Z section; it must have exactly one$"),
        (with_sections(b"\x01\x00\x02\x01a"), "slice 0 has 1 bytes; its checksum alone has 2"),
        (with_sections(b"\x01\x00" + b"\x02\x02ab" * 2 + b"\x02\x01a"), "slice 2 has 1 bytes"),
        (with_sections(b"\x01\x00\x02\x02ab\x03\x01f"), "^level flags must come once, before the first slice"),
        (with_sections(b"\x01\x00\x03\x01f\x03\x01f"), "level flags must come once"),
        (with_sections(b"\x01\x00\x03\x00"), "only when there are any"),
        (with_sections(b"\x01\x00\x04\x00"), "critical type 0x04 is unknown: the file needs a newer reader"),
        (with_sections(b"\x01\x00" + b"\x80\x00" * 300), "the file has 256 sections or more; it may have 255"),
    ],
)
def test_bytes_that_pack_did_not_write_are_refused_in_one_line_that_says_why(data, message):
    with pytest.raises(BitstreamError, match=message) as error:
        unpack(data)
    assert "\n" not in str(error.value)


def test_every_cut_is_refused():
    for length in range(len(FILE)):
        with pytest.raises(BitstreamError, match="cut"):
            unpack(FILE[:length])


def test_every_flipped_bit_is_refused():
    for position in range(8 * len(FILE)):
        damaged = bytearray(FILE)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(BitstreamError, match=r"cut or damaged|not a DCAE file|format version"):
            unpack(bytes(damaged))


@given(st.binary(max_size=40), st.integers(17, len(FILE)), st.integers(0, 20))
def test_bytes_with_a_right_checksum_are_read_or_refused_and_never_anything_else(patch, start, cut):
    data = sealed(FILE[:start] + patch + FILE[start + cut : -4])
    try:
        header, sections = unpack(data)
    except BitstreamError:
        return
    assert pack(header, sections) == data


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"identity": b"short"}, "identity is 5 bytes long; it must be 8"),
        ({"lmbda": -0.5}, "lambda is -0.5; it must be 0 .* or a finite positive number"),
        ({"lmbda": 1e39}, "as a float32 that is inf"),
        ({"lmbda": 1e-60}, "as a float32 that is 0.0"),
        ({"width": 0}, "image is 0 x 2 px; sides must be 1 to 65535 px"),
        ({"height": 65536}, "image is 3 x 65536 px"),
    ],
)
def test_a_header_that_no_file_can_hold_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Header(**{"identity": bytes(8), "lmbda": 0.5, "width": 3, "height": 2} | fields)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ([], "the first section must be Z"),
        ([Z, SLICES[0], FLAGS], "before the first slice"),
        ([Z, Section(0x00, b"")], "critical type 0x00 is unknown"),
        ([Z, Section(0x10, b"")], "critical type 0x10 is unknown"),
        ([Z, Section(0x100, b"")], "section type 256 is not a byte"),
        ([Z, Section(0x180, b"")], "section type 384 is not a byte"),
    ],
)
def test_sections_that_no_reader_would_accept_are_not_packed(sections, message):
    with pytest.raises(ValueError, match=message):
        pack(HEADER, sections)


@given(st.integers(0, 2**35 - 1), st.binary(max_size=3))
def test_a_varint_is_read_as_it_was_written(value, behind):
    assert read_varint(varint(value) + behind, 0) == (value, len(varint(value)))


@pytest.mark.parametrize(
    ("data", "message"), [(b"\x80" * 5, "longer than 5 bytes"), (b"\x80" * 4, "the data end at byte 4 within it")]
)
def test_a_varint_without_an_end_is_too_long_or_cut(data: bytes, message: str):
    with pytest.raises(BitstreamError, match=message):
        read_varint(data, 0)


@pytest.mark.parametrize("value", [-1, 2**35])
def test_a_number_that_needs_more_than_five_bytes_is_no_varint(value):
    with pytest.raises(ValueError, match=rf"cannot write {value} as a varint: legal are 0 to 2\^35 - 1"):
        varint(value)


def test_the_container_needs_nothing_beyond_the_standard_library(root):
    sources = [(root / "dcae" / "codec" / name).read_text(encoding="utf-8") for name in ("bitstream.py", "sections.py")]
    lines = [line for source in sources for line in source.splitlines()]
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    library = {"math", "struct", "zlib", "collections.abc", "dataclasses", "enum", "itertools"}
    assert imported == {*library, "dcae.codec.sections"}
    assert bitstream.MIN_FILE_BYTES == len(pack(Header(bytes(8), 0.0, 1, 1), [Section(SectionType.Z, b"")]))


@pytest.mark.parametrize(
    ("version", "sections", "message"),
    [
        (2, [Z], "format version 2 and no tiles; tiled files have version 2"),
        (1, [tiles_section(1024), tile_section([Z])], "format version 1 and tiles; tiled files have version 2"),
    ],
)
def test_the_version_says_whether_there_are_tiles(version: int, sections: list[Section], message: str):
    body = bytearray(pack(HEADER, sections)[:-4])
    body[4] = version
    with pytest.raises(BitstreamError, match=message):
        unpack(sealed(bytes(body)))
