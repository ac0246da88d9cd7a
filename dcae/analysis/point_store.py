"""Measurements on disk, each in a file of its own, so that a run that was killed goes on where it was.

A measurement is known by all that it depends on: the image's pixels, the codec with its version and settings, the
quality, the measures with their versions, and this project's own code. If any of them is another one, so is the key,
and it is measured anew. Knows neither codecs nor measures.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dcae
from dcae.files import write_atomically

_NOT_CODING = ("cli", "training")
"""The parts of the package that no measurement depends on."""


@dataclass(frozen=True, kw_only=True)
class PointKey:
    """All that a measurement depends on.

    Attributes:
        image: of its pixels, see :func:`image_digest`.
        codec: which one, its version, its settings and its weights, in words.
        quality: the codec's own dial; None if it has none.
        measures: the settings of each measure by its name.
        program: of this project's code, see :func:`program_digest`.
    """

    image: str
    codec: str
    quality: float | None
    measures: Mapping[str, str]
    program: str

    @property
    def file_name(self) -> str:
        """Under which the measurement is found."""
        return f"{hashlib.sha256(self.to_json().encode()).hexdigest()}.json"

    def to_json(self) -> str:
        """The fields in an order that does not depend on how they were given."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False)


class PointStore:
    """A folder of measurements. Several processes may share it.

    Args:
        folder: is made if it is missing.

    Raises:
        OSError: it cannot be made, or is a file.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: PointKey) -> dict[str, Any] | None:
        """The figures that were kept under a key; None if there are none that can be read."""
        try:
            record = json.loads((self.folder / key.file_name).read_bytes())
            if record["key"] != json.loads(key.to_json()):
                return None
            return {name: _read(value) for name, value in record["figures"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # missing, or spoilt by another hand
            return None

    def keep(self, key: PointKey, figures: Mapping[str, float | None]) -> None:
        """Writes the figures of a key, whole or not at all.

        Raises:
            OSError: they cannot be written.
        """
        record = {"key": json.loads(key.to_json()), "figures": {name: _kept(value) for name, value in figures.items()}}
        write_atomically(self.folder / key.file_name, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())


def image_digest(image: NDArray[np.uint8]) -> str:
    """SHA-256 of an image's size and pixels, H x W x 3; its name and file format do not matter."""
    return hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).hexdigest()


@cache
def program_digest() -> str:
    """SHA-256 of the project's code, without the command line and the trainer: what codes and measures."""
    root = Path(dcae.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.parts[0] not in _NOT_CODING:
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _kept(value: float | None) -> Any:
    return str(value) if value is not None and math.isinf(value) else value  # JSON has no infinity


def _read(value: Any) -> float | None:
    return float(value) if isinstance(value, str) else value
