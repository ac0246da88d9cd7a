"""A plot of curves and bars whose points can be chosen: what the views of a coding draw their numbers with.

A thin widget around `Plotly.react`. Knows numbers and names. Does not know what they were measured on.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, SupportsFloat

import anywidget
import numpy as np
from numpy.typing import NDArray
from traitlets import Bool, Int, List, TraitError, Unicode, validate

from dcae_widgets.front_end import front_end
from dcae_widgets.plotly_page import PlotlySender

Numbers = Sequence[SupportsFloat] | NDArray[np.floating] | NDArray[np.integer]
SERIES_KINDS = ("line", "points", "bar", "step")
"""How a series is drawn: joined points, points alone, bars, or a staircase that rises at each point."""


@dataclass(frozen=True)
class Series:
    """Some points of a plot under one name.

    Attributes:
        name: what the legend says.
        x: numbers, or words, which then stand at equal distances.
        y: a number for each; one that is not finite is not drawn.
        kind: one of `SERIES_KINDS`.
        text: what is said of each point under the pointer; if there is none, its numbers.
        dashed: whether its line is.

    Raises:
        ValueError: there is no such kind, or not one y, and one text if there are any, for each x.
    """

    name: str
    x: Numbers | Sequence[str]
    y: Numbers
    kind: str = "line"
    text: Sequence[str] = ()
    dashed: bool = False

    def __post_init__(self) -> None:
        if self.kind not in SERIES_KINDS:
            raise ValueError(f"{self.name} is of kind {self.kind!r}; legal: {', '.join(SERIES_KINDS)}")
        if len(self.x) != len(self.y) or len(self.text) not in (0, len(self.x)):
            raise ValueError(
                f"{self.name} has {len(self.x)} x, {len(self.y)} y and {len(self.text)} texts; "
                f"must be as many of each, or no text"
            )

    def to_json_dict(self) -> dict[str, Any]:
        """What crosses to the page, which has no infinity.

        >>> Series("bits", [1, 2], [3, math.inf]).to_json_dict()["y"]
        [3.0, None]
        """
        x = [each if isinstance(each, str) else _finite(each) for each in self.x]
        return {**asdict(self), "x": x, "y": [_finite(each) for each in self.y], "text": [*map(str, self.text)]}


class Plot(anywidget.AnyWidget):
    """Series over one axis, in the theme's colours, with the same numbers in words and as a table.

    Args:
        series: what is drawn.
        **traits: initial values of the traits below.

    Attributes:
        series: the series; assign a list of :class:`Series` to draw others.
        title: over the plot; "" draws none.
        x_title: name and unit of the axis.
        y_title: name and unit of the axis.
        x_log: whether the axis is logarithmic.
        y_log: whether the axis is logarithmic.
        height_px: of the plot.
        choosable: whether a click or the arrow keys choose a point.
        chosen: index of the marked point of the first series; -1 marks none.

    Raises:
        TypeError: there is no trait of that name.
        traitlets.TraitError: a value is not legal, such as a point chosen that the first series has not.
    """

    _esm, _css = front_end("plot", "plotly_page").values()

    series: Any = List().tag(sync=True)
    title = Unicode().tag(sync=True)
    x_title = Unicode().tag(sync=True)
    y_title = Unicode().tag(sync=True)
    x_log = Bool(False).tag(sync=True)
    y_log = Bool(False).tag(sync=True)
    height_px = Int(260, min=120).tag(sync=True)
    choosable = Bool(False).tag(sync=True)
    chosen = Int(-1, min=-1).tag(sync=True)

    def __init__(self, series: Sequence[Series] = (), **traits: Any) -> None:
        unknown = sorted(set(traits) - set(self.trait_names()))
        if unknown:
            raise TypeError(f"Plot has no {', '.join(unknown)}; see its attributes for what there is")
        chosen = traits.pop("chosen", -1)
        super().__init__(series=list(series), **traits)
        self.chosen = chosen
        PlotlySender(self)

    @validate("series")
    def _check_series(self, proposal: Any) -> list[dict[str, Any]]:
        for each in proposal.value:
            if not isinstance(each, Series | dict):
                raise TraitError(f"a series is {each!r}; must be a Series")
        made = [each if isinstance(each, Series) else Series(**each) for each in proposal.value]
        drawn = [each.to_json_dict() for each in made]
        if self.chosen >= _points(drawn):
            self.chosen = -1
        return drawn

    @validate("chosen")
    def _check_chosen(self, proposal: Any) -> int:
        points = _points(self.series)
        if proposal.value >= points:
            raise TraitError(f"chosen is {proposal.value}; must be -1 to {points - 1}, the points of the first series")
        return proposal.value


def _points(series: Sequence[dict[str, Any]]) -> int:
    return len(series[0]["x"]) if series else 0


def _finite(number: SupportsFloat | None) -> float | None:
    value = math.nan if number is None else float(number)  # None comes back from the page
    return value if math.isfinite(value) else None
