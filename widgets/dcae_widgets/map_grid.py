"""Small multiples: maps in rows and columns, each with its scale; a place is read in all of them at once.

Colours and numbers cross to the browser together; there the hand and the arrow keys go from place to place. Knows maps.
Does not know what they stand for.
Shapes: R rows and C columns of maps; h, w places of a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from anywidget import AnyWidget
from numpy.typing import NDArray
from traitlets import Bytes, Int, List, Unicode, validate

from dcae_widgets.front_end import front_end
from dcae_widgets.heat import heat_image


class MapGrid(AnyWidget):
    """Maps of the same places.

    Args:
        place_px: side of a place in the photo, px.
        label: what the maps are of, for screen readers.

    Attributes:
        place: column and row of the place that is read; nothing if none is.
        shape: R, C, h, w.
        row_names: of each row.
        row_units: of each row's numbers.
        column_names: of each column.
        captions: of each map, row by row: its scale.

    Raises:
        ValueError: a place is none of the maps'.
    """

    _esm, _css = front_end("map_grid").values()

    place: Any = List(Int(), maxlen=2).tag(sync=True)
    shape: Any = List(Int(), [0, 0, 0, 0], minlen=4, maxlen=4).tag(sync=True)
    colours = Bytes().tag(sync=True)
    values = Bytes().tag(sync=True)
    row_names: Any = List(Unicode()).tag(sync=True)
    row_units: Any = List(Unicode()).tag(sync=True)
    column_names: Any = List(Unicode()).tag(sync=True)
    captions: Any = List(Unicode()).tag(sync=True)
    place_px = Int(16, min=1).tag(sync=True)
    label = Unicode().tag(sync=True)

    def __init__(self, *, label: str, place_px: int = 16):
        super().__init__(label=label, place_px=place_px)

    def show(
        self,
        values: NDArray[np.floating],
        ranges: NDArray[np.floating],
        *,
        row_names: Sequence[str],
        row_units: Sequence[str],
        column_names: Sequence[str],
    ) -> None:
        """Shows other maps; they cross in one message.

        Args:
            values: (R, C, h, w).
            ranges: (R, C, 2): the first and the last value of each map's colours; a first one below 0 makes them blue
                over white to red.
            row_names: of each row.
            row_units: of each row's numbers.
            column_names: of each column.

        Raises:
            ValueError: there is not one range for each map, or one name for each row and column.
        """
        names = (len(row_names), len(row_units), len(column_names))
        rows, columns = values.shape[:2]
        if ranges.shape != (rows, columns, 2) or names != (rows, rows, columns):
            raise ValueError(
                f"{rows} x {columns} maps have ranges of shape {ranges.shape}, {names[0]} names and {names[1]} units "
                f"of rows and {names[2]} names of columns; must be as many"
            )
        scales = [(float(low), float(high)) for low, high in ranges.reshape(-1, 2)]
        maps = values.reshape(-1, *values.shape[2:])
        colours = [
            heat_image(*each, diverging=each[1] < 0) for each in zip(maps, *zip(*scales, strict=True), strict=True)
        ]
        with self.hold_sync():
            if list(values.shape[2:]) != self.shape[2:]:
                self.place = []
            self.shape, self.captions = list(values.shape), [f"{_signed(low)} to {high:g}" for low, high in scales]
            self.row_names, self.row_units, self.column_names = list(row_names), list(row_units), list(column_names)
            self.colours, self.values = np.stack(colours).tobytes(), np.ascontiguousarray(values, "<f4").tobytes()

    @validate("place")
    def _check_place(self, proposal: Any) -> list[int]:
        if proposal.value:
            height, width = self.shape[2:]
            if len(proposal.value) != 2 or not (0 <= proposal.value[0] < width and 0 <= proposal.value[1] < height):
                raise ValueError(
                    f"place is {proposal.value}; must be [] or a column below {width} and a row below {height}"
                )
        return proposal.value


def _signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")
