"""Training photos in tar shards: for sets larger than memory, or than a disk.

Other than with photos that are files, which crop a sample sees depends on the number of processes and of workers, and
photos are taken in turn, not in proportion to their area. With the same numbers, a run that resumes goes on at the
same place: it reads up to there without decoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from dcae.training.data.crops import CropChoice, crop_rng, cut, scale_down, stack
from dcae.training.data.photos import Skip, TrainingPhotos, check_holds_crop, photo_size, read_photo, why
from dcae.training.data.shards import PhotoStream, read_shard


class Found(NamedTuple):
    """A batch, or None where no photo is left; what was skipped on the way, and how many photos shards hold."""

    crops: np.ndarray | None
    skips: list[Skip]
    photos: dict[str, int]


class PhotoShards(TrainingPhotos):
    """Training photos in tar shards.

    Args:
        shards: Paths or addresses, in order.
        crop_px: Side of a crop; a photo with a shorter side is left out.
        held_out: Photos kept out: the first that can be read, in the order of the shards.
        held_out_px: A photo with a shorter side is not kept out, nor trained on if it stands before the last that is.
        workers: Processes that read and decode; 0 does so in this process. No more are used than there are shards.
        seed: Seed of the order and of the crops.

    Raises:
        ValueError: if the shards hold no more photos than are held out.
    """

    def __init__(
        self, shards: Sequence[str], *, crop_px: int, held_out: int, held_out_px: int, workers: int, seed: int
    ) -> None:
        super().__init__()
        self._shards, self._crop_px, self._workers, self._seed = shards, crop_px, workers, seed
        self._kept_back = self._hold_out(held_out, held_out_px)
        self._photos: dict[str, int] = {}

    @property
    def num_photos(self) -> int:
        """Photos to train on, by their headers, in the shards that were read to their end so far."""
        return sum(self._photos.values())

    def _batches(self, share: int, first_step: int, process: int, processes: int) -> Iterator[np.ndarray]:
        if len(self._shards) < processes:
            raise ValueError(f"{len(self._shards)} shards for {processes} processes; each process needs one at least")
        loader = DataLoader(
            ShardBatches(
                PhotoStream(self._shards, self._kept_back, self._crop_px, self._seed),
                seed=self._seed,
                crop_px=self._crop_px,
                share=share,
                first_step=first_step,
                process=process,
                processes=processes,
            ),
            batch_size=None,
            num_workers=min(self._workers, len(self._shards) // processes),
            collate_fn=Found._make,  # else arrays become tensors
            generator=torch.Generator(),  # else the loader takes a number from the generator of the training's noise
        )
        return self._noted(loader)

    def _noted(self, loader: DataLoader[Found]) -> Iterator[np.ndarray]:
        for found in loader:
            self._skip(found.skips)
            self._photos |= found.photos
            if found.crops is None:
                raise ValueError(
                    f"no photo is left to train on in {len(self._shards)} shards: {len(self.held_out)} are held out "
                    f"and {len(self.skipped)} skipped"
                )
            yield found.crops

    def _hold_out(self, count: int, least_px: int) -> dict[str, int]:
        """Reads the photos that are kept out; returns how many of each shard's first are not trained on."""
        kept_back: dict[str, int] = {}
        for shard in self._shards:
            skips: list[Skip] = []
            for photo in read_shard(shard, skips):
                if len(self.held_out) == count:
                    self._skip(skips)
                    return kept_back
                kept_back[shard] = kept_back.get(shard, 0) + 1
                try:
                    size = photo_size(photo.data)
                    check_holds_crop(size, least_px)
                    self.held_out.append(read_photo(photo.data, size))
                except ValueError as error:
                    skips.append((photo.name, why(error, photo.data)))
            self._skip(skips)
        raise ValueError(
            f"held_out is {count}, but {len(self._shards)} shards hold {len(self.held_out)} photos that can be read; "
            "must be fewer than the photos"
        )


class ShardBatches(IterableDataset[Found]):
    """A process's batches, made in the process itself or by its workers in turn.

    Args:
        stream: The photos.
        seed: Seed of the crops.
        crop_px: Side of a crop.
        share: Crops of a batch.
        first_step: Step to begin with.
        process: Which process this is.
        processes: How many there are.
    """

    def __init__(
        self,
        stream: PhotoStream,
        *,
        seed: int,
        crop_px: int,
        share: int,
        first_step: int,
        process: int,
        processes: int,
    ) -> None:
        self._stream, self._seed, self._crop_px, self._share = stream, seed, crop_px, share
        self._first_step, self._process, self._processes = first_step, process, processes

    def __iter__(self) -> Iterator[Found]:
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        # The loader asks its workers in turn, after a resume from the first on. So the part that a worker reads follows
        # from its first step: it is the part that the unbroken run has read in that step.
        first_step = self._first_step + number
        crops = self._crops(
            part=self._process * workers + first_step % workers,
            parts=self._processes * workers,
            position=first_step // workers * self._share,
            steps=count(first_step, workers),
        )
        told = 0
        while True:
            batch = list(islice(crops, self._share))
            skips, self._stream.skips = self._stream.skips, []
            photos = dict(islice(self._stream.photos.items(), told, None))
            told += len(photos)
            if len(batch) < self._share:
                yield Found(None, skips, photos)
                return
            yield Found(stack(batch), skips, photos)  # (B, crop_px, crop_px, 3)

    def _crops(self, part: int, parts: int, position: int, steps: Iterator[int]) -> Iterator[np.ndarray]:
        """A crop of each photo; a damaged one's place is taken by one more of the next, so no later photo moves."""
        first_sample = self._process * self._share
        places = ((step, first_sample + index) for step in steps for index in range(self._share))
        waiting: list[tuple[int, int]] = []
        barren_epochs = 0
        for photo in self._stream.read(part, parts, position):
            if isinstance(photo, int):
                barren_epochs = 0 if photo else barren_epochs + 1
                if barren_epochs > parts:  # this part has met every shard since it last read a photo
                    return
                continue
            waiting.append(next(places))
            try:
                size = photo_size(photo.data)
                pixels = read_photo(photo.data, size)
            except ValueError as error:
                self._stream.skips.append((photo.name, why(error, photo.data)))
                continue
            barren_epochs = 0
            for place in waiting:
                rng = crop_rng(self._seed, *place)
                _, factor = CropChoice([size], self._crop_px).draw(rng)
                yield cut(scale_down(pixels, factor), self._crop_px, rng)
            waiting.clear()
