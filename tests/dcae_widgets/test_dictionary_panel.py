"""The dictionary's panel: what it shows crosses as bytes, and not again for what has not changed."""

from typing import Any

import numpy as np
import pytest

from dcae_widgets.dictionary_panel import DictionaryPanel
from dcae_widgets.dictionary_view import DictionaryView

from .dictionaries import image, places, use


@pytest.fixture
def panel() -> DictionaryPanel:
    return DictionaryView(image(), use(), places()).panel


def test_weights_and_patches_cross_as_bytes(panel: DictionaryPanel):
    assert panel.shape == [6, 10, 12]
    assert np.array_equal(np.frombuffer(panel.weights, "<f4").reshape(panel.shape), use().attention[0, 0])
    assert len(panel.patches) == 3 * panel.patch_px**2 * len(panel.patch_texts)


def test_another_place_does_not_send_the_weights_again(panel: DictionaryPanel, monkeypatch: pytest.MonkeyPatch):
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(panel, "_send", lambda message, buffers=None: sent.append(message["state"]))
    panel.place = [1, 1]
    assert sent == [{"place": [1, 1]}]
