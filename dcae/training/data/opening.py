"""The photos that a run trains on, from the names in its configuration.

Does not know how photos are stored or crops chosen, the network or the loss.
"""

from __future__ import annotations

from collections.abc import Sequence

from dcae.training.data.photo_files import PhotoFiles
from dcae.training.data.photo_shards import PhotoShards
from dcae.training.data.photos import TrainingPhotos
from dcae.training.data.sources import find_sources


def open_photos(
    sources: Sequence[str],
    *,
    crop_px: int,
    held_out: int,
    held_out_px: int,
    memory_gib: float,
    workers: int,
    seed: int,
) -> TrainingPhotos:
    """Opens photos for training: reads the held-out ones, and all others where they fit in memory.

    Args:
        sources: Folders in any layout, photos, or tar shards: see `dcae.training.data.sources.find_sources`.
        crop_px: Side of a crop.
        held_out: Photos kept out of training.
        held_out_px: A photo with a shorter side is not kept out: there would be nothing to measure.
        memory_gib: What each process may hold of the photos.
        workers: Processes that decode what does not fit, for each process that trains; 0 decodes in that one.
        seed: Seed of the crops.

    Raises:
        ValueError: for sources that are none, and where no photo is left to train on.
    """
    photos, shards = find_sources(sources)
    if shards:
        return PhotoShards(
            shards, crop_px=crop_px, held_out=held_out, held_out_px=held_out_px, workers=workers, seed=seed
        )
    return PhotoFiles(
        photos,
        crop_px=crop_px,
        held_out=held_out,
        held_out_px=held_out_px,
        memory_gib=memory_gib,
        workers=workers,
        seed=seed,
    )
