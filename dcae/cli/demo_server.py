"""The demo's web server: Voila, with so many visitors and no more, and without what one of them could end it by.

Run as a process: `python -m dcae.cli.demo_server NOTEBOOK`, configured by `dcae.cli.demo`. Knows Voila and Jupyter's
server. Does not know what runs in a kernel.
"""

import os
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from voila.app import Voila
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from dcae.cli.demo import VISITORS_VARIABLE

PROTOCOL = "v1.kernel.websocket.jupyter.org"
MAX_PARTS = 64
"""Of one message; the page's own have 7 and one for each array."""


class VisitorKernels(AsyncMappingKernelManager):
    """Starts no kernel beyond the limit: memory stays bounded, whoever comes.

    Raises:
        HTTPError: 503, there are as many visitors as may be.
    """

    async def start_kernel(self, **arguments: Any) -> str:  # type: ignore[override]  # as of its own class
        """A kernel for a visitor, or for one who is to come."""
        most = int(os.environ[VISITORS_VARIABLE])
        if len(self) >= most:
            raise HTTPError(503, f"{most} visitors are here, as many as may be. Come again in a few minutes.")
        return await super().start_kernel(**arguments)


class VisitorSocket(VoilaKernelWebsocketHandler):
    """A page's connection to its kernel, in the one protocol that the page speaks.

    In the older one Voila takes the first bytes of a binary message for a count, and counts until memory is full; in
    this one Jupyter's server believes any count that a message begins with.
    """

    async def get(self, kernel_id: str) -> None:
        """Connects, if the protocol is the right one."""
        if PROTOCOL not in self.request.headers.get("Sec-WebSocket-Protocol", ""):
            raise HTTPError(400, f"only {PROTOCOL} is spoken here")
        await super().get(kernel_id)

    def on_message(self, ws_msg: bytes | str) -> None:
        """Hands a message on to the kernel; one that cannot be whole ends the connection."""
        if isinstance(ws_msg, bytes) and is_countable(ws_msg):
            super().on_message(ws_msg)
        else:
            self.close(1003, "this is no message")


def is_countable(message: bytes) -> bool:
    """Whether the parts that a message says it has can be in it.

    >>> is_countable((2).to_bytes(8, "little") + bytes(16))
    True
    >>> is_countable((2**40).to_bytes(8, "little") + bytes(16))
    False
    """
    parts = int.from_bytes(message[:8], "little")
    return parts <= MAX_PARTS and len(message) >= 8 * (parts + 1)


class DemoServer(Voila):
    """Voila, whose pages connect by `VisitorSocket`."""

    def init_handlers(self) -> list:
        """Voila's own, but for the sockets."""
        handlers = super().init_handlers()
        return [
            (handler[0], VisitorSocket, *handler[2:]) if handler[1] is VoilaKernelWebsocketHandler else handler
            for handler in handlers
        ]


if __name__ == "__main__":
    DemoServer.launch_instance()
