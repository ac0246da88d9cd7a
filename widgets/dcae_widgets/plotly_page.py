"""plotly.js for the plots of a page: it crosses the wire once, gzipped, when the page asks for it.

It comes from the installed plotly package, never from the network. Knows messages. Does not know what is drawn.
"""

import gzip
from functools import cache
from importlib.resources import files
from typing import Any

import anywidget


@cache
def plotly_gzipped() -> bytes:
    """plotly.js, minified, as the installed plotly package carries it; the same bytes in each process.

    Raises:
        FileNotFoundError: the installed plotly package carries none.

    >>> plotly_gzipped()[:2].hex()  # gzip
    '1f8b'
    """
    script = files("plotly") / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes(), mtime=0)


class PlotlySender:
    """Answers pages that ask a widget for plotly.js; each asking once, however often its message comes.

    Args:
        widget: Hears the messages, and sends the answers.
    """

    def __init__(self, widget: anywidget.AnyWidget) -> None:
        self._answered: set[str] = set()
        widget.on_msg(self._receive)

    def _receive(self, widget: anywidget.AnyWidget, content: dict[str, Any], buffers: Any) -> None:
        asking = str(content.get("asking"))
        if content.get("type") != "plotly.js" or asking in self._answered:
            return
        self._answered.add(asking)
        send_plotly(widget)


def send_plotly(widget: anywidget.AnyWidget) -> None:
    """Sends plotly.js to the pages that show a widget."""
    try:
        widget.send({"type": "plotly.js"}, [plotly_gzipped()])
    except OSError as error:  # the plot says it in words; here nobody would see it
        widget.send({"type": "plotly.js", "error": f"the plotly package carries no plotly.js: {error}"})
