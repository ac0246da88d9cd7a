"""The explorer's four widgets, and how what was found out is drawn on them.

Panel, viewer, numbers and plot. Knows events and widgets. Does not know what the hand wants next, nor who computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ipywidgets import Layout as BoxLayout
from numpy.typing import NDArray

from dcae.codec.protocol import Interval
from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae.rd import bpp, ms_ssim_db
from dcae_widgets.controls import Controls
from dcae_widgets.error_words import WORDS_FOR_ERRORS, error_words
from dcae_widgets.events import CurvesBegun, CurvesMeasured, Estimated, Opened, Polish, Written
from dcae_widgets.lmbda_dial import decimal, dial
from dcae_widgets.measuring import MEASURED_PX
from dcae_widgets.photo_source import PhotoSource
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.rd_plot import RdPlot
from dcae_widgets.readout import Readout
from dcae_widgets.reference_curves import reference_curves
from dcae_widgets.second_picture import PHOTO
from dcae_widgets.shown import Shown, faded

LAYOUT = {
    "grid_template_areas": '"controls controls" "view head" "view numbers" "view plot" "happened happened"',
    "grid_template_columns": "minmax(0, 1fr) minmax(min(300px, 60%), 35%)",
    "grid_template_rows": "auto auto auto 1fr auto",
    "grid_gap": "12px 20px",
    "width": "100%",
}
"""The panel across the top, the viewer below at the left, numbers and plot at its right, the bar of the file's bytes
across the bottom; the readout's style puts its own parts into its three areas, and where there is no room for two
columns all parts below each other."""

VIEW_HEIGHT_PX = 440
"""As high as a shipped photo needs at 100 %, so that a small screen shows picture, numbers and plot together."""


class ExplorerFace:
    """The four widgets.

    Args:
        controls: The panel, whose callbacks are somebody else's.

    Attributes:
        controls: The panel.
        photo_view: The photo, and what the file shows.
        readout: Numbers, and what the file consists of.
        rd_plot: This photo's curves and its point, and Kodak's curves.
        beside: The layer at the left of the viewer's divider, which shows the photo first.
        photo: The photo that was shown last, uint8, H x W x 3.
        qualities: The legal lambdas of the weights.
        shown: What the viewer shows.
    """

    def __init__(self, controls: Controls, source: PhotoSource, photo: NDArray[np.uint8]) -> None:
        self.controls = controls
        self.photo_view = PhotoView([], height_px=VIEW_HEIGHT_PX)
        self.readout, self.rd_plot = Readout(), RdPlot(references=reference_curves())
        self.qualities: Interval | Sequence[float] | None = Interval(LMBDA_MIN, LMBDA_MAX)
        areas = {"controls": self.controls, "view": self.photo_view, "plot": self.rd_plot}
        for area, widget in areas.items():
            widget.layout = BoxLayout(grid_area=area, width="auto", min_width="0", margin="0")
        self._curves_are_of_a_window = False
        self._notes = {"curves": "", "file": ""}
        self.beside, self._decoded = (Layer(name, photo[:1, :1]) for name in (PHOTO, "decoded"))
        self.show_photo(source, photo)

    @property
    def widgets(self) -> tuple[Any, ...]:
        """All four, in the order of the keyboard."""
        return self.controls, self.photo_view, self.readout, self.rd_plot

    def show_photo(self, source: PhotoSource, photo: NDArray[np.uint8], view: list[float] | None = None) -> None:
        """A photo of which nothing is decoded yet: in place of that stands a faded one.

        Args:
            source: Whose pixels they are.
            photo: uint8, H x W x 3.
            view: Which part of it, as of PhotoView; None for the whole.
        """
        self.shown, self.photo = Shown(source), photo
        self._show_layers({self.beside: photo, self._decoded: faded(photo)}, view)
        self.photo_view.label = f"{source.name}, {_px(photo)}, and what its file shows"

    def show_dial(self, lmbda: float) -> None:
        """The slider of the weights, with lambda where it stands; an opened file has none."""
        low, high, stops, enabled = dial(self.qualities)
        self.controls.set_qualities(stops or Interval(low, high), lmbda)
        self.controls.enabled = enabled and self.shown.source.data is None

    def draw(self, event: Estimated | Written | Opened, *, pending: bool) -> None:
        """Shows an answer.

        Args:
            event: The answer.
            pending: Whether the hand has asked for another lambda since.
        """
        with self.readout.hold_sync(), self.rd_plot.hold_sync():
            match event:
                case Estimated():
                    self._draw_estimate(event)
                case Written():
                    self._draw_file(event)
                case Opened():
                    self._draw_opened(event)
            self.readout.pending = pending
        self.controls.polish = polish_state(event)
        self.controls.downloads = [] if self.controls.polish == "running" else ["dcae", "png"]

    def _draw_estimate(self, event: Estimated) -> None:
        decoded, rect, size = self.photo_view.layers[1], event.rect, event.size
        caption = self._whole(*size)
        if rect is None:
            decoded.set_image(event.picture)
        else:
            decoded.set_patch(event.picture, rect.left, rect.top)
            self.photo_view.outline = [rect.left, rect.top, rect.left + rect.width, rect.top + rect.height]
            caption = f"window {rect.width} × {rect.height} of {size[0]} × {size[1]} px"
            size = (rect.width, rect.height)
        self.shown = Shown(event.wanted.source, event.wanted.model, event.picture, event.lmbda)
        numbers = _numbers(event.total_bytes, size, psnr_db=event.psnr_db)
        self.readout.show("estimate", numbers, event.parts, caption)
        self.rd_plot.point = _point(event.total_bytes, size, event.psnr_db, "estimate", event.lmbda)

    def _draw_file(self, event: Written) -> None:
        size = (event.picture.shape[1], event.picture.shape[0])
        if self.shown.picture is not event.picture:
            self.photo_view.layers[1].set_image(event.picture)
        self.photo_view.outline = []
        wanted = event.wanted
        self.shown = Shown(wanted.source, wanted.model, event.picture, event.lmbda, event.data, event.polish)
        measured = {"psnr_db": event.psnr_db, "ms_ssim": event.ms_ssim}
        numbers = _numbers(len(event.data), size, **measured, encode_s=event.encode_s, decode_s=event.decode_s)
        self.readout.show("file", numbers, event.parts, _polished(event.polish) or self._whole(*size))
        point = _point(len(event.data), size, event.psnr_db, "file", event.lmbda, event.ms_ssim)
        is_large = event.picture.size > 3 * MEASURED_PX
        self._note("file", f"The file has none: it is measured up to {MEASURED_PX / 1e6:.1f} Mpx." if is_large else "")
        if self._curves_are_of_a_window:
            self.rd_plot.marks = [point]
        else:
            self.rd_plot.point = point

    def _draw_opened(self, event: Opened) -> None:
        source, size = event.wanted.source, (event.picture.shape[1], event.picture.shape[0])
        self._show_layers({self._decoded: event.picture}, None)
        self.photo_view.label = f"The picture in {source.name}, {_px(event.picture)}"
        self.shown = Shown(source, event.model, event.picture, event.lmbda, event.data)
        lmbda = "the weights' one λ" if event.lmbda is None else f"λ {decimal(event.lmbda)}"
        caption = f"{source.name}, {_px(event.picture)}, {lmbda}, {event.model}"
        self.readout.show("opened", _numbers(len(event.data), size, decode_s=event.decode_s), event.parts, caption)
        self.controls.enabled = False
        self.controls.lmbda = self.controls.lmbda if event.lmbda is None else event.lmbda
        self.rd_plot.clear()
        self.rd_plot.title = "An opened file has no original: no PSNR, and λ stays"

    def begin_curves(self, event: CurvesBegun) -> None:
        """Other curves: of another picture, of a window elsewhere, or of other weights."""
        self._curves_are_of_a_window = event.rect is not None
        layer, rect, name = self.photo_view.layers[0], event.rect, event.wanted.source.name
        whole = f"{name}, {layer.width} × {layer.height} px"
        with self.rd_plot.hold_sync():
            self.rd_plot.clear()
            self.rd_plot.title = whole if rect is None else f"window {rect.width} × {rect.height} of {name}"
            for curve in event.curves:
                self.rd_plot.set_curve(curve.name, list(curve.points.values()), curve.kind)

    def say_measured(self, event: CurvesMeasured) -> None:
        """What is to be said of the curves' MS-SSIM."""
        self._note("curves", event.words)

    def _note(self, of: str, words: str) -> None:
        self._notes[of] = words
        self.rd_plot.note = " ".join(filter(None, self._notes.values()))

    def show_what_stays(self) -> None:
        """What was asked for last could not be had: whose the numbers and the picture are that are still shown."""
        if not self.readout.pending:
            return
        if self.shown.picture is None:  # another photo, of which there is nothing yet
            self.readout.show("", {})
            return
        lmbda = "" if self.shown.lmbda is None else f", λ {decimal(self.shown.lmbda)}"
        self.readout.caption, self.readout.pending = f"as before: {self.shown.model}{lmbda}", False

    def say(self, error: Exception) -> None:
        """An error in the panel; what is no matter of photos and files is logged with where it came from."""
        self.controls.error = error_words(error)
        if not isinstance(error, WORDS_FOR_ERRORS):
            self.controls.log.error("in the explorer", exc_info=error)

    def close(self) -> None:
        """Closes all widgets."""
        for widget in (self.beside, self._decoded, *self.widgets):
            widget.close()

    def _show_layers(self, images: dict[Layer, NDArray[np.uint8]], view: list[float] | None) -> None:
        """Other pictures in the same layers.

        New layers would stay in the page with all their pixels, closed or not: JupyterLab's comms (4.6: CommHandler)
        hold on to their kernel's `statusChanged` for as long as the page is open.
        """
        for layer, image in reversed(images.items()):  # a photo is never seen beside what another was decoded to
            layer.set_image(image)
        layers = list(images)
        with self.photo_view.hold_sync():
            self.photo_view.outline, self.photo_view.layers = [], layers
            self.photo_view.view = view or [layers[0].width / 2, layers[0].height / 2, 0.0]

    def _whole(self, width: int, height: int) -> str:
        """What the numbers of a whole photo are of, and why λ cannot be moved if it cannot; its place is short."""
        why = ", one fixed λ" if self.qualities is None else ""
        return f"the whole photo, {width} × {height} px{why}"


