"""What a thread has found out, handed to the thread that may change widgets.

A kernel's widgets are changed in its event loop alone. While a long cell keeps that from turning, what was found waits
in order; whoever waits for it there takes it with `drain`. Without an event loop it is delivered at once. Knows no
widgets.
"""

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Delivery:
    """Delivers events one at a time, in the order in which they were posted.

    Args:
        handle: A method that takes an event; its object is not kept alive by this one. It must not raise.
        lock: Is held while an event is handled; whoever shares it is never interrupted by one.
    """

    def __init__(self, handle: Callable[[Any], None], lock: "threading.RLock | Any") -> None:
        self._handle, self._lock = weakref.WeakMethod(handle), lock
        self._events: deque[Any] = deque()
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def post(self, event: Any) -> None:
        """Hands over an event, from any thread."""
        self._events.append(event)
        if self._loop is None:
            self.drain()
        else:
            with suppress(RuntimeError):  # a kernel that ends has closed its loop, and needs no pictures
                self._loop.call_soon_threadsafe(self.drain)

    def drain(self) -> None:
        """Handles what has been posted, in this thread."""
        with self._lock:
            while self._events:
                handle, event = self._handle(), self._events.popleft()
                if handle is not None:
                    handle(event)
