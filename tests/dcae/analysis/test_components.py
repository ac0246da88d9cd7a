"""All time is charged to one component, a copy's layers are seen, and nothing stays wrapped."""

import pytest
import torch
from torch import nn

from dcae.analysis import components
from dcae.analysis.components import (
    CODING,
    COMPONENTS,
    CONVOLUTIONS,
    DICTIONARY,
    HYPER,
    MLPS,
    REST,
    SLICES,
    WINDOWS,
    ComponentClock,
    watched,
)
from dcae.analysis.parts import untrained
from dcae.codec.codec import Codec

from .networks import picture


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes on only where a test says so."""
    now = [0.0]
    monkeypatch.setattr(components.time, "perf_counter", lambda: now[0])
    return now


def test_time_is_charged_to_the_innermost_deeper_component(now: list[float]):
    clock = ComponentClock()
    with clock.running():
        now[0] += 1
        with clock.inside(SLICES):
            now[0] += 2
            with clock.inside(DICTIONARY):
                now[0] += 4
                with clock.inside(MLPS):  # part of the dictionary attention
                    now[0] += 8
            with clock.inside(CONVOLUTIONS):  # part of the slice transforms
                now[0] += 16
        now[0] += 32
    assert {name: s for name, s in clock.seconds.items() if s} == {REST: 33, SLICES: 18, DICTIONARY: 12}
    assert tuple(clock.seconds) == COMPONENTS


def test_seconds_of_components_sum_to_the_whole(now: list[float]):
    clock = ComponentClock()
    codec = Codec(untrained("tiny"))
    layers = [nn.Conv2d.forward, codec.model.h_a.forward]
    with watched(codec, clock), clock.running():
        for module in codec.model.modules():
            module.register_forward_pre_hook(lambda *_: now.__setitem__(0, now[0] + 1))
        codec.decode(codec.encode(picture(64, 64), 0.013))
    assert sum(clock.seconds.values()) == now[0] > 0
    assert [nn.Conv2d.forward, codec.model.h_a.forward] == layers


@pytest.mark.parametrize("preset", ["tiny", "paper"])
def test_every_component_works_on_the_way_to_a_file_and_back(preset: str):
    clock = ComponentClock()
    codec = Codec(untrained(preset))
    lmbda = None if preset == "paper" else 0.013
    with watched(codec, clock), clock.running():
        codec.decode(codec.encode(picture(64, 64), lmbda))
    assert min(clock.seconds.values()) > 0
    assert {WINDOWS, HYPER, CODING} < set(clock.seconds)


def test_a_network_alone_has_no_coding():
    clock, model = ComponentClock(), untrained("tiny")
    with torch.inference_mode(), watched(model, clock), clock.running():
        model(torch.rand(1, 3, 64, 64), 0.013)
    assert [name for name, seconds in clock.seconds.items() if not seconds] == [CODING]


def test_nothing_stays_wrapped_after_an_error():
    before, model = nn.Conv2d.forward, untrained("tiny")
    with pytest.raises(ValueError, match="multiples of 64"), watched(model, ComponentClock()):
        model(torch.rand(1, 3, 65, 64), 0.013)
    assert nn.Conv2d.forward is before
    assert "forward" not in vars(model.h_a)
