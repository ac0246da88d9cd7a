"""What a page about one photo shows, computed: a trace at each lambda, and other codecs' curves from their files.

Draws nothing. Shapes: H, W image size in px.
"""

import platform
import shlex
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.baseline_codec import Baseline
from dcae.analysis.baselines import BASELINES, PAGE_CODECS, baseline
from dcae.analysis.evaluate import coded_files
from dcae.analysis.trace import trace
from dcae.codec.catalogue import open_codec
from dcae.codec.codec import Codec
from dcae.codec.protocol import Interval
from dcae.images import check_image
from dcae.metrics import ms_ssim
from dcae.photo_page import Crop, PageCoding, PageCurve, PhotoPage, check_inside, shown_part
from dcae.rd import bpp, psnr_db
from dcae.samples import sample_file, sample_images
from dcae.shipped_weights import immutable_name
from dcae.traces import RateMap, Trace

NUM_LMBDAS = 12


def make_page(
    model: str,
    photo: NDArray[np.uint8],
    name: str,
    part: Crop | None = None,
    report: Callable[[int, int], Any] = lambda done, steps: None,
    *,
    title: str | None = None,
    codecs: Sequence[str] | None = None,
) -> PhotoPage:
    """All that a page about a photo shows.

    Args:
        model: the weights' name or path.
        photo: the whole photo, uint8, H x W x 3, RGB.
        name: its file's name, or a shipped photo's.
        part: which part of it is shown; None for as much of its middle as a page shows.
        report: called after each step with how many are done, and of how many.
        title: of the page; None for the name.
        codecs: whose curves stand beside, by their names; None for all of `PAGE_CODECS` that this machine has.

    Raises:
        ValueError: the weights are several models, the part does not lie in the photo, or this machine lacks a codec.
        TypeError: the photo is no image.
    """
    height, width = check_image(photo).shape[:2]
    codec = open_codec(model)
    if not isinstance(codec, Codec):
        raise ValueError(f"{model} is no single model; a page shows one model's codings")
    left, top, wide, high = shown = part or shown_part(width, height)
    check_inside("the part", shown, width, height)
    image = np.ascontiguousarray(photo[top : top + high, left : left + wide])
    lmbdas = page_lmbdas(codec.qualities)
    here = [each for each in PAGE_CODECS if BASELINES[each].missing is None]
    baselines = [baseline(each) for each in (here if codecs is None else codecs)]
    steps, done = len(lmbdas) + sum(len(each.curve) for each in baselines), count(1)

    def step() -> None:
        report(next(done), steps)

    given = {"--crop": part and ",".join(map(str, part)), "--title": title}
    options = [word for option, value in given.items() if value is not None for word in (option, value)]
    options += [word for each in codecs or () for word in ("--codec", each)]
    return PhotoPage(
        title=name if title is None else title,
        image=image,
        part=None if (wide, high) == (width, height) else shown,
        source_size=(width, height),
        codings=page_codings(codec, image, lmbdas, step),
        curves=[page_curve(each, image, step) for each in baselines],
        made=_made(name, model, options),
    )


def _made(name: str, model: str, options: Sequence[str]) -> list[tuple[str, str]]:
    """How a page was made; folders on the user's machine are nobody's business."""
    weights = immutable_name(model) or Path(model).name
    file = sample_file(name) if name in sample_images() else name
    command = shlex.join(["dcae", "page", file, "--model", weights, *options, "-o", "page.html"])
    versions = ", ".join(f"{each} {version(each)}" for each in ("dcae-workbench", "torch", "numpy", "pillow"))
    return [("Weights", weights), ("Command", command), ("Versions", f"Python {platform.python_version()}, {versions}")]


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


def page_curve(codec: Baseline, image: NDArray[np.uint8], report: Callable[[], Any] = lambda: None) -> PageCurve:
    """Another codec's curve of the photo: each point is a file that was written and read again.

    Args:
        codec: the other one.
        image: uint8, H x W x 3, RGB.
        report: called after each file.

    Raises:
        ValueError: the codec does not take the image.
    """
    height, width = image.shape[:2]
    points = []
    for file in coded_files(codec, image, codec.curve):
        points.append((bpp(file.num_bytes, width, height), psnr_db(image, file.picture)))
        report()
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
