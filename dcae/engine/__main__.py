"""The engine as a process: `python -m dcae.engine SOCKET`, with the key in hexadecimal digits on stdin.

It says `ready` on stdout once it can be asked, and ends when stdin does: with whoever started it.
"""

import os
import sys
import threading

from dcae.engine.engine import STEPS, Engine
from dcae.engine.server import Server


def begun(address: str) -> Server:
    """A server that listens; the key is the next line of stdin."""
    return Server(Engine().answers, address, bytes.fromhex(sys.stdin.readline()), STEPS)


def main(address: str) -> None:
    """Serves until stdin ends."""
    threading.Thread(target=_serve, args=(begun(address),), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)  # what is being computed is nobody's any more


def _serve(server: Server) -> None:
    """Ends the process where nobody is heard any more: whoever began it begins another."""
    try:
        server.serve()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
