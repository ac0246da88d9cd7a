"""What the dictionary is read for, for print: the photo under its winners, how often they win, what excites an entry.

Knows records and matplotlib. Does not know widgets.
Shapes: H, W image size in px; places of 16 x 16 px.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from dcae.dictionary_use import Ablation, DictionaryUse, ExcitingPatch
from dcae.traces import PLACE_PX
from dcae_widgets.ablation_table import psnr_change
from dcae_widgets.figure_style import BLUE, INK, PAPER, reduced
from dcae_widgets.heat import SEQUENTIAL, heat_image

OPACITY = 0.65
"""Of a map over the photo."""
NAMED = 8
"""How many winners have a colour of their own; the others are grey."""
_COLOURS = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
    (110, 65, 190),
)  # fmt: skip
"""Okabe and Ito's, which those who see few colours tell apart, and a violet."""
_GREY, _MARK, _PHOTO_PX = (150, 150, 150), "#e07b39", 320


def named_winners(use: DictionaryUse, slice_index: int, head: int) -> list[int]:
    """The entries that win most often for a slice and a head, the first one most; none that never wins."""
    shares = use.shares[slice_index, head]
    return [int(entry) for entry in np.argsort(-shares, kind="stable")[:NAMED] if shares[entry] > 0]


def entry_colours(use: DictionaryUse, slice_index: int, head: int) -> NDArray[np.uint8]:
    """The colour of each entry where a slice and a head are shown: uint8, (entries, 3)."""
    colours = np.full((use.attention.shape[-1], 3), _GREY, np.uint8)
    named = named_winners(use, slice_index, head)
    colours[named] = _COLOURS[: len(named)]
    return colours


def winners_image(use: DictionaryUse, slice_index: int, head: int, size: Sequence[int]) -> NDArray[np.uint8]:
    """Each place in the colour of the entry that it reads most.

    Args:
        use: whose winners.
        slice_index: of which slice.
        head: of which head.
        size: (H, W) of the photo.

    Returns:
        uint8, H x W x 3.
    """
    colours = entry_colours(use, slice_index, head)[use.winners[slice_index, head]]
    return colours.repeat(PLACE_PX, axis=0).repeat(PLACE_PX, axis=1)[: size[0], : size[1]]


def fires_image(use: DictionaryUse, slice_index: int, head: int, entry: int, size: Sequence[int]) -> NDArray[np.uint8]:
    """How much each place reads of an entry, from 0 in black to 1 in pale yellow: uint8, H x W x 3."""
    return heat_image(use.attention[slice_index, head, :, :, entry], 0, 1, PLACE_PX, size)


def dictionary_figure(
    image: NDArray[np.uint8],
    use: DictionaryUse,
    slice_index: int,
    head: int,
    entry: int,
    patches: Sequence[ExcitingPatch] = (),
    ablations: Sequence[Ablation] = (),
) -> Figure:
    """The photo, its winners and where one entry fires; how often entries win; patches; what is lost without parts.

    Args:
        image: uint8, H x W x 3.
        use: of that image.
        slice_index: whose winners are shown.
        head: likewise.
        entry: whose fires and patches are shown.
        patches: the places that read most of it; may be none.
        ablations: a bar each; may be none.
    """
    heights = [2.6, 2.2, *([1.5] if patches else []), *([0.75 + 0.24 * len(ablations)] if ablations else [])]
    figure = Figure(figsize=(9, sum(heights)), dpi=110, facecolor=PAPER, layout="constrained")
    rows: Any = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    parts = iter(rows)
    _draw_maps(next(parts), image, use, slice_index, head, entry)
    _draw_use(next(parts), use, slice_index, head, entry)
    if patches:
        _draw_patches(next(parts), entry, patches)
    if ablations:
        _draw_ablations(next(parts), ablations)
    return figure


def _draw_maps(
    figure: SubFigure, image: NDArray[np.uint8], use: DictionaryUse, slice_index: int, head: int, entry: int
) -> None:
    size = image.shape[:2]
    axes: Any = figure.subplots(1, 3)
    maps = {
        "the photo": image,
        f"slice {slice_index}, head {head}: which entry wins": _over(
            image, winners_image(use, slice_index, head, size)
        ),
        f"entry {entry}: where it fires": _over(image, fires_image(use, slice_index, head, entry, size)),
    }
    for each, (title, shown) in zip(axes, maps.items(), strict=True):
        each.imshow(reduced(shown, _PHOTO_PX), extent=(0, size[1], size[0], 0))
        each.set_axis_off()
        each.set_title(title, fontsize=10, color=INK)
    colours, shares = entry_colours(use, slice_index, head) / 255, use.shares[slice_index, head]
    named = named_winners(use, slice_index, head)
    marks = [Patch(color=colours[entry], label=f"entry {entry}: {100 * shares[entry]:.1f} %") for entry in named]
    figure.legend(handles=marks, ncols=4, loc="outside lower center", frameon=False, fontsize=9)


