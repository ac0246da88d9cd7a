"""Slice by slice: what each slice costs, foresees and holds, which channels pay, and what one of them draws.

A composition of small multiples, a plot and the viewer. Knows records and arrays, of any model that fills them; what a
channel draws is asked of whoever has the network.
Shapes: M channels of y; H, W image size in px.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import numpy as np
from ipywidgets import HTML, Box, ToggleButtons
from ipywidgets import Layout as BoxLayout
from matplotlib.figure import Figure
from traitlets import Enum, Int, Unicode, link, validate

from dcae.results import ChannelResponse
from dcae.traces import Trace
from dcae_widgets.channel_picture import pictures_of
from dcae_widgets.map_grid import MapGrid
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.plot import Plot, Series
from dcae_widgets.saved_view import COLUMN, ROW, SavedView
from dcae_widgets.slice_maps import (
    QUANTITIES,
    UNITS,
    channel_ranges,
    common_ranges,
    elements,
    own_ranges,
    slice_maps,
)
from dcae_widgets.slices_figure import slices_figure

SCALES = {"one for all slices": "common", "each map its own": "own"}
_PLOT_FLEX, _PHOTO_FLEX = "1 1 320px", "3 1 440px"  # in a narrow page below each other
_PHOTO_HEIGHT_PX = 320


class SlicesView(SavedView):
    """Maps of each slice and of the chosen channel; the channels in order of their cost; what the chosen one draws.

    A click or the arrow keys in the plot choose a channel. A place under the pointer is read in all maps.

    Args:
        trace: what was coded.
        draw: what a channel draws by itself, such as ``dcae.analysis.channels.ChannelResponses(model, trace).draw``.

    Attributes:
        trace: what was coded.
        order: the channels, the dearest first.
        costs: bytes of each channel, (M,).
        channel: which is shown; at first the dearest.
        scale: "common" for all slices, or each map's "own".
        error: why a channel could not be drawn; "" if it was.
        maps: the small multiples.
        plot: the costs.
        photo_view: what the channel draws.

    Raises:
        ValueError: there is no such channel, or what is drawn has not the photo's size.
        traitlets.TraitError: there is no such scale.
    """

    channel = Int()
    scale = Enum(tuple(SCALES.values()), "common")
    error = Unicode()

    def __init__(self, trace: Trace, draw: Callable[[int], ChannelResponse]):
        self.trace, self._respond, self._values = trace, draw, elements(trace)
        self.costs = trace.y_bits.sum(axis=(1, 2), dtype=np.float64) / 8
        self.order: list[int] = np.argsort(-self.costs, kind="stable").tolist()
        self._response = self._respond_to(self.order[0])
        self.maps = MapGrid(label="The slices' quantities")
        self.plot = Plot(
            [self._bars()], title="What each channel costs", x_title="rank of the channel", y_title="bytes"
        )
        self.plot.choosable, self.plot.chosen, self.plot.height_px = True, 0, _PHOTO_HEIGHT_PX
        self._layers = [Layer(*named) for named in self._pictures()]
        self.photo_view = PhotoView(self._layers, mode="side", height_px=_PHOTO_HEIGHT_PX, label="What a channel draws")
        self._scale_buttons = ToggleButtons(
            options=list(SCALES.items()), description="Scale", style={"button_width": "150px"}, layout={"width": "100%"}
        )
        self._told = HTML()
        for widget, flex in {self.plot: _PLOT_FLEX, self.photo_view: _PHOTO_FLEX}.items():
            widget.layout = BoxLayout(flex=flex, width="auto", min_width="0", margin="0")
        below = Box([self.plot, self.photo_view], layout=BoxLayout(**ROW))
        super().__init__(
            [self._scale_buttons, self.maps, self._told, below], channel=self.order[0], layout=BoxLayout(**COLUMN)
        )
        link((self, "scale"), (self._scale_buttons, "value"))
        self.plot.observe(self._choose, "chosen")
        self.observe(self._show_channel, "channel")
        self.observe(self._show_maps, "scale")
        self._show_maps()
        self._tell()

    @property
    def slice_index(self) -> int:
        """The slice of the chosen channel."""
        return self._slice_of(self.channel)

    @property
    def told(self) -> str:
        """What is said of what is shown, as HTML."""
        return self._told.value

    @property
    def response(self) -> ChannelResponse:
        """What is shown of a channel: that of the chosen one, or of the one before if it could not be drawn."""
        return self._response

    @validate("channel")
    def _check_channel(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.costs):
            raise ValueError(f"channel is {proposal.value}; must be 0 to {len(self.costs) - 1}")
        return proposal.value

    def _figure(self) -> Figure:
        return slices_figure(self.trace, self.costs, self._response)

    def _words(self) -> str:
        sizes = ", ".join(f"slice {index} {size} bytes" for index, size in enumerate(self.trace.file.slice_bytes))
        return (
            f"Maps of {', '.join(QUANTITIES)} for each slice ({sizes}); the cost of each channel; "
            f"what channel {self._response.channel} draws"
        )

    def _table(self) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        """A line for each channel, the dearest first: its cost, and the root mean square of all else."""
        rms = np.sqrt((self._values[1:].astype(np.float64) ** 2).mean(axis=(2, 3)))
        names = ["mu_rms", "sigma_rms", "residual_rms", "y_hat_rms"]
        rows = ((c, self._slice_of(c), float(self.costs[c]), *rms[:, c].tolist()) for c in self.order)
        return ["channel", "slice", "bytes", *names], rows

    def _arrays(self) -> dict[str, Any]:
        """`bits`, `mu`, `sigma`, `residual` and `y_hat` (M, h, w), `channel_bytes` (M,), and what `channel` draws."""
        trace, response = self.trace, self._response
        drawn = {"learned": response.learned} | ({} if response.linear is None else {"linear": response.linear})
        of_y = {"mu": trace.mu, "sigma": trace.sigma, "residual": trace.y - trace.mu, "y_hat": trace.y_hat}
        return {"bits": trace.y_bits, **of_y, "channel_bytes": self.costs, "channel": response.channel, **drawn}

    def _bars(self) -> Series:
        texts = [f"channel {c} of slice {self._slice_of(c)}: {self.costs[c]:,.1f} bytes" for c in self.order]
        return Series("channels", list(range(1, len(texts) + 1)), self.costs[self.order].tolist(), "bar", texts)

    def _slice_of(self, channel: int) -> int:
        return channel * self.trace.num_slices // len(self.costs)

    def _respond_to(self, channel: int) -> ChannelResponse:
        response = self._respond(channel)
        if response.learned.shape != self.trace.image.shape:
            given, legal = response.learned.shape, self.trace.image.shape
            raise ValueError(f"channel {channel} is drawn as {given}; must be {legal}, as the photo")
        return response

    def _pictures(self) -> list[tuple[str, Any]]:
        return [*pictures_of(self._response).items(), ("the decoded photo", self.trace.x_hat)]

    def _choose(self, change: Any) -> None:
        if change.new >= 0:
            self.channel = self.order[change.new]

    def _show_channel(self, _: Any) -> None:
        self.plot.chosen = self.order.index(self.channel)
        try:
            self._response, self.error = self._respond_to(self.channel), ""
        except Exception as error:  # whatever the network says: an observer's exception would be seen by nobody
            self.error = f"Channel {self.channel} could not be drawn: {error}"
        else:
            for layer, (name, picture) in zip(self._layers, self._pictures(), strict=True):
                layer.name = name
                layer.set_image(picture)
        self._show_maps()
        self._tell()

    def _show_maps(self, _: Any = None) -> None:
        of_slices, of_channel = slice_maps(self._values, self.trace.num_slices), self._values[:, self.channel]
        ranges = common_ranges(of_slices) if self.scale == "common" else own_ranges(of_slices)
        self.maps.show(
            np.concatenate([of_slices, of_channel[:, None]], axis=1),
            np.concatenate([ranges, channel_ranges(of_channel)[:, None]], axis=1),
            row_names=QUANTITIES,
            row_units=UNITS,
            column_names=[*(f"slice {index}" for index in range(self.trace.num_slices)), f"channel {self.channel}"],
        )

    def _tell(self) -> None:
        if self.error:
            self._told.value = f'<b role="alert" style="color: var(--jp-error-color1)">{escape(self.error)}</b>'
            return
        cost, whole = self.costs[self.channel], self.trace.file.total_bytes
        parts = {"the learned part": self._response.learned, "the linear path": self._response.linear}
        reach = [f"{name} by up to {np.abs(part).max():.1f}" for name, part in parts.items() if part is not None]
        self._told.value = (
            f"<b>Channel {self.channel}</b> of slice {self.slice_index} costs {cost:,.1f} bytes, {cost / whole:.1%} of "
            f"the file. By itself it moves a pixel away from grey, in levels of 255: {', '.join(reach)}."
        )
