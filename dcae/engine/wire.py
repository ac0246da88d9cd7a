"""Values on their way between two processes: a line of JSON, then the bytes of each array.

Nothing that arrives is executed, as a pickle would be: only plain values, arrays of numbers, and the records named here
can be made of it. Knows records. Does not know what they are asked for, nor torch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from dcae.codec.protocol import Interval
from dcae.dictionary_use import DictionaryUse
from dcae.results import Estimate, FileInfo, PartialPicture
from dcae.traces import Trace

RECORDS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {record.__name__: record for record in (DictionaryUse, Estimate, FileInfo, Interval, PartialPicture, Trace)}
)
"""What can travel besides plain values and arrays."""
MAX_BYTES = 1 << 30
"""The most that one piece of a message has; a trace of a megapixel has 300 MB in all."""


class Pipe(Protocol):
    """What carries bytes, such as `multiprocessing.connection.Connection`."""

    def send_bytes(self, buf: Any, /) -> None:
        """Sends one piece."""
        ...

    def recv_bytes(self, maxlength: int, /) -> bytes:
        """The next piece, whole; raises EOFError where there is no other end any more."""
        ...


def send(pipe: Pipe, value: Any) -> None:
    """Sends a value.

    Raises:
        TypeError: it holds something that cannot travel.
    """
    pieces: list[Any] = []
    head = json.dumps(_packed(value, pieces), allow_nan=False).encode()
    pipe.send_bytes(len(pieces).to_bytes(4, "big") + head)
    for piece in pieces:
        pipe.send_bytes(piece)


def receive(pipe: Pipe) -> Any:
    """The value that the other end sent.

    Raises:
        EOFError: there is no other end any more.
        ValueError: what came is no such value.
    """
    head = pipe.recv_bytes(MAX_BYTES)
    pieces = [pipe.recv_bytes(MAX_BYTES) for _ in range(int.from_bytes(head[:4], "big"))]
    try:
        return _unpacked(json.loads(head[4:]), pieces)
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"what came is no message: {error}") from error


def _packed(value: Any, pieces: list[Any]) -> Any:
    """The value as JSON holds it; what is no plain value is a list of its kind and what belongs to it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else ["float", repr(value)]
    if isinstance(value, bytes):
        pieces.append(value)
        return ["bytes", len(pieces) - 1]
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        pieces.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
        return ["array", value.dtype.str, value.shape, len(pieces) - 1]
    if type(value).__name__ in RECORDS and RECORDS[type(value).__name__] is type(value):
        names = _names(value)
        return ["record", type(value).__name__, {name: _packed(getattr(value, name), pieces) for name in names}]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return ["dict", {key: _packed(entry, pieces) for key, entry in value.items()}]
    if type(value) in (list, tuple):
        return [type(value).__name__, [_packed(entry, pieces) for entry in value]]
    raise TypeError(f"a {type(value).__name__} cannot travel; plain values, arrays and {', '.join(RECORDS)} can")


def _names(record: Any) -> list[str]:
    return list(getattr(record, "_fields", None) or [field.name for field in fields(record)])


def _unpacked(packed: Any, pieces: list[bytes]) -> Any:
    if not isinstance(packed, list):
        return packed
    kind, *rest = packed or [None]
    if kind == "float":
        return float(rest[0])
    if kind == "bytes":
        return pieces[rest[0]]
    if kind == "array":
        return np.frombuffer(pieces[rest[2]], np.dtype(rest[0])).reshape(rest[1])  # read only
    if kind == "record":
        return RECORDS[rest[0]](**{name: _unpacked(entry, pieces) for name, entry in rest[1].items()})
    if kind == "dict":
        return {key: _unpacked(entry, pieces) for key, entry in rest[0].items()}
    if kind in ("list", "tuple"):
        entries = [_unpacked(entry, pieces) for entry in rest[0]]
        return tuple(entries) if kind == "tuple" else entries
    raise ValueError(f"what came is no message: it holds a {kind!r}")
