"""What all views of a coding are: boxes of widgets that can be printed, taken along as numbers, and closed.

Knows files and figures. Does not know what is shown.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from IPython.display import Image
from ipywidgets import Box, Widget
from matplotlib.figure import Figure

from dcae.files import write_atomically
from dcae_widgets.figure_style import bytes_of
from dcae_widgets.photo_view import PhotoView

ROW = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "16px", "width": "100%"}
"""The layout of a view whose parts stand beside each other as far as there is room."""
COLUMN = {"display": "flex", "flex_flow": "column", "grid_gap": "8px", "width": "100%"}
"""The layout of one whose parts stand under each other."""


class SavedView(Box):
    """A view with a static picture and exports. Each file is written whole or not at all.

    What a view adds: `_figure`, the static picture; `_words`, that picture for those who do not see it; `_table`, names
    of columns and rows; `_arrays`, names and arrays.
    """

    def _figure(self) -> Figure:
        raise NotImplementedError(f"{type(self).__name__} needs _figure")

    def _words(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} needs _words")

    def _table(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        raise NotImplementedError(f"{type(self).__name__} needs _table")

    def _arrays(self) -> Mapping[str, Any]:
        raise NotImplementedError(f"{type(self).__name__} needs _arrays")

    def picture(self) -> Image:
        """A static picture, for print and for a notebook without a kernel."""
        return Image(bytes_of(self._figure(), "png"), alt=self._words())

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Writes the numbers as a table, one line for each of the finest things that the view shows.

        Raises:
            ValueError, OSError: see :func:`dcae.files.write_atomically`.
        """
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        columns, rows = self._table()
        writer.writerow(columns)
        writer.writerows(rows)
        write_atomically(path, lines.getvalue().encode())

    def to_npz(self, path: str | os.PathLike[str]) -> None:
        """Writes the numbers as named arrays.

        Raises:
            ValueError, OSError: see :func:`dcae.files.write_atomically`.
        """
        data = io.BytesIO()
        np.savez_compressed(data, **self._arrays())
        write_atomically(path, data.getvalue())

    def to_png(self, path: str | os.PathLike[str]) -> None:
        """Writes the static picture.

        Raises:
            ValueError, OSError: see :func:`dcae.files.write_atomically`.
        """
        write_atomically(path, bytes_of(self._figure(), "png"))

    def to_svg(self, path: str | os.PathLike[str]) -> None:
        """Writes the static picture with its words as text and its lines as lines.

        Raises:
            ValueError, OSError: see :func:`dcae.files.write_atomically`.
        """
        write_atomically(path, bytes_of(self._figure(), "svg"))

    def close(self) -> None:
        """Closes all of its widgets."""
        for child in self.children:  # none, if what it was to be made of was refused
            _close(child)
        super().close()


def _close(widget: Widget) -> None:
    """Closes a widget and what it is made of."""
    parts = widget.layers if isinstance(widget, PhotoView) else widget.children if isinstance(widget, Box) else ()
    for part in parts:
        _close(part)
    widget.close()
