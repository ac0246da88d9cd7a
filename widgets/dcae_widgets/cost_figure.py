"""What a network costs, for print: time by component beside the machine's roofline, and how cost grows.

Knows records and matplotlib. Does not know widgets, nor how anything was measured.
"""

from collections.abc import Sequence

import numpy as np
from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from dcae.costs import Growth, PartsCost, fitted_slope
from dcae_widgets.figure_style import BLUE, INK, ORANGE, PAPER, finish, png_of

_COLUMNS = 3
_COLOURS = ("#1f66a8", "#c9601c", "#2f8f4e", "#8a4fb0", "#b03a48", "#3c8f9e", "#7a6a2f", "#6e7781")
"""Of components, in their order."""


def parts_figure(parts: PartsCost) -> Figure:
    """The milliseconds of each component on the left, and where it stands under the roofline on the right.

    Args:
        parts: what is drawn.
    """
    figure = Figure(figsize=(10.5, 4.4), dpi=95, facecolor=PAPER, layout="constrained")
    times, roofline = figure.subplots(1, 2, width_ratios=(5, 6))
    _draw_times(times, parts)
    _draw_roofline(roofline, parts)
    return figure


def growth_figure(growths: Sequence[Growth]) -> Figure:
    """Seconds and bytes over each size, logarithmic, each with its fitted line.

    Args:
        growths: one or more; one panel each.
    """
    columns = min(_COLUMNS, len(growths))
    rows = -(-len(growths) // columns)
    figure = Figure(figsize=(3.6 * columns, 3.1 * rows), dpi=95, facecolor=PAPER, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, growth in zip(panels, growths, strict=False):
        _draw_growth(axes, growth)
    for axes in panels[len(growths) :]:
        axes.set_visible(False)
    return figure


def printed(figure: Figure, alt: str) -> Image:
    """A figure as a PNG in a notebook's output.

    Args:
        figure: of this module.
        alt: what is seen, in words.
    """
    return Image(png_of(figure), alt=alt)


def _draw_times(axes: Axes, parts: PartsCost) -> None:
    names = [part.name for part in parts.components]
    milliseconds = [1e3 * part.seconds for part in parts.components]
    axes.barh(names, milliseconds, color=_COLOURS[: len(names)])
    for place, part in enumerate(parts.components):
        share = f" {part.seconds / parts.seconds:.0%}"
        axes.text(1e3 * part.seconds, place, share, va="center", fontsize=9, color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max(milliseconds))
    title = f"{parts.network}, {parts.width} x {parts.height} px, to a file and back: {1e3 * parts.seconds:.0f} ms"
    finish(axes, title, "ms", "")


def _draw_roofline(axes: Axes, parts: PartsCost) -> None:
    counted = [(part, colour) for part, colour in zip(parts.components, _COLOURS, strict=False) if part.flop]
    machine = parts.machine
    ridge = max(machine.peak_flops.values()) / machine.bandwidth
    reach = [part.intensity for part, _ in counted]
    x = np.geomspace(min(*reach, 1) / 2, 4 * max(*reach, ridge), 200)
    for (name, peak), style in zip(machine.peak_flops.items(), ("-", "--", ":"), strict=False):
        axes.plot(
            x, np.minimum(peak, machine.bandwidth * x) / 1e9, style, color=INK, linewidth=1, label=f"roof, {name}"
        )
    for part, colour in counted:
        axes.plot([part.intensity], [part.flop / part.seconds / 1e9], "o", color=colour, gid=part.name)
    axes.set(xscale="log", yscale="log")
    threads = "1 thread" if machine.threads == 1 else f"{machine.threads} threads"
    finish(axes, f"Roofline, {threads}; colours as on the left", "FLOP per byte moved", "GFLOP/s")


def _draw_growth(axes: Axes, growth: Growth) -> None:
    sizes = np.array(growth.sizes)
    shown = (("ms", 1e3, growth.seconds, BLUE), ("MB of tensors", 1e-6, growth.peak_bytes, ORANGE))
    for name, factor, values, colour in shown:
        slope, _ = fitted_slope(growth.sizes, values)
        middle = np.exp(np.mean(np.log(values)) + slope * (np.log(sizes) - np.mean(np.log(sizes))))
        axes.plot(sizes, factor * np.array(values), "o", color=colour)
        axes.plot(sizes, factor * middle, "-", color=colour, linewidth=1, label=f"{name}: power {slope:.2f}")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(sizes, [f"{size:.2g}" for size in sizes])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(axes.get_ylim()[0], 4 * axes.get_ylim()[1])  # room for the legend
    finish(axes, f"Along {growth.along}", growth.unit, "ms, MB")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
