"""Each optimisation is timed before and after, or says why it is not; the model stays as it is."""

import re

import pytest
import torch

from dcae.analysis import switches
from dcae.analysis.parts import untrained
from dcae.analysis.switches import SWITCHES, measure_switches


def test_each_switch_has_two_times():
    model = untrained("tiny")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    names = ["attention", "bfloat16", "channels-last"]
    changes = measure_switches(model, 64, 64, names, rounds=1)
    assert [change.name for change in changes] == names
    assert all(change.before_s and change.after_s for change in changes)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_compiling_without_a_compiler_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(switches.shutil, "which", lambda _: None)
    (change,) = measure_switches(untrained("tiny"), 64, 64, ["compile"], rounds=1)
    assert change.line() == "compile: skipped, torch.compile needs a C++ compiler: none of c++, g++, clang++ is here"


def test_compiling_is_timed_apart_from_what_is_compiled(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(switches.shutil, "which", lambda _: "/usr/bin/c++")
    monkeypatch.setattr(switches.torch, "compile", lambda module: module)
    (change,) = measure_switches(untrained("tiny"), 64, 64, ["compile"], rounds=1)
    assert change.before_s
    assert change.after_s
    assert re.fullmatch(r"after \d+ s of compiling", change.note)


def test_a_switch_that_is_none_is_refused():
    assert list(SWITCHES) == ["attention", "bfloat16", "channels-last", "compile"]
    with pytest.raises(ValueError, match="there is no switch 'turbo'; legal: attention"):
        measure_switches(untrained("tiny"), 64, 64, ["turbo"])
