"""A machine has a peak in each arithmetic that is asked for, and a bandwidth, from the shortest of several runs."""

import pytest
import torch

from dcae.analysis import roofline
from dcae.analysis.roofline import measure_machine


def test_peaks_and_bandwidth_come_from_the_shortest_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(roofline, "PRODUCT_SIDE", 8)
    monkeypatch.setattr(roofline, "COPY_BYTES", 4000)
    monkeypatch.setattr(roofline, "TRIES", 2)
    ticks = iter([0, 9, 10, 12, 20, 30, 40, 44])  # 9 and 2 s of a product, 10 and 4 s of a copy
    monkeypatch.setattr(roofline.time, "perf_counter", lambda: next(ticks))
    machine = measure_machine(["float64"])
    assert machine.peak_flops == {"float64": 2 * 8**3 / 2}
    assert machine.bandwidth == 2 * 4000 / 4
    assert machine.threads == torch.get_num_threads()
