"""A page's record without a network: pictures, bits and winners that are made up."""

import numpy as np

from dcae.photo_page import PageCoding, PageCurve, PhotoPage
from dcae.rd import psnr_db
from dcae.results import FileInfo
from dcae.traces import RateMap

SIDES = (64, 96)


def made_up_page(
    title: str = "A photo", num_codings: int = 3, part: tuple[int, int, int, int] | None = None
) -> PhotoPage:
    """Noise, and the same with more noise on it: 96 x 64 px, two slices."""
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (*SIDES, 3), dtype=np.uint8)
    return PhotoPage(
        title=title,
        image=image,
        part=part,
        source_size=(3000, 2000) if part else (SIDES[1], SIDES[0]),
        codings=[_coding(image, index, random) for index in range(num_codings)],
        curves=[PageCurve(label="JPEG <4>", settings="jpeg & options", points=((0.5, 20.0), (1.5, 30.0)))],
        made=[("Command", "dcae page 'a&b.png'")],
    )


def _coding(image: np.ndarray, index: int, random: np.random.Generator) -> PageCoding:
    noise = random.integers(0, 30 - 5 * index, image.shape, dtype=np.uint8)
    picture = np.where(image > 128, image - noise, image + noise).astype(np.uint8)
    parts = (10, 20, 300 * (index + 1), 100 * (index + 1), 0)
    file = FileInfo(
        width=image.shape[1],
        height=image.shape[0],
        lmbda=0.01 * 2**index,
        model="made up",
        header_bytes=parts[0],
        z_bytes=parts[1],
        slice_bytes=parts[2:4],
        other_bytes=0,
        total_bytes=sum(parts),
        bpp=8 * sum(parts) / (image.shape[0] * image.shape[1]),
    )
    bits = random.random((3, 4, 6)) * 100
    return PageCoding(
        picture=picture,
        rate_map=RateMap(bits=bits, file=file, height=image.shape[0], width=image.shape[1]),
        winners=random.integers(0, 5, (2, 4, 6)).astype(np.uint16),
        psnr_db=psnr_db(image, picture),
        ms_ssim=None,
    )
