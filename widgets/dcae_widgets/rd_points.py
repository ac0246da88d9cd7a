"""What a rate-distortion plot takes: points, curves and groups of curves, checked, as JSON can carry them.

Knows numbers and names. Does not know widgets, codecs or photos.
Units: rates are bits a pixel, distortions PSNR in dB and MS-SSIM in dB.
"""

import math
from collections.abc import Sequence
from typing import Any, SupportsFloat

from traitlets import TraitError

KINDS = ("estimate", "file")
"""What a point was measured on: bits estimated from likelihoods, or a whole file."""
GROUPS = ("photo", "means", "published")
"""What curves are of: this photo; Kodak's 24 photos, measured here; the same, published by others."""
MEASURES = {"psnr": "PSNR", "ms_ssim": "MS-SSIM"}
"""What says how good a picture is, by the names of traits."""
_COLUMNS = {"psnr": 1, "ms_ssim": 3}

Curve = dict[str, Any]
Point = list[Any]


def curve_key(group: str, name: str) -> str:
    """What a curve is called among those of all groups.

    >>> curve_key("means", "jpeg")
    'means/jpeg'
    """
    return f"{group}/{name}"


def places(points: Sequence[Point], measure: str) -> list[tuple[float, float]]:
    """Where a curve's points stand on the plot; those that are not measured, or of identical pictures, do not.

    >>> places([[0.5, 30.0, "", None], [1.0, 33.0, "", 15.5]], "ms_ssim")
    [(1.0, 15.5)]
    """
    return [(point[0], point[_COLUMNS[measure]]) for point in points if point[_COLUMNS[measure]] is not None]


def checked_curve(curve: Curve) -> Curve:
    """A curve of this photo, its points in order of rate.

    Raises:
        TraitError: it is none.
    """
    fields = _fields(curve, ("name", "kind", "points"))
    name = str(fields["name"])
    return {
        "name": name,
        "kind": _one_of(KINDS, name, "kind", fields["kind"]),
        "points": _points(name, fields["points"]),
    }


def checked_reference(curve: Curve) -> Curve:
    """A mean curve over Kodak, its points in order of rate.

    Raises:
        TraitError: it is none.
    """
    fields = _fields(curve, ("name", "group", "points", "source", "ours"))
    name = str(fields["name"])
    group = _one_of(GROUPS[1:], name, "group", fields["group"])
    points = _points(name, fields["points"])
    return {
        "name": name,
        "group": group,
        "points": points,
        "source": str(fields["source"]),
        "ours": bool(fields["ours"]),
    }


def checked_point(point: dict[str, Any]) -> dict[str, Any]:
    """A single point of this photo.

    Raises:
        TraitError: it is none.
    """
    fields = _fields({"label": "", "ms_ssim_db": None, **point}, ("bpp", "psnr_db", "kind", "label", "ms_ssim_db"))
    bpp, psnr_db = _position("a point", fields["bpp"], fields["psnr_db"])
    return {
        "bpp": bpp,
        "psnr_db": psnr_db,
        "kind": _one_of(KINDS, "a point", "kind", fields["kind"]),
        "label": str(fields["label"]),
        "ms_ssim_db": _finite(fields["ms_ssim_db"]),
    }


def _points(name: str, points: Sequence[Sequence[Any]]) -> list[Point]:
    checked = []
    for point in points:
        if not 2 <= len(point) <= 4:
            raise TraitError(
                f"{name} has a point {point!r}; must be (bpp, PSNR in dB), or with a label, or with MS-SSIM in dB, too"
            )
        bpp, psnr_db, label, ms_ssim_db = [*point, *("", None)[len(point) - 2 :]]
        checked.append([*_position(name, bpp, psnr_db), str(label), _finite(ms_ssim_db)])
    return sorted(checked, key=lambda point: point[0])


def _fields(value: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    if set(value) != set(names):
        raise TraitError(f"has fields {', '.join(map(str, value)) or 'none'}; must have {', '.join(names)}")
    return value


def _one_of(legal: Sequence[str], name: str, what: str, value: str) -> str:
    if value not in legal:
        raise TraitError(f"{name} is of {what} {value!r}; legal: {', '.join(legal)}")
    return value


def _position(name: str, rate: SupportsFloat, distortion: SupportsFloat | None) -> tuple[float, float | None]:
    """A place on the plot as JSON can carry it, which has no infinity."""
    bpp, psnr_db = float(rate), math.inf if distortion is None else float(distortion)
    if not 0 < bpp < math.inf or math.isnan(psnr_db):
        raise TraitError(f"{name} has {bpp} bpp, {psnr_db} dB; the rate must be above 0, the PSNR a number")
    return bpp, _finite(psnr_db)


def _finite(value: SupportsFloat | None) -> float | None:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None
