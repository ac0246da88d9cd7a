"""Codecs stay open while they are used, and are those of the weights that the disk holds now."""

import os
from pathlib import Path
from typing import Any

import pytest

from dcae.codec.kept_codecs import KeptCodecs, edition_of
from dcae.shipped_weights import shipped_weights


class Opener:
    """Opens codecs, each another object, and notes which."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def __call__(self, name: str) -> Any:
        self.opened.append(name)
        return object()


@pytest.fixture
def opener() -> Opener:
    return Opener()


def test_the_last_ones_used_are_kept(opener: Opener):
    kept = KeptCodecs(opener, 2)
    first = kept.get("a")
    kept.get("b")
    assert kept.get("a") is first
    kept.get("c")
    assert kept.get("a") is first
    assert opener.opened == ["a", "b", "c"]
    kept.get("b")
    assert opener.opened == ["a", "b", "c", "b"]


def test_what_takes_time_is_told_before(opener: Opener):
    told: list[tuple[str, int]] = []
    kept = KeptCodecs(opener, 1, lambda name: told.append((name, len(opener.opened))))
    kept.get("a")
    kept.get("a")
    kept.get("b")
    assert told == [("a", 0), ("b", 1)]


@pytest.mark.parametrize("is_folder", [False, True])
def test_weights_that_were_written_anew_are_opened_anew(opener: Opener, tmp_path: Path, is_folder: bool):
    file = tmp_path / "0.013.safetensors"
    file.write_bytes(b"1")
    name, kept = str(tmp_path if is_folder else file), KeptCodecs(opener, 1)
    before = kept.get(name)
    assert kept.get(name) is before
    os.utime(file, ns=(1, 1))
    after = kept.get(name)
    assert after.codec is not before.codec
    assert after.edition == ((file.name, 1, 1),)
    if is_folder:
        (tmp_path / "0.05.safetensors").write_bytes(b"2")
        assert len(kept.get(name).edition) == 2


def test_weights_that_are_gone_can_be_used_as_long_as_they_are_kept(opener: Opener, tmp_path: Path):
    file = tmp_path / "best.safetensors"
    file.write_bytes(b"1")
    kept = KeptCodecs(opener, 1)
    before = kept.get(str(file))
    file.unlink()
    assert kept.get(str(file)) is before


def test_shipped_weights_have_one_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "0.013.safetensors").write_bytes(b"1")
    for name in ("tiny", *shipped_weights()):
        assert edition_of(name) == ()


def test_what_cannot_be_opened_is_not_kept(tmp_path: Path):
    def refuse(name: str) -> Any:
        raise ValueError("no weights")

    kept = KeptCodecs(refuse, 1)
    for _ in range(2):
        with pytest.raises(ValueError, match="no weights"):
            kept.get("a")
