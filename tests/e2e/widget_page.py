"""A page that shows a widget's own front end in a real browser, without Jupyter: what `mount` of conftest.py hands out.

The Python widget is the kernel's side: its state and its messages cross as ipywidgets sends them, binary buffers apart,
and what the page saves and sends is handed to it. Knows ipywidgets' messages. Does not know any widget.
"""

import base64
from collections import deque
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import _remove_buffers, widget_serialization
from playwright.sync_api import Locator, Page, Route

ORIGIN = "http://127.0.0.1/"
_HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Widget</title><link rel="icon" href="data:,">
<link id="theme" rel="stylesheet" href="theme-light.css">
<style>
  body { margin: 16px; background: var(--jp-layout-color0); color: var(--jp-ui-font-color1);
         font-family: var(--jp-ui-font-family); font-size: var(--jp-ui-font-size1); }
</style>
<script type="module" src="widget_page.js"></script></head><body data-jp-theme-light="true"></body></html>"""


class Message(NamedTuple):
    """A custom message from the page."""

    content: Any
    buffers: list[bytes]


class WidgetPage:
    """The page, and the wire between it and the widgets of this process.

    Args:
        page: an empty page of the browser.
        monkeypatch: puts the wire into the widgets' comms, and takes it out after the test.

    Attributes:
        errors: what the page has written to the console as errors, and what it has thrown.
    """

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch):
        self.page, self._monkeypatch = page, monkeypatch
        self.errors: list[str] = []
        self._wire: deque[tuple[str, dict[str, Any], list[bytes]]] = deque()
        self._widgets: dict[str, Widget] = {}
        self._saved: dict[str, list[dict[str, Any]]] = {}
        self._sent: dict[str, list[Message]] = {}
        self._buffers: dict[str, bytes] = {}
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route(ORIGIN + "**", self._serve)
        page.goto(ORIGIN)
        page.wait_for_function("() => window.widgetPage")

    def mount(self, widget: Widget, width_px: int | None = None, *, late: bool = False) -> "MountedWidget":
        """Shows a widget, below those that the page shows already; it is as wide as the page if no width is given.

        Late is a view that is put into the page only after it was rendered, as Jupyter may do it.
        """
        self._open(widget)
        mounted = MountedWidget(self, widget, width_px)
        mounted.add_view(late=late)
        return mounted

    def exchange(self) -> None:
        """Carries messages both ways, in order, until neither side has one left."""
        while True:
            while self._wire:
                self._send(*self._wire.popleft())
            arrived = self.page.evaluate("() => widgetPage.collect()")
            if not arrived and not self._wire:
                return
            for message in arrived:
                self._deliver(message)

    def saved_by(self, widget: Widget) -> list[dict[str, Any]]:
        """Each message of saved traits that the page has sent for a widget, oldest first."""
        self.exchange()
        return self._saved.get(widget.model_id, [])

    def sent_by(self, widget: Widget) -> list[Message]:
        """Each custom message that the page has sent to a widget, oldest first."""
        self.exchange()
        return self._sent.get(widget.model_id, [])

    def send(self, widget: Widget, content: Any, buffers: list[bytes] | None = None) -> None:
        """Sends a custom message to the page as the widget's Python would."""
        widget.send(content, buffers)
        self.exchange()

    def set_theme(self, theme: str) -> None:
        """Puts the values of JupyterLab's own "light" or "dark" theme on the page."""
        self.page.evaluate(
            """theme => new Promise(done => {
                const link = document.getElementById("theme");
                const next = link.cloneNode();
                next.onload = done;
                next.href = `theme-${theme}.css`;
                link.replaceWith(next);
                document.body.dataset.jpThemeLight = String(theme === "light");
            })""",
            theme,
        )

    def lose_kernel(self) -> None:
        """Tells all models that there is no kernel any more, as ipywidgets does when it is restarted."""
        self.page.evaluate("() => widgetPage.disconnect()")

    def tap(self, x: float, y: float) -> None:
        """Taps with a finger, CSS px: on it come no moves, but a click."""
        hand = self.page.context.new_cdp_session(self.page)
        hand.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        hand.detach()

    def held(self) -> dict[str, int]:
        """What the page's code holds.

        Listeners by target ("window", "document", "element", "other") and on "models", "observers" that observe,
        "timers" and animation "frames" that are to come.
        """
        return self.page.evaluate("() => widgetPage.held()")

    def reload(self) -> None:
        """Loads the page anew: nothing is left of it but what the browser stores. Mount again what it is to show."""
        self.exchange()
        self._widgets.clear()
        self._wire.clear()
        self.page.reload()
        self.page.wait_for_function("() => window.widgetPage")

    def _open(self, widget: Widget) -> None:
        """Makes a widget and those that its state refers to known to the page."""
        if widget.model_id in self._widgets:
            return
        self._widgets[widget.model_id] = widget
        state, paths, buffers = _remove_buffers(widget.get_state())
        self._open_children(state)
        self._call("open", {"id": widget.model_id, "state": state, "paths": paths}, buffers)

        def publish(msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
            if msg_type == "comm_msg":
                self._wire.append((widget.model_id, data, [bytes(buffer) for buffer in buffers or []]))

        self._monkeypatch.setattr(widget.comm, "publish_msg", publish)

    def _open_children(self, state: Any) -> None:
        if isinstance(state, dict | list | tuple):
            for value in state.values() if isinstance(state, dict) else state:
                self._open_children(value)
        elif isinstance(state, str) and state.startswith("IPY_MODEL_"):
            child = widget_serialization["from_json"](state, None)
            if isinstance(child, Widget):
                self._open(child)

    def _send(self, model_id: str, data: dict[str, Any], buffers: list[bytes]) -> None:
        self._open_children(data.get("state"))
        self._call("receive", {"id": model_id, "data": data}, buffers)

    def _deliver(self, message: dict[str, Any]) -> None:
        widget = self._widgets[message["id"]]
        if message["method"] == "update":
            self._saved.setdefault(widget.model_id, []).append(message["state"])
            widget.set_state(message["state"])
        else:
            buffers = [base64.b64decode(buffer) for buffer in message["buffers"]]
            self._sent.setdefault(widget.model_id, []).append(Message(message["content"], buffers))
            widget._handle_custom_msg(message["content"], [memoryview(buffer) for buffer in buffers])

    def _call(self, function: str, argument: dict[str, Any], buffers: list[bytes]) -> None:
        urls = [f"buffer-{index}" for index, _ in enumerate(buffers)]
        self._buffers = dict(zip(urls, map(bytes, buffers), strict=True))
        self.page.evaluate(f"argument => widgetPage.{function}(argument)", argument | {"buffers": urls})
        self._buffers = {}

    def _serve(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.lstrip("/")
        if name in self._buffers:
            route.fulfill(body=self._buffers[name], headers={"cache-control": "no-store"})
        elif name == "widget_page.js":
            route.fulfill(path=__file__.removesuffix(".py") + ".js", content_type="text/javascript")
        elif name in ("theme-light.css", "theme-dark.css"):
            folder = files("jupyterlab") / "themes" / "@jupyterlab" / f"{name.removesuffix('.css')}-extension"
            route.fulfill(body=(folder / "index.css").read_bytes(), content_type="text/css")
        elif not name:
            route.fulfill(body=_HTML, content_type="text/html")
        else:
            route.fulfill(status=404)


class MountedWidget:
    """A widget that a page shows: its views, and what crossed between them and it."""

    def __init__(self, on: WidgetPage, widget: Widget, width_px: int | None):
        self.on, self.page, self.widget, self.width_px = on, on.page, widget, width_px
        self._indices: list[int] = []

    @property
    def element(self) -> Locator:
        """The element of the first view."""
        return self.view(0)

    def view(self, number: int) -> Locator:
        """The element of one of the views, in the order in which they were added."""
        return self.page.locator(f'[data-view="{self._indices[number]}"]')

    def add_view(self, *, late: bool = False) -> Locator:
        """Shows the same model once more; returns the new view's element."""
        script = "view => widgetPage.addView(...view)"
        self._indices.append(self.page.evaluate(script, [self.widget.model_id, self.width_px, late]))
        self.on.exchange()
        return self.view(-1)

    def close_view(self, number: int = 0) -> None:
        """Ends a view as Jupyter does: its cleanup runs and its element goes."""
        self.page.evaluate("index => widgetPage.closeView(index)", self._indices[number])
        self.on.exchange()

    def push(self, **traits: Any) -> None:
        """Sets traits of the Python widget; they arrive in the page in one message."""
        with self.widget.hold_sync():
            for name, value in traits.items():
                setattr(self.widget, name, value)
        self.on.exchange()

    def get(self, name: str) -> Any:
        """What the page's model holds under a trait's name."""
        return self.page.evaluate("([id, name]) => widgetPage.get(id, name)", [self.widget.model_id, name])

    def send(self, content: Any, buffers: list[bytes] | None = None) -> None:
        """Sends a custom message to the page as the widget's Python would."""
        self.on.send(self.widget, content, buffers)

    @property
    def saved(self) -> list[dict[str, Any]]:
        """Each message of saved traits, oldest first; the Python widget has them too."""
        return self.on.saved_by(self.widget)

    @property
    def sent(self) -> list[Message]:
        """Each custom message to Python, oldest first; the Python widget has them too."""
        return self.on.sent_by(self.widget)
