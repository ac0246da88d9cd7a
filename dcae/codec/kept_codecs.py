"""Codecs that were opened and may be used again: a few of them, each of the weights as they are on the disk now.

Knows names, paths and when files were written. Does not know what opens a codec.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dcae.codec.protocol import Codec
from dcae.shipped_weights import immutable_name

Edition = tuple[tuple[str, int, int], ...]
"""The files that weights lie in: the name, the time it was written (ns) and the size (bytes) of each."""


class Kept(NamedTuple):
    """A codec that stays open, and which edition of its weights it was opened from."""

    codec: Codec
    edition: Edition


class KeptCodecs:
    """Opens codecs by name and keeps those that were used last. Weights that have been written anew are opened anew.

    Args:
        open_codec: The codec of weights, by their name or path (`dcae.codec.catalogue.open_codec`).
        most: So many stay open, from 1.
        opening: Is told the name before a codec is opened, since that takes time.
    """

    def __init__(
        self, open_codec: Callable[[str], Codec], most: int, opening: Callable[[str], None] = lambda name: None
    ) -> None:
        self._open_codec, self._most, self._opening = open_codec, most, opening
        self._kept: dict[str, Kept] = {}  # the last one used stands last

    def get(self, name: str) -> Kept:
        """The codec of weights; the same one as before, unless they are others by now.

        Weights that are gone from the disk can be used as long as they are kept.

        Raises:
            ValueError, OSError: as the opener.
        """
        kept, edition = self._kept.get(name), edition_of(name)
        if kept is None or (edition and edition != kept.edition):
            self._opening(name)
            kept = Kept(self._open_codec(name), edition)
        self._kept.pop(name, None)
        self._kept[name] = kept
        for old in list(self._kept)[: -self._most]:
            del self._kept[old]
        return kept


def edition_of(name: str) -> Edition:
    """Which edition of weights the disk holds; empty for shipped ones, which never change, and where there is nothing.

    >>> edition_of("small"), edition_of("no/such.safetensors")
    ((), ())
    """
    if immutable_name(name):
        return ()
    path = Path(name)
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        states = [(file.name, file.stat()) for file in files]
    except OSError:  # whoever opens them says what is wrong
        return ()
    return tuple((file, state.st_mtime_ns, state.st_size) for file, state in states)
