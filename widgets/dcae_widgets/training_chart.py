"""A run as one static picture: its loss, its rate-distortion curves, and what it makes of a photo.

It stands in a notebook without a kernel and in print. Knows records and arrays. Does not know widgets or files.
"""

from collections.abc import Sequence
from typing import Any

from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dcae_widgets.figure_style import BLUE, INK, ORANGE, PAPER, finish, png_of
from dcae_widgets.run_log import HeldOut, Step
from dcae_widgets.training_curves import loss_series, verdict
from dcae_widgets.watched_run import View

_GREY = "#8b949e"


def training_chart(
    steps: Sequence[Step], held_out: Sequence[HeldOut], view: View | None, title: str, start: str = ""
) -> Image:
    """Loss at the left, held-out rate and distortion at the right, the photo and its reconstruction below.

    Args:
        steps: Lines of a run's log.
        held_out: Measurements of a run's log.
        view: What the run has made of a photo; None leaves the pictures away.
        title: What is shown.
        start: What the run began with; "" if that is not known.
    """
    rows = 1 if view is None else 2
    figure = Figure(figsize=(9.6, 3.8 * rows), dpi=100, facecolor=PAPER, layout="constrained")
    axes: Any = figure.subplots(rows, 2, squeeze=False)
    figure.suptitle(title, color=INK, fontsize=12)
    _draw_loss(axes[0, 0], steps, held_out)
    words = verdict([each for each in held_out if each.points])
    _draw_curves(axes[0, 1], [each for each in held_out if each.points], words, start)
    parts = [title, words, f"{len(steps)} lines of steps, {len(held_out)} measurements on held-out photos"]
    if view is not None:
        numbers = f"step {view.step:,}, λ {view.lmbda:.3g}: {view.bpp:.3f} bits a pixel, {view.psnr_db:.2f} dB"
        for place, image, name in zip(axes[1], (view.original, view.picture), ("original", numbers), strict=True):
            place.imshow(image, interpolation="nearest")
            place.set_axis_off()
            place.set_title(name, fontsize=10, color=INK)
        parts.append(f"a photo beside its reconstruction, {numbers}")
    return Image(png_of(figure), alt=". ".join(part for part in parts if part))


def _draw_loss(axes: Axes, steps: Sequence[Step], held_out: Sequence[HeldOut]) -> None:
    series = loss_series(steps)
    if len(series):
        axes.plot(series[:, 0], series[:, 1], color=BLUE, alpha=0.35, linewidth=1)
        axes.plot(series[:, 0], series[:, 2], color=BLUE, linewidth=2, label="training, smoothed")
    if held_out:
        losses = [each.loss for each in held_out]
        axes.plot([each.step for each in held_out], losses, "o-", color=ORANGE, markersize=4, label="held-out photos")
    best = next((each for each in reversed(held_out) if each.best), None)
    if best is not None:
        axes.plot(best.step, best.loss, "*", color=ORANGE, markersize=13, label=f"best, {best.loss:.3f}")
    finish(axes, "Loss", "step", "weighted loss (bits a pixel + λ × error)")


def _draw_curves(axes: Axes, measured: Sequence[HeldOut], words: str, start: str) -> None:
    if measured:
        began = f"start: {start}, step {measured[0].step}" if start else f"start: step {measured[0].step}"
        _draw_points(axes, measured[0], "o--", {"color": _GREY, "markerfacecolor": "white", "label": began})
    if len(measured) > 1:
        _draw_points(axes, measured[-1], "o-", {"color": ORANGE, "label": f"now: step {measured[-1].step:,}"})
    finish(axes, words or "Held-out photos", "rate (bits a pixel)", "PSNR (dB)")


def _draw_points(axes: Axes, measured: HeldOut, form: str, style: dict[str, Any]) -> None:
    axes.plot([bpp for _, bpp, _ in measured.points], [psnr_db for _, _, psnr_db in measured.points], form, **style)
