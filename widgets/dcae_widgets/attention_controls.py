"""The hands of the attention's view that need no mouse, and what there is to say of the position that they choose.

Knows blocks by name. Does not know their numbers but for one position's window.
"""

from collections.abc import Mapping

from ipywidgets import HTML, BoundedIntText, Box, Dropdown, VBox
from ipywidgets import Layout as BoxLayout

from dcae_widgets.attention_window import AttentionWindow

Block = tuple[str, int, int]
"""Transform, stage and block, such as ("g_a", 2, 0)."""

_LAYOUT = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "0 16px", "width": "100%"}
_LABEL = {"description_width": "80px"}


class AttentionControls(Box):
    """What chooses block, head and position without a mouse, over what there is to say of them.

    Args:
        blocks: by the name that is shown.

    Attributes:
        block: its value is the block.
        head: its value is the head's number.
        row: of the position.
        column: of the position.
        words: of the position's window.
    """

    def __init__(self, blocks: Mapping[str, Block]):
        layouts = [BoxLayout(width="auto", margin="0") for _ in range(4)]
        self.block = Dropdown(description="Block", options=list(blocks.items()), style=_LABEL, layout=layouts[0])
        self.head = Dropdown(description="Head", style=_LABEL, layout=layouts[1])
        self.row = BoundedIntText(description="Row", style=_LABEL, layout=layouts[2])
        self.column = BoundedIntText(description="Column", style=_LABEL, layout=layouts[3])
        self.words = HTML(layout=BoxLayout(flex="1 1 100%", margin="0"))
        pairs = (self.block, self.head), (self.row, self.column)
        halves = [VBox(pair, layout=BoxLayout(flex="1 1 344px", min_width="0")) for pair in pairs]
        super().__init__([*halves, self.words], layout=BoxLayout(**_LAYOUT))

    def offer(self, block: Block, heads: int, shape: tuple[int, int]) -> None:
        """Offers what a block has."""
        self.block.value = block
        self.head.options = [(f"{head} (of {heads})", head) for head in range(heads)]
        self.row.max, self.column.max = shape[0] - 1, shape[1] - 1

    def show(self, window: AttentionWindow) -> None:
        """Shows what is chosen."""
        self.head.value, self.row.value, self.column.value = window.head, window.row, window.column
        self.words.value = "".join(f'<p style="margin: 0; line-height: 1.5">{line}</p>' for line in _said(window))


def _said(window: AttentionWindow) -> list[str]:
    """What there is to say of a position, in lines."""
    (top, left, bottom, right), seen = window.seen_px, int(window.seen.sum())
    y, x, below, beyond = window.cell_px
    masked = window.seen.size - seen
    record = window.record
    striped = f" {masked} places of its window are masked (striped): from the photo's other side, or padding."
    return [
        f"A map of {record.width} × {record.height} positions of {record.position_px} px. The chosen one is x {x} to "
        f"{beyond - 1}, y {y} to {below - 1} px; from there, head {window.head} looks {window.distance_px:.1f} px far.",
        f"It sees {seen} positions (outlined), x {left} to {right - 1}, y {top} to {bottom - 1} px; weighed alike, "
        f"each would have {100 / seen:.3g} %.{striped if masked else ''}",
    ]
