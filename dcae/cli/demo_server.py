"""The demo's web server: Voila, with so many visitors and no more, and without what one of them could end it by.

Run as a process: `python -m dcae.cli.demo_server NOTEBOOK`, configured by `dcae.cli.demo`. Knows Voila and Jupyter's
server. Does not know what runs in a kernel.
"""

import asyncio
import os
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Instance
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from dcae.cli.demo import READY_KERNELS, VISITORS_VARIABLE

PROTOCOL = "v1.kernel.websocket.jupyter.org"
MAX_PARTS = 64
"""Of one message; the page's own have 7 and one for each array."""

NICE = 5
"""Pages and kernels give way to the engine, whose threads wait for each other."""
ROOM_S = 0.5
"""So often it is looked whether a visitor has left."""
FULL = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="60"><title>DCAE Workbench</title></head>
<body style="font: 18px system-ui, sans-serif; margin: 15vh auto; max-width: 32em; padding: 0 1em">
<h1>All places are taken</h1>
<p>As many visitors are here as this machine has room for. The page tries again in a minute.</p>
</body></html>"""


def most_visitors() -> int:
    """How many visitors there may be; beside their kernels, `READY_KERNELS` wait for those who are to come."""
    return int(os.environ[VISITORS_VARIABLE])


class VisitorKernels(AsyncMappingKernelManager):
    """Starts no kernel beyond the limit, one after the other: memory stays bounded, whoever comes."""

    _door = Instance(asyncio.Lock, ())

    async def start_kernel(self, **arguments: Any) -> str:  # type: ignore[override]  # as of its own class
        """A kernel for a visitor, or for one who is to come, once there is room."""
        async with self._door:
            while len(self) >= most_visitors() + READY_KERNELS:
                await asyncio.sleep(ROOM_S)
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


class VisitorPage(TornadoVoilaHandler):
    """The page, at one address; where there is no room for a visitor, it says so instead of trying."""

    async def prepare(self, **named: Any) -> None:
        """Ends what is not to be answered with a page."""
        await super().prepare(**named)
        if self.path_args and self.path_args[0]:
            raise HTTPError(404)
        kernels: Any = self.kernel_manager
        pooled = [task for pool in kernels._pools.values() for task in pool if not (task.done() and task.exception())]
        if len(kernels) - len(pooled) >= most_visitors():
            self.set_status(503)
            self.set_header("Retry-After", "60")
            self.finish(FULL)


class DemoServer(Voila):
    """Voila, with the page and the sockets of this file."""

    def init_handlers(self) -> Any:
        """Voila's own, but for two."""
        handlers: Any = super().init_handlers()
        return [
            (
                handler[0],
                {VoilaKernelWebsocketHandler: VisitorSocket, TornadoVoilaHandler: VisitorPage}.get(
                    handler[1], handler[1]
                ),
                *handler[2:],
            )
            for handler in handlers
        ]


if __name__ == "__main__":
    os.nice(NICE)  # its kernels inherit it
    DemoServer.launch_instance()
