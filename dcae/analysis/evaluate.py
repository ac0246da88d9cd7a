"""Rate-distortion points from real files, their mean curves, BD-rates, and both as CSV and JSON.

Every point is a file that was written in memory, read again and measured on 8-bit images. Takes any codec of
`dcae.codec.protocol`; knows no network, no progress bar and no command line.

A curve is the mean over the images at each quality: of bits per pixel, of PSNR in dB and of MS-SSIM, each averaged
over the images' own values (not over pixels, and not the PSNR of a mean error). All images must be in every mean.
"""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.codec.protocol import Codec
from dcae.files import write_atomically
from dcae.metrics import ms_ssim
from dcae.rd import bd_rate, bpp, psnr_db
from dcae.results import RDPoint

AVERAGING = "mean over the images of each image's own bpp, RGB PSNR in dB and MS-SSIM"
"""How the points of several images become one, in words that belong beside the numbers."""
BD_METHOD = "akima"
"""How the points of a curve are joined for a BD-rate."""
UNDEFINED = "n/a"
"""What stands in tables where a measure is not defined, such as the MS-SSIM of a picture with a side under 161 px."""
FIXED_QUALITY = 0.0
"""What an `RDPoint` has as quality where the codec has no dial; a DCAE file says it in the same way."""


@dataclass(frozen=True, kw_only=True)
class MeanPoint:
    """One codec at one quality, averaged over all images: a point of its curve.

    Attributes:
        codec: the codec's name.
        quality: the codec's own dial.
        images: how many were averaged.
        bytes: mean size of a file.
        bpp: mean of the images' bits per pixel.
        psnr_db: mean of the images' PSNR, dB; infinity if one of them came back identical.
        ms_ssim: mean of those images' MS-SSIM that have one; None if none has.
        ms_ssim_images: how many have one.
    """

    codec: str
    quality: float
    images: int
    bytes: float
    bpp: float
    psnr_db: float
    ms_ssim: float | None
    ms_ssim_images: int

    def to_json_dict(self) -> dict[str, Any]:
        """The fields by name; an infinite PSNR becomes null, since JSON has no infinity."""
        return asdict(self) | {"psnr_db": _finite(self.psnr_db)}


@dataclass(frozen=True, kw_only=True)
class BDRate:
    """How many more bits one curve needs than another at equal PSNR.

    Attributes:
        codec: whose curve is judged.
        anchor: what it is compared with.
        percent: negative if the codec is better; None where the two curves give none.
        psnr_interval_db: the PSNR that both curves cover, over which the mean is taken; None where there is none.
        reason: why there is no percentage; empty if there is one.
    """

    codec: str
    anchor: str
    percent: float | None
    psnr_interval_db: tuple[float, float] | None
    reason: str


class CodedFile(NamedTuple):
    """One file of an image, and what it decodes to.

    Attributes:
        quality: the codec's own dial; None if it has none.
        num_bytes: the whole file's size.
        picture: uint8, H x W x 3, RGB.
    """

    quality: float | None
    num_bytes: int
    picture: NDArray[np.uint8]


def coded_files(codec: Codec, image: NDArray[np.uint8], qualities: Iterable[float | None]) -> Iterator[CodedFile]:
    """One file after the other of one image: encoded, and decoded from its bytes. The session is opened once.

    Args:
        codec: any of the protocol.
        image: uint8, H x W x 3, RGB.
        qualities: legal ones of the codec; None is its one setting if it has no dial.

    Raises:
        ValueError: the codec does not take the image or a quality.
    """
    session = codec.open(image)
    for quality in qualities:
        data = session.encode(quality)
        yield CodedFile(quality, len(data), codec.decode(data))


def point_quality(quality: float | None) -> float:
    """What an `RDPoint` has as quality."""
    return FIXED_QUALITY if quality is None else float(quality)


