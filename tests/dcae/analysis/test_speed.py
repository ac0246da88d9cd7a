"""Timings are of what they say: in turns, without the warm-up, and of the modules that are named."""

import itertools

import pytest
import torch
from torch import nn

from dcae.analysis import speed
from dcae.analysis.speed import attention_seconds, coding_shares, forward_times, medians_s, seconds_in
from dcae.codec.codec import Codec
from dcae.config import PRESETS

from .networks import network, picture


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on only where a test says so."""
    now = [0.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])
    return now


class Waits(nn.Module):
    """Takes a number of seconds by the clock."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds = clock, seconds

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.clock[0] += self.seconds
        return x


def test_medians_are_taken_in_turns_and_leave_the_warm_up_out(clock: list[float]):
    called: list[str] = []
    takes = {"a": itertools.chain([100.0], [1.0, 5.0, 2.0]), "b": itertools.chain([100.0], [7.0, 6.0, 9.0])}

    def run(name: str) -> None:
        called.append(name)
        clock[0] += next(takes[name])

    assert medians_s({"a": lambda: run("a"), "b": lambda: run("b")}, 3) == {"a": 2.0, "b": 7.0}
    assert called == ["a", "b"] * 4


def test_runs_are_timed_in_one_thread_and_later_ones_are_not():
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        medians_s({"a": lambda: seen.append(torch.get_num_threads())}, 1)
        assert (seen, torch.get_num_threads()) == ([1, 1], 2)
    finally:
        torch.set_num_threads(before)


def test_seconds_are_those_of_the_parts_and_hooks_do_not_stay(clock: list[float]):
    first, second, third = (Waits(clock, seconds) for seconds in (1, 2, 4))
    model = nn.Sequential(first, second, third, second)
    parts = {"outer": [first, third], "second": [second]}
    for _ in range(2):
        assert seconds_in(parts, lambda: model(torch.zeros(1))) == {"outer": 5, "second": 4, "whole": 9}
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_shares_of_a_coding_are_parts_of_it():
    shares = coding_shares(Codec(network(PRESETS["tiny"])), picture(64, 64), 0.02)
    assert 0 < shares["the range coder alone"] < shares["with the entropy model"]


def test_a_forward_pass_has_its_dictionary_attention_in_it():
    found = forward_times(network(PRESETS["tiny"]), torch.rand(1, 3, 64, 64), 0.02)
    assert 0 < found.dictionary_share < 1
    assert min(found.fused_s, found.unfused_s) > 0


def test_attention_is_timed_both_ways():
    assert min(attention_seconds(PRESETS["tiny"], 16, 16, rounds=1)) > 0
