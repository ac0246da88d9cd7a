"""Each optimisation of the network switched off and on, in turns within one run, in one thread.

Attention written out or fused, float32 or bfloat16, channels first or last, eager or compiled; each alone, from the
network in float32. Knows g_a and g_s. Does not know files.
"""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from dcae.analysis.parts import lmbda_of
from dcae.analysis.speed import medians_s, one_thread
from dcae.codec.picture_network import in_bfloat16
from dcae.costs import Change
from dcae.model.dcae import DCAE

COMPILERS = ("c++", "g++", "clang++")
"""Any of them will do for torch.compile on a CPU."""

_Run = Callable[[], object]


@torch.inference_mode()
def measure_switches(
    model: DCAE, height: int, width: int, names: Sequence[str] | None = None, rounds: int = 3
) -> list[Change]:
    """Times each optimisation that is named, or all, on random pixels.

    Args:
        model: In eval mode, without hooks; it stays as it is.
        height: Of the picture, px, a multiple of 64.
        width: Likewise.
        names: Keys of `SWITCHES`.
        rounds: How many of each are timed, from 1.

    Raises:
        ValueError: a name that is none.
    """
    unknown = [name for name in names or () if name not in SWITCHES]
    if unknown:
        raise ValueError(f"there is no switch {unknown[0]!r}; legal: {', '.join(SWITCHES)}")
    x = torch.rand(1, 3, height, width).contiguous(memory_format=torch.channels_last)
    return [SWITCHES[name](model, x, rounds) for name in names or SWITCHES]


def _attention(model: DCAE, x: Tensor, rounds: int) -> Change:
    def written_out() -> None:
        with sdpa_kernel(SDPBackend.MATH):
            model.analyse_ungained(x)

    seconds = medians_s({"before": written_out, "after": lambda: model.analyse_ungained(x)}, rounds)
    return _change("attention", "g_a with attention written out", "fused", seconds)


def _bfloat16(model: DCAE, x: Tensor, rounds: int) -> Change:
    narrow = in_bfloat16(model)
    seconds = medians_s({"before": _pictures(model, x), "after": _pictures(narrow, x)}, rounds)
    return _change("bfloat16", "g_a and g_s in float32", "in bfloat16", seconds)


def _channels_last(model: DCAE, x: Tensor, rounds: int) -> Change:
    first = x.contiguous(memory_format=torch.contiguous_format)
    seconds = medians_s({"before": _pictures(model, first), "after": _pictures(model, x)}, rounds)
    return _change("channels-last", "g_a and g_s with channels first", "last", seconds)


def _compiled(model: DCAE, x: Tensor, rounds: int) -> Change:
    before, after = "g_a eager", "compiled"
    if not any(shutil.which(compiler) for compiler in COMPILERS):
        note = f"torch.compile needs a C++ compiler: none of {', '.join(COMPILERS)} is here"
        return Change(name="compile", before=before, after=after, note=note)
    g_a = copy.deepcopy(model.g_a)
    compiled = torch.compile(g_a)
    with one_thread():  # as it is timed: another number of threads would compile anew
        start = time.perf_counter()
        compiled(x)
        note = f"after {time.perf_counter() - start:.0f} s of compiling"
    return _change(
        "compile", before, after, medians_s({"before": lambda: g_a(x), "after": lambda: compiled(x)}, rounds), note
    )


def _pictures(model: DCAE, x: Tensor) -> _Run:
    """Runs g_a and g_s."""
    return lambda: model.synthesise(model.analyse_ungained(x), lmbda_of(model))


def _change(name: str, before: str, after: str, seconds: Mapping[str, float], note: str = "") -> Change:
    return Change(
        name=name, before=before, after=after, before_s=seconds["before"], after_s=seconds["after"], note=note
    )


SWITCHES: Mapping[str, Callable[[DCAE, Tensor, int], Change]] = MappingProxyType(
    {"attention": _attention, "bfloat16": _bfloat16, "channels-last": _channels_last, "compile": _compiled}
)
"""What times each optimisation."""
