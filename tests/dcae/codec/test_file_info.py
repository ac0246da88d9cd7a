"""What a file says of itself: sizes that sum to the file, lambda and weights, without torch."""

import subprocess
import sys

import pytest

from dcae import shipped_weights
from dcae.codec.bitstream import Header, layout, pack
from dcae.codec.file_info import file_info
from dcae.codec.sections import BitstreamError, Section, SectionType, slice_section

IDENTITY = bytes.fromhex("0123456789abcdef")
FLAGS, REMARK = Section(SectionType.LEVEL_FLAGS, b"\x07"), Section(0x90, b"a remark")


def file(lmbda=0.013, identity=IDENTITY) -> bytes:
    """A file of two slices, 40 x 25 px."""
    slices = [slice_section(b"a", bytes(8)), slice_section(b"b", bytes(12))]
    return pack(Header(identity, lmbda, 40, 25), [Section(SectionType.Z, bytes(4)), FLAGS, *slices, REMARK])


def test_its_bytes_sum_to_the_file():
    info = file_info(file())
    assert (info.z_bytes, info.slice_bytes, info.other_bytes) == (4, (8, 12), 1 + 8)
    assert info.header_bytes + info.z_bytes + sum(info.slice_bytes) + info.other_bytes == info.total_bytes
    assert info.total_bytes == len(file()) == layout(file()).total_bytes
    assert (info.width, info.height, info.bpp) == (40, 25, 8 * len(file()) / 1000)


def test_lambda_is_none_where_the_weights_have_one_fixed_lambda():
    assert file_info(file(lmbda=0.0)).lmbda is None
    assert file_info(file(lmbda=0.5)).lmbda == 0.5


def test_weights_go_by_the_name_that_they_are_shipped_under_else_by_their_identity(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_weights, "files", lambda package: tmp_path)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "small-01234567.safetensors").touch()
    assert file_info(file()).model == "small-01234567"
    assert file_info(file(identity=bytes(8))).model == "0000000000000000"


def test_the_codecs_files_say_what_they_were_made_with(codec, make_image):
    info = file_info(codec.encode(make_image(30, 50), 0.01))
    assert (info.width, info.height, info.lmbda) == (50, 30, pytest.approx(0.01, rel=1e-6))
    assert len(info.slice_bytes) == 5
    assert info.other_bytes == 0


def test_what_is_no_file_is_refused():
    with pytest.raises(BitstreamError, match="not a DCAE file"):
        file_info(b"\x89PNG\r\n\x1a\n")


def test_a_look_at_a_file_needs_no_torch(root):
    code = "import sys, dcae.codec.file_info; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
