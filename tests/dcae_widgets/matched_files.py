"""Files of two codecs and rows of a table, for tests of what is made of them."""

from collections.abc import Mapping

import numpy as np

from dcae.codec.matching import Matched, MatchedFile, Missed
from dcae_widgets.match_making import Row, TableWanted

SIZE = (24, 32)


def file(name: str, size: int, psnr_db: float, quality: float | None = 5, level: int = 100) -> MatchedFile:
    """A file of so many bytes, whose picture is of one level."""
    picture = np.full((*SIZE, 3), level, np.uint8)
    return MatchedFile(name=name, data=bytes(size), quality=quality, picture=picture, psnr_db=psnr_db)


def row(found: Matched, target: float = 1000, values: Mapping[str, float | None] | None = None) -> Row:
    """A row of a table at so many bytes."""
    table = TableWanted(np.zeros((*SIZE, 3), np.uint8), "bytes", target, (found.name,), None)
    return Row(table, found, values or {}, {})


ROWS = [
    row(file("JPEG", 980, 30.0), values={"MS-SSIM": 0.9, "LPIPS": 0.3}),
    row(Missed(name="AVIF", reason="no <codec>")),
    row(file("ours", 1000, 34.0, None), values={"MS-SSIM": 0.8, "LPIPS": 0.1}),
    row(file("WebP", 950, 32.0), values={"MS-SSIM": 0.95, "LPIPS": None}),
]
