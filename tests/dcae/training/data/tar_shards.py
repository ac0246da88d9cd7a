"""Small photos that can be told apart, and tar shards of them."""

import io
import tarfile
from pathlib import Path

import numpy as np

from dcae.images import png_bytes


def numbered_png(number: int, side: int = 80) -> bytes:
    """A PNG file of noise whose red is its number everywhere, so that a crop tells which photo it is of."""
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
    pixels[..., 0] = number
    return png_bytes(pixels)


def write_shard(path: Path, files: dict[str, bytes]) -> str:
    """Writes a tar shard of named files, and returns its path."""
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return str(path)


def write_four_shards(folder: Path) -> list[str]:
    """Four shards of five photos each; the photo 31 is the second of the last shard."""
    return [
        write_shard(folder / f"s{s}.tar", {f"{s}{index}.png": numbered_png(10 * s + index) for index in range(5)})
        for s in range(4)
    ]
