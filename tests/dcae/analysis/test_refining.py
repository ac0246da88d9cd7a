"""A refining codec is a codec of the protocol whose files are those of `Session.refine`."""

import numpy as np
import pytest
import torch

from dcae.analysis.evaluate import evaluate
from dcae.analysis.refining import RefiningCodec
from dcae.codec.codec import Codec
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.samples import sample


@pytest.fixture(scope="module")
def codec() -> Codec:
    """Random weights of `tiny`."""
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"]).eval()
    model.update()
    return Codec(model)


def test_its_points_are_of_the_refined_files(codec: Codec):
    image = sample("chelsea")[100:164, 150:214]
    refining = RefiningCodec(codec, 3)
    (point,) = evaluate("refined", refining, [("a.png", image)], [0.013])
    refined = codec.open(image).refine(0.013, 3)
    assert point.bytes == len(refined.data)
    assert point.psnr_db == refined.psnr_db
    assert refining.qualities == codec.qualities
    np.testing.assert_array_equal(refining.decode(refined.data), refined.picture)


def test_its_estimate_is_of_the_plain_file(codec: Codec):
    image = sample("chelsea")[100:164, 150:214]
    estimate, plain = (each.open(image).estimate(0.013) for each in (RefiningCodec(codec, 3), codec))
    assert estimate.bits == plain.bits
    np.testing.assert_array_equal(estimate.x_hat, plain.x_hat)


def test_a_quality_that_is_not_legal_is_refused(codec: Codec):
    with pytest.raises(ValueError, match="lmbda is 1"):
        RefiningCodec(codec, 3).open(sample("chelsea")[:64, :64]).encode(1.0)
