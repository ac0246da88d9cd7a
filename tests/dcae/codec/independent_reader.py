"""A second reader of DCAE files, written from docs/format.md alone: nothing of dcae, nothing but the standard library.

A model's tables are given as a list of (offset, frequencies), one for each index.
"""

import hashlib
import json
import math
import struct
import zlib

Tables = list[tuple[int, list[int]]]
Z, SLICE, LEVEL_FLAGS, TILES, TILE = 1, 2, 3, 4, 5
RANGE_AT_FIRST = 2**64 - 1


class Refused(Exception):
    """The bytes are not what the format allows."""


def demand(truth: bool, message: str) -> None:
    """Refuse the bytes unless it is so."""
    if not truth:
        raise Refused(message)


class Bytes:
    """Bytes that are read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def __len__(self) -> int:
        return len(self.data) - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        demand(count <= len(self), "cut")
        self.position += count
        return self.data[self.position - count : self.position]

    def varint(self) -> int:
        """The next varint."""
        value = 0
        for place in range(5):
            byte = self.take(1)[0]
            value += (byte % 128) << (7 * place)
            if byte < 128:
                demand(byte != 0 or place == 0, "not the shortest form")
                return value
        raise Refused("varint of more than 5 bytes")


def read_file(data: bytes) -> dict:
    """Fields of the header, and `sections`, a list of (type, payload) without unknown ancillary ones.

    Of a file of tiles, `tile_px` and `tiles`, a list of such lists, instead of `sections`.
    """
    demand(data[:4] == b"DCAE", "magic")
    demand(data[4:5] in (b"\x01", b"\x02"), "version")
    demand(len(data) >= 25, "short")
    demand(struct.unpack("<I", data[-4:])[0] == zlib.crc32(data[:-4]), "checksum")
    body = Bytes(data[5:-4])
    identity, lmbda = body.take(8), struct.unpack("<f", body.take(4))[0]
    width, height = body.varint(), body.varint()
    demand(math.isfinite(lmbda) and math.copysign(1, lmbda) > 0, "lambda")
    demand(1 <= width <= 65535 and 1 <= height <= 65535, "size")
    fields = {"identity": identity, "lmbda": lmbda, "width": width, "height": height}
    sections = split_sections(body)
    if data[4] == 1:
        return {**fields, "sections": check_sections(sections)}
    tile_px, tiles = check_tiles(sections, width, height)
    return {**fields, "tile_px": tile_px, "tiles": tiles}


def split_sections(body: Bytes) -> list[tuple[int, bytes]]:
    """All sections up to the end."""
    sections = []
    while len(body):
        kind = body.take(1)[0]
        sections.append((kind, body.take(body.varint())))
    return sections


def check_tiles(sections: list[tuple[int, bytes]], width: int, height: int) -> tuple[int, list]:
    """The side of a tile in px, and the sections of each."""
    demand(sections != [] and sections[0][0] == TILES, "TILES is not first")
    side = Bytes(sections[0][1])
    tile_px = 64 * side.varint()
    demand(len(side) == 0 and 256 <= tile_px <= 65536, "side of a tile")
    tiles = [payload for kind, payload in sections[1:] if kind == TILE]
    others = [kind for kind, _ in sections[1:] if kind != TILE]
    demand(all(kind >= 0x80 for kind in others) and len(others) <= 254, "sections among tiles")
    demand(len(tiles) == math.ceil(width / tile_px) * math.ceil(height / tile_px), "number of tiles")
    known = [check_sections(split_sections(Bytes(tile))) for tile in tiles]
    demand(sum(len(split_sections(Bytes(tile))) for tile in tiles) <= 65536, "too many sections in tiles")
    demand(len({sum(kind == SLICE for kind, _ in tile) for tile in known}) == 1, "slices of tiles")
    return tile_px, known


def check_sections(sections: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The sections that this reader knows, in order."""
    demand(len(sections) <= 255 and sections != [] and sections[0][0] == Z, "Z is not first, or too many sections")
    known = [(kind, payload) for kind, payload in sections if kind < 0x80]
    kinds = [kind for kind, _ in known]
    demand(set(kinds) <= {Z, SLICE, LEVEL_FLAGS}, "unknown critical section")
    demand(kinds == [Z] + [LEVEL_FLAGS] * (LEVEL_FLAGS in kinds) + [SLICE] * kinds.count(SLICE), "order of sections")
    for kind, payload in known:
        demand(len(payload) >= {Z: 0, LEVEL_FLAGS: 1, SLICE: 2}[kind], "short payload")
    return known


def tables_of(offsets: list[int], lengths: list[int], cdfs: list[list[int]]) -> Tables:
    """A model's tables from the three arrays of a weights file."""
    tables = []
    for offset, length, row in zip(offsets, lengths, cdfs, strict=True):
        demand(row[0] == 0 and row[length - 1] == 65536, "a table's sum")
        tables.append((offset, [row[i + 1] - row[i] for i in range(length - 1)]))
    return tables


