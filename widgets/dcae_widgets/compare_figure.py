"""Two matched files for print: a part of the photo beside both pictures, and the table of all codecs.

Knows records and arrays. Does not know widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dcae.codec.matching import Matched, MatchedFile
from dcae_widgets.codec_table import cells_of, db_words, heads_of
from dcae_widgets.figure_style import INK, PAPER
from dcae_widgets.match_making import Row

_SOFT = "#656d76"
_CROP_PX = (200, 160)


def crop_of(size: tuple[int, int], visible: Sequence[int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the part that is printed: at most 200 x 160 px in the middle of what is seen.

    Args:
        size: width and height of the photo in px.
        visible: left, top, right and bottom of what is seen; nothing for the whole photo.

    >>> crop_of((640, 427), [])
    (220, 133, 420, 293)
    >>> crop_of((640, 427), [0, 0, 100, 80])
    (0, 0, 200, 160)
    """
    left, top, right, bottom = visible or (0, 0, *size)
    sides = [min(side, most) for side, most in zip(size, _CROP_PX, strict=True)]
    corner = [
        min(max(0, (low + high - side) // 2), most - side)
        for low, high, side, most in zip((left, top), (right, bottom), sides, size, strict=True)
    ]
    return corner[0], corner[1], corner[0] + sides[0], corner[1] + sides[1]


def compare_figure(
    photo: NDArray[np.uint8],
    files: Sequence[Matched],
    title: str,
    rows: Sequence[Row] = (),
    measures: Sequence[str] = (),
    caption: str = "",
    visible: Sequence[int] = (),
) -> Figure:
    """The photo and two pictures pixel for pixel over the table of all codecs, if there is one.

    Args:
        photo: uint8, H x W x 3.
        files: the two.
        title: what they say about each other.
        rows: of the table, in order.
        measures: its last columns.
        caption: what the table is of.
        visible: which part of the photo is printed (`crop_of`).
    """
    table_height = 0.26 * (len(rows) + 2) if rows else 0.0
    figure = Figure(figsize=(6.2, 2.3 + table_height), dpi=110, facecolor=PAPER, layout="constrained")
    above: Any = figure
    if rows:
        parts: Any = figure.subfigures(2, 1, height_ratios=[2.3, table_height])
        above, below = parts
        _draw_table(below.subplots(), rows, measures, caption)
    left, top, right, bottom = crop_of((photo.shape[1], photo.shape[0]), visible)
    pictures = [
        ("the photo\n ", photo),
        *((_caption(f), f.picture if isinstance(f, MatchedFile) else None) for f in files),
    ]
    axes = above.subplots(1, len(pictures))
    for place, (words, picture) in zip(axes, pictures, strict=True):
        place.set_axis_off()
        place.set_title(words, fontsize=8.5, color=INK)
        if picture is not None:
            place.imshow(picture[top:bottom, left:right], interpolation="lanczos")
    figure.suptitle(title, fontsize=10, color=INK, wrap=True)
    return figure


def _caption(file: Matched) -> str:
    if not isinstance(file, MatchedFile):
        return f"{file.name}\nno file"
    return f"{file.name}\n{file.size:,} bytes, PSNR {db_words(file.psnr_db)} dB"


def _draw_table(axes: Axes, rows: Sequence[Row], measures: Sequence[str], caption: str) -> None:
    heads = heads_of(measures)
    axes.set_axis_off()
    axes.set_title(caption, fontsize=9, color=_SOFT, loc="left")
    table = axes.table(
        [_cells(row, measures) for row in rows],
        colLabels=heads,
        colWidths=[0.22, *[0.78 / (len(heads) - 1)] * (len(heads) - 1)],
        cellLoc="right",
        loc="upper center",
        edges="horizontal",
    )
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    for (row, column), cell in table.get_celld().items():
        cell.set_edgecolor("#d0d7de")
        cell.set_text_props(color=INK, weight="bold" if row == 0 else "normal", ha="left" if column == 0 else "right")
        cell.set_height(1 / (len(rows) + 1.3))


def _cells(row: Row, measures: Sequence[str]) -> list[str]:
    numbers = cells_of(row, measures)
    return [row.found.name, *(["no file", *[""] * (3 + len(measures))] if numbers is None else numbers)]
