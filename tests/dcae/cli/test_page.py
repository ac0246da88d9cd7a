"""`dcae page`: its numbers are those of the files that the codec writes, and bad input writes nothing."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import Result

from dcae.analysis.baselines import baseline
from dcae.analysis.page_record import page_codings, page_curve, page_lmbdas
from dcae.codec.codec import Codec
from dcae.codec.file_info import file_info
from dcae.images import save_png
from dcae.rd import psnr_db

Run = Callable[..., Result]


def test_each_row_is_of_the_file_that_the_codec_writes(
    run: Run, photo: Path, weights: Path, codec: Codec, image: NDArray[np.uint8], tmp_path: Path
):
    out = tmp_path / "page.html"
    result = run("page", photo, "-o", out, "--model", weights, "--codec", "jpeg")
    assert result.exit_code == 0, result.output
    html = out.read_text("utf-8")
    assert f"{len(html.encode())} bytes, 12 pictures of 61 x 45 px" in result.output
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr data-index.*?</tr>", html)]
    lmbdas = page_lmbdas(codec.qualities)
    assert len(rows) == len(lmbdas) == 12
    for index in (0, 5, 11):
        data = codec.encode(image, lmbdas[index])
        assert int(rows[index][1].replace(",", "")) == len(data)
        assert rows[index][3] == f"{psnr_db(image, codec.decode(data)):.2f}"
    assert weights.stem in html
    assert str(tmp_path) not in html


def test_pictures_and_parts_are_the_files(codec: Codec, image: NDArray[np.uint8]):
    (coding,) = page_codings(codec, image, [0.02])
    data = codec.encode(image, 0.02)
    np.testing.assert_array_equal(coding.picture, codec.decode(data))
    assert coding.rate_map.file == file_info(data)
    assert coding.ms_ssim is None


def test_another_codecs_points_are_of_its_files(image: NDArray[np.uint8]):
    jpeg = baseline("jpeg")
    curve = page_curve(jpeg, image)
    data = jpeg.encode(image, 50)
    assert (8 * len(data) / (61 * 45), psnr_db(image, jpeg.decode(data))) in curve.points
    assert len(curve.points) == len(jpeg.curve)


@pytest.mark.parametrize(
    ("crop", "words"),
    [
        ("1,2,3", "--crop is '1,2,3'; must be X,Y,W,H"),
        ("0,0,62,45", "must lie in the picture of 61 x 45 px"),
        ("0,0,0,5", "must lie in the picture"),
    ],
)
def test_a_bad_crop_is_one_line_and_writes_nothing(
    run: Run, photo: Path, weights: Path, tmp_path: Path, crop: str, words: str
):
    result = run("page", photo, "-o", tmp_path / "page.html", "--model", weights, "--codec", "jpeg", "--crop", crop)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "page.html").exists()


def test_a_side_over_1024_px_is_refused(run: Run, weights: Path, tmp_path: Path):
    save_png(tmp_path / "wide.png", np.zeros((8, 1100, 3), np.uint8))
    result = run(
        "page", tmp_path / "wide.png", "-o", tmp_path, "--model", weights, "--codec", "jpeg", "--crop", "0,0,1025,8"
    )
    assert result.exit_code == 2
    assert "--crop is 1025 x 8 px; sides must be at most 1024 px" in result.stderr


def test_a_folder_of_weights_is_refused(run: Run, photo: Path, fixed_weights: Path, tmp_path: Path):
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(fixed_weights, folder / "0.01.safetensors")
    result = run("page", photo, "-o", tmp_path, "--model", folder)
    assert result.exit_code == 2
    assert "is no single model; a page shows one model's codings" in result.stderr


def test_a_crop_says_so_and_weights_of_one_lambda_make_one_picture(
    run: Run, photo: Path, fixed_weights: Path, tmp_path: Path
):
    named = photo.rename(tmp_path / "a<b>&.png")
    result = run(
        "page",
        named,
        "-o",
        tmp_path,
        "--model",
        fixed_weights,
        "--codec",
        "jpeg",
        "--crop",
        "8,4,40,32",
        "--title",
        "Me & <you>",
    )
    assert result.exit_code == 0, result.output
    html = (tmp_path / "a<b>&.html").read_text("utf-8")
    assert "A part of 40 × 32 px of a photo of 61 × 45 px, from column 8 and row 4 on" in html
    assert "<title>Me &amp; &lt;you&gt; · DCAE</title>" in html
    assert html.count("<tr data-index") == 1
    assert "a<b>" not in html


def test_other_codecs_are_named_in_the_command_and_one_that_is_none_is_refused(
    run: Run, photo: Path, fixed_weights: Path, tmp_path: Path
):
    chosen = ("--codec", "webp", "--codec", "hevc")
    assert run("page", photo, "-o", tmp_path / "page.html", "--model", fixed_weights, *chosen).exit_code == 0
    html = (tmp_path / "page.html").read_text("utf-8")
    assert re.findall(r'<span class="key other-\d"></span><span>(\w+)', html) == ["WebP", "HEVC"]
    assert f"dcae page {photo.name} --model {fixed_weights.name} --codec webp --codec hevc -o page.html" in html
    result = run("page", photo, "-o", tmp_path / "none.html", "--model", fixed_weights, "--codec", "gif")
    assert result.exit_code == 2
    assert "there is no baseline 'gif'; legal: jpeg," in result.stderr
    assert not (tmp_path / "none.html").exists()
