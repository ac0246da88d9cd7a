"""The pixel limit: ours inside the block, in this thread alone; Pillow's own everywhere else."""

import io
import struct
import threading

import pytest
from PIL import Image

from dcae.images import load_image
from dcae.pixel_limit import check_pixels, pixel_limit


def opened(size: tuple[int, int], image_format: str = "PNG") -> Image.Image:
    buffer = io.BytesIO()
    Image.new("1", size).save(buffer, image_format)
    return Image.open(buffer)


def test_pillows_limit_neither_counts_nor_changes_inside_the_block(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pixel_limit(100):
        assert opened((10, 10)).size == (10, 10)
        assert Image.MAX_IMAGE_PIXELS == 10


def test_pillows_limit_still_counts_outside_the_block(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pixel_limit(100):
        pass
    with pytest.raises(Image.DecompressionBombError, match="100 pixels"):
        opened((10, 10))
    with pytest.warns(Image.DecompressionBombWarning, match="12 pixels"):
        opened((4, 3))


def test_another_thread_keeps_pillows_limit_while_a_block_is_open(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    outcome = []

    def open_elsewhere() -> None:
        try:
            opened((10, 10))
        except Image.DecompressionBombError as error:
            outcome.append(error)

    with pixel_limit(100):
        thread = threading.Thread(target=open_elsewhere)
        thread.start()
        thread.join()
    assert len(outcome) == 1


def test_the_limit_ends_with_the_block_on_an_error_too(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ValueError, match="6 x 2 px = 12 px; at most 11 px are read"), pixel_limit(11):
        opened((6, 2))
    assert opened((6, 2)).size == (6, 2)


def test_the_largest_webp_is_read_when_the_limit_allows_it_though_pillow_would_refuse(monkeypatch: pytest.MonkeyPatch):
    # Its plugin asks for itself, before the decoder allocates the canvas, which is why one check after opening is late.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10)).save(buffer, "WEBP")
    assert load_image(buffer.getvalue(), max_pixels=100).shape == (10, 10, 3)
    with pytest.raises(ValueError, match="10 x 10 px = 100 px; at most 99 px"):
        load_image(buffer.getvalue(), max_pixels=99)


def test_a_gif_frame_that_outgrows_the_header_is_refused():
    # The screen is 1 x 1 px; the frame claims 65535 x 65535 and asks for its area to be cleared.
    gif = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + b"!\xf9\x04\x08\0\0\0\0"
    gif += b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02D\x01\0;"
    with pytest.raises(ValueError, match=r"65535 x 65535 px = 4294836225 px; at most 128000000 px"):
        load_image(gif)


def test_a_limit_below_one_pixel_is_refused():
    with pytest.raises(ValueError, match="max_pixels is 0; must be 1 or more"), pixel_limit(0):
        pass


def test_exactly_the_limit_is_legal():
    check_pixels((6, 2), 12)
    with pytest.raises(ValueError, match="7 x 2 px = 14 px; at most 12 px"):
        check_pixels((7, 2), 12)
