"""A page's record has codings, all of the photo's size."""

from dataclasses import replace

import numpy as np
import pytest

from dcae.photo_page import PageCoding, PhotoPage, shown_part
from dcae.results import FileInfo
from dcae.traces import RateMap

FILE = FileInfo(
    width=16, height=16, lmbda=0.01, model="x", header_bytes=8, z_bytes=8, slice_bytes=(16,), other_bytes=0,
    total_bytes=32, bpp=1.0,
)  # fmt: skip
CODING = PageCoding(
    picture=np.zeros((16, 16, 3), np.uint8),
    rate_map=RateMap(bits=np.zeros((2, 4, 4)), file=FILE, height=16, width=16),
    winners=None,
    psnr_db=30.0,
    ms_ssim=None,
)
PAGE = PhotoPage(
    title="x", image=np.zeros((16, 16, 3), np.uint8), part=None, source_size=(16, 16), codings=[CODING], curves=[],
    made=[],
)  # fmt: skip


def test_a_page_needs_codings():
    with pytest.raises(ValueError, match="at least one coding"):
        replace(PAGE, codings=[])


def test_codings_are_of_the_photos_size():
    with pytest.raises(ValueError, match="another size than the photo"):
        replace(PAGE, image=np.zeros((16, 17, 3), np.uint8))


@pytest.mark.parametrize("centre", [None, (0, 0), (2025, 1500), (1000.4, 733.3), (-50, 9000)])
def test_what_is_shown_lies_in_the_photo_and_around_what_is_looked_at(centre: tuple[float, float] | None):
    left, top, width, height = shown_part(2025, 1500, centre)
    assert (width, height) == (1024, 1024)
    assert 0 <= left <= 2025 - 1024
    assert 0 <= top <= 1500 - 1024
    x, y = centre or (1012.5, 750)
    assert abs(left + 512 - min(max(x, 512), 2025 - 512)) <= 1
    assert abs(top + 512 - min(max(y, 512), 1500 - 512)) <= 1
