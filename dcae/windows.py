"""Which positions of a map share a window, and which of them see each other.

Windows of p x p positions tile a map from its corner. Shifted ones begin half a window further down and to the right;
what lies before the first of them is rolled around the map's edges into the last, where it is masked. Knows positions.
Does not know weights, networks or pixels.
Shapes: height, width of the map in positions; rows x columns windows; p p places in a window, in row-major order.
Source: Liu et al., Swin Transformer, ICCV 2021.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rectangle = tuple[int, int, int, int]
"""First row, first column, and those behind the last."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """How a map is cut into windows.

    Attributes:
        height: of the map, in positions.
        width: of the map, in positions.
        side: p, of a window, in positions.
        shifted: whether the windows are shifted by half a window around the map's edges.
    """

    height: int
    width: int
    side: int
    shifted: bool

    @property
    def rows(self) -> int:
        """How many windows lie below each other; the last may reach beyond the map."""
        return -(-self.height // self.side)

    @property
    def columns(self) -> int:
        """How many windows lie beside each other."""
        return -(-self.width // self.side)

    def find(self, row: int, column: int) -> tuple[int, int, int]:
        """Where a position of the map lies: row and column of its window, and its place there.

        >>> Windows(height=8, width=8, side=4, shifted=True).find(0, 3)  # rolled to the end of the map
        (1, 0, 9)

        Raises:
            ValueError: there is no such position.
        """
        if not (0 <= row < self.height and 0 <= column < self.width):
            raise ValueError(f"position is {(row, column)}; must be (0, 0) to {(self.height - 1, self.width - 1)}")
        window_row, place_row = divmod((row - self._shift) % (self.rows * self.side), self.side)
        window_column, place_column = divmod((column - self._shift) % (self.columns * self.side), self.side)
        return window_row, window_column, place_row * self.side + place_column

    @property
    def positions(self) -> NDArray[np.intp]:
        """Row and column of each place of each window: (rows, columns, p p, 2); padding lies beyond the map."""
        row = self._axis(self.rows)[:, None, :, None]  # (rows, 1, p, 1)
        column = self._axis(self.columns)[None, :, None, :]  # (1, columns, 1, p)
        both = np.stack(np.broadcast_arrays(row, column), axis=-1)  # (rows, columns, p, p, 2)
        return both.reshape(self.rows, self.columns, self.side**2, 2)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which places are of the map, not padding: (rows, columns, p p)."""
        return (self.positions < (self.height, self.width)).all(axis=-1)

    @property
    def sees(self) -> NDArray[np.bool_]:
        """Which keys each place may look at: (rows, columns, p p, p p), query by key.

        Keys of the map that were not rolled in from its other side. Padding sees nothing here; what a network makes of
        it is cut off.
        """
        tile = (self.positions - self._shift) // self.side  # of the plane, where nothing is rolled
        same = (tile[:, :, :, None] == tile[:, :, None]).all(axis=-1)
        return same & self.inside[..., None] & self.inside[:, :, None]

    def seen(self, row: int, column: int) -> Rectangle:
        """What a position sees of the map, itself included: always one rectangle.

        >>> Windows(height=8, width=8, side=4, shifted=True).seen(0, 3)
        (0, 2, 2, 6)

        Raises:
            ValueError: there is no such position.
        """
        pieces = self._pieces(row, column)
        return next(piece for piece in pieces if piece[0] <= row < piece[2] and piece[1] <= column < piece[3])

    def masked(self, row: int, column: int) -> list[Rectangle]:
        """What else of the map lies in a position's window, rolled around the edges, and is not seen: up to three.

        >>> Windows(height=8, width=8, side=4, shifted=True).masked(0, 3)
        [(6, 2, 8, 6)]

        Raises:
            ValueError: there is no such position.
        """
        seen = self.seen(row, column)
        return [piece for piece in self._pieces(row, column) if piece != seen]

    @property
    def distances(self) -> NDArray[np.float64]:
        """How far each place of a window lies from each: (p p, p p), Euclidean, in positions."""
        places = np.stack(np.divmod(np.arange(self.side**2), self.side), axis=-1)
        return np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))

    @property
    def even_distance(self) -> float:
        """How far a position looks on average if it weighs all that it sees alike, in positions.

        >>> Windows(height=2, width=2, side=2, shifted=False).even_distance == (0 + 1 + 1 + 2**0.5) / 4
        True
        """
        sees = self.sees[self.inside]  # (height width, p p)
        places = np.nonzero(self.inside)[2]
        return float(((sees * self.distances[places]).sum(axis=-1) / sees.sum(axis=-1)).mean())

    @property
    def _shift(self) -> int:
        return self.side // 2 if self.shifted else 0

    def _axis(self, count: int) -> NDArray[np.intp]:
        """What each place of each window of an axis is a position of: (count, p)."""
        return (np.arange(count * self.side).reshape(count, self.side) + self._shift) % (count * self.side)

    def _pieces(self, row: int, column: int) -> list[Rectangle]:
        """What of the map lies in a position's window, in the order of its places."""
        window_row, window_column, _ = self.find(row, column)
        spans = self._spans(window_row, self.rows, self.height), self._spans(window_column, self.columns, self.width)
        return [(top, left, bottom, right) for top, bottom in spans[0] for left, right in spans[1]]

    def _spans(self, index: int, count: int, length: int) -> list[tuple[int, int]]:
        """The one or two stretches of an axis of the map that a window of it holds."""
        begin, padded = index * self.side + self._shift, count * self.side
        spans = (begin, min(begin + self.side, length)), (0, min(begin + self.side - padded, length))
        return [(start, end) for start, end in spans if start < end]
