"""The ladder: one model's curve against every codec that it is compared with, from the easiest to the hardest.

Rungs are the baselines that were measured on the same pictures, and the curves that others published on Kodak's 24
photos; the latter belong on the ladder only where the pictures are those. A second curve of the model, with its latents
refined for each picture, stands beside the first and climbs no rung by itself. Takes mean curves, knows no network.
"""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dcae.analysis.evaluate import AVERAGING, BD_METHOD, UNDEFINED, BDRate, MeanPoint, bd_rate_of_curves
from dcae.files import write_atomically
from dcae.published_curves import PublishedCurve

MEASURED = "measured"
"""The kind of a rung whose codec ran on the same pictures."""
PUBLISHED = "published"
"""The kind of a rung whose curve is others'."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One codec of the ladder, and how far the model's curve is from its own.

    Attributes:
        rate: the model's BD-rate against it, which is the anchor.
        kind: `MEASURED` or `PUBLISHED`.
        source: its settings, or where its curve was published.
        note: what to mind when comparing; empty if nothing.
        refined: the same of the model with refined latents; None if that was not measured.
    """

    rate: BDRate
    kind: str
    source: str
    note: str = ""
    refined: BDRate | None = None

    @property
    def name(self) -> str:
        """The codec's name."""
        return self.rate.anchor

    @property
    def climbed(self) -> bool:
        """Whether the model needs fewer bits than the codec at equal PSNR; refinement does not count."""
        return self.rate.percent is not None and self.rate.percent < 0

    def to_json_dict(self) -> dict[str, Any]:
        """The fields by name, and whether it is climbed."""
        return asdict(self) | {"climbed": self.climbed}


def ladder(
    means: Sequence[MeanPoint],
    model: str,
    settings: Mapping[str, str],
    published: Iterable[PublishedCurve] = (),
    refined: str | None = None,
) -> list[Rung]:
    """The rungs from the one that the model is furthest beyond to the highest; those without a BD-rate come last.

    Args:
        means: the mean curves of the model and of the baselines, over the same pictures.
        model: the name of the curve that climbs.
        settings: of each baseline by the name of its curve; what is not named here is no rung.
        published: curves of the same pictures by others; leave them out where the pictures are others.
        refined: the name of the model's curve with refinement, if there is one.

    Raises:
        ValueError: one of the names has no curve.

    >>> def curve(codec, factor):
    ...     points = [(0.25, 30.0), (0.5, 33.0), (1.0, 36.5), (2.0, 40.0)]
    ...     return [MeanPoint(codec=codec, quality=k, images=1, bytes=8, bpp=factor * bpp, psnr_db=psnr, ms_ssim=None,
    ...                       ms_ssim_images=0) for k, (bpp, psnr) in enumerate(points)]
    >>> rungs = ladder([*curve("ours", 1), *curve("avif", 0.8), *curve("jpeg", 2)], "ours", {"avif": "", "jpeg": ""})
    >>> [(rung.name, round(rung.rate.percent, 6), rung.climbed) for rung in rungs]
    [('jpeg', -50.0, True), ('avif', 25.0, False)]
    """
    curves: dict[str, list[tuple[float, float]]] = {}
    for mean in means:
        curves.setdefault(mean.codec, []).append((mean.bpp, mean.psnr_db))
    for name in (model, refined, *settings):
        if name is not None and name not in curves:
            raise ValueError(f"there is no curve of {name!r}; there are {', '.join(curves) or 'none'}")
    their_curves = [(name, curves[name], MEASURED, words, "") for name, words in settings.items()]
    their_curves += [(c.name, c.points, PUBLISHED, c.source, c.note) for c in published]
    rungs = [
        Rung(
            rate=bd_rate_of_curves(model, curves[model], name, points),
            kind=kind,
            source=source,
            note=note,
            refined=None if refined is None else bd_rate_of_curves(refined, curves[refined], name, points),
        )
        for name, points, kind, source, note in their_curves
    ]
    return sorted(rungs, key=lambda rung: math.inf if rung.rate.percent is None else rung.rate.percent)


def ladder_table(rungs: Sequence[Rung]) -> str:
    """The rungs as a table for a screen, a row each.

    >>> rate = BDRate(codec="ours", anchor="jpeg", percent=-41.234, psnr_interval_db=(27.0, 36.5), reason="")
    >>> print(ladder_table([Rung(rate=rate, kind="measured", source="Pillow")]))
    rung  BD-rate %  PSNR dB         climbed  source
    jpeg     -41.23  27.00 to 36.50  yes      Pillow
    """
    columns = {
        "rung": [rung.name for rung in rungs],
        "BD-rate %": [f"{_percent(rung.rate):>9}" for rung in rungs],
        "refined %": [f"{_percent(rung.refined):>9}" for rung in rungs],
        "PSNR dB": [_interval(rung.rate) for rung in rungs],
        "climbed": ["yes" if rung.climbed else "no" for rung in rungs],
        "source": [rung.source for rung in rungs],
    }
    if not any(rung.refined for rung in rungs):
        del columns["refined %"]
    widths = [max(len(word) for word in (head, *words)) for head, words in columns.items()]
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "\n".join(
        "  ".join(f"{word:{width}}" for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def ladder_csv(rungs: Iterable[Rung]) -> str:
    """One row a rung; what is not defined is "n/a"."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["rung", "kind", "percent", "psnr_low_db", "psnr_high_db", "climbed", "refined_percent", "source"])
    for rung in rungs:
        percent, refined = (
            UNDEFINED if rate is None or rate.percent is None else rate.percent for rate in (rung.rate, rung.refined)
        )
        low, high = rung.rate.psnr_interval_db or (UNDEFINED, UNDEFINED)
        climbed = "yes" if rung.climbed else "no"
        writer.writerow([rung.name, rung.kind, percent, low, high, climbed, refined, rung.source])
    return buffer.getvalue()


def ladder_json(rungs: Iterable[Rung], model: str, settings: str, pictures: int, left_out: str) -> str:
    """All rungs, with how they were measured.

    Args:
        rungs: as :func:`ladder` returns them.
        model: the name of the curve that climbs.
        settings: its weights.
        pictures: how many each mean is over.
        left_out: why published curves are not among the rungs; empty if they are.
    """
    record = {
        "model": model,
        "settings": settings,
        "pictures": pictures,
        "averaging": AVERAGING,
        "bd_method": BD_METHOD,
        "published_left_out": left_out,
        "rungs": [rung.to_json_dict() for rung in rungs],
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_ladder(folder: str | os.PathLike[str], csv_text: str, json_text: str) -> tuple[str, str]:
    """Writes `ladder.csv` and `ladder.json` into a folder, each whole or not at all; returns their paths.

    Raises:
        OSError: the folder is missing, or a file cannot be written.
    """
    paths = os.path.join(folder, "ladder.csv"), os.path.join(folder, "ladder.json")
    for path, text in zip(paths, (csv_text, json_text), strict=True):
        write_atomically(path, text.encode())
    return paths


def _percent(rate: BDRate | None) -> str:
    return UNDEFINED if rate is None or rate.percent is None else f"{rate.percent:+.2f}"


def _interval(rate: BDRate) -> str:
    if rate.psnr_interval_db is None:
        return UNDEFINED
    low, high = rate.psnr_interval_db
    return f"{low:.2f} to {high:.2f}"
