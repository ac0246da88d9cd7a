"""Hostile pictures: those of every format that is read, cut, changed, and claimed to be larger than any memory."""

import io
import random
import struct
import zlib

import numpy as np
from mutants import changed, refusal
from PIL import Image

from dcae.images import load_image

MAX_PIXELS = 2**20
MODES = [
    ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "I;16", {}), ("PNG", "1", {}),
    ("JPEG", "RGB", {}), ("JPEG", "CMYK", {}), ("JPEG", "L", {"progressive": True}), ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}), ("AVIF", "RGB", {}), ("GIF", "P", {}), ("TIFF", "RGB", {}),
    ("TIFF", "CMYK", {"compression": "tiff_lzw"}), ("BMP", "RGB", {}), ("PPM", "RGB", {}), ("JPEG2000", "RGB", {}),
]  # fmt: skip
FOREIGN = [
    b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><script>alert(1)</script></svg>",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    b"",
]


class Images:
    """Pictures of a few pixels in each format, an animation, and bombs."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.honest = [*map(self._picture, MODES, [rng] * len(MODES)), self._animation(rng)]

    def mutant(self, seed: int) -> bytes:
        """A picture of this seed's own."""
        chance = random.Random(seed)
        kind = chance.random()
        if kind < 0.03:
            return changed(chance.choice(FOREIGN), chance)
        if kind < 0.1:
            return self._bomb(chance)
        return changed(chance.choice(self.honest), chance)

    def fate(self, data: bytes) -> str:
        """What becomes of a picture: refused in one line, or uint8, H x W x 3, of no more pixels than allowed."""
        try:
            image = load_image(data, MAX_PIXELS)
        except ValueError as error:
            return refusal(error)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size > 3 * MAX_PIXELS:
            raise AssertionError(f"{image.dtype} {image.shape}")
        return "read"

    def _picture(self, mode: tuple[str, str, dict], rng: np.random.Generator) -> bytes:
        kind, pixels, options = mode
        levels = rng.integers(0, 256, (13, 17, 3), dtype=np.uint8)
        if pixels == "I;16":
            image = Image.fromarray(levels[..., 0].astype(np.uint16) * 257)
        else:
            image = Image.fromarray(levels).convert(pixels)
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    def _animation(self, rng: np.random.Generator) -> bytes:
        frames = [Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)) for _ in range(3)]
        buffer = io.BytesIO()
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
        return buffer.getvalue()

    def _bomb(self, chance: random.Random) -> bytes:
        """A PNG of a few hundred bytes that claims many pixels, its checksums right."""
        width, height = (int(2 ** chance.uniform(1, 31)) for _ in range(2))
        header = struct.pack(">IIBBBBB", width, height, 8, chance.choice([0, 2, 3, 6]), 0, 0, 0)
        data = zlib.compress(bytes(chance.randrange(100_000)))
        chunks = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
        packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
        return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