def rd_points(
    codec_name: str, codec: Codec, image_name: str, image: NDArray[np.uint8], qualities: Iterable[float | None]
) -> Iterator[RDPoint]:
    """One point after the other of one image: encoded, decoded, measured. The session is opened once.

    Args:
        codec_name: what the points call the codec.
        codec: any of the protocol.
        image_name: what the points call the image.
        image: uint8, H x W x 3, RGB.
        qualities: legal ones of the codec; None is its one setting if it has no dial.

    Raises:
        ValueError: the codec does not take the image or a quality.
    """
    for quality, num_bytes, decoded in coded_files(codec, image, qualities):
        yield RDPoint(
            image=image_name,
            codec=codec_name,
            quality=point_quality(quality),
            bytes=num_bytes,
            bpp=bpp(num_bytes, image.shape[1], image.shape[0]),
            psnr_db=psnr_db(image, decoded),
            ms_ssim=ms_ssim(image, decoded),
        )


def evaluate(
    codec_name: str,
    codec: Codec,
    images: Iterable[tuple[str, NDArray[np.uint8]]],
    qualities: Sequence[float | None],
) -> list[RDPoint]:
    """The points of all images at all qualities; see :func:`rd_points`, which does one image.

    Args:
        codec_name: what the points call the codec.
        codec: any of the protocol.
        images: names and images; one is held at a time if they come from a generator.
        qualities: legal ones of the codec.
    """
    return [point for name, image in images for point in rd_points(codec_name, codec, name, image, qualities)]


def mean_curve(points: Iterable[RDPoint]) -> list[MeanPoint]:
    """The points averaged over the images, one for each codec and quality, in order of appearance.

    Raises:
        ValueError: an image lacks a point that another one has, or has it twice: means over different images cannot
            be compared.

    >>> def point(image, bpp, psnr):
    ...     return RDPoint(image=image, codec="jpeg", quality=50, bytes=8, bpp=bpp, psnr_db=psnr, ms_ssim=None)
    >>> mean = mean_curve([point("a", 1.0, 30.0), point("b", 2.0, 40.0)])[0]
    >>> mean.bpp, mean.psnr_db
    (1.5, 35.0)
    """
    groups: dict[tuple[str, float], list[RDPoint]] = {}
    for point in points:
        groups.setdefault((point.codec, point.quality), []).append(point)
    images = {point.image for group in groups.values() for point in group}
    for (codec, quality), group in groups.items():
        if sorted(point.image for point in group) != sorted(images):
            raise ValueError(
                f"{codec} at {quality:g} has {len(group)} points for {len(images)} images; must be one each"
            )
    return [_mean(group) for group in groups.values()]


def bd_rates(curves: Iterable[MeanPoint], anchor: str) -> list[BDRate]:
    """The BD-rate of every other codec against the anchor's curve, by Akima splines; none if it has no curve.

    >>> curve = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]
    >>> def points(codec, factor):
    ...     return [MeanPoint(codec=codec, quality=k, images=1, bytes=8, bpp=factor * rate, psnr_db=psnr, ms_ssim=None,
    ...                       ms_ssim_images=0) for k, (rate, psnr) in enumerate(curve)]
    >>> result = bd_rates(points("jpeg", 1) + points("half", 0.5), "jpeg")[0]
    >>> result.codec, round(result.percent, 6), result.psnr_interval_db
    ('half', -50.0, (30.0, 40.0))
    """
    by_codec: dict[str, list[tuple[float, float]]] = {}
    for point in curves:
        by_codec.setdefault(point.codec, []).append((point.bpp, point.psnr_db))
    anchor_curve = by_codec.pop(anchor, None)
    if anchor_curve is None:
        return []
    return [bd_rate_of_curves(codec, curve, anchor, anchor_curve) for codec, curve in by_codec.items()]


