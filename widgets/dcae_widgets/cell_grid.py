"""A picture of few numbers, each a coloured square: what lies under the pointer is read in words, without the kernel.

Colours and words cross to the browser together; there the hand and the arrow keys go from cell to cell. Knows cells.
Does not know what they stand for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from anywidget import AnyWidget
from numpy.typing import NDArray
from traitlets import Bytes, Float, Int, List, Unicode

from dcae_widgets.front_end import front_end
from dcae_widgets.heat import DIVERGING, SEQUENTIAL, heat_image, palette


class CellGrid(AnyWidget):
    """Cells in rows and columns under a title, over a colour bar.

    Args:
        row_title: what lies along the rows' axis, with its unit.
        column_title: the same of the columns'.

    Attributes:
        title: over the picture.
        ticks: of the colour bar, from the first colour to the last.
        unit: under the colour bar.
        texts: what is said of each cell, row by row.
        marked: index of the cell that is framed; -1 frames none.
        hatched: indexes of the cells that are crossed out.

    Raises:
        ValueError: there is not one text for each cell.
    """

    _esm, _css = front_end("cell_grid").values()

    title = Unicode().tag(sync=True)
    shape: Any = List(Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)
    colours = Bytes().tag(sync=True)
    palette = Bytes().tag(sync=True)
    ticks: Any = List(Float()).tag(sync=True)
    unit = Unicode().tag(sync=True)
    texts: Any = List(Unicode()).tag(sync=True)
    marked = Int(-1).tag(sync=True)
    hatched: Any = List(Int()).tag(sync=True)
    row_title = Unicode().tag(sync=True)
    column_title = Unicode().tag(sync=True)
    row_names: Any = List(Unicode()).tag(sync=True)
    column_names: Any = List(Unicode()).tag(sync=True)

    def __init__(self, *, row_title: str, column_title: str):
        super().__init__(row_title=row_title, column_title=column_title)

    def show(
        self,
        title: str,
        values: NDArray[np.floating],
        texts: Sequence[str],
        ticks: Sequence[float],
        unit: str,
        *,
        row_names: Sequence[str],
        column_names: Sequence[str],
        marked: int = -1,
        hatched: Sequence[int] = (),
    ) -> None:
        """Shows other numbers; they cross in one message.

        Args:
            title: over the picture.
            values: (rows, columns).
            texts: what is said of each cell, row by row.
            ticks: of the colour bar, its ends among them; if the first is below 0, blue over white to red.
            unit: of the ticks.
            row_names: of the first row and so on; "" names none.
            column_names: the same of columns.
            marked: index of the cell that is framed; -1 frames none.
            hatched: indexes of the cells that are crossed out.

        Raises:
            ValueError: there is not one text for each cell.
        """
        if len(texts) != values.size:
            raise ValueError(f"{len(texts)} texts for {values.size} cells; must be as many")
        diverging = ticks[0] < 0
        with self.hold_sync():
            self.title, self.unit, self.ticks, self.marked = title, unit, list(ticks), marked
            self.shape, self.texts, self.hatched = list(values.shape), list(texts), list(hatched)
            self.row_names, self.column_names = list(row_names), list(column_names)
            self.colours = heat_image(values, ticks[0], ticks[-1], diverging=diverging).tobytes()
            self.palette = palette(DIVERGING if diverging else SEQUENTIAL).tobytes()
