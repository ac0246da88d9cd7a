"""Printed curves: the photo's own point and marks stand out, and estimates keep their colour."""

import io
import math

import numpy as np
from PIL import Image

from dcae_widgets.rd_figure import PrintedCurve, rd_picture

JPEG = PrintedCurve(label="JPEG", points=[(0.3, 29.0), (0.5, 31.0)], style="file")
OURS = PrintedCurve(label="ours", points=[(0.2, 30.0), (0.4, 33.0)], style="estimate")


def drawn(image) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.data)).convert("RGB"))


def count(image, colour: tuple[int, int, int]) -> int:
    return int((drawn(image) == colour).all(2).sum())


def test_the_photos_point_is_drawn_large_and_estimates_keep_their_colour():
    blue, orange = (31, 102, 168), (224, 123, 57)
    without, with_point = (rd_picture([JPEG, OURS], "", point=point) for point in (None, (0.3, 31.0)))
    assert count(with_point, blue) > count(without, blue) + 100
    assert count(without, orange) > 1.5 * count(without, blue), "the estimates are dotted, the files a line"
    assert str(with_point.alt).endswith("; this photo: 0.300 bits a pixel, 31.00 dB")
    assert "this photo: 0.300 bits a pixel, infinite" in str(rd_picture([JPEG], "", point=(0.3, math.inf)).alt)


def test_marks_are_drawn():
    assert (drawn(rd_picture([OURS], "")) != drawn(rd_picture([OURS], "", marks=[(0.3, 31.0)]))).any()
