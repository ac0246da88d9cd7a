"""What an explorer shows, and what of that can be taken away: the file, the picture, how it was coded.

Knows plain values. Does not know widgets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcae.images import png_bytes
from dcae_widgets.events import Polish
from dcae_widgets.lmbda_dial import decimal
from dcae_widgets.photo_source import PhotoSource


@dataclass(frozen=True, eq=False)
class Coding:
    """What was coded, and how.

    Attributes:
        model: The weights' name or path.
        photo: uint8, H x W x 3.
        lmbda: None if the weights have one fixed lambda.
    """

    model: str
    photo: NDArray[np.uint8]
    lmbda: float | None


@dataclass(frozen=True, eq=False)
class Shown:
    """What the viewer shows.

    Attributes:
        source: Which picture.
        model: The name of the weights that decoded it; "" if nothing was decoded.
        picture: What was decoded last, of the whole or of a window; None if nothing was.
        lmbda: What it was made with; None if its weights have one fixed lambda.
        data: The file that it comes from; None for an estimate.
        polish: How that file was refined; None if it was not.
    """

    source: PhotoSource
    model: str = ""
    picture: NDArray[np.uint8] | None = None
    lmbda: float | None = None
    data: bytes | None = None
    polish: Polish | None = None

    def download(self, what: str) -> tuple[str, str, bytes]:
        """The file, or its picture, as a browser saves it: name, MIME type and bytes.

        Args:
            what: "dcae" or "png".

        Raises:
            ValueError: There is no file.
        """
        if self.data is None or self.picture is None:
            raise ValueError(f"there is nothing to download: {self.source.name} could not be encoded")
        stem = self.source.stem
        if self.lmbda is not None and self.source.data is None:
            stem += f"_{decimal(self.lmbda)}" + ("_polished" if self.polish and self.polish.improved else "")
        if what == "png":
            return f"{stem}.png", "image/png", png_bytes(self.picture)
        return f"{stem}.dcae", "application/octet-stream", self.data


def faded(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo in pale grey, which nobody takes for a decoded one.

    Args:
        photo: uint8, H x W x 3.
    """
    grey = photo[..., 1] // np.uint8(3) + np.uint8(144)  # green is most of what the eye calls bright
    return np.repeat(grey[..., None], 3, axis=2)
