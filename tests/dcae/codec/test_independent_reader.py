"""A reader written from docs/format.md alone, and ours, find the same in the same files, streams and flags."""

import re
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcae.codec import scale_levels
from dcae.codec.bitstream import Header, pack, unpack
from dcae.codec.entropy_coder import StreamEncoder, decode_symbols, encode_symbols
from dcae.codec.sections import (
    BitstreamError,
    Section,
    SectionType,
    slice_section,
    tile_section,
    tiles_of,
    tiles_section,
)
from dcae.codec.symbol_tables import SymbolTables

FEW = SymbolTables(
    np.array([-1, 7, 0]), np.array([4, 2, 2]), np.array([16384, 32768, 15729, 655, 58982, 6554, 65535, 1])
)
EXAMPLE_TABLES = SymbolTables(np.array([-1, 0]), np.array([4, 2]), np.array([16384, 32768, 16383, 1, 65535, 1]))
any_symbol = st.one_of(st.integers(-9, 9), st.integers(-(2**23) + 1, 2**23 - 1))
coded = st.lists(st.tuples(any_symbol, st.integers(0, 2)), max_size=60)


def as_lists(tables):
    split = np.split(tables.frequencies, tables.starts[1:])
    return [(int(offset), table.tolist()) for offset, table in zip(tables.offsets, split, strict=True)]


def as_slice(symbols, indexes, tables):
    return slice_section(np.asarray(symbols, "<i4").tobytes(), encode_symbols(symbols, indexes, tables))


def test_it_imports_nothing_of_ours(reader):
    source = Path(__file__).with_name("independent_reader.py").read_text(encoding="utf-8")
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported == {"hashlib", "json", "math", "struct", "zlib"} <= sys.stdlib_module_names


def test_the_example_of_the_document_is_what_we_write_and_what_it_reads(reader, root):
    text = (root / "docs" / "format.md").read_text(encoding="utf-8").split("## 7. An example")[1]
    document = bytes.fromhex("".join(re.findall(r"^ {4,6}((?:[0-9a-f]{2} )+) ", text, re.MULTILINE)))
    flags = scale_levels.pack_flags(np.array([1]), np.array([True]))
    z = Section(SectionType.Z, encode_symbols([1, 0], [0, 1], EXAMPLE_TABLES))
    sections = [z, Section(SectionType.LEVEL_FLAGS, flags), as_slice([0, 7], [0, 0], EXAMPLE_TABLES)]
    assert document == pack(Header(bytes(range(8)), 0.125, 300, 1), sections)
    file = reader.read_file(document)
    tables = as_lists(EXAMPLE_TABLES)
    assert (file["lmbda"], file["width"], file["height"], file["identity"]) == (0.125, 300, 1, bytes(range(8)))
    (_, z_stream), (_, flag_bytes), (_, slice_bytes) = file["sections"]
    assert reader.read_z(z_stream, 2, 1, 1, tables) == [1, 0]
    assert reader.read_flags(flag_bytes, 2) == {1: 1}
    assert reader.read_slice(slice_bytes, [0, 0], tables) == [0, 7]


@given(coded)
def test_it_reads_our_streams_with_escapes_of_any_size(reader, pairs):
    symbols, indexes = [s for s, _ in pairs], [i for _, i in pairs]
    stream = encode_symbols(np.array(symbols, np.int32), np.array(indexes, np.uint8), FEW)
    assert reader.read_stream(stream, indexes, as_lists(FEW)) == symbols


@given(st.lists(coded, max_size=5))
def test_it_reads_our_streams_of_several_parts(reader, parts):
    encoder, found = StreamEncoder(FEW), []
    for pairs in parts:
        encoder.add(np.array([s for s, _ in pairs], np.int32), np.array([i for _, i in pairs], np.uint8))
    theirs = reader.Stream(encoder.stream(), as_lists(FEW))
    for pairs in parts:
        found.append(theirs.part([i for _, i in pairs]))
    theirs.end()
    assert found == [[s for s, _ in pairs] for pairs in parts]


@pytest.mark.parametrize("first_word", [2**31, 2**31 + 1, 12345 << 16])
@pytest.mark.parametrize("last", [-1, 0, 1, 5])
def test_it_reads_streams_whose_carry_runs_through_many_words(reader, first_word, last):
    tables = as_lists(FEW)
    decoder = reader.RangeDecoder([first_word])
    # The coder's interval straddles first_word, 0, 0, ...: every word is open until the last symbols decide.
    symbols = [decoder.entry(tables[0][1]) - 1 for _ in range(400)] + [last] * 40
    stream = encode_symbols(symbols, [0] * len(symbols), FEW)
    words = np.frombuffer(stream, "<u4")
    assert (words == 0).sum() > 10 or (words == 2**32 - 1).sum() > 10
    assert reader.read_stream(stream, [0] * len(symbols), tables) == symbols


