"""Outputs have one place each, and never that of an input."""

import os
from pathlib import Path

import pytest

from dcae.cli.output_paths import output_paths


def test_one_input_becomes_the_named_file(tmp_path: Path):
    assert output_paths([tmp_path / "a.png"], tmp_path / "b.bin", ".dcae") == [tmp_path / "b.bin"]


def test_inputs_keep_their_stems_in_a_folder(tmp_path: Path):
    inputs = [Path("x/a.png"), Path("y/b.tar.gz")]
    assert output_paths(inputs, tmp_path, ".dcae") == [tmp_path / "a.dcae", tmp_path / "b.tar.dcae"]


def test_an_existing_file_may_be_replaced(tmp_path: Path):
    (tmp_path / "old").touch()
    assert output_paths([tmp_path / "a.png"], tmp_path / "old", ".dcae") == [tmp_path / "old"]


def test_several_inputs_need_a_folder(tmp_path: Path):
    with pytest.raises(ValueError, match="out is no folder; 2 inputs need one that exists"):
        output_paths([tmp_path / "a", tmp_path / "b"], tmp_path / "out", ".dcae")


def test_the_folder_of_an_output_must_exist(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*missing to write it to"):
        output_paths([tmp_path / "a"], tmp_path / "missing" / "out", ".dcae")


def test_two_inputs_of_one_stem_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"a\.png and a\.jpg would both be written to .*a\.dcae"):
        output_paths([Path("a.png"), Path("a.jpg")], tmp_path, ".dcae")


@pytest.mark.parametrize("out", ["photo.png", "link.png", "."])
def test_an_input_is_never_written_over(tmp_path: Path, out: str):
    (tmp_path / "photo.png").write_bytes(b"dear")
    (tmp_path / "link.png").symlink_to(tmp_path / "photo.png")
    with pytest.raises(ValueError, match=r"\.png is an input itself"):
        output_paths([tmp_path / "photo.png"], tmp_path / out, ".png")


def test_what_is_no_file_is_not_replaced(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe exists and is no file"):
        output_paths([tmp_path / "a"], tmp_path / "pipe", ".dcae")
