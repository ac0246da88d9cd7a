"""What a trainer asks of its photos, however they are stored, and how one photo is read.

Knows files and what can be wrong with them. Does not know how crops are chosen, nor tensors.
"""

from __future__ import annotations

import io
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dcae.images import FORMATS, MAX_PIXELS, load_image
from dcae.pixel_limit import check_pixels, pixel_limit

log = logging.getLogger(__name__)

Skip = tuple[str, str]
"""A photo that is left out: its name and the reason."""


class TrainingPhotos(ABC):
    """Photos to train on, as batches of random crops, and photos that are kept out of training.

    Attributes:
        held_out: The photos kept out, uint8 (H, W, 3).
        skipped: What is left out, as found so far: name and reason. Each is named in the log when it is found.
    """

    def __init__(self) -> None:
        self.held_out: list[np.ndarray] = []
        self.skipped: list[Skip] = []
        self._skipped_names: set[str] = set()

    @property
    @abstractmethod
    def num_photos(self) -> int:
        """Photos trained on, as far as known."""

    def batches(self, batch: int, *, first_step: int, process: int = 0, processes: int = 1) -> Iterator[np.ndarray]:
        """This process's part of the batches of the steps `first_step`, `first_step` + 1, and so on without an end.

        Args:
            batch: Crops of a step, over all processes.
            first_step: Step to begin with.
            process: Which process this is, from 0.
            processes: How many processes share a batch; each has a contiguous part of it.

        Yields:
            uint8 (batch // processes, crop_px, crop_px, 3).

        Raises:
            ValueError: if the processes cannot share the batch evenly, or (on the way) no photo is left.
        """
        if batch < 1 or batch % processes:
            raise ValueError(f"batch is {batch}; must be a multiple of the {processes} processes that share it")
        if not 0 <= process < processes:
            raise ValueError(f"process is {process}; must be 0 to {processes - 1}")
        return self._batches(batch // processes, first_step, process, processes)

    @abstractmethod
    def _batches(self, share: int, first_step: int, process: int, processes: int) -> Iterator[np.ndarray]:
        """As `batches`, with `share` crops a process."""

    def _skip(self, skips: Sequence[Skip]) -> None:
        """Names and counts what was found to be unusable; a photo that two workers meet counts once."""
        for name, reason in skips:
            if name not in self._skipped_names:
                self._skipped_names.add(name)
                self.skipped.append((name, reason))
                log.warning("skipped %s: %s (%d so far)", name, reason, len(self.skipped))


def photo_size(source: Path | bytes) -> tuple[int, int]:
    """The two sides of a photo in px, from its header alone; which is the width depends on its orientation.

    Raises:
        ValueError: if it is no picture, or one with more pixels than are read.
        OSError: if the file cannot be opened.
    """
    with pixel_limit(MAX_PIXELS), io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        try:
            with Image.open(file, "r", FORMATS) as image:
                check_pixels(image.size, MAX_PIXELS)
                return image.size
        except ValueError:
            raise
        except Exception as error:  # Pillow's plugins meet a damaged header with almost anything
            raise ValueError(f"not a picture that can be read (legal: {', '.join(FORMATS)})") from error


def read_photo(source: Path | bytes, size: tuple[int, int]) -> np.ndarray:
    """The photo upright, uint8 (H, W, 3).

    Raises:
        ValueError: if it is damaged, or its sides are not those of `size`, in either order.
        OSError: if the file cannot be opened.
    """
    photo = load_image(source)
    if sorted(photo.shape[:2]) != sorted(size):
        raise ValueError(f"is {photo.shape[1]} x {photo.shape[0]} px; its header said {size[0]} x {size[1]} px")
    return photo


def check_holds_crop(size: tuple[int, int], crop_px: int) -> None:
    """Refuses a photo that is smaller than a crop, of those trained on or the one that is measured.

    Raises:
        ValueError: if a side is shorter.
    """
    if min(size) < crop_px:
        raise ValueError(f"{size[0]} x {size[1]} px; a crop has {crop_px} x {crop_px} px")


def why(error: Exception, source: Path | bytes) -> str:
    """What an error says about a photo, without the name that `load_image` puts in front.

    >>> why(ValueError("a/1.png: damaged"), Path("a/1.png"))
    'damaged'
    """
    name = f"image of {len(source)} bytes" if isinstance(source, bytes) else str(source)
    return str(error).removeprefix(f"{name}: ")