def polish_state(event: Estimated | Written | Opened) -> str:
    """What the button offers beside an answer, as of `Controls.polish`."""
    if isinstance(event, Opened) or not event.can_polish:
        return ""
    if isinstance(event, Written):
        return "done" if event.polish else "ready"
    return "running" if event.wanted.polish else "ready"


def _polished(polish: Polish | None) -> str:
    """What a polished file is, in the few words that there is room for."""
    if polish is None:
        return ""
    if not polish.improved:
        return f"the plain file: {polish.steps} steps found nothing better"
    return f"polished file; before {polish.plain_bytes:,} bytes, {polish.plain_psnr_db:.2f} dB"


def _numbers(total_bytes: float, size: tuple[int, int], **known: float | None) -> dict[str, float | None]:
    """Numbers for the readout; of those that are not given, it is said that they are not known."""
    unknown = dict.fromkeys(("psnr_db", "ms_ssim", "encode_s", "decode_s"))
    return {
        "bytes": total_bytes,
        "bpp": bpp(total_bytes, *size),
        "ratio": 3 * size[0] * size[1] / total_bytes,
        **unknown,
        **known,
    }


def _point(
    total_bytes: float,
    size: tuple[int, int],
    psnr_db: float,
    kind: str,
    lmbda: float | None,
    ms_ssim: float | None = None,
) -> dict[str, Any]:
    label = ("" if lmbda is None else f"λ {decimal(lmbda)}, ") + f"{total_bytes:,.0f} bytes"
    measured = {"psnr_db": psnr_db, "ms_ssim_db": None if ms_ssim is None else ms_ssim_db(ms_ssim)}
    return {"bpp": bpp(total_bytes, *size), "kind": kind, "label": label, **measured}


def _px(image: NDArray[np.uint8]) -> str:
    return f"{image.shape[1]} × {image.shape[0]} px"
