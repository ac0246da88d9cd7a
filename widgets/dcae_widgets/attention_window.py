"""One position's window of attention in pixels, colours and words: over the photo, and cell by cell.

Knows records and the photo that they are of. Does not know widgets or networks.
Shapes: H, W image size in px; p p positions of a window, in row-major order, as the network sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dcae.traces import WindowAttentionTrace
from dcae.windows import Rectangle
from dcae_widgets.heat import heat_image, round_ticks

_MASK_LIGHT, _MASK_DARK, _STRIPE_PX = (185, 190, 196), (93, 100, 108), 4
_FRAME_INNER, _FRAME_OUTER = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class AttentionWindow:
    """What one head of one position looks at.

    Attributes:
        record: the attention of a block.
        head: of that block.
        row: of the position.
        column: of the position.
        height: H.
        width: W.

    Raises:
        ValueError: there is no such position, or no such head.
    """

    record: WindowAttentionTrace
    head: int
    row: int
    column: int
    height: int
    width: int

    def __post_init__(self) -> None:
        heads, (rows, columns) = len(self.record.relative_position), self.shape
        if not 0 <= self.head < heads:
            raise ValueError(f"head is {self.head}; must be 0 to {heads - 1}")
        if not (0 <= self.row < rows and 0 <= self.column < columns):
            raise ValueError(
                f"position is {(self.row, self.column)}; must be (0, 0) to {(rows - 1, columns - 1)}, in the photo"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of positions that lie in the photo at least partly; the map may go on in its padding."""
        size = self.record.position_px
        return min(self.record.height, -(-self.height // size)), min(self.record.width, -(-self.width // size))

    @cached_property
    def percent(self) -> NDArray[np.float64]:
        """How much of its attention the head gives to each key: (p, p), in % of all."""
        window_row, window_column, query = self.record.windows.find(self.row, self.column)
        side = self.record.windows.side
        return 100 * self.record.weights[window_row, window_column, self.head, query].reshape(side, side).astype(float)

    @property
    def query(self) -> int:
        """Which place of its window the position itself has."""
        return self.record.windows.find(self.row, self.column)[2]

    @cached_property
    def keys(self) -> NDArray[np.intp]:
        """Row and column on the map of each place of the window: (p p, 2); padding lies beyond the map."""
        window_row, window_column, _ = self.record.windows.find(self.row, self.column)
        return self.record.windows.positions[window_row, window_column]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which places the position sees: (p p,)."""
        top, left, bottom, right = self.record.windows.seen(self.row, self.column)
        return ((self.keys >= (top, left)) & (self.keys < (bottom, right))).all(axis=-1)

    @property
    def ticks(self) -> list[float]:
        """Of the colours, in %: from 0 to a round number that no key exceeds."""
        return round_ticks(float(self.percent.max()))

    @property
    def distance_px(self) -> float:
        """How far the head looks from this position: the mean distance of its keys, weighted."""
        shares = self.percent.ravel() / 100
        return float(shares @ self.record.windows.distances[self.query]) * self.record.position_px

    @property
    def seen_px(self) -> Rectangle:
        """The part of the photo that the position sees: top, left, bottom, right."""
        return self._in_px(self.record.windows.seen(self.row, self.column))

    @property
    def masked_px(self) -> list[Rectangle]:
        """The other parts of the photo that lie in the same window, rolled around the edges: up to three."""
        pieces = map(self._in_px, self.record.windows.masked(self.row, self.column))
        return [piece for piece in pieces if piece[0] < piece[2] and piece[1] < piece[3]]

    @property
    def cell_px(self) -> Rectangle:
        """The pixels that the position stands for."""
        return self._in_px((self.row, self.column, self.row + 1, self.column + 1))

    def words_of(self, place: int) -> str:
        """What is to be said of a place of the window."""
        if not self.seen[place]:
            return f"{self._where(place)}: masked, {self.percent.flat[place]:g} %"
        row, column = self.keys[place] - (self.row, self.column)
        far = self.record.position_px * float(np.hypot(row, column))
        itself = "the position itself" if place == self.query else f"{far:.0f} px away"
        return f"{self._where(place)}: {self.percent.flat[place]:.2f} %, {itself}"

    def over(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The photo with the window as colours in it: uint8, H x W x 3.

        What is masked is striped, and the position has a frame. Blended with the photo, it changes nothing elsewhere.
        """
        drawn, size = image.copy(), self.record.position_px
        for top, left, bottom, right in self.masked_px:
            drawn[top:bottom, left:right] = _stripes(bottom - top, right - left)
        top, left, bottom, right = self.seen_px
        first_row, first_column, last_row, last_column = self.record.windows.seen(self.row, self.column)
        percent = self.percent[self.seen.reshape(self.percent.shape)].reshape(
            last_row - first_row, last_column - first_column
        )
        drawn[top:bottom, left:right] = heat_image(percent, 0, self.ticks[-1], size, (bottom - top, right - left))
        _frame(drawn, self.cell_px)
        return drawn

    def _where(self, place: int) -> str:
        size = self.record.position_px
        row, column = self.keys[place].tolist()
        if row >= self.record.height or column >= self.record.width:
            return "Beyond the map"
        rows, columns = self.shape
        if row >= rows or column >= columns:
            return f"x {column * size}, y {row * size} px, in the photo's padding"
        top, left, bottom, right = self._in_px((row, column, row + 1, column + 1))
        return f"x {left} to {right - 1}, y {top} to {bottom - 1} px"

    def _in_px(self, positions: Rectangle) -> Rectangle:
        top, left, bottom, right = (self.record.position_px * side for side in positions)
        return min(top, self.height), min(left, self.width), min(bottom, self.height), min(right, self.width)


def _stripes(height: int, width: int) -> NDArray[np.uint8]:
    """Grey stripes: what is there and not looked at."""
    row, column = np.indices((height, width))
    light = (row + column) // _STRIPE_PX % 2 == 0
    return np.where(light[..., None], _MASK_LIGHT, _MASK_DARK).astype(np.uint8)


def _frame(drawn: NDArray[np.uint8], cell: Rectangle) -> None:
    """A white frame along a cell's edge and a black one around it, each of 1 px: one of them shows on any colour."""
    for grown, colour in ((1, _FRAME_OUTER), (0, _FRAME_INNER)):
        top, left, bottom, right = cell[0] - grown, cell[1] - grown, cell[2] + grown, cell[3] + grown
        rows, columns = slice(max(top, 0), bottom), slice(max(left, 0), right)
        for line in ((top, columns), (bottom - 1, columns)):
            if 0 <= line[0] < drawn.shape[0]:
                drawn[line] = colour
        for line in ((rows, left), (rows, right - 1)):
            if 0 <= line[1] < drawn.shape[1]:
                drawn[line] = colour
