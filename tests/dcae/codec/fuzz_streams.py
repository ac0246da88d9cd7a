"""Hostile streams by the thousand: `python fuzz_streams.py COUNT [SEED]` prints how they fared.

Each is decoded to symbols that encode to the same bytes, or refused with BitstreamError. Anything else ends the
process: another exception, a signal, a hang (its caller's time limit).
"""

import random
import re
import sys
from collections import Counter

import numpy as np

from dcae.codec.entropy_coder import decode_symbols, encode_symbols
from dcae.codec.sections import BitstreamError
from dcae.codec.symbol_tables import SymbolTables


def triangles(reaches: list[int]) -> SymbolTables:
    """For each reach r a table of -r to r, likelier towards 0; the escape takes what is left."""
    shapes = [r + 1 - np.abs(np.arange(-r, r + 1)) for r in reaches]
    entries = [np.append(s * (65535 // s.sum()), 65536 - s.sum() * (65535 // s.sum())) for s in shapes]
    return SymbolTables(-np.array(reaches), np.array([e.size for e in entries]), np.concatenate(entries))


TABLES = {
    "wide and narrow": triangles([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 254]),
    "nearly all escapes": SymbolTables(
        np.array([-(2**23) + 1, 2**23 - 4]), np.array([2, 4]), np.array([1, 65535, 1, 1, 1, 65533])
    ),
    "flat": SymbolTables(
        np.array([-30000, 0]), np.array([65536, 3]), np.append(np.ones(65536, np.int64), [32768, 32767, 1])
    ),
}


def honest_stream(rng: np.random.Generator, tables: SymbolTables) -> tuple[bytes, np.ndarray]:
    """A stream that was coded, with a few far symbols, and its indexes."""
    indexes = rng.integers(0, len(tables), rng.integers(0, 300)).astype(np.uint8)
    spread = rng.choice([1.0, 30.0, 3e5])
    symbols = np.clip(np.rint(rng.standard_cauchy(indexes.size) * spread), -(2**23) + 1, 2**23 - 1).astype(np.int32)
    return encode_symbols(symbols, indexes, tables), indexes


def harmed(data: bytes, rng: random.Random) -> bytes:
    """Random bytes, or the given ones with flipped bits, cut, continued or with words exchanged."""
    kind = rng.randrange(6)
    if kind == 0 or not data:
        return rng.randbytes(rng.randrange(0, 200))
    if kind == 1:
        return rng.choice([b"\x00", b"\xff"]) * (4 * rng.randrange(0, 50))
    if kind == 2:
        return data[: rng.randrange(len(data))]
    if kind == 3:
        return data + rng.randbytes(rng.choice([1, 4, 8, 400]))
    words = [data[i : i + 4] for i in range(0, len(data), 4)]
    if kind == 4:
        rng.shuffle(words)
        return b"".join(words)
    flipped = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def main(count: int, seed: int) -> Counter[str]:
    """Try `count` streams; every tenth with indexes of another number or order."""
    rng, nprng, fates = random.Random(seed), np.random.default_rng(seed), Counter()
    names = list(TABLES)
    for nth in range(count):
        name = names[nth % len(names)]
        data, indexes = honest_stream(nprng, TABLES[name])
        data = harmed(data, rng)
        if nth % 10 == 0:
            indexes = nprng.integers(0, len(TABLES[name]), rng.randrange(0, 5000)).astype(np.uint8)
        try:
            symbols = decode_symbols(data, indexes, TABLES[name])
        except BitstreamError as error:
            fates["refused: " + re.sub(r"\d+", "#", str(error))] += 1
            continue
        if symbols.size != indexes.size or encode_symbols(symbols, indexes, TABLES[name]) != data:
            raise RuntimeError(f"stream {nth} of seed {seed}, {name} tables, is decoded but not what was coded")
        fates["decoded"] += 1
    return fates


if __name__ == "__main__":
    for fate, times in main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0).most_common():
        print(times, fate)
