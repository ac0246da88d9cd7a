"""What engine and visitors call a photo: no number that one hands out, but what follows from its pixels.

Knows arrays. Does not know torch, nor what is done with a photo.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray


class NotOpenError(LookupError):
    """The photo is not open in the engine, or no longer: whoever asks has to send it."""


def photo_key(image: NDArray[np.uint8]) -> str:
    """What a photo is known by: SHA-256 of its size and pixels.

    >>> photo_key(np.zeros((1, 2, 3), np.uint8)) == photo_key(np.zeros((2, 1, 3), np.uint8))
    False
    """
    digest = hashlib.sha256(f"{image.shape} {image.dtype.str} ".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()
