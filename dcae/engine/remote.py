"""The engine as a visitor's process sees it: codecs and sessions like any others, without torch.

Knows how to ask. Does not know what is computed, nor how. Shapes: H, W image size in px.
"""

from __future__ import annotations

import builtins
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.codec.bitstream import BitstreamError
from dcae.codec.interruption import interruption_point, is_unhurried
from dcae.codec.protocol import Fill, Interval
from dcae.engine.photos import NotOpenError, photo_key
from dcae.engine.wire import receive, send
from dcae.results import Estimate, PartialPicture
from dcae.traces import Trace

ADDRESS_VARIABLE, KEY_VARIABLE = "DCAE_ENGINE", "DCAE_ENGINE_KEY"
"""Environment variables: where the engine is, and what it has to be told first, in hexadecimal digits."""
LISTENING_S = 0.02
"""So often it is asked whether an answer is still wanted."""
_ERRORS: dict[str, type[Exception]] = {"BitstreamError": BitstreamError, "NotOpenError": NotOpenError}


class EngineError(RuntimeError):
    """The engine cannot be reached, or failed in a way of its own."""


class RemoteEngine:
    """A visitor's way to the engine; each thread of his has its own connection.

    Args:
        address: The engine's socket; None for that of the environment.
        key: What it has to be told; None for that of the environment.

    Raises:
        EngineError: there is no engine.
    """

    def __init__(self, address: str | None = None, key: bytes | None = None) -> None:
        if address is None and ADDRESS_VARIABLE not in os.environ:
            raise EngineError(f"{ADDRESS_VARIABLE} is not set: this page is for `dcae demo`, which starts an engine")
        self._address = address or os.environ[ADDRESS_VARIABLE]
        self._key = key if key is not None else bytes.fromhex(os.environ.get(KEY_VARIABLE, ""))
        self._visitor = uuid.uuid4().hex
        self._mine = threading.local()
        self._door = self._connected()  # while this object lives, the engine knows the visitor

    def codec(self, name: str) -> RemoteCodec:
        """Shipped weights, or a fast codec such as `jpeg`.

        Raises:
            ValueError: there is none of that name.
            EngineError: the engine is gone.
        """
        return RemoteCodec(self, name)

    def others(self) -> dict[str, RemoteCodec]:
        """The codecs of others that there are, by what users call them."""
        return {label: self.codec(name) for label, name in self.ask("others").items()}

    def ms_ssim(self, image: NDArray[np.uint8], picture: NDArray[np.uint8]) -> float | None:
        """As `dcae.metrics.ms_ssim`."""
        return self.ask("ms_ssim", image, picture)

    def trace(self, model: str, image: NDArray[np.uint8], lmbda: float | None) -> Trace:
        """As `dcae.analysis.trace.Tracer`: one coding of a photo with everything kept."""
        return RemoteSession(self, model, image).asked("trace", lmbda)

    def prefixes(
        self, model: str, image: NDArray[np.uint8], lmbda: float | None, fill: Fill = "prediction"
    ) -> Sequence[PartialPicture]:
        """As `dcae.codec.progressive.progressive` of a photo's file."""
        return RemoteSession(self, model, image).asked("prefixes", lmbda, fill)

    def ask(self, name: str, *arguments: Any) -> Any:
        """Asks, and waits for the answer; `dcae.codec.interruption` says how the wait is ended.

        Raises:
            EngineError: the engine is gone, or failed.
            NotOpenError: the photo that was asked about is not open.
            ValueError, OSError, MemoryError, ...: what the engine raised.
        """
        interruption_point()
        connection = getattr(self._mine, "connection", None)
        if connection is None or connection.closed:
            connection = self._mine.connection = self._connected()
        with _lost(connection):
            send(connection, [name, is_unhurried(), *arguments])
        self._wait(connection)
        with _lost(connection):
            kind, *found = receive(connection)
        if kind == "found":
            return found[0]
        raise _error(*found)

    def _wait(self, connection: Connection) -> None:
        while True:
            with _lost(connection):
                if connection.poll(LISTENING_S):
                    return
            try:
                interruption_point()
            except BaseException:
                with _lost(connection):
                    send(connection, None)  # takes the question back
                    receive(connection)
                raise

    def _connected(self) -> Connection:
        try:
            connection = Client(self._address, "AF_UNIX", authkey=self._key)
        except (OSError, EOFError, AuthenticationError) as error:
            raise EngineError(f"there is no engine at {self._address}") from error
        send(connection, self._visitor)
        return connection


class RemoteCodec:
    """A codec of the engine's; follows `dcae.codec.protocol.Codec`.

    Attributes:
        name: What the engine calls it.
        qualities: The legal ones.
        curve: Those of its curve; None for a curve over all.
    """

    def __init__(self, engine: RemoteEngine, name: str) -> None:
        self._engine, self.name = engine, name
        said = engine.ask("describe", name)
        self.qualities: Interval | list[float] | None = said["qualities"]
        self.curve: list[float] | None = said["curve"]

    def open(self, image: NDArray[np.uint8]) -> RemoteSession:
        """A session for an image, uint8, H x W x 3."""
        session = RemoteSession(self._engine, self.name, image)
        session.open()
        return session

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a whole file."""
        return self._engine.ask("decode", self.name, data)


class RemoteSession:
    """One image, open in the engine; follows `dcae.codec.protocol.Session`. One that was closed there is opened again.

    Args:
        engine: The way to it.
        codec: What it calls the codec.
        image: uint8, H x W x 3.
    """

    def __init__(self, engine: RemoteEngine, codec: str, image: NDArray[np.uint8]) -> None:
        self._engine, self._codec, self._image = engine, codec, image
        self._key = photo_key(image)

    def open(self) -> None:
        """Opens the image, if it is not."""
        if not self._engine.ask("is_open", self._codec, self._key):
            self._engine.ask("open", self._codec, self._image)

    def estimate(self, quality: float | None) -> Estimate:
        """What a file would cost and show."""
        return self.asked("estimate", quality)

    def encode(self, quality: float | None) -> bytes:
        """The whole file."""
        return self.asked("encode", quality)

    def reconstruct(self, quality: float | None) -> NDArray[np.uint8]:
        """The picture that the file at this quality decodes to."""
        return self.asked("reconstruct", quality)

    def asked(self, name: str, *arguments: Any) -> Any:
        """The engine's answer about this image."""
        try:
            return self._engine.ask(name, self._codec, self._key, *arguments)
        except NotOpenError:
            self._engine.ask("open", self._codec, self._image)
            return self._engine.ask(name, self._codec, self._key, *arguments)


@contextmanager
def _lost(connection: Connection) -> Iterator[None]:
    """What it means that a connection fails."""
    try:
        yield
    except (EOFError, OSError) as error:
        connection.close()
        raise EngineError("the engine is gone; it is started again: try once more in a few seconds") from error
    except BaseException:  # half a message was said or heard: what comes next would be taken for its rest
        connection.close()
        raise


def _error(kind: str, words: str) -> Exception:
    known: Callable[..., Any] | None = _ERRORS.get(kind) or getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Exception):
        return known(words)
    return EngineError(f"{kind}: {words}")
