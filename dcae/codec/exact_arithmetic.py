"""The arithmetic of real files: the switches that let results differ from machine to machine, on their right side.

Knows torch's switches. Does not know what is computed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_backends: Any = torch.backends  # many of its attributes are made as it is imported, unseen by type checkers
_PRECISE = (
    (_backends.cuda.matmul, "fp32_precision", "ieee"),
    (_backends.cudnn.conv, "fp32_precision", "ieee"),
    (_backends.mkldnn.matmul, "fp32_precision", "ieee"),
    (_backends.mkldnn.conv, "fp32_precision", "ieee"),
    (_backends.cudnn, "deterministic", True),
    (_backends.cudnn, "benchmark", False),
)
"""The global switches that let float32 be less than float32, or a result differ from run to run, and their right side.

Not `torch.set_float32_matmul_precision`: it leaves oneDNN's convolutions as they are, and fails where a caller has used
these switches.
"""


class _PreciseSwitches:
    """The switches on their right side while anyone needs them: they belong to the process, not to a thread.

    The first to come keeps what the caller had set, the last to go gives it back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[Any] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._before = [getattr(backend, name) for backend, name, _ in _PRECISE]
            self._users += 1
            for backend, name, value in _PRECISE:
                setattr(backend, name, value)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for (backend, name, _value), before in zip(_PRECISE, self._before, strict=True):
                    setattr(backend, name, before)


_precise_switches = _PreciseSwitches()


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """No autocast, no TF32, no bfloat16 products, deterministic convolutions, no gradient; afterwards all as before.

    Threads may be inside at the same time. Precision and determinism are the whole process's until the last one has
    left; autocast and gradients are the thread's own.
    """
    with (
        _precise_switches,
        torch.inference_mode(),
        torch.autocast("cpu", enabled=False),
        torch.autocast("cuda", enabled=False),
    ):
        yield
