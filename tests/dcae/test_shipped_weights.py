"""Shipped weights are found by name and by identity, without torch."""

from pathlib import Path

import pytest

from dcae import shipped_weights as module
from dcae.shipped_weights import retired_weights, shipped_name, shipped_weights

IDENTITY = bytes.fromhex("0123456789abcdef")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the shipped weights, which is not there yet."""
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    return tmp_path / "weights"


def test_without_a_folder_nothing_is_shipped(folder: Path):
    assert shipped_weights() == {}
    assert shipped_name(IDENTITY) is None


def test_each_weights_file_goes_by_its_name_in_order_and_nothing_else_does(folder: Path):
    folder.mkdir()
    for name in ("tiny-89abcdef.safetensors", "small-01234567.safetensors", "small-01234567.md", "retired.csv"):
        (folder / name).touch()
    assert list(shipped_weights().items()) == [
        ("small-01234567", folder / "small-01234567.safetensors"),
        ("tiny-89abcdef", folder / "tiny-89abcdef.safetensors"),
    ]


def test_an_identity_has_the_name_that_ends_in_its_first_8_digits(folder: Path):
    folder.mkdir()
    for name in ("small-01234567.safetensors", "tiny-0123456.safetensors", "tiny-89abcdef.safetensors"):
        (folder / name).touch()
    assert shipped_name(IDENTITY) == "small-01234567"
    assert shipped_name(IDENTITY[4:] + IDENTITY[:4]) == "tiny-89abcdef"
    assert shipped_name(bytes(8)) is None


def test_retired_weights_go_by_their_names_and_none_of_them_is_shipped():
    retired = retired_weights()
    assert set(map(len, retired.values())) == {40}
    assert not set(retired) & set(shipped_weights())


def test_without_a_list_nothing_is_retired(folder: Path):
    assert retired_weights() == {}
