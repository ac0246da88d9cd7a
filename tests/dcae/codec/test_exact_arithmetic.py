"""Exact arithmetic: whatever a caller has set, products are exact inside, and all is as before outside."""

import threading
from typing import Any

import pytest
import torch

from dcae.codec.exact_arithmetic import exact_arithmetic

backends: Any = torch.backends
SWITCHES = (backends.cuda.matmul, backends.cudnn.conv, backends.mkldnn.matmul, backends.mkldnn.conv)


def precision():
    """All that may be set: what `exact_arithmetic` must give back."""
    precisions = [switch.fp32_precision for switch in SWITCHES]
    return [*precisions, backends.cudnn.deterministic, backends.cudnn.benchmark]


def products():
    """A matrix product and a convolution in float32, and what is lost in them."""
    draw = torch.Generator().manual_seed(0)
    a, x, w = (torch.randn(*shape, generator=draw) for shape in ((200, 200), (1, 64, 40, 40), (64, 64, 3, 3)))
    conv = torch.nn.functional.conv2d
    return max(float((a @ a - a.double() @ a.double()).abs().max()),
               float((conv(x, w) - conv(x.double(), w.double())).abs().max()))  # fmt: skip


@pytest.fixture(params=["old switch", "products", "convolutions", "all", "benchmark"])
def imprecision(request):
    """One of the ways in which a caller may have asked for speed."""
    before = precision()
    if request.param == "old switch":
        torch.set_float32_matmul_precision("medium")
    elif request.param == "benchmark":
        backends.cudnn.benchmark = True
    else:
        {"products": SWITCHES[2], "convolutions": SWITCHES[3], "all": backends.mkldnn}[
            request.param
        ].fp32_precision = "bf16"
    yield
    torch.set_float32_matmul_precision("highest")
    backends.mkldnn.fp32_precision = "none"
    backends.cudnn.benchmark = False
    for switch, value in zip(SWITCHES, before, strict=False):
        switch.fp32_precision = value
    assert precision() == before


def test_exact_arithmetic_is_exact_whatever_a_caller_has_set_and_leaves_it_as_it_was(imprecision):
    before = precision()
    with torch.autocast("cpu", torch.bfloat16), exact_arithmetic():
        assert products() < 1e-3
        assert not torch.is_autocast_enabled("cpu")
        assert not torch.is_grad_enabled()
        assert precision() == ["ieee"] * 4 + [True, False]
    assert precision() == before
    with pytest.raises(KeyError), exact_arithmetic():
        raise KeyError
    assert precision() == before


def test_exact_arithmetic_lasts_until_the_last_thread_has_left_it():
    backends.cudnn.benchmark = True
    inside, leave, seen = threading.Event(), threading.Event(), []

    def second():
        with exact_arithmetic():
            inside.set()
            leave.wait(60)
            seen.append(precision())

    thread, before = threading.Thread(target=second), precision()
    try:
        with exact_arithmetic():
            thread.start()
            assert inside.wait(60)
        assert precision() == ["ieee"] * 4 + [True, False]  # the first one has left, the second one has not
        leave.set()
        thread.join(60)
        assert seen == [["ieee"] * 4 + [True, False]]
        assert precision() == before
    finally:
        leave.set()
        backends.cudnn.benchmark = False
