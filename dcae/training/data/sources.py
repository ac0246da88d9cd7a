"""What the names of a training set mean: photos, or shards that hold photos.

Knows folders and names. Does not open a photo.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from webdataset.shardlists import expand_urls

from dcae.images import FORMATS

PHOTO_SUFFIXES = frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS)
"""Lower-case suffixes, with the dot, of the formats that are read."""

_ADDRESS = re.compile(r"(?!pipe:)[a-z0-9]+://")  # a pipe would run a command


def find_sources(sources: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The photos and the tar shards that the sources name, sorted within each source, each once.

    A source is a folder (searched in depth, through links too), a photo, a shard `*.tar`, a pattern of shards such as
    `shards-{000..011}.tar`, or the address of shards (`https://...tar`).

    Raises:
        ValueError: if a source is none of these, if there is no photo and no shard, or if there are both.
    """
    photos: dict[str, Path] = {}
    shards: dict[str, None] = {}
    for source in sources:
        for name in _names(source):
            if _is_shard(name):
                shards[name] = None
            else:
                photos.setdefault(os.path.realpath(name), Path(name))
    if photos and shards:
        raise ValueError(
            f"{', '.join(sources)} hold {len(photos)} photos and {len(shards)} tar shards; name the ones or the others"
        )
    if not photos and not shards:
        raise ValueError(f"no photos in {', '.join(sources)}; looked for {', '.join(sorted(PHOTO_SUFFIXES))} and .tar")
    return list(photos.values()), list(shards)


def _names(source: str) -> list[str]:
    if os.path.isdir(source):
        return [str(path) for path in sorted(_files(source))]
    if not _is_shard(source):
        if not os.path.isfile(source):
            raise ValueError(f"{source} is no folder, no photo and no tar shard")
        return [source]
    shards = expand_urls(source)
    for shard in shards:
        if not _ADDRESS.match(shard) and not os.path.isfile(shard):
            raise ValueError(f"{source} names {len(shards)} tar shards, but there is no {shard}")
    return shards


def _files(folder: str) -> Iterator[Path]:
    entered = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        entered.add(os.path.realpath(parent))
        # A link that leads back up would be followed without an end.
        folders[:] = [name for name in folders if os.path.realpath(os.path.join(parent, name)) not in entered]
        for name in names:
            if os.path.splitext(name)[1].lower() in PHOTO_SUFFIXES or _is_shard(name):
                yield Path(parent, name)


def _is_shard(name: str) -> bool:
    return name.lower().endswith(".tar")
