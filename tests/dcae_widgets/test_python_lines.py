"""The copied lines run, and make the very file and picture that the explorer shows."""

import numpy as np
import pytest

from dcae.codec.catalogue import open_codec
from dcae.images import save_png
from dcae.samples import sample
from dcae_widgets.photo_source import given_photo, shipped_photo, uploaded
from dcae_widgets.python_lines import python_lines

from .fake_codec import photo


@pytest.fixture(scope="module")
def tiny():
    return open_codec("tiny")


def run(lines: str, **scope):
    exec(lines, scope)
    return scope["data"], scope["decoded"]


def test_lines_of_a_shipped_photo_make_the_same_file(tiny):
    lmbda = 0.012345679
    data, decoded = run(python_lines(shipped_photo("chelsea"), "tiny", lmbda))
    assert data == tiny.encode(sample("chelsea"), lmbda)
    np.testing.assert_array_equal(decoded, tiny.decode(data))


def test_lines_of_a_users_photo_read_it(tiny, tmp_path):
    save_png(tmp_path / "it's mine.png", photo())
    data, _ = run(python_lines(given_photo(tmp_path / "it's mine.png"), "tiny", 0.01))
    assert data == tiny.encode(photo(), 0.01)


def test_lines_of_an_array_take_the_callers(tiny):
    data, _ = run(python_lines(given_photo(photo()), "tiny", 0.01), photo=photo())
    assert data == tiny.encode(photo(), 0.01)


def test_lines_of_a_compressed_file_decode_it(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tiny.encode(photo(), 0.01)
    (tmp_path / "a.dcae").write_bytes(file)
    data, decoded = run(python_lines(uploaded("a.dcae", file), "tiny", 0.01))
    assert data == file
    np.testing.assert_array_equal(decoded, tiny.decode(file))


def test_lambda_of_a_list_is_written_as_it_stands_there():
    assert "encode(photo, 0.1234567890123)" in python_lines(shipped_photo("flower"), "m", 0.1234567890123, stops=True)
    assert "encode(photo)\n" in python_lines(shipped_photo("flower"), "m", None)