def bd_rate_of_curves(
    codec: str, curve: Sequence[tuple[float, float]], anchor: str, anchor_curve: Sequence[tuple[float, float]]
) -> BDRate:
    """The BD-rate of one curve against another, by Akima splines over the PSNR that both cover.

    Args:
        codec: whose curve is judged.
        curve: its points (bpp, PSNR in dB), in any order.
        anchor: what it is compared with.
        anchor_curve: likewise.
    """
    try:
        percent = bd_rate(anchor_curve, curve, BD_METHOD)
    except ValueError as error:  # two curves that have no BD-rate are a result, not a mistake
        return BDRate(codec=codec, anchor=anchor, percent=None, psnr_interval_db=None, reason=str(error))
    low = max(min(psnr for _, psnr in curve), min(psnr for _, psnr in anchor_curve))
    high = min(max(psnr for _, psnr in curve), max(psnr for _, psnr in anchor_curve))
    return BDRate(codec=codec, anchor=anchor, percent=percent, psnr_interval_db=(low, high), reason="")


def csv_text(points: Iterable[RDPoint], means: Iterable[MeanPoint]) -> str:
    """One row a point, then one row a mean, whose image is "mean"; what is not defined is "n/a", infinity is "inf".

    >>> print(csv_text([RDPoint(image="a.png", codec="jpeg", quality=50.0, bytes=8, bpp=1.0, psnr_db=math.inf,
    ...                         ms_ssim=None)], []))
    image,codec,quality,bytes,bpp,psnr_db,ms_ssim
    a.png,jpeg,50.0,8,1.0,inf,n/a
    <BLANKLINE>
    """
    buffer = io.StringIO()
    names: list[str] = ["image", "codec", "quality", "bytes", "bpp", "psnr_db", "ms_ssim"]
    writer = csv.DictWriter(buffer, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    rows = [asdict(point) for point in points] + [{"image": "mean"} | asdict(mean) for mean in means]
    writer.writerows(row | {"ms_ssim": UNDEFINED if row["ms_ssim"] is None else row["ms_ssim"]} for row in rows)
    return buffer.getvalue()


def json_text(
    points: Iterable[RDPoint], means: Iterable[MeanPoint], rates: Iterable[BDRate], codecs: dict[str, str]
) -> str:
    """Everything that was measured, with how: points, means, BD-rates, averaging, method and each codec's settings."""
    record = {
        "averaging": AVERAGING,
        "bd_method": BD_METHOD,
        "codecs": codecs,
        "points": [point.to_json_dict() for point in points],
        "means": [mean.to_json_dict() for mean in means],
        "bd_rates": [asdict(rate) for rate in rates],
    }
    return json.dumps(record, indent=1, allow_nan=False) + "\n"


def write_results(
    folder: str | os.PathLike[str],
    points: Sequence[RDPoint],
    means: Sequence[MeanPoint],
    rates: Sequence[BDRate],
    codecs: dict[str, str],
) -> tuple[str, str]:
    """Writes `eval.csv` and `eval.json` into a folder, each whole or not at all; returns their paths.

    Args:
        folder: must exist.
        points: of all codecs and images.
        means: of these points.
        rates: of these means.
        codecs: the settings of each codec by its name.

    Raises:
        OSError: the folder is missing, or a file cannot be written.
    """
    paths = os.path.join(folder, "eval.csv"), os.path.join(folder, "eval.json")
    write_atomically(paths[0], csv_text(points, means).encode())
    write_atomically(paths[1], json_text(points, means, rates, codecs).encode())
    return paths


def _mean(group: Sequence[RDPoint]) -> MeanPoint:
    with_ms_ssim = [point.ms_ssim for point in group if point.ms_ssim is not None]
    return MeanPoint(
        codec=group[0].codec,
        quality=group[0].quality,
        images=len(group),
        bytes=math.fsum(point.bytes for point in group) / len(group),
        bpp=math.fsum(point.bpp for point in group) / len(group),
        psnr_db=math.fsum(point.psnr_db for point in group) / len(group),
        ms_ssim=math.fsum(with_ms_ssim) / len(with_ms_ssim) if with_ms_ssim else None,
        ms_ssim_images=len(with_ms_ssim),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
