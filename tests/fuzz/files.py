"""Hostile files of the codec: from honest ones, with checksums that are right or wrong."""

import random
import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from mutants import changed, refusal

from dcae.codec.bitstream import pack, unpack
from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import encode_symbols
from dcae.codec.file_info import file_info
from dcae.codec.sections import BitstreamError, Section, SectionType, packed, tile_section, tiles_section, varint
from dcae.codec.tiled_session import TiledSession
from dcae.config import PRESETS
from dcae.model.dcae import DCAE

SIZES = [(1, 1), (24, 40), (64, 64), (70, 100)]


class Files:
    """Files that someone who means harm could make, from honest ones: decoded, and asked what they are.

    Half of them have a right checksum, so that they reach the coder.
    """

    def __init__(self, seed: int) -> None:
        model = DCAE(replace(PRESETS["tiny"], neighbours=4, trellis=True) if seed % 2 else PRESETS["tiny"])
        model.update()
        self.codec = codec = Codec(model)
        self.random, self.numpy = random.Random(seed), np.random.default_rng(seed)
        codec.latent_coder.margin = 1e-3  # so that honest files have level flags
        images = [self.numpy.integers(0, 256, (*size, 3), dtype=np.uint8) for size in SIZES]
        self.honest = [codec.encode(image, lmbda) for image in images for lmbda in (0.002, 0.05)]
        wide = self.numpy.integers(0, 256, (70, 300, 3), dtype=np.uint8)
        self.tiled = [TiledSession(codec, wide, 256).encode(lmbda) for lmbda in (0.002, 0.05)]
        self.ways: list[Callable[[bytes], bytes]] = [
            self.bytes_changed, self.bytes_changed, self.size_changed, self.lambda_changed, self.sections_moved,
            self.payload_changed, self.z_of_its_own, self.flags_of_its_own, self.latents_of_no_image,
            self.tiles_changed, self.tiles_changed, self.crowded,
        ]  # fmt: skip

    def mutant(self, seed: int) -> bytes:
        """A file of this seed's own."""
        self.random, self.numpy = random.Random(seed), np.random.default_rng(seed)
        honest = self.random.choice([*self.honest, *self.tiled])
        if self.random.random() < 0.5:
            return changed(honest, self.random)
        way = self.random.choice(self.ways)
        return way(self.random.choice(self.honest))

    def fate(self, data: bytes) -> str:
        """What becomes of a file: refused in one line, or a picture of the stated size."""
        try:
            info = file_info(data)
            picture = self.codec.decode(data)
        except BitstreamError as error:
            return refusal(error)
        if picture.shape != (info.height, info.width, 3) or picture.dtype != np.uint8:
            raise AssertionError(f"{picture.dtype} {picture.shape} for a file of {info}")
        return "decoded"

    def tiles_changed(self, _: bytes) -> bytes:
        """A file of tiles: bytes changed, tiles exchanged, left out or harmed one by one."""
        data = self.random.choice(self.tiled)
        header, (first, *tiles) = unpack(data)
        kind = self.random.randrange(4)
        if kind == 0:
            return self.bytes_changed(data)
        if kind == 1:
            return pack(header, [first, *self.random.sample(tiles, len(tiles))])
        if kind == 2:  # of a size that has as many tiles
            return pack(replace(header, width=self.random.randrange(257, 513), height=self.random.randrange(1, 257)), [
                first, *tiles
            ])  # fmt: skip
        harmed = bytearray(tiles[0].payload)
        harmed[self.random.randrange(len(harmed))] ^= 1 << self.random.randrange(8)
        try:
            return pack(header, [first, Section(SectionType.TILE, bytes(harmed)), *tiles[1:]])
        except ValueError:
            return data

    def crowded(self, _: bytes) -> bytes:
        """Many tiles of many sections of nothing, their checksum right, whether or not a file may have so many."""
        side, inside = self.random.randrange(1, 80), self.random.randrange(1, 254)
        tile = packed([tile_section([Section(SectionType.Z, b""), *[Section(0x80, b"")] * inside])])
        body = resized_header(self.tiled[0], 256 * side) + packed([tiles_section(256)]) + tile * side**2
        return body + zlib.crc32(body).to_bytes(4, "little")

    def bytes_changed(self, data: bytes) -> bytes:
        """Changed anywhere but in the first bytes, and a right checksum behind them."""
        body = data[:13] + changed(data[13:-4], self.random)
        return body + zlib.crc32(body).to_bytes(4, "little")

    def size_changed(self, data: bytes) -> bytes:
        """Another width and height: near ones, exchanged ones, huge ones."""
        header, sections = unpack(data)
        width, height = self.random.choice([
            (header.height, header.width),
            (header.width + self.random.randrange(30), header.height + self.random.randrange(30)),
            (int(2 ** self.random.uniform(0, 16)), int(2 ** self.random.uniform(0, 16))),
            (self.random.choice([11585, 11313, 65535]), self.random.choice([11585, 1953, 65535])),
        ])  # fmt: skip
        kept = self.random.choice([sections, sections[:1]])
        return pack(replace(header, width=min(width, 65535), height=min(height, 65535)), kept)

    def lambda_changed(self, data: bytes) -> bytes:
        """Another lambda, mostly one that is legal."""
        header, sections = unpack(data)
        return pack(
            replace(header, lmbda=10 ** self.random.uniform(*self.random.choice([(-3, -1), (-30, 30)]))), sections
        )

    def sections_moved(self, data: bytes) -> bytes:
        """Slices left out, doubled, exchanged; unknown sections."""
        header, (z, *rest) = unpack(data)
        self.random.shuffle(rest)
        rest = rest[: self.random.randrange(len(rest) + 1)] + rest[: self.random.randrange(2)]
        rest.sort(key=lambda section: section.type != SectionType.LEVEL_FLAGS)
        try:
            return pack(header, [z, *rest, Section(0x80 + self.random.randrange(128), self.random.randbytes(9))])
        except ValueError:
            return pack(header, [z])

    def payload_changed(self, data: bytes) -> bytes:
        """One payload cut, continued, or with words exchanged or flipped."""
        header, sections = unpack(data)
        nth = self.random.randrange(len(sections))
        payload = bytearray(sections[nth].payload)
        kind = self.random.randrange(4)
        if kind == 0:
            payload = payload[: self.random.randrange(2, len(payload) + 1)]
        elif kind == 1:
            payload += self.random.choice([bytes(4), self.random.randbytes(8), bytes(4000)])
        elif kind == 2:
            payload[2:] = self.random.randbytes(len(payload) - 2)
        else:
            payload[self.random.randrange(len(payload))] ^= 1 << self.random.randrange(8)
        return pack(header, [*sections[:nth], Section(sections[nth].type, bytes(payload)), *sections[nth + 1 :]])

    def z_of_its_own(self, data: bytes) -> bytes:
        """A legal z stream of any symbols, for a size of any size."""
        (header, sections), tables = unpack(data), self.codec.latent_coder.z_tables
        rows, columns = self.random.choice([(1, 1), (1, 3), (2, 2), (40, 1)])
        indexes = np.repeat(np.arange(len(tables)), rows * columns)
        symbols = np.rint(self.numpy.standard_cauchy(indexes.size) * 10 ** self.random.uniform(-1, 6))
        stream = encode_symbols(symbols.clip(-(2**23) + 1, 2**23 - 1).astype(np.int32), indexes, tables)
        size = {"width": 64 * columns - self.random.randrange(64), "height": 64 * rows - self.random.randrange(64)}
        return pack(replace(header, **size), [Section(SectionType.Z, stream), *self.random.choice([[], sections[1:]])])

    def flags_of_its_own(self, data: bytes) -> bytes:
        """Level flags at any elements, or bytes that are none."""
        header, (z, *rest) = unpack(data)
        slices = [section for section in rest if section.type == SectionType.SLICE]
        small = bytes(self.random.randrange(128) for _ in range(self.random.randrange(1, 200)))
        payload = self.random.choice([small, self.random.randbytes(self.random.randrange(1, 200))])
        return pack(header, [z, Section(SectionType.LEVEL_FLAGS, payload), *slices])

    def latents_of_no_image(self, data: bytes) -> bytes:
        """A file that is right in every way, of latents that no image has."""
        header, config = unpack(data)[0], self.codec.model.config
        rows, columns = -(-header.height // 64), -(-header.width // 64)
        y, z = (
            torch.from_numpy(self.numpy.standard_cauchy(shape).clip(-8, 8) * 10 ** self.random.uniform(0, 5))
            for shape in ((1, config.M, 4 * rows, 4 * columns), (1, config.N, rows, columns))
        )
        return pack(header, self.codec.latent_coder.encode(y, z).sections[: self.random.randrange(2, 8)])


def resized_header(data: bytes, side_px: int) -> bytes:
    """The first bytes of a file of tiles, for a picture of another size."""
    return data[:17] + varint(side_px) * 2