def identity_of(config: dict, parameters: dict[str, tuple], tables: dict[str, tuple]) -> str:
    """A model's identity; parameters and tables are (shape, values) by name."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode("ascii"))
    order = [f"{model}.{part}" for model in ("entropy_bottleneck", "gaussian_conditional")
             for part in ("_quantized_cdf", "_cdf_length", "_offset")]  # fmt: skip
    for names, tensors, kind in ((sorted(parameters), parameters, "f"), (order, tables, "i")):
        for name in names:
            shape, values = tensors[name]
            digest.update(name.encode("ascii") + struct.pack(f"<{len(shape)}I", *shape))
            digest.update(struct.pack(f"<{len(values)}{kind}", *values))
    return digest.hexdigest()


class RangeDecoder:
    """The decoder of section 3."""

    def __init__(self, words: list[int]) -> None:
        self.words = iter(words)
        self.range = RANGE_AT_FIRST
        self.rest = self.next_word() * 2**32
        self.rest += self.next_word()

    def next_word(self) -> int:
        """The next word of the stream, 0 behind its end."""
        return next(self.words, 0)

    def entry(self, frequencies: list[int]) -> int:
        """The next entry of a table whose frequencies sum to 2^16."""
        scale = self.range // 2**24
        quantile = self.rest // scale
        demand(quantile < 2**24, "damaged stream")
        entry, left = 0, 0
        while left + frequencies[entry] <= quantile // 256:
            left += frequencies[entry]
            entry += 1
        self.rest -= scale * 256 * left
        self.range = scale * 256 * frequencies[entry]
        if self.range < 2**32:
            self.range *= 2**32
            self.rest = self.rest * 2**32 + self.next_word()
        return entry

    def bit(self) -> int:
        """The next bit."""
        return self.entry([2**15, 2**15])


class RangeEncoder:
    """The encoder of section 3."""

    def __init__(self) -> None:
        self.words: list[int] = []
        self.lower, self.range = 0, RANGE_AT_FIRST

    def carry(self) -> None:
        """Add 1 to the words written so far."""
        place = len(self.words) - 1
        while self.words[place] == 2**32 - 1:
            self.words[place] = 0
            place -= 1
        self.words[place] += 1

    def entry(self, entry: int, frequencies: list[int]) -> None:
        """Encode an entry of a table."""
        scale = self.range // 2**24
        self.lower += scale * 256 * sum(frequencies[:entry])
        self.range = scale * 256 * frequencies[entry]
        if self.lower >= 2**64:
            self.lower -= 2**64
            self.carry()
        if self.range < 2**32:
            self.words.append(self.lower // 2**32)
            self.lower = self.lower % 2**32 * 2**32
            self.range *= 2**32

    def bit(self, bit: int) -> None:
        """Encode a bit."""
        self.entry(bit, [2**15, 2**15])

    def stream(self) -> bytes:
        """All words, after something was encoded."""
        point = self.lower + 2**32 - 1
        if point >= 2**64:
            point -= 2**64
            self.carry()
        self.words.append(point // 2**32)
        if (self.lower + self.range) % 2**64 // 2**32 == self.words[-1]:
            self.words.append(0)
        return struct.pack(f"<{len(self.words)}I", *self.words)


class Stream:
    """A coded stream that is read part by part."""

    def __init__(self, stream: bytes, tables: Tables) -> None:
        demand(len(stream) % 4 == 0, "length of stream")
        self.stream, self.tables = stream, tables
        self.decoder = RangeDecoder(list(struct.unpack(f"<{len(stream) // 4}I", stream)))
        self.encoder, self.empty = RangeEncoder(), True

    def part(self, indexes: list[int]) -> list[int]:
        """Symbols of the next part, in the order of `indexes`."""
        tables = self.tables
        if indexes:
            demand(self.stream != b"", "length of stream")
            self.empty = False
        order = sorted(range(len(indexes)), key=lambda element: indexes[element])  # stable
        entries = [self.decoder.entry(tables[indexes[element]][1]) for element in order]
        escaped = [k for k, element in enumerate(order) if entries[k] == len(tables[indexes[element]][1]) - 1]
        excesses = read_excesses(self.decoder, len(escaped))
        symbols = [0] * len(indexes)
        for k, element in enumerate(order):
            offset, frequencies = tables[indexes[element]]
            symbols[element] = offset + entries[k]
            if k in escaped:
                excess = excesses[escaped.index(k)]
                symbols[element] = excess - 1 + offset + len(frequencies) - 1 if excess > 0 else offset + excess
        demand(all(abs(symbol) < 2**23 for symbol in symbols), "symbol of 2^23 or more")
        for k, element in enumerate(order):
            self.encoder.entry(entries[k], tables[indexes[element]][1])
        write_excesses(self.encoder, excesses)
        return symbols

    def end(self) -> None:
        """Behind the last part."""
        again = b"" if self.empty else self.encoder.stream()
        demand(again == self.stream, "not the stream that its symbols encode to")


def read_stream(stream: bytes, indexes: list[int], tables: Tables) -> list[int]:
    """Symbols of a coded stream of one part, in the order of `indexes`."""
    reader = Stream(stream, tables)
    symbols = reader.part(indexes)
    reader.end()
    return symbols


def read_excesses(decoder: RangeDecoder, count: int) -> list[int]:
    """What the escapes stand for."""
    negative = [decoder.bit() for _ in range(count)]
    length = [0] * count
    for t in range(23):
        for k in range(count):
            if length[k] == t:
                length[k] += decoder.bit()
    magnitude = [2**L for L in length]
    for p in range(22, -1, -1):
        for k in range(count):
            if length[k] > p:
                magnitude[k] += decoder.bit() << p
    return [-m if sign else m for m, sign in zip(magnitude, negative, strict=True)]


def write_excesses(encoder: RangeEncoder, excesses: list[int]) -> None:
    """Inverse of read_excesses."""
    for excess in excesses:
        encoder.bit(int(excess < 0))
    magnitudes = [abs(excess) for excess in excesses]
    lengths = [m.bit_length() - 1 for m in magnitudes]
    for t in range(23):
        for L in lengths:
            if L >= t:
                encoder.bit(int(t < L))
    for p in range(22, -1, -1):
        for m, L in zip(magnitudes, lengths, strict=True):
            if p < L:
                encoder.bit((m >> p) % 2)


def read_z(stream: bytes, channels: int, rows: int, columns: int, tables: Tables) -> list[int]:
    """Symbols of z in the order channel, row, column."""
    return read_stream(stream, [channel for channel in range(channels) for _ in range(rows * columns)], tables)


def read_slice(payload: bytes, levels: list[int], tables: Tables) -> list[int]:
    """Symbols of a slice, whose elements have these levels, in the order channel, row, column."""
    return read_slice_in_parts(payload, [levels], tables)


def read_slice_in_parts(payload: bytes, levels: list[list[int]], tables: Tables) -> list[int]:
    """Symbols of a slice, whose parts' elements have these levels, part by part."""
    stream = Stream(payload[2:], tables)
    symbols = [symbol for part in levels for symbol in stream.part(part)]
    stream.end()
    checksum = zlib.crc32(struct.pack(f"<{len(symbols)}i", *symbols)) % 65536
    demand(checksum == struct.unpack("<H", payload[:2])[0], "checksum of the slice's symbols")
    return symbols


