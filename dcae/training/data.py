"""Crops of photos, from memory: every photo is read once, at several scales.

Knows photos and crops. Does not know the network or the loss.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from dcae.images import load_image
from dcae.training.photo_files import PhotoFiles
from dcae.training.photos import TrainingPhotos
from dcae.training.sources import find_sources

log = logging.getLogger(__name__)

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_SCALES = ((1, 0.4), (2, 0.35), (3, 0.25))
"""How far a photo is scaled down, and how often: down-scaled photos are sharper for their size."""


def open_photos(
    sources: Sequence[str], *, crop_px: int, held_out: int, memory_gib: float, workers: int, seed: int
) -> TrainingPhotos:
    """Opens photos for training: reads the held-out ones, and all others where they fit in memory.

    Args:
        sources: Folders in any layout, photos, or tar shards: see `dcae.training.sources.find_sources`.
        crop_px: Side of a crop.
        held_out: Photos kept out of training.
        memory_gib: What each process may hold of the photos.
        workers: Processes that decode what does not fit, for each process that trains; 0 decodes in that one.
        seed: Seed of the crops.

    Raises:
        ValueError: for sources that are none, and where no photo is left to train on.
    """
    photos, shards = find_sources(sources)
    if shards:
        raise ValueError(f"{len(shards)} tar shards; only photos can be read")
    return PhotoFiles(photos, crop_px=crop_px, held_out=held_out, memory_gib=memory_gib, workers=workers, seed=seed)


def find_photos(folders: Sequence[str]) -> list[Path]:
    """All image files below the folders, sorted by name.

    Raises:
        ValueError: if a folder is missing or they hold no photo.
    """
    paths: list[Path] = []
    for folder in folders:
        if not Path(folder).is_dir():
            raise ValueError(f"{folder} is no folder")
        paths += sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ValueError(f"no photos in {', '.join(folders)}; looked for {', '.join(sorted(_SUFFIXES))}")
    return paths


def split_held_out(paths: Sequence[Path], count: int) -> tuple[list[Path], list[Path]]:
    """`count` photos spread evenly over the list, and the others: (training, held out).

    Raises:
        ValueError: if nothing is left to train on.

    >>> split_held_out([Path(c) for c in "abcd"], 2)
    ([PosixPath('b'), PosixPath('d')], [PosixPath('a'), PosixPath('c')])
    """
    if count >= len(paths):
        raise ValueError(f"held_out is {count}, but there are {len(paths)} photos; must be fewer than the photos")
    held_out = {round(index * len(paths) / count) for index in range(count)}
    return (
        [path for index, path in enumerate(paths) if index not in held_out],
        [paths[index] for index in sorted(held_out)],
    )


def read_photos(paths: Sequence[Path]) -> list[np.ndarray]:
    """The photos as uint8 arrays (H, W, 3); one that cannot be read is named, skipped and counted.

    Raises:
        ValueError: if none can be read.
    """
    photos, broken = [], 0
    for path in tqdm(paths, desc="reading photos", unit="photo", leave=False):
        try:
            photos.append(load_image(path))
        except (ValueError, OSError) as error:
            broken += 1
            log.warning("skipped: %s", error)
    if broken:
        log.warning("%d of %d photos could not be read", broken, len(paths))
    if not photos:
        raise ValueError(f"none of {len(paths)} photos can be read")
    return photos


class Crops:
    """Random square crops of photos, flipped and transposed, at several scales.

    Args:
        photos: uint8 arrays (H, W, 3).
        crop_px: Side of a crop; photos that are smaller at every scale are left out.

    Raises:
        ValueError: if no photo is large enough.
    """

    def __init__(self, photos: Sequence[np.ndarray], crop_px: int) -> None:
        self.crop_px = crop_px
        self.levels: list[list[np.ndarray]] = []
        for factor, _ in _SCALES:
            level = [scale_down(photo, factor) for photo in photos if min(photo.shape[:2]) >= factor * crop_px]
            self.levels.append(level)
        self.chances = np.array(
            [chance if level else 0.0 for (_, chance), level in zip(_SCALES, self.levels, strict=True)]
        )
        if not self.chances.any():
            raise ValueError(f"no photo has sides of {crop_px} px or more")
        self.chances /= self.chances.sum()
        self.photo_chances = [np.array([photo.size for photo in level], float) for level in self.levels]

    def batch(self, size: int, rng: np.random.Generator) -> Tensor:
        """`size` crops: float32 (size, 3, crop_px, crop_px) in [0, 1]."""
        crops = np.stack([self._crop(rng) for _ in range(size)])  # (B, crop_px, crop_px, 3)
        return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255

    def _crop(self, rng: np.random.Generator) -> np.ndarray:
        level = int(rng.choice(len(self.levels), p=self.chances))
        areas = self.photo_chances[level]
        photo = self.levels[level][int(rng.choice(len(areas), p=areas / areas.sum()))]
        top = int(rng.integers(photo.shape[0] - self.crop_px + 1))
        left = int(rng.integers(photo.shape[1] - self.crop_px + 1))
        crop = photo[top : top + self.crop_px, left : left + self.crop_px]
        crop = crop[:, ::-1] if rng.random() < 0.5 else crop
        return crop.transpose(1, 0, 2) if rng.random() < 0.5 else crop


def scale_down(photo: np.ndarray, factor: int) -> np.ndarray:
    """A photo (H, W, 3) at 1/factor of its sides, by Lanczos."""
    if factor == 1:
        return photo
    height, width = photo.shape[:2]
    return np.asarray(Image.fromarray(photo).resize((width // factor, height // factor), Image.Resampling.LANCZOS))
