"""What is random in a step depends on its seed, its number and the sample's place, and on nothing else."""

import numpy as np
import torch

from dcae.config import PRESETS
from dcae.training.chance import lmbdas, noise

CONFIG = PRESETS["tiny"]


def test_lmbdas_of_a_batch_span_the_range():
    drawn = lmbdas(3, 11, 8, 0.0018, 0.05)
    strata = (drawn.log() - np.log(0.0018)) / (np.log(0.05) - np.log(0.0018)) * 8
    assert strata.floor().tolist() == list(range(8))
    assert not torch.equal(drawn, lmbdas(3, 12, 8, 0.0018, 0.05))


def test_a_sample_has_its_noise_whatever_the_others_are():
    whole, part = noise(0, 4, range(4), CONFIG, 64), noise(0, 4, range(2, 4), CONFIG, 64)
    assert torch.equal(whole.y[2:], part.y)
    assert torch.equal(whole.z[2:], part.z)


def test_noise_is_uniform_and_new_in_each_step():
    y, z = noise(0, 4, range(8), CONFIG, 128)
    assert (y.shape, z.shape) == ((8, CONFIG.M, 8, 8), (8, CONFIG.N, 2, 2))
    assert float(y.min()) >= -0.5
    assert float(y.max()) <= 0.5
    assert abs(float(y.mean())) < 0.01
    assert abs(float(y.var()) - 1 / 12) < 0.002
    assert not torch.equal(y, noise(0, 5, range(8), CONFIG, 128).y)
    assert not torch.equal(y, noise(1, 4, range(8), CONFIG, 128).y)
