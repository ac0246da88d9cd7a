"""The explorer's panel: which photo, which model, which lambda; what to download and to copy.

It says what the hand asks for and shows what it is told. It knows no codec, no picture and no file format: whoever
composes it hands in what is to happen.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import traitlets
from anywidget import AnyWidget

from dcae.codec.protocol import Interval
from dcae_widgets.error_words import WORDS_FOR_ERRORS
from dcae_widgets.front_end import front_end
from dcae_widgets.upload import MAX_UPLOAD_BYTES, Uploads


class Controls(AnyWidget):
    """Photo, model and lambda; downloads and copying.

    Args:
        on_upload: Called with the name and the bytes of a file that was dropped, picked or pasted.
        on_download: Called with "dcae" or "png"; returns the file's name, its MIME type and its bytes.
        on_restore: Called with a `state` of this page before it was reloaded, or of a link.
        on_polish: Called with whether polishing is to begin or to stop.
        on_page: Called with whether making a page is to begin or to stop.
        max_upload_bytes: The largest file that can be opened.
        traits: First values of the traits below.

    Attributes:
        photos: The shipped photos' names.
        photo: What is shown: one of them, or the name of a file of the user's.
        models: The shipped models' names.
        model: One of them, or a path that was typed in.
        paths: Whether the models' menu offers to type a path in.
        others: The codecs whose picture can be compared with ours; without any there is no such menu.
        other: One of them; "" compares with the photo.
        lmbda: What the slider shows. The hand sets it together with `request`; a value that is not legal becomes the
            nearest one that is, as in ipywidgets' own sliders.
        lmbda_min: The left end of the slider; above 0.
        lmbda_max: The right end.
        stops: The legal lambdas, ascending; empty if all from `lmbda_min` to `lmbda_max` are.
        enabled: Whether lambda can be moved.
        request: What the hand asks for: {"serial": counts up, "lmbda": float, "final": False while it is moving}.
        busy: What is being done, in words; "" if nothing is.
        error: What went wrong, in words; "" if nothing did.
        python_code: The lines that repeat what is shown.
        state: What is shown, as JSON: what a link carries and a reload restores.
        downloads: Which of "dcae" and "png" there are now.
        polish: What the polish button offers: "ready" to begin, "running" to stop, "done" nothing more; "" hides it.
        page: What the button for a page about the photo offers: "ready" to begin, "running" to stop; "" hides it.
        page_share: How much of the page is made, 0 to 1.
        fresh: Whether no page has shown this yet; only such a panel restores a state.

    Raises:
        TypeError: a keyword is none of the above.
    """

    photos = traitlets.List(traitlets.Unicode()).tag(sync=True)
    photo = traitlets.Unicode().tag(sync=True)
    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    paths = traitlets.Bool(True).tag(sync=True)
    others = traitlets.List(traitlets.Unicode()).tag(sync=True)
    other = traitlets.Unicode().tag(sync=True)
    lmbda = traitlets.Float(0.01).tag(sync=True)
    lmbda_min = traitlets.Float(0.0005).tag(sync=True)
    lmbda_max = traitlets.Float(0.15).tag(sync=True)
    stops = traitlets.List(traitlets.Float()).tag(sync=True)
    enabled = traitlets.Bool(True).tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    python_code = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    downloads = traitlets.List(traitlets.Enum(["dcae", "png"])).tag(sync=True)
    polish = traitlets.Enum(["", "ready", "running", "done"], "").tag(sync=True)
    page = traitlets.Enum(["", "ready", "running"], "").tag(sync=True)
    page_share = traitlets.Float(0.0).tag(sync=True)
    fresh = traitlets.Bool(True).tag(sync=True)
    _esm, _css = front_end("controls").values()

    def __init__(
        self,
        *,
        on_upload: Callable[[str, bytes], None] | None = None,
        on_download: Callable[[str], tuple[str, str, bytes]] | None = None,
        on_restore: Callable[[dict[str, Any]], None] | None = None,
        on_polish: Callable[[bool], None] | None = None,
        on_page: Callable[[bool], None] | None = None,
        max_upload_bytes: int = MAX_UPLOAD_BYTES,
        **traits: Any,
    ):
        if unknown := sorted(set(traits) - set(self.trait_names())):
            raise TypeError(f"Controls has no {', '.join(unknown)}; see its attributes for what there is")
        self.on_upload, self.on_download = on_upload, on_download
        self.on_restore, self.on_polish, self.on_page = on_restore, on_polish, on_page
        self._page_id = ""
        self._uploads = Uploads(max_upload_bytes)
        super().__init__(**traits)
        self.on_msg(self._receive)

    def set_qualities(self, qualities: Interval | Sequence[float], lmbda: float) -> None:
        """Give the slider another model's range or stops; it arrives in the page at once with its lambda.

        Args:
            qualities: The legal lambdas, above 0: an interval, or each of them, ascending.
            lmbda: Where the slider stands; the nearest legal value if it is not legal.

        Raises:
            ValueError: there are no qualities, one is not above 0, or they do not ascend.
        """
        values = [float(quality) for quality in qualities]
        ascending = all(low < high for low, high in pairwise(values))
        if not values or not 0 < values[0] or not ascending or not math.isfinite(values[-1]):
            raise ValueError(f"qualities are {values}; must be at least one, above 0, finite and ascending")
        stops = [] if isinstance(qualities, Interval) else values
        with self.hold_sync(), self.hold_trait_notifications():
            self.lmbda_min, self.lmbda_max, self.stops, self.lmbda = values[0], values[-1], stops, lmbda

    @traitlets.validate("lmbda")
    def _nearest_legal(self, proposal: dict[str, Any]) -> float:
        lmbda = proposal["value"]
        if math.isnan(lmbda):
            raise traitlets.TraitError(f"lmbda is nan; must be {self.lmbda_min:g} to {self.lmbda_max:g}")
        within = min(max(lmbda, self.lmbda_min), self.lmbda_max)
        return min(self.stops, key=lambda stop: abs(math.log(stop / within)), default=within)

    def _receive(self, _: Any, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """One message of the page: what cannot be done is said in the error pane."""
        with self._errors_in_words():
            match content["type"]:
                case "upload-begin" | "upload-piece" | "upload-cancel":
                    self._take_upload(content, buffers)
                case "download" if self.on_download is not None:
                    name, mime, data = self.on_download(content["what"])
                    self._send_file(content["id"], name, mime, data)
                case "restore" if self.on_restore is not None:
                    self.on_restore(dict(content["state"]))
                case "polish" if self.on_polish is not None:
                    self.on_polish(bool(content["begin"]))
                case "page" if self.on_page is not None:
                    self._page_id = content["id"]
                    self.on_page(bool(content["begin"]))

    def send_page(self, name: str, data: bytes) -> None:
        """Gives the page that was asked for last to who asked for it, as a download.

        Args:
            name: Of the file.
            data: Its HTML.
        """
        self._send_file(self._page_id, name, "text/html", data)

    def _send_file(self, asked: str, name: str, mime: str, data: bytes) -> None:
        self.send({"type": "file", "id": asked, "name": name, "mime": mime}, [data])

    def _take_upload(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        upload_id, whole = content["id"], None
        try:
            match content["type"]:
                case "upload-begin":
                    self.error = ""
                    self._uploads.begin(upload_id, content["name"], content["size"])
                case "upload-piece":
                    whole = self._uploads.add(upload_id, content["index"], buffers[0])
                case "upload-cancel":
                    self._uploads.cancel(upload_id)
                    return
        except ValueError as error:
            self.send({"type": "upload-refused", "id": upload_id, "reason": str(error)})
            raise
        self.send({"type": "upload-ack", "id": upload_id, "index": content.get("index", -1)})
        if whole is not None and self.on_upload is not None:
            self.on_upload(whole.name, whole.data)

    @contextmanager
    def _errors_in_words(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.error = str(error) or type(error).__name__
            if not isinstance(error, WORDS_FOR_ERRORS):
                raise  # a mistake of ours: ipywidgets logs it
