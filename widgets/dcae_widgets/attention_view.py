"""What attention sees: click a pixel, and see the window that it looks at, over the photo and cell by cell.

A composition of the viewer, two grids of cells, a plot and controls. Knows records and arrays, of any model that fills
them. Does not know networks.
Shapes: H, W image size in px; p p positions of a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from ipywidgets import DOMWidget
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from numpy.typing import NDArray
from traitlets import Int, Tuple, Unicode, validate

from dcae.images import check_image
from dcae.traces import Trace, WindowAttentionTrace
from dcae_widgets.attention_cells import show_biases, show_window
from dcae_widgets.attention_controls import AttentionControls, Block
from dcae_widgets.attention_figure import attention_figure
from dcae_widgets.attention_window import AttentionWindow
from dcae_widgets.cell_grid import CellGrid
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.plot import Plot, Series
from dcae_widgets.quiet import Quiet
from dcae_widgets.saved_view import ROW, SavedView

_CONTROLS_FLEX, _PHOTO_FLEX, _CELLS_FLEX, _PLOT_FLEX = "1 1 100%", "10 1 400px", "1 1 344px", "10 1 400px"
_PHOTO_HEIGHT_PX, _PLOT_HEIGHT_PX = 400, 360


class AttentionView(SavedView):
    """The photo with a position's window on it, that window cell by cell, and the biases and distances of its block.

    A position is chosen by a click in the photo or by the numbers of its row and column, a head by its name or its bar.

    Args:
        image: uint8, H x W x 3.
        blocks: the attention of blocks of windows over that image.
        opacity: of the window's colours over the photo, 0 to 1.

    Attributes:
        photo_view: the viewer: the photo, and what the position sees of it.
        window_grid: the window as the network sees it, cell by cell.
        bias_grid: what the head adds to a key's logit for where it lies.
        plot: how far each head of the block looks.
        controls: what chooses without a mouse, and words of the position.
        block: which of the blocks is shown.
        head: which of its heads.
        position: row and column on the block's map.

    Raises:
        TypeError, ValueError: the image is none, there is no block, a record is of another image, or there is no such
            block, head or position.
        traitlets.TraitError: the opacity is not 0 to 1.
    """

    block: Any = Tuple(Unicode(), Int(), Int(), default_value=("", 0, 0))
    head = Int(0)
    position: Any = Tuple(Int(), Int(), default_value=(0, 0))

    def __init__(self, image: NDArray[np.uint8], blocks: Mapping[Block, WindowAttentionTrace], *, opacity: float = 0.8):
        _check(image, blocks)
        self.blocks, self._image, self._quiet = dict(blocks), image, Quiet()
        self._over = Layer("what it sees", image, opacity=opacity)
        self.photo_view = PhotoView(
            [Layer("photo", image), self._over], mode="blend", label="Photo: click a pixel", height_px=_PHOTO_HEIGHT_PX
        )
        self.window_grid = CellGrid(row_title="y (px)", column_title="x (px)")
        self.bias_grid = CellGrid(row_title="rows from query to key", column_title="columns from query to key")
        self.plot = Plot(
            title="How far each head looks", x_title="head", y_title="distance (px)", choosable=True,
            height_px=_PLOT_HEIGHT_PX,
        )  # fmt: skip
        self.controls = AttentionControls({_name(key, record): key for key, record in self.blocks.items()})
        shown: dict[DOMWidget, str] = {
            self.controls: _CONTROLS_FLEX,
            self.photo_view: _PHOTO_FLEX,
            self.window_grid: _CELLS_FLEX,
            self.plot: _PLOT_FLEX,
            self.bias_grid: _CELLS_FLEX,
        }
        for widget, flex in shown.items():  # beside each other, or in a narrow page below
            widget.layout.flex, widget.layout.width, widget.layout.margin = flex, "auto", "0"
            widget.layout.min_width = "0"
        super().__init__(list(shown), layout=BoxLayout(**ROW))
        self.block = next(iter(self.blocks))
        self.position = tuple(side // 2 for side in self.window.shape)
        self._show_block()
        self._follow_hands()

    @classmethod
    def of(cls, trace: Trace) -> AttentionView:
        """The view of the blocks that were asked for: ``trace(model, image, window_attention=[...])``.

        Raises:
            ValueError: there is none.
        """
        return cls(trace.image, trace.window_attention)

    @property
    def record(self) -> WindowAttentionTrace:
        """The attention of the block that is shown."""
        return self.blocks[self.block]

    @property
    def window(self) -> AttentionWindow:
        """What the head of the position looks at."""
        return self._window(self.head, self.position)

    @validate("block")
    def _check_block(self, proposal: Any) -> Block:
        if proposal.value not in self.blocks:
            raise ValueError(f"block is {proposal.value}; must be one of {', '.join(map(str, self.blocks))}")
        return proposal.value

    @validate("head")
    def _check_head(self, proposal: Any) -> int:
        return self._window(proposal.value, (0, 0)).head

    @validate("position")
    def _check_position(self, proposal: Any) -> tuple[int, int]:
        self._window(0, proposal.value)
        return proposal.value

    def _window(self, head: int, position: tuple[int, int]) -> AttentionWindow:
        return AttentionWindow(self.record, head, *position, *self._image.shape[:2])

    def _figure(self) -> Figure:
        return attention_figure(self._image, self.window, _name(self.block, self.record))

    def _words(self) -> str:
        far = self.record.mean_distance * self.record.position_px
        heads = ", ".join(f"head {head} {distance:.1f} px" for head, distance in enumerate(far))
        return (
            f"{_name(self.block, self.record)}: the window of position {self.position} on the photo, as each head "
            f"weighs it, each head's biases, and how far the heads look on average: {heads}"
        )

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each key that the position sees, and each head of the block."""
        on_map = self.record.on_map(*self.position)
        top, left, bottom, right = self.record.windows.seen(*self.position)
        rows = (
            (*self.block, head, *self.position, row, column, float(on_map[head, row, column]))
            for head in range(len(on_map))
            for row in range(top, bottom)
            for column in range(left, right)
        )
        names = ["transform", "stage", "block", "head", "query_row", "query_column", "key_row", "key_column", "weight"]
        return names, rows

    def _arrays(self) -> dict[str, Any]:
        """The block's `weights` and `relative_position`; the position's `on_map`; distances in px."""
        record = self.record
        return {
            "weights": record.weights,
            "relative_position": record.relative_position,
            "position": np.array(self.position),
            "on_map": record.on_map(*self.position),
            "mean_distance_px": record.mean_distance * record.position_px,
            "even_distance_px": np.array(record.windows.even_distance * record.position_px),
        }

    def _follow_hands(self) -> None:
        self.observe(self._change_block, "block")
        self.observe(self._show, ["head", "position"])
        self.photo_view.observe(self._go_to_click, "clicked")
        hands = {self.controls.block: "block", self.controls.head: "head", self.plot: "head"}
        for widget, name in hands.items():
            widget.observe(partial(self._take, name), "chosen" if widget is self.plot else "value")
        for number in (self.controls.row, self.controls.column):
            number.observe(self._go_to_numbers, "value")

    def _take(self, name: str, change: Any) -> None:
        if not self._quiet and change.new != -1:
            setattr(self, name, change.new)

    def _go_to_click(self, change: Any) -> None:
        if change.new:
            column, row = (at // self.record.position_px for at in change.new[:2])
            self.position = (row, column)

    def _go_to_numbers(self, _: Any) -> None:
        if not self._quiet:
            self.position = (self.controls.row.value, self.controls.column.value)

    def _change_block(self, change: Any) -> None:
        """Another block is shown at the pixel at which the last one was."""
        was, now = self.blocks[change.old].position_px, self.record.position_px
        last = self._window(0, (0, 0)).shape
        with self._quiet:
            self.head = min(self.head, len(self.record.relative_position) - 1)
            self.position = tuple(
                min((was * at + was // 2) // now, count - 1) for at, count in zip(self.position, last, strict=True)
            )
        self._show_block()

    def _show_block(self) -> None:
        record = self.record
        heads = [str(head) for head in range(len(record.relative_position))]
        even = record.windows.even_distance * record.position_px
        far = Series("mean over the photo", heads, record.mean_distance * record.position_px, "bar")
        with self._quiet:
            self.controls.offer(self.block, len(heads), self.window.shape)
            self.plot.series = [far, Series("if all keys weighed alike", heads, [even] * len(heads), dashed=True)]
        self._show()

    def _show(self, _: Any = None) -> None:
        if self._quiet:
            return
        window, record = self.window, self.record
        with self._quiet:
            self.plot.chosen = self.head
            self.controls.show(window)
        self._over.set_image(window.over(self._image))
        top, left, bottom, right = window.seen_px
        self.photo_view.outline = [left, top, right, bottom]
        show_window(self.window_grid, window)
        show_biases(self.bias_grid, record, self.head)


def _name(block: Block, record: WindowAttentionTrace) -> str:
    """What a block is called."""
    transform, stage, index = block
    return f"{transform}, stage {stage}, block {index}{' (shifted)' if record.shifted else ''}"


def _check(image: NDArray[np.uint8], blocks: Mapping[Block, WindowAttentionTrace]) -> None:
    height, width = check_image(image).shape[:2]
    if not blocks:
        raise ValueError("no block of windows to show; ask for some: trace(..., window_attention=[...])")
    for key, record in blocks.items():
        covered = record.position_px * record.width, record.position_px * record.height
        if covered[0] < width or covered[1] < height:
            raise ValueError(
                f"image is {width} x {height} px; block {key} is of a map over {covered[0]} x {covered[1]} px"
            )
