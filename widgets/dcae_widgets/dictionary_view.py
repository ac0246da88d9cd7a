"""What the dictionary knows: which entry wins where, where one fires, and what a photo costs without it.

A composition of the viewer, the panel, two plots, controls and a table. Knows records and arrays, of any model that
fills them. Does not know networks.
Shapes: H, W image size in px; places of 16 x 16 px.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from ipywidgets import HTML, DOMWidget, Dropdown, HBox, link
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from numpy.typing import NDArray
from traitlets import Enum, Int, List, validate

from dcae.dictionary_use import Ablation, DictionaryUse, ExcitingPatch, ExcitingPlaces
from dcae.images import check_image
from dcae.traces import PLACE_PX
from dcae_widgets.ablation_table import Ablate, AblationTable
from dcae_widgets.dictionary_figure import (
    OPACITY,
    dictionary_figure,
    entry_colours,
    fires_image,
    named_winners,
    winners_image,
)
from dcae_widgets.dictionary_panel import DictionaryPanel
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.plot import Plot, Series
from dcae_widgets.saved_view import SavedView

_LAYOUT = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "12px 16px", "width": "100%"}
_PHOTO_FLEX, _PANEL_FLEX, _PLOT_FLEX, _ROW_FLEX = "10 1 400px", "1 1 344px", "1 1 400px", "1 1 100%"
_NARROW = {"width": "auto", "min_width": "0"}


class DictionaryView(SavedView):
    """The photo under the winning entries of a slice and a head, or under the weights of one entry.

    An entry is chosen in the panel's list or by a bar of a plot (a click, or arrow keys); a click in the photo, or
    arrow keys in the panel, choose the place whose weights are drawn as bars.

    Args:
        image: uint8, H x W x 3.
        use: of that image (``dcae.analysis.dictionary.dictionary_use(trace)``).
        places: what excites each entry, over photos; None shows none.
        ablations: what was lost without parts.
        ablate: makes more of them, such as ``Ablations(codec, image, lmbda).without``; None for no buttons.

    Attributes:
        photo_view: the viewer: the photo, and the winners or the weights over it.
        panel: who wins, what is read at the place under the pointer, and the patches.
        wins_plot: how often each entry wins.
        place_plot: what the chosen place reads of each entry.
        table: the ablations.
        slice_index: which slice is shown.
        head: which head.
        entry: which entry is chosen.
        shown: what lies over the photo: "winners" or the chosen "entry".
        place: column and row of the chosen place, counted in places.

    Raises:
        TypeError, ValueError: the image is none, the records are not of its size or do not fit each other, or there is
            no such slice, head, entry or place.
    """

    slice_index = Int(0)
    head = Int(0)
    entry = Int(0)
    shown = Enum(("winners", "entry"), "winners")
    place: Any = List(Int(), [0, 0], minlen=2, maxlen=2)

    def __init__(
        self,
        image: NDArray[np.uint8],
        use: DictionaryUse,
        places: ExcitingPlaces | None = None,
        ablations: Sequence[Ablation] = (),
        ablate: Ablate | None = None,
    ):
        _check(image, use, places)
        self.use, self.places, self._image = use, places, image
        self._photo, self._over = Layer("photo", image), Layer("", image, opacity=OPACITY)
        label = "The photo under the entries that are read"
        self.photo_view = PhotoView([self._photo, self._over], mode="blend", label=label)
        self.panel = DictionaryPanel(self.photo_view, (image.shape[1], image.shape[0]))
        self.wins_plot, self.place_plot = (
            Plot(x_title="entry", y_title=title, choosable=True, height_px=230)
            for title in ("wins (% of places)", "weight (%)")
        )
        self.table = AblationTable(ablations, ablate)
        self._words_shown = HTML()
        self._controls = self._made_controls()
        controls = HBox([*self._controls.values(), self._words_shown])
        shown: dict[DOMWidget, str] = {controls: _ROW_FLEX, self.photo_view: _PHOTO_FLEX, self.panel: _PANEL_FLEX}
        shown |= {self.wins_plot: _PLOT_FLEX, self.place_plot: _PLOT_FLEX, self.table: _ROW_FLEX}
        for widget, flex in shown.items():
            widget.layout = BoxLayout(flex=flex, flex_flow="row wrap", margin="0", **_NARROW)
        self.table.layout.flex_flow = "column"
        controls.layout.grid_gap, controls.layout.align_items = "4px 20px", "center"
        super().__init__(list(shown), layout=BoxLayout(**_LAYOUT))
        self.entry = named_winners(use, 0, 0)[0]
        self.place = [side // 2 for side in reversed(use.winners.shape[2:])]
        self._show_use()
        self._follow_hands()

    def show(self, image: NDArray[np.uint8], use: DictionaryUse, places: ExcitingPlaces | None = None) -> None:
        """Shows another coding in the same widgets: what is chosen stays where there is such a slice, head and so on.

        The ablations go, which were of the coding before; `ablate` is to be of the one that is shown.

        Args:
            image: as of the class, and so on.
            use: of that image.
            places: what excites each entry.

        Raises:
            TypeError, ValueError: as the class.
        """
        _check(image, use, places)
        self._choose_within(use)
        with self.photo_view.exchanging(self._photo, image):
            self.use, self.places, self._image, self.table.ablations = use, places, image, []
            self.panel.size_px = [image.shape[1], image.shape[0]]
            self._show_use()

    @property
    def patches(self) -> list[ExcitingPatch]:
        """The places that read most of the chosen entry, for the slice and the head that are shown."""
        return self.places.patches(self.slice_index, self.head, self.entry) if self.places else []

    def _choose_within(self, use: DictionaryUse) -> None:
        """Offers and chooses what there is in another coding; the choice is one that the shown coding has, too."""
        *counts, rows, columns, entries = use.attention.shape
        entry, shown = self.entry, self.shown
        for name, count in zip(("slice_index", "head"), counts, strict=True):
            chosen, control = min(getattr(self, name), count - 1), self._controls[name]
            if len(control.options) != count:
                control.options = range(count)  # which chooses the first
            setattr(self, name, chosen)
        self.entry, self.shown = min(entry, entries - 1), shown
        self.place = [min(self.place[0], columns - 1), min(self.place[1], rows - 1)]

    def _made_controls(self) -> dict[str, Dropdown]:
        slices, heads = self.use.attention.shape[:2]
        kinds = [("winners", "winners"), ("chosen entry", "entry")]
        named = {
            "slice_index": ("Slice", range(slices)),
            "head": ("Head", range(heads)),
            "shown": ("Over the photo", kinds),
        }
        return {
            name: Dropdown(
                description=words,
                options=options,
                style={"description_width": "auto"},
                layout=BoxLayout(width="auto", margin="0"),
            )
            for name, (words, options) in named.items()
        }

    def _follow_hands(self) -> None:
        for name, control in self._controls.items():
            link((self, name), (control, "value"))
        for chooser, name in ((self.panel, "entry"), (self.wins_plot, "chosen"), (self.place_plot, "chosen")):
            link((self, "entry"), (chooser, name))
        link((self, "place"), (self.panel, "place"))
        link((self, "entry"), (self.table, "entry"))
        link((self, "head"), (self.table, "head"))
        self.observe(self._change_use, ["slice_index", "head"])
        self.observe(self._choose_entry, "entry")
        self.observe(lambda _: self._show_map(), "shown")
        self.observe(lambda _: self._show_place(), "place")

    @validate("slice_index", "head", "entry")
    def _check_number(self, proposal: Any) -> int:
        name = proposal.trait.name
        count = self.use.attention.shape[{"slice_index": 0, "head": 1, "entry": 4}[name]]
        if not 0 <= proposal.value < count:
            raise ValueError(f"{name} is {proposal.value}; must be 0 to {count - 1}")
        return proposal.value

    @validate("place")
    def _check_place(self, proposal: Any) -> list[int]:
        rows, columns = self.use.winners.shape[2:]
        if not (0 <= proposal.value[0] < columns and 0 <= proposal.value[1] < rows):
            raise ValueError(f"place is {proposal.value}; must be a column below {columns} and a row below {rows}")
        return proposal.value

    def _change_use(self, _: Any) -> None:
        """Of another slice or head; an entry that never wins there makes room for the one that wins most."""
        if not self.use.shares[self.slice_index, self.head, self.entry]:
            shown = self.shown
            self.entry = named_winners(self.use, self.slice_index, self.head)[0]
            self.shown = shown
        self._show_use()

    def _show_use(self) -> None:
        use, slice_index, head = self.use, self.slice_index, self.head
        shares, named = use.shares[slice_index, head], named_winners(use, slice_index, head)
        title = f"Slice {slice_index}, head {head}: who wins"
        colours = entry_colours(use, slice_index, head)
        self.panel.show_use(title, use.attention[slice_index, head], shares, colours, named)
        texts = [f"entry {entry} wins in {100 * share:.1f} % of the places" for entry, share in enumerate(shares)]
        self.wins_plot.series = [Series("wins", range(len(shares)), 100 * shares, "bar", texts)]
        self.wins_plot.title = f"Slice {slice_index}, head {head}: how often each entry wins"
        self._words_shown.value = (
            f"{np.count_nonzero(shares)} of {len(shares)} entries win somewhere; entropy "
            f"{use.entropy_bits[slice_index, head]:.2f} of at most {np.log2(len(shares)):.2f} bits"
        )
        self._show_place()
        self._show_entry()

    def _show_place(self) -> None:
        column, row = self.place
        weights = self.use.attention[self.slice_index, self.head, row, column]
        texts = [f"{100 * weight:.2f} % of entry {entry}" for entry, weight in enumerate(weights)]
        self.place_plot.series = [Series("weight", range(len(weights)), 100 * weights, "bar", texts)]
        self.place_plot.title = f"What the place at x {PLACE_PX * column}, y {PLACE_PX * row} px reads"

    def _choose_entry(self, _: Any) -> None:
        self.shown = "entry"
        self._show_entry()

    def _show_entry(self) -> None:
        self.panel.show_patches(self.patches)
        self._show_map()

    def _show_map(self) -> None:
        place, size = (self.slice_index, self.head), self._image.shape[:2]
        if self.shown == "winners":
            self._over.set_image(winners_image(self.use, *place, size))
            self._over.name = "winning entries"
        else:
            self._over.set_image(fires_image(self.use, *place, self.entry, size))
            self._over.name = f"weight of entry {self.entry}, black 0 to yellow 1"

    def _figure(self) -> Figure:
        chosen = self.slice_index, self.head, self.entry
        return dictionary_figure(self._image, self.use, *chosen, self.patches, self.table.ablations)

    def _words(self) -> str:
        shares = self.use.shares[self.slice_index, self.head]
        named = named_winners(self.use, self.slice_index, self.head)
        wins = ", ".join(f"entry {entry} in {100 * shares[entry]:.1f} % of the places" for entry in named)
        lost = "".join(f"; without {each.without} {each.bytes_delta:+,} bytes" for each in self.table.ablations)
        return f"Winners of slice {self.slice_index}, head {self.head}: {wins}{lost}"

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each entry of each slice and head."""
        means = self.use.mean_attention
        rows = ((*at, float(share), float(means[at])) for at, share in np.ndenumerate(self.use.shares))
        return ["slice", "head", "entry", "share_of_wins", "mean_attention"], rows

    def _arrays(self) -> dict[str, Any]:
        """`attention`, its `winners`, `shares`, `mean_attention` and `entropy_bits`, and the ablations by column."""
        names = ("attention", "winners", "shares", "mean_attention", "entropy_bits")
        columns = ("without", "total_bytes", "psnr_db", "whole_bytes", "whole_psnr_db")
        lost = {f"ablation_{name}": [getattr(each, name) for each in self.table.ablations] for name in columns}
        return {name: getattr(self.use, name) for name in names} | lost


def _check(image: NDArray[np.uint8], use: DictionaryUse, places: ExcitingPlaces | None) -> None:
    height, width = check_image(image).shape[:2]
    slices, heads, rows, columns, entries = use.attention.shape
    if (rows, columns) != (-(-height // PLACE_PX), -(-width // PLACE_PX)):
        raise ValueError(f"image is {width} x {height} px; use is of {columns} x {rows} places of 16 px")
    if places is not None and places.weights.shape[:3] != (slices, heads, entries):
        raise ValueError(
            f"places are of {places.weights.shape[:3]} slices, heads and entries; use is of {(slices, heads, entries)}"
        )