def _draw_use(figure: SubFigure, use: DictionaryUse, slice_index: int, head: int, entry: int) -> None:
    bars, matrix = figure.subplots(1, 2, width_ratios=(3, 1))
    shares, entropy = use.shares[slice_index, head], use.entropy_bits
    bars.bar(range(len(shares)), 100 * shares, color=[_MARK if each == entry else BLUE for each in range(len(shares))])
    bars.set(xlabel="entry", ylabel="wins in % of the places", xlim=(-1, len(shares)))
    bars.set_title(
        f"slice {slice_index}, head {head}: {np.count_nonzero(shares)} of {len(shares)} entries win somewhere",
        fontsize=10,
        color=INK,
    )
    bars.spines[["top", "right"]].set_visible(False)
    most = np.log2(len(shares)) or 1.0
    matrix.imshow(entropy, cmap=SEQUENTIAL, vmin=0, vmax=most, aspect="auto")
    if entropy.shape[1] <= NAMED:  # more numbers would run into each other
        for (row, column), bits in np.ndenumerate(entropy):
            matrix.text(
                column, row, f"{bits:.2f}", ha="center", va="center", fontsize=8,
                color=INK if bits > 0.6 * most else PAPER,
            )  # fmt: skip
    matrix.set(xlabel="head", ylabel="slice", yticks=range(len(entropy)))
    matrix.xaxis.get_major_locator().set_params(integer=True)
    matrix.set_title(f"entropy, of at most {np.log2(len(shares)):.3g} bits", fontsize=10, color=INK)


def _draw_patches(figure: SubFigure, entry: int, patches: Sequence[ExcitingPatch]) -> None:
    axes: Any = figure.subplots(1, max(len(patches), NAMED), squeeze=False)[0]
    figure.suptitle(f"entry {entry}: the places that read most of it", fontsize=10, color=INK)
    for each in axes:
        each.set_axis_off()
    for each, patch in zip(axes, patches, strict=False):
        side = len(patch.pixels)
        begin = side / 2 - PLACE_PX / 2 - 0.5
        each.imshow(patch.pixels, interpolation="nearest")
        each.plot(*_square(begin, PLACE_PX), color=PAPER, linewidth=1)
        name = patch.photo if len(patch.photo) <= 12 else patch.photo[:11] + "…"
        each.set_title(f"{name}\n{100 * patch.weight:.1f} %", fontsize=8, color=INK)


def _draw_ablations(figure: SubFigure, ablations: Sequence[Ablation]) -> None:
    axes: Any = figure.subplots()
    deltas = [each.bytes_delta for each in ablations]
    axes.barh([f"without {each.without}" for each in ablations], deltas, color=BLUE, height=0.7)
    axes.invert_yaxis()
    axes.axvline(0, color=INK, linewidth=0.8)
    most, least = max(*deltas, 1), min(*deltas, 0)
    axes.set_xlim(least - 0.22 * (most - least) * (least < 0), most + 0.22 * (most - least))
    for row, each in enumerate(ablations):
        words = f" {each.bytes_delta:+,} B, {psnr_change(each)} "
        axes.text(
            each.bytes_delta, row, words, va="center", ha="left" if each.bytes_delta >= 0 else "right", fontsize=8
        )
    whole = ablations[0]
    axes.set_title(
        f"The photo coded again without a part: change of {whole.whole_bytes:,} bytes and {whole.whole_psnr_db:.2f} dB",
        fontsize=10,
        color=INK,
    )
    axes.tick_params(labelsize=9)
    axes.set_xlabel("bytes more")
    axes.spines[["top", "right", "left"]].set_visible(False)


def _square(begin: float, side: float) -> tuple[list[float], list[float]]:
    end = begin + side
    return [begin, end, end, begin, begin], [begin, begin, end, end, begin]


def _over(photo: NDArray[np.uint8], colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.rint((1 - OPACITY) * photo + OPACITY * colours).astype(np.uint8)
