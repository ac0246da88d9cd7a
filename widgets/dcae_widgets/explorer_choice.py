"""What the hand has chosen in an explorer: photo, weights and lambda, and which of them could be had before.

It numbers what is asked for, so that an answer can be told to be moot. Knows names and sources of pictures. Does not
know widgets, nor who computes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dcae.shipped_weights import immutable_name, shipped_weights
from dcae_widgets.events import Wanted
from dcae_widgets.photo_list import PhotoList
from dcae_widgets.photo_source import PhotoSource


class Choice:
    """What is chosen, and what a choice that cannot be had falls back to.

    Args:
        source: The picture to begin with, which can be had.
        model: The weights to begin with, by name or path.
        lmbda: Where the slider stands first.
        paths: Whether other weights may be named by a path.

    Attributes:
        photos: The pictures that can be chosen by name.
        source: The picture that is chosen.
        model: The weights' immutable name, or their path.
        lmbda: Where the slider stands.
        good_source: The picture that could be had last.
        good_model: The weights that something was computed with last; "" if nothing was.
        newest: What was asked for last; its serial is 0 as long as nothing was.
    """

    def __init__(self, source: PhotoSource, model: str, lmbda: float, *, paths: bool = True) -> None:
        self.photos, self._paths = PhotoList(source), paths
        self.source = self.good_source = source
        self.model, self.good_model = named_weights(model), ""
        self.lmbda = lmbda
        self._generation = 0
        self.newest = Wanted(0, 0, source, self.model, lmbda, final=False)

    def take(self, source: PhotoSource | None = None, model: str | None = None) -> None:
        """Another picture or other weights, None for the same: whatever was asked of those before is moot."""
        self.source, self.model = source or self.source, model or self.model
        self._generation += 1

    def ask(self, *, final: bool, visible: Sequence[float] = (), polish: bool = False) -> Wanted:
        """What is wanted now, newer than all before; the arguments are as of :class:`Wanted`."""
        serial, chosen = self.newest.serial + 1, (self.source, self.model, self.lmbda)
        self.newest = Wanted(serial, self._generation, *chosen, final, tuple(visible), polish)
        return self.newest

    def is_moot(self, wanted: Wanted) -> bool:
        """Whether another picture or other weights were chosen since that was asked for."""
        return wanted.generation != self._generation

    def legal_model(self, typed: str) -> str:
        """The weights that are meant by what somebody typed.

        Raises:
            ValueError: It is a path, and none is allowed.
        """
        typed = typed.strip()
        if self._paths or immutable_name(typed):
            return named_weights(typed)
        raise ValueError(f"there is no model {typed!r} here; legal: {', '.join(shipped_weights())}")

    def fall_back(self, part: str) -> bool:
        """Chooses what could be had before in place of what cannot be had; returns whether there is such a thing.

        A folder of weights may hold others that can be used: once something was computed with it, it stays.

        Args:
            part: What failed, as of :class:`dcae_widgets.events.Failed`.
        """
        if part == "model" and self.good_model not in ("", self.model):
            self.take(model=self.good_model)
        elif part == "photo" and self.good_source is not self.source:
            self.photos.replace(self.source, self.good_source)
            self.take(source=self.good_source)
        else:
            return False
        return True


def named_weights(model: str) -> str:
    """The shipped weights that an alias such as `small` means; else a path, in which `~` stands for the home folder.

    >>> named_weights("some/path.pth"), named_weights("small").startswith("small-")
    ('some/path.pth', True)
    """
    return immutable_name(model) or os.path.expanduser(model)
