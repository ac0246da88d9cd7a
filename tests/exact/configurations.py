"""The machines of the matrix: one axis varied at a time, the two extremes, another torch, and a GPU."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

LEAST = {"ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41"}
"""The oldest instructions that each library can be held to."""
PATIENT = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep: where they are more than the cores, spinning takes the time of the rest."""
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"}


@dataclass(frozen=True)
class Configuration:
    """One machine.

    Attributes:
        name: What the table calls it.
        settings: Of the environment; the others of `LEAST` are not set.
        options: Of worker.py, before its folder.
        python: The interpreter, which brings its torch.
    """

    name: str
    settings: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    python: str = sys.executable

    def environment(self) -> dict[str, str]:
        """This process's environment with no settings but its own."""
        others = {name: value for name, value in os.environ.items() if name not in LEAST}
        return PATIENT | others | self.settings


ENCODER = Configuration("the encoder")


def configurations(pythons: list[str], *, gpu: bool) -> list[Configuration]:
    """All machines that decode."""
    return [*_threads(), *_instructions(), *_extremes(), *_others(pythons, gpu=gpu)]


def _threads() -> Iterator[Configuration]:
    for count in ("1", "2", "4"):
        yield Configuration(f"threads={count}", options=("--threads", count))


def _instructions() -> Iterator[Configuration]:
    for variable in LEAST:
        for value in (LEAST[variable], AVX2[variable]):
            yield Configuration(f"{variable}={value}", {variable: value})


def _extremes() -> Iterator[Configuration]:
    yield Configuration("deterministic", options=("--deterministic",))
    yield Configuration("least: all of the oldest, threads=1", LEAST, ("--threads", "1"))
    yield Configuration("most: the newest, threads=4, deterministic", {}, ("--threads", "4", "--deterministic"))


def _others(pythons: list[str], *, gpu: bool) -> Iterator[Configuration]:
    for python in pythons:
        yield Configuration(f"torch of {python}", python=python)
    if gpu:
        yield Configuration("GPU", options=("--device", "cuda"))
