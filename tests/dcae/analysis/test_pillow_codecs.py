"""What is particular to the codecs that Pillow carries."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, features

from dcae.analysis.pillow_codecs import AVIF, AVIF_420, JPEG, JPEG_444, JPEG_2000, WEBP, PillowCodec
from dcae.rd import psnr_db
from dcae.samples import sample

RED_DOTS = np.zeros((64, 64, 3), np.uint8)
RED_DOTS[::2, ::2, 0] = 255


def coded(codec: PillowCodec, image: NDArray[np.uint8], quality: float) -> NDArray[np.uint8]:
    return codec.decode(codec.open(image).encode(quality))


@pytest.mark.parametrize(
    ("codec", "halved"), [(JPEG, (2, 2)), (JPEG_444, (1, 1))], ids=lambda it: getattr(it, "name", "")
)
def test_jpeg_samples_colours_as_its_label_says(codec: PillowCodec, halved: tuple[int, int]):
    with Image.open(io.BytesIO(codec.open(RED_DOTS).encode(50))) as picture:
        brightness, *colours = [component[1:3] for component in getattr(picture, "layer")]  # noqa: B009 (not declared)
    assert brightness == halved
    assert colours == [(1, 1), (1, 1)]


@pytest.mark.parametrize(("full", "halved"), [(JPEG_444, JPEG), (AVIF, AVIF_420)], ids=lambda codec: codec.name)
def test_single_red_pixels_survive_where_colours_are_not_halved(full: PillowCodec, halved: PillowCodec):
    if full.missing:
        pytest.skip(full.missing)
    kept, lost = (coded(codec, RED_DOTS, 95)[::2, ::2, 0].mean() for codec in (full, halved))
    assert kept > 200 > lost


def test_jpeg_2000_makes_files_as_many_times_smaller_as_its_quality_says():
    photo = sample("coffee")[:256, :256]
    for ratio in (10, 40, 160):
        assert len(JPEG_2000.open(photo).encode(ratio)) == pytest.approx(photo.size / ratio, rel=0.02)


def test_jpeg_2000_decorrelates_the_colours():
    photo = sample("coffee")[:128, :128]
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG2000", quality_mode="rates", quality_layers=[40], irreversible=True, mct=0)
    assert psnr_db(photo, coded(JPEG_2000, photo, 40)) > psnr_db(photo, JPEG_2000.decode(buffer.getvalue())) + 1


def test_settings_name_version_and_options():
    assert JPEG.settings.startswith("JPEG 4:2:0, Pillow ")
    assert "subsampling=4:2:0, optimize=True" in JPEG.settings
    assert f"webp {features.version('webp')}, method=6" in WEBP.settings
