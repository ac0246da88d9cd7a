"""What a page about one photo shows, computed: a trace at each lambda, and other codecs' curves from their files.

Draws nothing and knows no command line. Shapes: H, W image size in px.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.baseline_codec import Baseline
from dcae.analysis.evaluate import coded_files
from dcae.analysis.trace import trace
from dcae.codec.codec import Codec
from dcae.codec.protocol import Interval
from dcae.metrics import ms_ssim
from dcae.photo_page import PageCoding, PageCurve
from dcae.rd import bpp, psnr_db
from dcae.traces import RateMap, Trace

NUM_LMBDAS = 12
MAX_SIDE_PX = 1024
"""The longest side of what a page shows."""


def middle_part(width: int, height: int) -> tuple[int, int, int, int]:
    """The middle of a photo, as much of it as a page shows: left, top, width and height in px.

    >>> middle_part(3000, 800), middle_part(64, 64)
    ((988, 0, 1024, 800), (0, 0, 64, 64))
    """
    wide, high = min(width, MAX_SIDE_PX), min(height, MAX_SIDE_PX)
    return (width - wide) // 2, (height - high) // 2, wide, high


def page_lmbdas(qualities: Interval | Sequence[float] | None, count: int = NUM_LMBDAS) -> list[float | None]:
    """The lambdas of a page, ascending and of equal ratios; None alone for weights of one fixed lambda.

    >>> page_lmbdas(Interval(0.01, 0.04), 3), page_lmbdas(None)
    ([0.01, 0.02, 0.04], [None])
    """
    if qualities is None:
        return [None]
    if not isinstance(qualities, Interval):
        return list(qualities)
    inner = np.geomspace(*qualities, count)[1:-1]
    return [qualities.low, *(float(f"{lmbda:.3g}") for lmbda in inner), qualities.high]


def page_codings(
    codec: Codec,
    image: NDArray[np.uint8],
    lmbdas: Iterable[float | None],
    report: Callable[[], Any] = lambda: None,
) -> list[PageCoding]:
    """The photo's codings, one for each lambda; the photo is opened once.

    Args:
        codec: of one model.
        image: uint8, H x W x 3, RGB.
        lmbdas: legal ones of the codec.
        report: called after each.

    Raises:
        TypeError, ValueError: the image or a lambda is not legal.
    """
    session = codec.open_whole(image)
    codings = []
    for lmbda in lmbdas:
        codings.append(_coding(trace(codec, session, lmbda)))
        report()
    return codings


def page_curve(codec: Baseline, image: NDArray[np.uint8]) -> PageCurve:
    """Another codec's curve of the photo: each point is a file that was written and read again.

    Raises:
        ValueError: the codec does not take the image.
    """
    height, width = image.shape[:2]
    points = [
        (bpp(file.num_bytes, width, height), psnr_db(image, file.picture))
        for file in coded_files(codec, image, codec.curve)
    ]
    return PageCurve(label=codec.label, settings=codec.settings, points=tuple(sorted(points)))


def _coding(traced: Trace) -> PageCoding:
    attention = traced.dictionary_attention  # (slices, heads, h, w, entries)
    has_dictionary = 0 not in attention.shape
    return PageCoding(
        picture=traced.x_hat,
        rate_map=RateMap.of(traced),
        winners=attention.mean(axis=1).argmax(axis=-1).astype(np.uint16) if has_dictionary else None,
        psnr_db=psnr_db(traced.image, traced.x_hat),
        ms_ssim=ms_ssim(traced.image, traced.x_hat),
    )
