"""What this machine reaches at its best: FLOP/s of a large matrix product, and bytes/s of a large copy.

Measured in as many threads as torch has. Knows no network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import torch

from dcae.costs import Machine

PRODUCT_SIDE = 1024
"""Of the square matrices: 4 to 8 MB each, enough for a kernel to reach its pace."""
COPY_BYTES = 1 << 27
"""Of what is copied: more than caches hold."""
TRIES = 5


def measure_machine(dtypes: Iterable[str]) -> Machine:
    """The best of a few products in each arithmetic, and of a few copies.

    Args:
        dtypes: Names of torch's floating point types.
    """
    peaks: dict[str, float] = {}
    for name in dtypes:
        a = torch.rand(PRODUCT_SIDE, PRODUCT_SIDE).to(getattr(torch, name))
        peaks[name] = 2 * PRODUCT_SIDE**3 / _best_s(lambda a=a: a @ a)
    source = torch.ones(COPY_BYTES // 4)
    target = torch.zeros_like(source)
    bandwidth = 2 * COPY_BYTES / _best_s(lambda: target.copy_(source))  # each byte is read and written
    return Machine(threads=torch.get_num_threads(), peak_flops=peaks, bandwidth=bandwidth)


def _best_s(run: Callable[[], object]) -> float:
    """The shortest of a few runs, after one as a warm-up, seconds."""
    run()
    seconds: list[float] = []
    for _ in range(TRIES):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
