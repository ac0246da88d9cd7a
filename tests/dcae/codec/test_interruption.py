"""A codec's work ends where it is told to, between its steps, and nothing of it is left behind."""

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from dcae.codec.codec import Codec
from dcae.codec.interruption import interruptible, interruption_point
from dcae.config import PRESETS


class Stop(Exception):
    """What the tests' checks raise."""


def stop() -> None:
    raise Stop


def counted(work: Callable[[], object]) -> int:
    """How many points a piece of work has."""
    calls: list[None] = []
    with interruptible(lambda: calls.append(None)):
        work()
    return len(calls)


def interrupted_at(nth: int, work: Callable[[], object]) -> None:
    """Does the work up to its nth point, from 0."""
    left = iter(range(nth))

    def check() -> None:
        if next(left, None) is None:
            raise Stop

    with pytest.raises(Stop), interruptible(check):
        work()


def test_without_a_check_a_point_does_nothing():
    interruption_point()


def test_what_the_check_raises_leaves_the_block_and_the_check_is_gone_after_it():
    with pytest.raises(Stop), interruptible(stop):
        interruption_point()
    interruption_point()


def test_nested_checks_are_all_called_from_the_outermost_to_the_innermost():
    order: list[str] = []
    with interruptible(lambda: order.append("outer")):
        with interruptible(lambda: order.append("inner")):
            interruption_point()
        interruption_point()
    assert order == ["outer", "inner", "outer"]


def test_inner_code_cannot_outlive_what_outer_code_allows():
    with pytest.raises(Stop), interruptible(stop), interruptible(lambda: None):
        interruption_point()


def test_a_check_belongs_to_its_thread():
    found: list[str] = []

    def other() -> None:
        interruption_point()
        found.append("not stopped")

    with interruptible(stop):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == ["not stopped"]


def test_the_module_is_free_of_torch(root):
    code = "import sys, dcae.codec.interruption; print('torch' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "False"


@pytest.mark.parametrize("method", ["encode", "reconstruct", "estimate"])
def test_a_session_that_was_interrupted_anywhere_is_as_good_as_new(codec, make_image, method):
    image = make_image(70, 90)
    session, work = codec.open(image), codec.open(image)
    expected, picture = session.encode(0.01), session.reconstruct(0.01)
    for nth in range(0, counted(lambda: getattr(work, method)(0.01)), 29):
        session = codec.open(image)
        interrupted_at(nth, lambda session=session: getattr(session, method)(0.01))
        assert session.encode(0.01) == expected
        np.testing.assert_array_equal(session.reconstruct(0.01), picture)


def test_decoding_that_was_interrupted_anywhere_can_be_done_again(codec, make_image):
    image = make_image(50, 60)
    data = codec.encode(image, 0.01)
    for nth in range(0, counted(lambda: codec.decode(data)), 7):
        interrupted_at(nth, lambda: codec.decode(data))
    np.testing.assert_array_equal(codec.decode(data), codec.open(image).reconstruct(0.01))


def test_an_interruption_leaves_no_setting_of_torch_behind(codec, make_image):
    session = codec.open(make_image(64, 64))
    backends: Any = torch.backends
    before = backends.mkldnn.matmul.fp32_precision, backends.cudnn.deterministic
    with pytest.raises(Stop), interruptible(stop):
        session.encode(0.01)
    assert (backends.mkldnn.matmul.fp32_precision, backends.cudnn.deterministic) == before
    assert not torch.is_inference_mode_enabled()


def test_there_are_points_before_each_slice_and_each_layer_of_the_transforms(codec, make_image):
    image = make_image(64, 64)
    session, layers = codec.open(image), len(codec.model.g_a)
    assert layers == len(codec.model.g_s)
    assert counted(lambda: codec.open(image)) >= layers
    assert counted(lambda: session.encode(0.01)) >= 3 * codec.model.config.num_slices
    assert counted(lambda: session.estimate(0.01)) >= codec.model.config.num_slices + layers
    data = session.encode(0.01)
    assert counted(lambda: codec.decode(data)) >= 2 * codec.model.config.num_slices + layers


def test_a_second_codec_of_a_model_adds_no_points(make_model, make_image):
    model, image = make_model(PRESETS["tiny"]), make_image(64, 64)
    first = Codec(model)
    points = counted(lambda: first.encode(image, 0.01))
    second = Codec(model)
    assert counted(lambda: second.encode(image, 0.01)) == points


def test_a_model_that_has_points_can_still_be_saved_and_compared(codec, make_model):
    assert list(codec.model.state_dict()) == list(make_model(PRESETS["tiny"]).state_dict())
