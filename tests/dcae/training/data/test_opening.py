"""The names in a configuration become photos that are files, or shards of them."""

from functools import partial
from pathlib import Path

import pytest

from dcae.training.data import open_photos
from dcae.training.data.photo_files import PhotoFiles
from dcae.training.data.photo_shards import PhotoShards

from .tar_shards import numbered_png, write_shard

open_small = partial(open_photos, crop_px=64, held_out=1, held_out_px=64, memory_gib=1.0, workers=0, seed=0)


def test_files_and_shards_of_the_same_photos_give_the_same_kind_of_batches(tmp_path: Path):
    pngs = {f"{number}.png": numbered_png(number) for number in range(4)}
    (tmp_path / "files").mkdir()
    for name, data in pngs.items():
        (tmp_path / "files" / name).write_bytes(data)
    files = open_small([str(tmp_path / "files")])
    shards = open_small([write_shard(tmp_path / "s.tar", pngs)])
    assert isinstance(files, PhotoFiles)
    assert isinstance(shards, PhotoShards)
    for photos in (files, shards):
        assert next(photos.batches(2, first_step=0)).shape == (2, 64, 64, 3)
        assert [photo.shape for photo in photos.held_out] == [(80, 80, 3)]


def test_sources_that_hold_nothing_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="no photos in"):
        open_small([str(tmp_path)])
