"""Training photos that are files: in memory at every scale where they fit, else decoded by workers at every use.

Both ways give the very same crops. A photo takes part by its header; where its pixels then turn out to be damaged, the
sample that drew it draws again, in memory as from disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from dcae.training.data.crops import CropChoice, crop_factors, crop_rng, cut, scale_down, stack
from dcae.training.data.photos import Skip, TrainingPhotos, check_holds_crop, photo_size, read_photo, why

DECODING_BYTES_PER_PIXEL = 24
"""What the decoding of a photo takes for a while: Pillow's copies of it (decoded, turned, converted) and the array."""

PhotoFile = tuple[Path, tuple[int, int]]
"""A photo's path and its two sides in px, as its header has them."""


class PhotoFiles(TrainingPhotos):
    """Training photos that are files.

    Args:
        paths: The files, sorted.
        crop_px: Side of a crop; a photo with a shorter side is left out.
        held_out: Photos kept out, spread evenly over the list; which they are does not depend on `crop_px`.
        held_out_px: A photo with a shorter side is not kept out.
        memory_gib: What this process may hold: photos at all scales, and one more while it is decoded.
        workers: Processes that decode what does not fit; 0 decodes in this process.
        seed: Seed of the crops.

    Raises:
        ValueError: if nothing is left to train on.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        crop_px: int,
        held_out: int,
        held_out_px: int,
        memory_gib: float,
        workers: int,
        seed: int,
    ) -> None:
        super().__init__()
        self._num_paths, self._workers = len(paths), workers
        fitting = []
        for path, size in self._hold_out(self._measured(paths), held_out, held_out_px):
            try:
                check_holds_crop(size, crop_px)
                fitting.append((path, size))
            except ValueError as error:
                self._skip([(str(path), str(error))])
        if not fitting:
            raise self._nothing_left()
        self._crops = FileCrops(fitting, crop_px, seed)
        self._skipped_before = len(self.skipped)
        kept_bytes = sum(photo.nbytes for photo in self.held_out)
        self.in_memory = kept_bytes + memory_bytes([size for _, size in fitting], crop_px) <= memory_gib * 2**30
        if self.in_memory:
            self._skip(self._crops.read_all())
            if not self.num_photos:
                raise self._nothing_left()

    @property
    def num_photos(self) -> int:
        """Photos trained on, as far as known: damage is found when a photo is read."""
        return len(self._crops.files) - (len(self.skipped) - self._skipped_before)

    def _batches(self, share: int, first_step: int, process: int, processes: int) -> Iterator[np.ndarray]:
        places = ([(step, process * share + index) for index in range(share)] for step in count(first_step))
        for samples in self._samples(places):
            self._skip([skip for _, skips in samples for skip in skips])
            crops = [crop for crop, _ in samples if crop is not None]
            if len(crops) < share:
                raise self._nothing_left()
            yield stack(crops)  # (B, crop_px, crop_px, 3)

    def _samples(self, places: Iterator[list[tuple[int, int]]]) -> Iterator[list[Sample]]:
        if self.in_memory or not self._workers:
            return ([self._crops[place] for place in batch] for batch in places)
        loader = DataLoader(
            self._crops,
            batch_sampler=places,  # pyright: ignore[reportArgumentType]  # any iterable will do
            num_workers=self._workers,
            collate_fn=list,  # arrays travel through pipes: shared memory is scarce in containers
            generator=torch.Generator(),  # else the loader takes a number from the generator of the training's noise
        )
        return iter(loader)

    def _measured(self, paths: Sequence[Path]) -> list[PhotoFile]:
        files = []
        for path in tqdm(paths, "looking at photos", unit="photo", leave=False, disable=None):
            try:
                files.append((path, photo_size(path)))
            except (ValueError, OSError) as error:
                self._skip([(str(path), why(error, path))])
        return files

    def _hold_out(self, files: list[PhotoFile], count: int, least_px: int) -> list[PhotoFile]:
        """Reads the photos that are kept out, for a damaged or small one the next in the list; returns the others."""
        if not files:
            raise self._nothing_left()
        if count >= len(files):
            raise ValueError(f"held_out is {count}, but there are {len(files)} photos; must be fewer than the photos")
        taken: set[int] = set()
        for index in range(count):
            start = round(index * len(files) / count)
            for place in chain(range(start, len(files)), range(start)):
                if place in taken:
                    continue
                taken.add(place)
                path, size = files[place]
                try:
                    check_holds_crop(size, least_px)
                    self.held_out.append(read_photo(path, size))
                    break
                except (ValueError, OSError) as error:
                    self._skip([(str(path), why(error, path))])
        return [file for place, file in enumerate(files) if place not in taken]

    def _nothing_left(self) -> ValueError:
        last = f"; the last: {': '.join(self.skipped[-1])}" if self.skipped else ""
        return ValueError(
            f"no photo is left to train on: of {self._num_paths}, {len(self.held_out)} are held out and "
            f"{len(self.skipped)} skipped{last}"
        )


Sample = tuple[np.ndarray | None, list[Skip]]
"""A crop, or None where no photo is left, and the photos that were found to be damaged on the way to it."""


class FileCrops(Dataset[Sample]):
    """Crops of photos by (step, sample): what a process or a worker of its own looks up.

    Args:
        files: The photos, each large enough for a crop.
        crop_px: Side of a crop.
        seed: Seed of the crops.
    """

    def __init__(self, files: Sequence[PhotoFile], crop_px: int, seed: int) -> None:
        self.files, self.crop_px, self.seed = files, crop_px, seed
        self._choice = CropChoice([size for _, size in files], crop_px)
        self._damaged: set[int] = set()
        self._levels: dict[tuple[int, int], np.ndarray] = {}

    def read_all(self) -> list[Skip]:
        """Reads every photo at every scale into memory; returns what is damaged."""
        skips = []
        files = tqdm(self.files, "reading photos", unit="photo", leave=False, disable=None)  # silent in a file
        for index, (path, size) in enumerate(files):
            try:
                photo = read_photo(path, size)
            except (ValueError, OSError) as error:
                skips.append(self._skip(index, error))
                continue
            for factor in crop_factors(size, self.crop_px):
                self._levels[index, factor] = scale_down(photo, factor)
        return skips

    def __getitem__(self, place: tuple[int, int]) -> Sample:
        """The crop of (step, sample), uint8 (crop_px, crop_px, 3)."""
        rng = crop_rng(self.seed, *place)
        skips: list[Skip] = []
        while len(self._damaged) < len(self.files):
            index, factor = self._choice.draw(rng)
            if index in self._damaged:
                continue
            try:
                return cut(self._level(index, factor), self.crop_px, rng), skips
            except (ValueError, OSError) as error:
                skips.append(self._skip(index, error))
        return None, skips

    def _level(self, index: int, factor: int) -> np.ndarray:
        if (index, factor) in self._levels:
            return self._levels[index, factor]
        return scale_down(read_photo(*self.files[index]), factor)

    def _skip(self, index: int, error: Exception) -> Skip:
        self._damaged.add(index)
        path, _ = self.files[index]
        return str(path), why(error, path)


def memory_bytes(sizes: Sequence[tuple[int, int]], crop_px: int) -> int:
    """The most that photos of these sizes take while they are read and held at all scales that they take part in.

    >>> memory_bytes([(100, 100)], 64) == 3 * 100 * 100 + DECODING_BYTES_PER_PIXEL * 100 * 100
    True
    """
    held = sum(3 * (w // factor) * (h // factor) for w, h in sizes for factor in crop_factors((w, h), crop_px))
    return held + DECODING_BYTES_PER_PIXEL * max(width * height for width, height in sizes)
