"""A file seen slice by slice: the picture and the bytes after each of them.

A file that is cut after any slice is a legal one, so its first bytes are a coarse picture. Knows slices and their
bytes. Does not know how they are decoded.
Source: Lu et al., CVPR 2025, section 3.1 (slices); docs/format.md, section 1 (files with fewer slices).
"""

from __future__ import annotations

from dcae.codec.bitstream import keep_slices
from dcae.codec.codec import Codec
from dcae.codec.protocol import Fill
from dcae.results import PartialPicture


def progressive(codec: Codec, data: bytes, fill: Fill = "prediction") -> tuple[PartialPicture, ...]:
    """The pictures of a file from z alone to all of its slices, each as `codec.decode(data, num_slices, fill)` has it.

    Each slice of an untiled file is decoded once, and g_s runs once for each picture.

    Args:
        codec: Of the weights that made the file.
        data: A whole file.
        fill: What stands for slices that are not there yet: the model's own prediction, or zeros.

    Raises:
        BitstreamError: if it is no file that these weights wrote.
        ValueError: if there is no such fill.

    >>> import numpy as np
    >>> from dcae.config import PRESETS
    >>> from dcae.model.dcae import DCAE
    >>> model = DCAE(PRESETS["tiny"])
    >>> model.update()
    >>> codec = Codec(model)
    >>> data = codec.encode(np.full((5, 9, 3), 128, np.uint8), 0.013)
    >>> [step.num_slices for step in progressive(codec, data)]
    [0, 1, 2, 3, 4, 5]
    """
    return tuple(
        PartialPicture(num_slices=count, bytes=len(keep_slices(data, count)), picture=picture)
        for count, picture in enumerate(codec.prefixes(data, fill))
    )
