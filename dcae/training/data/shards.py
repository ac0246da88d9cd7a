"""Photos in tar shards, as a stream of encoded files.

Each epoch deals the shards out to the parts that share the work, in an order of its own, and a part mixes its photos
in a buffer. Looks at headers. Does not decode a photo, and knows nothing of crops.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from pathlib import PurePath
from typing import NamedTuple

from webdataset.filters import shuffle
from webdataset.gopen import gopen
from webdataset.tariterators import group_by_keys, tar_file_expander

from dcae.training.data.photos import Skip, check_holds_crop, photo_size
from dcae.training.data.sources import PHOTO_SUFFIXES

BUFFER_PHOTOS = 128
"""How many encoded photos a part holds to mix them."""


class EncodedPhoto(NamedTuple):
    """A photo as its shard holds it."""

    name: str
    data: bytes


class PhotoStream:
    """The photos that one of several parts reads, epoch after epoch.

    Args:
        shards: All shards.
        kept_back: How many of each shard's first photos are left out.
        crop_px: Side of a crop; a photo with a shorter side is left out.
        seed: Seed of the order.

    Attributes:
        skips: What was left out since somebody last took them from here.
        photos: How many photos are in each shard that was read to its end.
    """

    def __init__(self, shards: Sequence[str], kept_back: dict[str, int], crop_px: int, seed: int) -> None:
        self._shards, self._kept_back, self._crop_px, self._seed = shards, kept_back, crop_px, seed
        self.skips: list[Skip] = []
        self.photos: dict[str, int] = {}

    def epoch_shards(self, epoch: int, part: int, parts: int) -> list[str]:
        """A part's shards in an epoch: the parts share all of them, and each part meets every one in `parts` epochs."""
        dealt = random.Random(f"{self._seed}").sample(self._shards, len(self._shards))[(part + epoch) % parts :: parts]
        return random.Random(f"{self._seed}/{epoch}").sample(dealt, len(dealt))

    def read(self, part: int, parts: int, position: int) -> Iterator[EncodedPhoto | int]:
        """The part's photos from `position` on, without an end; after each epoch, how many were passed over in it."""
        for epoch in count():
            shards = self.epoch_shards(epoch, part, parts)
            photos = sum(self.photos.get(shard, position + 1) for shard in shards)
            if 0 < photos <= position:  # known from earlier epochs, so that they need not be read again
                position -= photos
                yield photos
                continue
            passed = 0
            mix = shuffle(BUFFER_PHOTOS, initial=BUFFER_PHOTOS, rng=random.Random(f"{self._seed}/{epoch}/{part}"))
            for photo in mix(chain.from_iterable(map(self._usable, shards))):
                if passed < position:
                    passed += 1
                else:
                    yield photo
            position -= passed
            yield passed

    def _usable(self, shard: str) -> Iterator[EncodedPhoto]:
        photos = 0
        for photo in islice(read_shard(shard, self.skips), self._kept_back.get(shard, 0), None):
            try:
                check_holds_crop(photo_size(photo.data), self._crop_px)
            except ValueError as error:
                self.skips.append((photo.name, str(error)))
                continue
            photos += 1
            yield photo
        self.photos[shard] = photos


def read_shard(shard: str, skips: list[Skip]) -> Iterator[EncodedPhoto]:
    """The photos of a tar shard in its order, one a sample; what cannot be read of the shard is added to `skips`."""

    def note(error: Exception) -> bool:
        skips.append((shard, f"{type(error).__name__}: {error.args[0] if error.args else error}"))
        return True  # go on

    try:
        with gopen(shard) as stream:
            files = tar_file_expander([{"url": shard, "stream": stream}], handler=note, select_files=_is_photo)
            for sample in group_by_keys(files, handler=note):
                fields = [field for field in sample if _is_photo(f"{sample['__key__']}.{field}")]
                if fields:
                    field = min(fields, key=lambda name: name.count("."))  # x.jpg rather than x.mask.png
                    yield EncodedPhoto(f"{shard}/{sample['__key__']}.{field}", sample[field])
    except (ValueError, OSError) as error:
        note(error)


def _is_photo(name: str) -> bool:
    return PurePath(name).suffix.lower() in PHOTO_SUFFIXES
