"""`dcae encode` with a target: what it writes, what it says of it, and what it refuses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import Result

from dcae.checkpoint import read_weights
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST
from dcae.images import load_image, save_png
from dcae.metrics import ms_ssim
from dcae.rd import psnr_db
from dcae.samples import sample

Run = Callable[..., Result]


def assert_refused(result: Result, line: str) -> None:
    """Exit code 2, nothing on stdout, and this one line on stderr."""
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"dcae: {line}\n")


@pytest.fixture(scope="module")
def reachable(codec: Codec, image: NDArray[np.uint8]) -> tuple[int, int]:
    """The smallest and the largest size of `photo`, bytes."""
    session = codec.open(image)
    smallest, largest = sorted(len(session.encode(lmbda)) for lmbda in (LMBDA_LOWEST, LMBDA_HIGHEST))
    return smallest, largest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a file is to go."""
    return tmp_path / "out.dcae"


@pytest.mark.parametrize("option", ["--bytes", "--bpp"])
def test_a_size_is_kept_and_said(
    run: Run, out: Path, photo: Path, weights: Path, codec: Codec, image, reachable: tuple[int, int], option: str
):
    target = round((reachable[0] * reachable[1]) ** 0.5)
    value = target if option == "--bytes" else (target + 0.5) * 8 / (61 * 45)
    result = run("encode", photo, "-o", out, "--model", weights, option, value)
    assert (result.exit_code, result.stderr) == (0, "")
    data = out.read_bytes()
    assert 0.9 * target <= len(data) <= target  # the photo is tiny: a few bytes are percents
    lmbda = unpack(data)[0].lmbda
    assert codec.encode(image, lmbda) == data
    start = f"{photo} -> {out}: {len(data)} bytes, {8 * len(data) / (61 * 45):.4f} bpp; lambda {lmbda:.4g}, "
    assert result.stdout.startswith(start)
    assert result.stdout.removeprefix(start) in ["1 trial\n", *(f"{count} trials\n" for count in range(2, 9))]


def test_a_size_out_of_reach_is_one_line_and_no_file(
    run: Run, out: Path, photo: Path, weights: Path, reachable: tuple[int, int]
):
    for value in (reachable[0] - 1, round(1.02 * reachable[1])):
        result = run("encode", photo, "-o", out, "--model", weights, "--bytes", value)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"dcae: {photo}: {value} bytes are out of reach: the smallest file has ")
        assert result.stderr.count("\n") == 1
        for size in reachable:
            assert f" {size} bytes (quality " in result.stderr
        assert not out.exists()


def test_a_rate_out_of_reach_is_said_as_a_rate(run: Run, out: Path, photo: Path, weights: Path):
    result = run("encode", photo, "-o", out, "--model", weights, "--bpp", 0.0001)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"dcae: {photo}: --bpp 0.0001 of 61 x 45 px: 1 bytes are out of reach: the ")
    assert not out.exists()


def test_a_psnr_is_reached_and_said(run: Run, out: Path, tmp_path: Path):
    photo = sample("coffee")[100:356, 200:456]
    save_png(tmp_path / "crop.png", photo)
    result = run("encode", tmp_path / "crop.png", "-o", out, "--model", "tiny", "--psnr", 29.5)
    assert (result.exit_code, result.stderr) == (0, "")
    run("decode", out, "-o", tmp_path / "back.png")
    reached = psnr_db(photo, load_image(tmp_path / "back.png"))
    assert 29.5 <= reached <= 29.55
    assert f" bpp; PSNR {reached:.2f} dB, lambda 0.0" in result.stdout


def test_an_ms_ssim_is_reached_and_said(run: Run, out: Path, tmp_path: Path):
    photo = sample("coffee")[100:356, 200:456]
    save_png(tmp_path / "crop.png", photo)
    result = run("encode", tmp_path / "crop.png", "-o", out, "--model", "tiny", "--ms-ssim", 0.96)
    assert (result.exit_code, result.stderr) == (0, "")
    run("decode", out, "-o", tmp_path / "back.png")
    reached = ms_ssim(photo, load_image(tmp_path / "back.png"))
    assert reached is not None
    assert 0.96 <= reached <= 0.9605  # 0.05 dB more
    assert f" bpp; MS-SSIM {reached:.5f}, lambda 0.0" in result.stdout


def test_an_ms_ssim_of_a_small_picture_is_refused(run: Run, out: Path, photo: Path, weights: Path):
    result = run("encode", photo, "-o", out, "--model", weights, "--ms-ssim", 0.9)
    assert_refused(result, f"{photo}: --ms-ssim needs sides of 161 px or more; this picture is 61 x 45 px")


def test_of_several_photos_those_out_of_reach_are_named_and_the_others_done(
    run: Run, tmp_path: Path, photo: Path, weights: Path, reachable: tuple[int, int]
):
    save_png(tmp_path / "flat.png", np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "files").mkdir()
    inputs = (tmp_path / "flat.png", photo)
    result = run("encode", *inputs, "-o", tmp_path / "files", "--model", weights, "--bytes", reachable[1])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"dcae: {tmp_path / 'flat.png'}: {reachable[1]} bytes are out of reach: ")
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["photo.dcae"]


def test_weights_of_one_lambda_have_one_size(run: Run, out: Path, photo: Path, fixed_weights: Path, image):
    size = len(Codec(read_weights(fixed_weights)).encode(image))
    arguments = ("encode", photo, "-o", out, "--model", fixed_weights, "--bytes")
    assert_refused(
        run(*arguments, size - 1), f"{photo}: {size - 1} bytes are out of reach: the only file has {size} bytes"
    )
    result = run(*arguments, size)
    assert (result.exit_code, out.stat().st_size) == (0, size)
    assert result.stdout.endswith(" bpp; 1 trial\n")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--bytes", 900, "--bpp", 1), "--bytes and --bpp"),
        (("--psnr", 30, "--ms-ssim", 0.9), "--psnr and --ms-ssim"),
        (("--bytes", 900, "--lmbda", 0.01), "--bytes and --lmbda"),
        (("--psnr", 30, "--refine", 3), "--psnr and --refine"),
    ],
)
def test_targets_exclude_each_other_and_what_else_decides_the_size(
    run: Run, out: Path, photo: Path, options: tuple[object, ...], names: str
):
    assert_refused(run("encode", photo, "-o", out, *options), f"{names} exclude each other; give one of them")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--bytes", "0"), ("--bytes", "-5"), ("--bpp", "0.0"), ("--bpp", "nan"), ("--psnr", "inf"), ("--psnr", "-1.0")],
)
def test_a_target_that_no_file_can_have_is_refused(run: Run, out: Path, photo: Path, option: str, value: str):
    result = run("encode", photo, "-o", out, option, value)
    assert_refused(result, f"{option} is {value}; must be above 0 and below inf")


@pytest.mark.parametrize("value", ["0.0", "1.0", "1.2", "nan"])
def test_an_ms_ssim_is_between_0_and_1(run: Run, out: Path, photo: Path, value: str):
    assert_refused(
        run("encode", photo, "-o", out, "--ms-ssim", value), f"--ms-ssim is {value}; must be above 0 and below 1"
    )