@settings(max_examples=300)
@given(
    st.one_of(st.lists(st.sampled_from([0, 1, 255]), max_size=24).map(bytes), st.binary(max_size=24)),
    st.lists(st.integers(0, 2), max_size=6),
)
def test_it_refuses_the_streams_that_we_refuse(reader, stream, indexes):
    try:
        ours = decode_symbols(stream, np.array(indexes, np.uint8), FEW).tolist()
    except BitstreamError:
        with pytest.raises(reader.Refused):
            reader.read_stream(stream, indexes, as_lists(FEW))
    else:
        assert reader.read_stream(stream, indexes, as_lists(FEW)) == ours


@pytest.mark.parametrize("seed", range(3))
def test_it_reads_a_file_of_z_flags_and_slices(reader, level_tables, seed):
    rng = np.random.default_rng(seed)
    z_symbols = rng.integers(-3, 4, 3 * 2 * 4).astype(np.int32)
    z_indexes = np.repeat(np.arange(3), 2 * 4)
    margin = scale_levels.MARGINS["float32"]
    sigmas = np.exp(rng.uniform(-3, 6, (2, 5 * 6)))
    sigmas[:, ::7] = scale_levels.BOUNDARIES[rng.integers(0, 63, (2, 5))] * (1 + rng.uniform(-1, 1, (2, 5)) * margin)
    levels = [scale_levels.levels(sigma) for sigma in sigmas]
    symbols = [np.rint(rng.standard_t(2, sigma.size) * np.maximum(sigma, 0.3)).astype(np.int32) for sigma in sigmas]
    flags = scale_levels.pack_flags(*scale_levels.flag(sigmas, margin))
    z = Section(SectionType.Z, encode_symbols(z_symbols, z_indexes, FEW))
    slices = [as_slice(s, level, level_tables) for s, level in zip(symbols, levels, strict=True)]
    data = pack(Header(rng.bytes(8), 0.0, 100, 65535), [z, Section(0x80, b"?"), Section(3, flags), *slices])

    file = reader.read_file(data)
    assert [kind for kind, _ in file["sections"]] == [1, 3, 2, 2]
    assert reader.read_z(file["sections"][0][1], 3, 2, 4, as_lists(FEW)) == z_symbols.tolist()
    sides = reader.read_flags(file["sections"][1][1], sigmas.size)
    assert len(sides) >= 10
    for k, (_, payload) in enumerate(file["sections"][2:]):
        other_machines_sigma = sigmas[k] * (1 + rng.uniform(-0.9, 0.9, sigmas[k].size) * margin)
        its_levels = reader.levels_of(other_machines_sigma.tolist(), k * sigmas[k].size, sides)
        assert its_levels == levels[k].tolist()
        assert reader.read_slice(payload, its_levels, as_lists(level_tables)) == symbols[k].tolist()


def test_it_notices_a_slice_with_other_symbols(reader):
    payload = bytearray(as_slice([1, 0], [0, 0], FEW).payload)
    payload[0] ^= 1
    with pytest.raises(reader.Refused, match="checksum of the slice's symbols"):
        reader.read_slice(bytes(payload), [0, 0], as_lists(FEW))


@given(st.lists(st.integers(0, 255), max_size=12).map(bytes))
def test_it_refuses_the_flags_that_we_refuse(reader, payload):
    try:
        positions, upper = scale_levels.unpack_flags(payload, 1000)
    except BitstreamError:
        with pytest.raises(reader.Refused):
            reader.read_flags(payload, 1000)
    else:
        assert reader.read_flags(payload, 1000) == dict(zip(positions.tolist(), upper.tolist(), strict=True))


GOOD = pack(Header(b"identity", 0.013, 768, 512), [Section(1, b"zzzz"), Section(3, b"f"), slice_section(b"", b"yyyy")])


TILED = pack(
    Header(b"identity", 0.013, 600, 200),
    [tiles_section(256), *(tile_section([Section(1, bytes(4)), slice_section(b"", bytes(n))]) for n in range(3))],
)


@settings(max_examples=400)
@given(
    st.sampled_from([GOOD, TILED]),
    st.integers(0, max(len(GOOD), len(TILED))),
    st.integers(0, 4),
    st.binary(max_size=4),
    st.booleans(),
)
def test_it_refuses_the_files_that_we_refuse(reader, good, start, removed, inserted, checksum_is_right):
    body = good[:start] + inserted + good[start + removed :]
    data = body[:-4] + struct.pack("<I", zlib.crc32(body[:-4])) if checksum_is_right else body
    try:
        header, sections = unpack(data)
    except BitstreamError:
        with pytest.raises(reader.Refused):
            reader.read_file(data)
    else:
        file = reader.read_file(data)
        assert (file["width"], file["height"], file["lmbda"]) == (header.width, header.height, header.lmbda)
        side, tiles = tiles_of(sections)
        assert file.get("tile_px") == side
        known = [[(s.type, s.payload) for s in tile if s.type < 0x80] for tile in tiles]
        assert file.get("tiles", [file.get("sections")]) == known


def test_it_reads_a_file_of_tiles(reader):
    file = reader.read_file(TILED)
    assert (file["width"], file["height"], file["tile_px"]) == (600, 200, 256)
    assert [[len(payload) for _, payload in tile] for tile in file["tiles"]] == [[4, 2], [4, 3], [4, 4]]
