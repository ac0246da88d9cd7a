"""The figure of a file slice by slice: its pictures and stairs are the records', and nothing is cut off."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from dcae.rd import psnr_db
from dcae_widgets.progressive_figure import progressive_figure

from .coded_slices import SLICES, image, steps

FILLS = {"predicted": steps(40), "zeros": steps(90)}


def test_each_picture_stands_under_its_psnr():
    axes: Any = progressive_figure(image(), FILLS).axes[:-1]
    made = [step for pictures in FILLS.values() for step in pictures]
    assert len(axes) == 2 * (SLICES + 1)
    for panel, step in zip(axes, made, strict=True):
        assert np.array_equal(panel.images[0].get_array(), step.picture), "a small photo is shown as it is"
        assert panel.get_title().endswith(f": {psnr_db(image(), step.picture):.1f} dB")
    assert [panel.get_title().split(":")[0] for panel in axes[:4]] == ["z alone", "1 slice", "2 slices", "3 slices"]


def test_large_photo_is_shown_by_its_middle():
    large = np.zeros((400, 512, 3), np.uint8)
    large[100:300, 128:384] = 200
    step = steps(40)[0]
    made = [type(step)(num_slices=k, bytes=k + 1, picture=large) for k in range(2)]
    panel: Any = progressive_figure(np.full_like(large, 9), {"predicted": made}).axes[0]
    shown = panel.images[0].get_array()
    assert (shown == 200).all()
    assert max(shown.shape) <= 160


def test_stairs_rise_at_the_bytes_of_the_records():
    stairs: Any = progressive_figure(image(), FILLS).axes[-1]
    for line, (fill, made) in zip(stairs.lines, FILLS.items(), strict=False):
        assert line.get_label() == fill
        assert line.get_drawstyle() == "steps-post"
        assert line.get_xdata().tolist() == [step.bytes for step in made]
        assert line.get_ydata().tolist() == [psnr_db(image(), step.picture) for step in made]


def test_figure_of_five_slices_holds_all_of_its_words():
    made = steps(40)
    five = [replace(made[min(count, SLICES)], num_slices=count, bytes=100 * (count + 1)) for count in range(6)]
    figure = progressive_figure(image(), {"predicted": five, "zeros": five})
    figure.draw_without_rendering()
    for axes in figure.axes:
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            box = text.get_window_extent()
            assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
            assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
    titles = [axes.title.get_window_extent() for axes in figure.axes[:6]]
    assert all(left.x1 + 4 < right.x0 for left, right in pairwise(titles)), "words apart"
