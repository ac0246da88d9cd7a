"""Where an explored picture comes from: a shipped photo, an array, a file of the user's, or a compressed file.

Knows how each is read and how Python writes it. Reads nothing until it is asked to. Does not know widgets.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from dcae.codec.bitstream import MAGIC
from dcae.images import check_image, load_image
from dcae.samples import PHOTO_VARIABLE, sample, sample_images
from dcae_widgets.limits import Limits


@dataclass(frozen=True, eq=False)
class PhotoSource:
    """A picture to explore, or a file to open; two are the same only if they are one object.

    Attributes:
        name: What the list of photos calls it.
        python: The Python expression of its pixels or, of a compressed file, of its bytes.
        read: Reads its pixels: uint8, H x W x 3; raises ValueError or OSError in words.
        data: The bytes of a compressed file, which has no pixels to read; None for a photo.
    """

    name: str
    python: str
    read: Callable[[], NDArray[np.uint8]]
    data: bytes | None = None

    @property
    def stem(self) -> str:
        """What files made of it are called."""
        return PurePath(self.name).stem or "photo"


def shipped_photo(name: str) -> PhotoSource:
    """A shipped photo by its name.

    Raises:
        ValueError: There is none of that name, which is found out when it is read.
    """
    return PhotoSource(name, f"sample({name!r})", lambda: sample(name))


def given_photo(photo: NDArray[np.uint8] | str | os.PathLike[str] | None) -> PhotoSource:
    """What a caller explores: an array, a shipped photo's name, a path, or None for what a lesson begins with.

    Raises:
        TypeError, ValueError: It is an array, but no image.
    """
    if photo is None:
        photo = os.environ.get(PHOTO_VARIABLE) or sample_images()[0]
    if isinstance(photo, np.ndarray):
        image = check_image(photo).copy()
        return PhotoSource("photo", "photo", lambda: image)
    if str(photo) in sample_images():
        return shipped_photo(str(photo))
    path = Path(photo)
    return PhotoSource(path.name, f"load_image({str(photo)!r})", lambda: load_image(path))


def uploaded(name: str, data: bytes, limits: Limits = Limits()) -> PhotoSource:  # noqa: B008  # frozen
    """What somebody has dropped in: a picture, or a compressed file, which is told by its first bytes or its name."""
    name = PurePath(name.replace("\\", "/")).name or "upload"
    if data.startswith(MAGIC) or name.lower().endswith(".dcae"):
        return PhotoSource(name, f"Path({name!r}).read_bytes()", lambda: _no_pixels(name), data)
    fit = "" if limits.fit_pixels is None else f", fit_pixels={limits.fit_pixels}"
    return PhotoSource(name, f"load_image({name!r}{fit})", lambda: _read_upload(name, data, limits))


def _read_upload(name: str, data: bytes, limits: Limits) -> NDArray[np.uint8]:
    try:
        return load_image(data, limits.max_pixels, limits.fit_pixels)
    except ValueError as error:  # names the bytes, which nobody has seen; the file's name is what its owner knows
        raise ValueError(f"{name}: {str(error).split(': ', 1)[-1]}") from error


def _no_pixels(name: str) -> NDArray[np.uint8]:
    raise ValueError(f"{name} is a compressed file: it is decoded, not read")
