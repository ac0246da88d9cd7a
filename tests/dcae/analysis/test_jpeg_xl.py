"""What is particular to JPEG XL: a package that a machine may lack."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dcae.analysis.baselines import available_baselines
from dcae.analysis.jpeg_xl import JPEG_XL
from dcae.samples import sample


def test_without_its_package_it_is_missing_with_the_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.analysis.jpeg_xl.find_spec", lambda name: None)
    assert JPEG_XL.missing == "the package imagecodecs is not installed"
    assert "jpeg-xl" not in available_baselines()


def test_a_package_that_does_not_load_is_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "imagecodecs.py").write_text("raise ImportError('libjxl.so.0.11: cannot open shared object file')\n")
    monkeypatch.delitem(sys.modules, "imagecodecs", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert JPEG_XL.missing == ("the package imagecodecs does not load (libjxl.so.0.11: cannot open shared object file)")


def test_a_package_that_was_built_without_it_is_the_reason(monkeypatch: pytest.MonkeyPatch):
    package = SimpleNamespace(__version__="1.2", JPEGXL=SimpleNamespace(available=False))
    monkeypatch.setattr("dcae.analysis.jpeg_xl.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "imagecodecs", package)
    assert JPEG_XL.missing == "this imagecodecs 1.2 was built without JPEG XL"


@pytest.mark.skipif(JPEG_XL.missing is not None, reason=str(JPEG_XL.missing))
def test_settings_name_package_library_and_effort():
    assert JPEG_XL.settings.startswith("JPEG XL, imagecodecs ")
    assert "libjxl" in JPEG_XL.settings
    assert JPEG_XL.settings.endswith("effort=7")


@pytest.mark.skipif(JPEG_XL.missing is not None, reason=str(JPEG_XL.missing))
def test_a_cut_file_is_refused():
    data = JPEG_XL.open(sample("coffee")[:48, :64]).encode(1)
    with pytest.raises(ValueError, match="no JPEG XL file of ours"):
        JPEG_XL.decode(data[: len(data) // 2])
