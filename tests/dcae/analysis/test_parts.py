"""Parts of a coding sum to the whole, and a step of training takes more memory with a larger batch."""

import pytest
import torch

from dcae.analysis import roofline
from dcae.analysis.components import CODING, COMPONENTS
from dcae.analysis.parts import lmbda_of, measure_parts, training_bytes, untrained
from dcae.codec.codec import Codec

from .networks import picture


def test_components_sum_to_the_whole_and_each_has_its_cost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(roofline, "PRODUCT_SIDE", 64)
    monkeypatch.setattr(roofline, "COPY_BYTES", 1 << 16)
    codec = Codec(untrained("tiny"))
    parts = measure_parts(codec, picture(64, 128), "tiny", rounds=1, batches=[1, 2], crop_px=64)
    assert tuple(part.name for part in parts.components) == COMPONENTS
    assert sum(part.seconds for part in parts.components) == pytest.approx(parts.seconds)
    assert [part.name for part in parts.components if not part.flop] == [CODING]
    assert (parts.width, parts.height) == (128, 64)
    assert set(parts.machine.peak_flops) == {part.dtype for part in parts.components if part.flop}
    assert list(parts.training_bytes) == [1, 2]


def test_memory_of_training_grows_with_the_batch_and_leaves_no_gradient():
    model = untrained("tiny")
    four, six, eight = (training_bytes(model, batch, 64) for batch in (4, 6, 8))  # of fewer, gradients take the most
    assert eight - six == pytest.approx(six - four, rel=0.01)
    assert six > 1.4 * four
    assert not model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_preset_that_is_none_is_refused():
    with pytest.raises(ValueError, match="there is no preset 'huge'; legal: paper"):
        untrained("huge")


def test_only_a_model_with_gains_has_a_lambda():
    torch.manual_seed(0)
    model = untrained("tiny")
    assert lmbda_of(model) == 0.013
    model.gain = None
    assert lmbda_of(model) is None
