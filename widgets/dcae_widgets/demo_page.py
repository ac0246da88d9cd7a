"""The page for a class: the explorer, what is inside of its file, and a tour for those who come for the first time.

A composition of the tour, the explorer and the parts. Knows no network: codecs, and what is found out about files, are
handed in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from ipywidgets import Layout as BoxLayout
from ipywidgets import VBox
from numpy.typing import NDArray

from dcae.codec.protocol import Codec
from dcae_widgets.demo_parts import DemoParts, PrefixesOf, TraceOf
from dcae_widgets.explorer import Explorer
from dcae_widgets.limits import VISITORS, Limits
from dcae_widgets.measuring import Measure
from dcae_widgets.tour import Step, Tour

TITLE = "A photo, compressed by a neural network"
WORDS = (
    "Move λ and see how small the file gets and what of the photo is lost. Each number is of a real file that the "
    "network has just written."
)
STEPS = (
    Step(
        "The photo and its file",
        "Left of the line is the photo, right of it what its file shows.",
        "Drag the line to and fro. Zoom in with + to see what was lost.",
        ".dcae-explorer .dcae-photo-view",
    ),
    Step(
        "λ: small or good",
        "λ (lambda) says how much quality is worth. A small λ makes a small file, a large one a good picture.",
        "Move the slider. When you let it go, a real file is written.",
        ".dcae-explorer .dcae-controls-lmbda",
        free=".dcae-explorer .dcae-photo-view",
    ),
    Step(
        "What it costs",
        "The numbers are of the file: its bytes, and how close the picture is to the photo (PSNR, more is closer). The "
        "bar shows what the bytes are spent on.",
        "Find the slice that takes most of the bytes.",
        ".dcae-explorer :is(.dcae-readout-numbers, .dcae-readout-happened)",
    ),
    Step(
        "Against other codecs",
        "Further left is smaller, further up is closer to the photo. The large point is your file.",
        "Point at the curves: which codec needs fewer bits for the same PSNR?",
        ".dcae-explorer .dcae-rd-plot",
    ),
    Step(
        "Where the bits go",
        "The map lies over the photo: bright places cost many bits, dark ones almost none.",
        "Point at something sharp, then at something plain, and compare what they cost.",
        ".dcae-parts-row, .dcae-demo-bits .dcae-photo-view",
        part="bits",
    ),
    Step(
        "Now a photo of your own",
        "All of this works with your photos. Below, “Slice by slice” and “The dictionary” show more of how the file is "
        "made.",
        "Press “Open…” and choose a photo, or drop one on this page.",
        ".dcae-explorer .dcae-controls-source:first-child",
    ),
)


class DemoPage(VBox):
    """Heading and tour, the explorer, and what is inside of its file.

    Args:
        open_codec: The codec of weights, by their name.
        trace: One coding of a photo with everything kept.
        prefixes: The pictures of a photo's file slice by slice.
        beside: As of :class:`Explorer`, and so on.
        against: Further codecs for the photo's place alone.
        ms_ssim: Measures MS-SSIM of two images.
        limits: What may be uploaded and typed.
        photo: What the page begins with.

    Attributes:
        tour: The heading and the tour.
        explorer: The explorer.
        parts: What is inside of its file.

    Raises:
        TypeError, ValueError, OSError: The photo is none, or cannot be read.
    """

    def __init__(
        self,
        open_codec: Callable[[str], Codec],
        trace: TraceOf,
        prefixes: PrefixesOf,
        *,
        beside: Mapping[str, Codec] | None = None,
        against: Mapping[str, Codec] | None = None,
        ms_ssim: Measure | None = None,
        limits: Limits = VISITORS,
        photo: NDArray[np.uint8] | str | os.PathLike[str] | None = None,
    ) -> None:
        self.tour = Tour(TITLE, WORDS, STEPS)
        self.explorer = Explorer(
            open_codec, photo=photo, beside=beside, against=against, ms_ssim=ms_ssim, limits=limits
        )
        self.parts = DemoParts(self.explorer, trace, prefixes)
        layout = BoxLayout(width="100%", grid_gap="16px", overflow="visible")
        super().__init__([self.tour, self.explorer, self.parts], layout=layout)
        self.add_class("dcae-demo")
        self.tour.observe(self._show_part, "step")

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Waits until all is computed and drawn; returns whether it came in time."""
        return self.parts.wait(timeout_s)

    def close(self) -> None:
        """Ends the threads and closes all widgets."""
        self.parts.close()
        self.explorer.close()
        self.tour.close()
        super().close()

    def _show_part(self, change: Any) -> None:
        """Shows the part that the tour speaks of."""
        part = self.tour.steps[change["new"]]["part"] if change["new"] >= 0 else ""
        if part:
            self.parts.choice.part = part
