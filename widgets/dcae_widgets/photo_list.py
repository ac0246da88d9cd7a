"""The pictures that a view offers by name: the shipped ones, and the last ones of the user's own.

Knows sources of pictures. Does not know widgets, nor which of them is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from dcae.samples import sample_images
from dcae_widgets.photo_source import PhotoSource, shipped_photo

KEPT_UPLOADS = 8
"""So many files of the user's stay in the list."""


class PhotoList:
    """Sources by name, the newest first.

    Args:
        first: What it begins with.
    """

    def __init__(self, first: PhotoSource) -> None:
        shipped = {name: shipped_photo(name) for name in sample_images() if name != first.name}
        self._sources = {first.name: first, **shipped}

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __getitem__(self, name: str) -> PhotoSource:
        """The source of that name.

        Raises:
            ValueError: there is none.
        """
        if name not in self._sources:
            raise ValueError(f"there is no photo {name!r}; legal: {', '.join(self._sources)}")
        return self._sources[name]

    def add(self, source: PhotoSource) -> None:
        """Puts a file of the user's at the head, in place of one of its name; the oldest of too many goes."""
        others = {name: known for name, known in self._sources.items() if name != source.name}
        own = [name for name in others if name not in sample_images()]
        for old in own[KEPT_UPLOADS - 1 :]:
            del others[old]
        self._sources = {source.name: source, **others}

    def replace(self, failed: PhotoSource, good: PhotoSource) -> None:
        """Takes a picture out that cannot be had; the one that is shown instead stays, even if the two had one name."""
        del self._sources[failed.name]
        self._sources.setdefault(good.name, good)
