"""Codecs on images by every measure, each point measured once: kept on disk, and written as tables.

The files are coded as `dcae.analysis.evaluate` codes them, which also makes the means. Knows no command line.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dcae.analysis.evaluate import AVERAGING, CodedFile, coded_files, point_quality
from dcae.analysis.measures import MEASURES
from dcae.analysis.point_store import PointKey, PointStore, image_digest, program_digest
from dcae.codec.protocol import Codec
from dcae.rd import bpp
from dcae.results import RDPoint

COMPRESSAI_METRICS = {"psnr_db": "psnr-rgb", "psnr_y_db": "psnr-y", "ms_ssim": "ms-ssim-rgb"}
"""What CompressAI calls our measures; the others keep their names."""


@dataclass(frozen=True, kw_only=True)
class ComparedPoint(RDPoint):
    """One image, coded once by one codec, by every measure.

    Attributes:
        width: the image's, px.
        height: likewise.
        psnr_y_db: PSNR of luma, dB; infinity if none differs.
        lpips: 0 for identical pictures, less is better; None where it is missing or not defined.
        dists: likewise, of structure and texture.
        vmaf: 0 to 100; likewise.
    """

    width: int
    height: int
    psnr_y_db: float
    lpips: float | None
    dists: float | None
    vmaf: float | None


@dataclass
class Comparer:
    """What measures points, and asks for each whether it has been measured before.

    Attributes:
        store: where the points are kept.
        measures: the settings of those measures that this machine has, by their names.
        found: how many points were there already.
        measured: how many were not.
    """

    store: PointStore
    measures: Mapping[str, str]
    found: int = 0
    measured: int = 0

    def points(
        self,
        codec_name: str,
        codec: Codec,
        version: Callable[[float | None], str],
        image_name: str,
        image: NDArray[np.uint8],
        qualities: Sequence[float | None],
    ) -> Iterator[ComparedPoint]:
        """One point after the other of one image; each is kept before the next one is begun.

        Args:
            codec_name: what the points call the codec.
            codec: any of the protocol. It is not asked for points that have been measured.
            version: says of a quality which codec, settings and weights make its file.
            image_name: what the points call the image.
            image: uint8, H x W x 3, RGB.
            qualities: legal ones of the codec; None is its one setting if it has no dial.

        Raises:
            ValueError: the codec does not take the image or a quality.
            OSError: a point cannot be kept.
        """
        digest = image_digest(image)
        keys = [self._key(digest, version(quality), quality) for quality in qualities]
        stored = [self._stored(key) for key in keys]
        lacking = [quality for quality, figures in zip(qualities, stored, strict=True) if figures is None]
        files = coded_files(codec, image, lacking)
        for key, figures in zip(keys, stored, strict=True):
            if figures is None:
                figures = self._figures(next(files), image)
                self.store.keep(key, figures)
                self.measured += 1
            else:
                self.found += 1
            yield _point(codec_name, image_name, image, key.quality, figures)

    def _key(self, image: str, codec: str, quality: float | None) -> PointKey:
        return PointKey(image=image, codec=codec, quality=quality, measures=self.measures, program=program_digest())

    def _stored(self, key: PointKey) -> dict[str, Any] | None:
        figures = self.store.find(key)
        return figures if figures and figures.keys() == {"bytes", *self.measures} else None

    def _figures(self, file: CodedFile, image: NDArray[np.uint8]) -> dict[str, float | None]:
        figures = {name: MEASURES[name].of(file.picture, image) for name in self.measures}
        return {"bytes": file.num_bytes} | figures


def comparison_csv(points: Iterable[ComparedPoint]) -> str:
    """One row a point; a field is empty where its measure is missing or not defined, and infinity is "inf".

    >>> print(comparison_csv([]))
    image,codec,quality,bytes,bpp,psnr_db,ms_ssim,width,height,psnr_y_db,lpips,dists,vmaf
    <BLANKLINE>
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [field.name for field in fields(ComparedPoint)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(point) for point in points)
    return buffer.getvalue()


def comparison_parquet(points: Iterable[ComparedPoint]) -> bytes:
    """The same table as a Parquet file, typed; null where a measure is missing or not defined, infinity as it is."""
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), float | None: pa.float64()}
    schema = pa.schema([(field.name, types[cast("Any", field.type)]) for field in fields(ComparedPoint)])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([asdict(point) for point in points], schema), buffer)
    return buffer.getvalue()


def comparison_json(codecs: Mapping[str, str], measures: Mapping[str, str], missing: Mapping[str, str]) -> str:
    """How the points were measured: each codec's settings, each measure's, and what this machine lacks, with why."""
    record = {"codecs": codecs, "measures": measures, "missing": missing, "mean": AVERAGING}
    return json.dumps(record, indent=1) + "\n"


def compressai_json(points: Sequence[ComparedPoint], description: str) -> str:
    """The mean curve of one codec as CompressAI writes its results, for `python -m compressai.utils.plot`.

    The points are in order of their bits per pixel. A measure that some point lacks, or that is infinite, is left out:
    its mean would be over other images.

    Args:
        points: of one codec; every image at every quality.
        description: the codec's settings.

    Raises:
        ValueError: there are no points, or not of one codec.
    """
    names = {point.codec for point in points}
    if len(names) != 1:
        raise ValueError(f"points are of {len(names)} codecs; must be of one")
    by_quality = sorted(points, key=lambda point: point.quality)
    groups = [list(group) for _, group in groupby(by_quality, key=lambda point: point.quality)]
    curves = {measure: [_mean(group, measure) for group in groups] for measure in ("bpp", *MEASURES)}
    order = np.argsort(curves["bpp"], kind="stable")
    results = {
        COMPRESSAI_METRICS.get(measure, measure): [curve[k] for k in order]
        for measure, curve in curves.items()
        if np.isfinite(curve).all()
    }
    record = {"name": names.pop(), "description": f"{description}; {AVERAGING}", "results": results}
    return json.dumps(record, indent=1, allow_nan=False) + "\n"


def _point(
    codec_name: str, image_name: str, image: NDArray[np.uint8], quality: float | None, figures: Mapping[str, Any]
) -> ComparedPoint:
    height, width = image.shape[:2]
    known: dict[str, Any] = {**dict.fromkeys(MEASURES), **figures}
    return ComparedPoint(
        image=image_name,
        codec=codec_name,
        quality=point_quality(quality),
        bpp=bpp(known["bytes"], width, height),
        width=width,
        height=height,
        **known,
    )


def _mean(group: Sequence[ComparedPoint], measure: str) -> float:
    """The mean over the images; not a number if one lacks the measure."""
    values = [getattr(point, measure) for point in group]
    return math.nan if None in values else math.fsum(values) / len(values)
