"""FFmpeg runs as a program of its own: within its time, leaving nothing behind; what it lacks is said."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dcae.analysis.ffmpeg import run_ffmpeg, why_not_ffmpeg, why_not_filter

Stand = Callable[[str], None]

LISTING = """cat << END
Codecs:
 D..... = Decoding supported
 DEV.LS hevc  H.265 (decoders: hevc hevc_qsv) (encoders: libx265 hevc_qsv)
 .EV.L. vvc   H.266 (encoders: libvvenc)
END"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a shell script in FFmpeg's place, and the temporary folders of this test under `tmp_path`."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    def put(script: str) -> None:
        program = tmp_path / "ffmpeg"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr("dcae.analysis.ffmpeg._program", lambda: str(program))

    return put


def left_behind(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "temporary").iterdir())


def test_it_reads_what_it_is_given_and_what_it_writes_comes_back(stand_in: Stand):
    stand_in('echo "$@"; cat')
    assert run_ffmpeg(["-i", "pipe:0"], b"pixels", 10) == b"-hide_banner -loglevel error -i pipe:0\npixels"


def test_it_runs_in_an_empty_folder_of_its_own_that_goes_with_it(stand_in: Stand, tmp_path: Path):
    stand_in("ls -A; pwd; echo log > passes.log")
    first, second = (run_ffmpeg([], b"", 10).decode().split() for _ in range(2))
    assert [len(first), len(second)] == [1, 1]
    assert Path(first[0]).parent == tmp_path / "temporary"
    assert first != second
    assert left_behind(tmp_path) == []


def test_after_its_time_it_is_killed_and_nothing_is_left(stand_in: Stand, tmp_path: Path):
    stand_in("echo $$ > ../../process; exec sleep 60")
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"FFmpeg was stopped: it took longer than its limit of 0\.5 s"):
        run_ffmpeg([], b"", 0.5)
    assert time.monotonic() - start < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)
    assert left_behind(tmp_path) == []


def test_if_it_gives_up_its_last_words_are_said(stand_in: Stand, tmp_path: Path):
    stand_in("echo 'no such encoder' >&2; exit 8")
    with pytest.raises(ValueError, match="FFmpeg gave up with exit code 8: no such encoder"):
        run_ffmpeg([], b"", 10)
    stand_in("exit 1")
    with pytest.raises(ValueError, match="FFmpeg gave up with exit code 1: it said nothing"):
        run_ffmpeg([], b"", 10)
    assert left_behind(tmp_path) == []


def test_an_encoder_or_decoder_that_is_not_built_in_is_the_reason(stand_in: Stand):
    stand_in(f'if [ "$2" = -version ]; then echo "ffmpeg version 9.1 Copyright"; else {LISTING}\nfi')
    assert why_not_ffmpeg("hevc", "libx265") is None
    assert why_not_ffmpeg("hevc", "x265") == "this FFmpeg 9.1 was built without x265"
    assert why_not_ffmpeg("av1", "libaom") == "this FFmpeg 9.1 was built without libaom"
    assert why_not_ffmpeg("vvc", "libvvenc") == "this FFmpeg 9.1 does not decode vvc"


def test_a_program_that_does_not_run_is_the_reason(stand_in: Stand):
    stand_in("echo 'cannot execute binary file' >&2; exit 126")
    assert why_not_ffmpeg("hevc", "libx265") == (
        "imageio-ffmpeg has no FFmpeg that runs here (FFmpeg gave up with exit code 126: cannot execute binary file)"
    )


def test_without_its_package_that_is_the_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.analysis.ffmpeg.find_spec", lambda name: None)
    assert why_not_ffmpeg("hevc", "libx265") == "the package imageio-ffmpeg is not installed"
    assert why_not_filter("libvmaf") == "the package imageio-ffmpeg is not installed"


def test_a_filter_that_is_not_built_in_is_the_reason(stand_in: Stand):
    listing = "echo ' .. libvmaf  VV->V  Calculate the VMAF.'"
    stand_in(f'if [ "$2" = -version ]; then echo "ffmpeg version 9.1 Copyright"; else {listing}; fi')
    assert why_not_filter("libvmaf") is None
    assert why_not_filter("vmaf") == "this FFmpeg 9.1 was built without vmaf"


def test_a_program_that_does_not_run_has_no_filters(stand_in: Stand):
    stand_in("exit 126")
    assert why_not_filter("libvmaf") == (
        "imageio-ffmpeg has no FFmpeg that runs here (FFmpeg gave up with exit code 126: it said nothing)"
    )
