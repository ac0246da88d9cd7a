"""The panel of a rate map: arrays cross as bytes, once; a choice is one of its maps."""

from typing import Any

import numpy as np
import pytest

from dcae_widgets.rate_map import RateMapView
from dcae_widgets.rate_map_panel import RateMapPanel

from .rate_maps import image, rates


@pytest.fixture
def panel() -> RateMapPanel:
    return RateMapView(image(), rates()).panel


def test_maps_cross_as_bytes(panel: RateMapPanel):
    assert panel.shape == [3, 8, 12]
    assert np.array_equal(np.frombuffer(panel.bits, "<f8").reshape(panel.shape), rates().bits)


def test_choice_is_total_or_a_maps_name(panel: RateMapPanel):
    panel.choice = "z"
    with pytest.raises(ValueError, match="choice is 'y'; must be one of total, slice 0, slice 1, z"):
        panel.choice = "y"
    assert panel.choice == "z"


def test_another_choice_does_not_send_the_maps_again(panel: RateMapPanel, monkeypatch: pytest.MonkeyPatch):
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(panel, "_send", lambda message, buffers=None: sent.append(message["state"]))
    panel.choice = "slice 1"
    assert sent == [{"choice": "slice 1"}]
