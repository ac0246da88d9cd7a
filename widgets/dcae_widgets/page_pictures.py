"""Pictures inside a page: as data URIs, without loss where there is room, else with a loss that is computed.

Knows file formats and sizes. Does not know what the pictures show.
"""

import base64
import io
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcae.rd import psnr_db

_JPEG_QUALITIES = (98, 95, 92, 88, 82, 75, 60, 40, 20, 5)


class StoredPicture(NamedTuple):
    """One picture of a page.

    Attributes:
        uri: `data:` and its bytes.
        loss_db: PSNR of what is stored against the picture itself, dB; infinity if it is stored without loss.
    """

    uri: str
    loss_db: float

    @property
    def words(self) -> str:
        """How it is stored.

        >>> StoredPicture("", 45.26).words, StoredPicture("", math.inf).words
        ('JPEG, 45.3 dB', 'lossless')
        """
        return "lossless" if math.isinf(self.loss_db) else f"JPEG, {self.loss_db:.1f} dB"


def png_uri(image: NDArray[np.uint8]) -> str:
    """A small picture as a data URI.

    >>> png_uri(np.zeros((1, 1, 3), np.uint8))[:22]
    'data:image/png;base64,'
    """
    return _uri("png", _bytes(image, "PNG", optimize=True))


def stored_pictures(images: Sequence[NDArray[np.uint8]], most_chars: int) -> list[StoredPicture]:
    """Pictures whose URIs have at most so many characters in all.

    Each has an equal share of the room; what one leaves goes to those that are larger without loss.

    Args:
        images: uint8, H x W x 3.
        most_chars: of all URIs together.

    Raises:
        ValueError: there is not room enough at any quality.
    """
    lossless = [_bytes(image, "WEBP", lossless=True, quality=20, method=2) for image in images]
    order = sorted(range(len(images)), key=lambda index: len(lossless[index]))
    stored: dict[int, StoredPicture] = {}
    for done, index in enumerate(order):
        left = most_chars - sum(len(picture.uri) for picture in stored.values())
        stored[index] = _stored(images[index], lossless[index], left // (len(images) - done))
    return [stored[index] for index in range(len(images))]


def _stored(image: NDArray[np.uint8], lossless: bytes, most_chars: int) -> StoredPicture:
    uri = _uri("webp", lossless)
    if len(uri) <= most_chars:
        return StoredPicture(uri, math.inf)
    for quality in _JPEG_QUALITIES:
        data = _bytes(image, "JPEG", quality=quality, subsampling=0)
        uri = _uri("jpeg", data)
        if len(uri) <= most_chars:
            return StoredPicture(uri, psnr_db(image, np.array(Image.open(io.BytesIO(data)).convert("RGB"))))
    raise ValueError(f"a picture has room for {most_chars} characters in the page; it needs {len(uri)}")


def _bytes(image: NDArray[np.uint8], kind: str, **options: int | bool) -> bytes:
    data = io.BytesIO()
    Image.fromarray(image).save(data, kind, **options)
    return data.getvalue()


def _uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
