"""A position's window and a head's biases as cells, each with its number in words.

Knows records and the grid of cells. Does not know the photo.
Shapes: p p positions of a window; 2 p - 1 offsets from a query to a key, in each direction.
"""

from itertools import product

import numpy as np

from dcae.traces import WindowAttentionTrace
from dcae_widgets.attention_figure import bias_ticks, key_offsets
from dcae_widgets.attention_window import AttentionWindow
from dcae_widgets.cell_grid import CellGrid


def show_window(grid: CellGrid, window: AttentionWindow) -> None:
    """Shows a position's window as the network sees it; what is masked is crossed out, and the position framed."""
    side, size = window.record.windows.side, window.record.position_px
    rows, columns = (window.keys[:, axis].reshape(side, side) for axis in (0, 1))
    step = -(-side // 8)  # names that have room
    grid.show(
        f"The window, as head {window.head} weighs it",
        window.percent,
        [window.words_of(place) for place in range(side**2)],
        window.ticks,
        "% of its attention",
        row_names=[str(size * at) if index % step == 0 else "" for index, at in enumerate(rows[:, 0])],
        column_names=[str(size * at) if index % step == 0 else "" for index, at in enumerate(columns[0])],
        marked=window.query,
        hatched=np.flatnonzero(~window.seen).tolist(),
    )


def show_biases(grid: CellGrid, record: WindowAttentionTrace, head: int) -> None:
    """Shows what a head adds to a key's logit for where the key lies, the query in the middle."""
    reach = record.windows.side - 1
    biases = key_offsets(record.relative_position[head])
    offsets = range(-reach, reach + 1)
    names = [f"{at:+d}".replace("-", "−") if at in (-reach, reach) else "0" if at == 0 else "" for at in offsets]
    texts = [
        f"{_where(row, column)}: {bias:+.3f} logits, its weight × {np.exp(bias):.2f}"
        for (row, column), bias in zip(product(offsets, offsets), biases.ravel(), strict=True)
    ]
    title = f"What head {head} adds for where a key lies"
    marked = (2 * reach + 1) * reach + reach
    grid.show(title, biases, texts, bias_ticks(record), "logits", row_names=names, column_names=names, marked=marked)


def _where(row: int, column: int) -> str:
    """Where a key lies as seen from the query.

    >>> _where(-2, 1), _where(0, 3), _where(0, 0)
    ('A key 2 above, 1 right', 'A key 3 right', 'The position itself')
    """
    words = [
        f"{abs(offset)} {behind if offset > 0 else before}"
        for offset, before, behind in ((row, "above", "below"), (column, "left", "right"))
        if offset
    ]
    return f"A key {', '.join(words)}" if words else "The position itself"