def read_slice_along_trellis(payload: bytes, levels: list[list[list[int]]], tables: Tables) -> tuple[list, list]:
    """Symbols and decoded values less their means, quarter by quarter, of a slice whose channels have these levels."""
    after = [[0, 5, 1, 6, 2, 4, 3, 7], [2, 7, 3, 4, 0, 6, 1, 5]]
    stream = Stream(payload[2:], tables)
    symbols, values = [], []
    for quarter in levels:
        states = [0] * len(quarter[0])
        for channel in quarter:
            found = stream.part([level + 64 * (state % 2) for level, state in zip(channel, states, strict=True)])
            for symbol, state in zip(found, states, strict=True):
                sign = (symbol > 0) - (symbol < 0)
                values.append(symbol - sign / 2 if state % 2 else symbol)
            symbols += found
            states = [after[symbol % 2][state] for symbol, state in zip(found, states, strict=True)]
    stream.end()
    checksum = zlib.crc32(struct.pack(f"<{len(symbols)}i", *symbols)) % 65536
    demand(checksum == struct.unpack("<H", payload[:2])[0], "checksum of the slice's symbols")
    return symbols, values


def read_flags(payload: bytes, elements_of_y: int) -> dict[int, int]:
    """For each flagged position whether the encoder used the upper level."""
    varints, flags, previous = Bytes(payload), {}, -1
    while len(varints):
        value = varints.varint()
        previous += value // 2 + 1
        demand(previous < elements_of_y, "flag behind the last element")
        flags[previous] = value % 2
    return flags


def levels_of(sigmas: list[float], first_position: int, flags: dict[int, int]) -> list[int]:
    """Levels of a slice's elements; the first has this position among all elements of y."""
    ratio = 256 / 0.11
    boundaries = [0.11 * ratio ** ((k + 0.5) / 63) for k in range(63)]
    scales = [0.11 * ratio ** (k / 63) for k in range(64)]
    levels = []
    for position, sigma in enumerate(sigmas, start=first_position):
        if position in flags:
            levels.append(sum(s <= sigma for s in scales[1:63]) + flags[position])
        else:
            levels.append(sum(b <= sigma for b in boundaries))
    return levels
