"""The photos that come with the package, for a first look and for lessons.

They are found through importlib.resources, never by a path relative to a repository. Their sources, licences and
hashes are in data/README.md. Shipped weights are never trained on them; those that a reader trains in a lesson are.
"""

import os
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcae.images import load_image

PHOTO_VARIABLE = "DCAE_PHOTO"
"""The environment variable that names the user's photo to the lessons."""

_FILES = {
    "flower": "flower.jpg",
    "china": "china.jpg",
    "coffee": "coffee.png",
    "chelsea": "chelsea.png",
    "astronaut": "astronaut.png",
    "rocket": "rocket.jpg",
    "hubble_deep_field": "hubble_deep_field.jpg",
    "retina": "retina.jpg",
}


def sample_images() -> tuple[str, ...]:
    """Return the photos' names, the best one to begin with first.

    >>> sample_images()[0]
    'flower'
    """
    return tuple(_FILES)


def sample_file(name: str) -> str:
    """A shipped photo's file, in the resource folder `images`.

    Args:
        name: one of :func:`sample_images`.

    >>> sample_file("flower")
    'flower.jpg'
    """
    return _FILES[name]


def sample(name: str) -> NDArray[np.uint8]:
    """Return a shipped photo by its name.

    Args:
        name: one of :func:`sample_images`.

    Returns:
        uint8, H x W x 3, RGB.

    Raises:
        ValueError: there is no such photo.

    >>> sample("flower").shape
    (427, 640, 3)
    """
    if name not in _FILES:
        raise ValueError(f"there is no sample {name!r}; legal: {', '.join(_FILES)}")
    return load_image(files("dcae_data").joinpath("images", _FILES[name]).read_bytes())


def start_photo(max_side_px: int = 1024) -> NDArray[np.uint8]:
    """Return the photo that a lesson begins with: the one that `dcae lab PHOTO` was given, else the first sample.

    Args:
        max_side_px: a photo with a longer side is scaled down to it, so that a lesson stays quick and its pictures fit
            the page.

    Returns:
        uint8, H x W x 3, RGB.

    Raises:
        OSError: the file that the environment variable DCAE_PHOTO names cannot be opened.
        ValueError: it is no picture.
    """
    path = os.environ.get(PHOTO_VARIABLE)
    photo = Image.fromarray(load_image(path) if path else sample(sample_images()[0]))
    photo.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS)
    return np.array(photo)
