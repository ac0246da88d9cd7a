"""Freed memory: it goes back where the C library can, and nothing happens where it cannot."""

import ctypes
import subprocess
import sys

import pytest

from dcae.codec import heap

HOLES = """
import numpy as np
from dcae.codec.heap import give_back_freed_memory
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
blocks = [np.ones(2**13) for _ in range(2000)]  # 64 kB each, from the heap
blocks = blocks[::100]
before = resident()
give_back_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")
def test_holes_between_blocks_in_use_go_back_to_the_system():
    freed = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True).stdout
    assert int(freed) > 50e6


def test_another_c_library_keeps_its_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    heap._malloc_trim.cache_clear()
    try:
        heap.give_back_freed_memory()
        assert heap._malloc_trim() is None
    finally:
        heap._malloc_trim.cache_clear()
