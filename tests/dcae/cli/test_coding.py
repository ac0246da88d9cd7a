"""`dcae encode`, `decode` and `info`: what they write, where, and what they refuse."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from typer.testing import Result

from dcae.checkpoint import read_weights
from dcae.cli.one_line_errors import OUT_OF_MEMORY
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.protocol import Fill
from dcae.codec.sections import tiles_of
from dcae.codec.tiles import Part
from dcae.images import FORMATS, MAX_PIXELS, MAX_SIDE_PX, load_image, save_png

Run = Callable[..., Result]


def assert_refused(result: Result, *parts: str) -> None:
    """Exit code 2, nothing on stdout, and one line on stderr that holds the parts."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("dcae: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert [part for part in parts if part not in result.stderr] == [], result.stderr


def test_a_photo_comes_back_as_the_codec_reconstructs_it(
    run: Run, tmp_path: Path, photo: Path, weights: Path, codec: Codec, image: NDArray[np.uint8]
):
    encoded = run("encode", photo, "-o", tmp_path / "out.dcae", "--model", weights, "--lmbda", 0.02)
    assert (encoded.exit_code, encoded.stderr) == (0, "")
    decoded = run("decode", tmp_path / "out.dcae", "-o", tmp_path / "back.png", "--model", weights)
    assert (decoded.exit_code, decoded.stderr) == (0, "")
    assert np.array_equal(load_image(tmp_path / "back.png"), codec.open(image).reconstruct(0.02))
    size = (tmp_path / "out.dcae").stat().st_size
    assert encoded.stdout == f"{photo} -> {tmp_path / 'out.dcae'}: {size} bytes, {8 * size / (61 * 45):.4f} bpp\n"
    assert decoded.stdout == f"{tmp_path / 'out.dcae'} -> {tmp_path / 'back.png'}: 61 x 45 px\n"


def test_help_says_what_is_read_and_what_becomes_of_it(run: Run):
    words = " ".join(run("encode", "--help").stdout.replace("│", " ").split())
    assert f"Read are {', '.join(FORMATS[:-1])} and {FORMATS[-1]}," in words
    assert f"sides of 1 to {MAX_SIDE_PX} px and up to {MAX_PIXELS} pixels" in words
    assert "composited over white" in words
    assert "300 MB a megapixel" in words


def test_memory_that_does_not_suffice_for_one_photo_leaves_the_others(
    run: Run, tmp_path: Path, photo: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
):
    save_png(tmp_path / "huge.png", np.zeros((50, 50, 3), np.uint8))
    (tmp_path / "files").mkdir()
    encode = Codec.encode

    def encode_in_little_memory(codec: Codec, image: NDArray[np.uint8], *others: Any) -> bytes:
        if image.shape == (50, 50, 3):
            torch.empty(2**60, dtype=torch.uint8)
        return encode(codec, image, *others)

    monkeypatch.setattr(Codec, "encode", encode_in_little_memory)
    result = run("encode", tmp_path / "huge.png", photo, "-o", tmp_path / "files", "--model", weights)
    assert (result.exit_code, result.stderr) == (2, f"dcae: {tmp_path / 'huge.png'}: {OUT_OF_MEMORY}\n")
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["photo.dcae"]


def test_lambda_is_0_013_unless_another_is_given(run: Run, tmp_path: Path, photo: Path, weights: Path):
    run("encode", photo, "-o", tmp_path / "out.dcae", "--model", weights)
    assert unpack((tmp_path / "out.dcae").read_bytes())[0].lmbda == np.float32(0.013)


def test_several_photos_go_to_a_folder_and_back(run: Run, tmp_path: Path, photo: Path, shipped: str):
    shutil.copy(photo, tmp_path / "second.png")
    (tmp_path / "files").mkdir()
    (tmp_path / "back").mkdir()
    run("encode", photo, tmp_path / "second.png", "-o", tmp_path / "files", "--model", "tiny")
    files = sorted((tmp_path / "files").iterdir())
    assert [path.name for path in files] == ["photo.dcae", "second.dcae"]
    result = run("decode", *files, "-o", tmp_path / "back")
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["photo.png", "second.png"]


def test_of_several_inputs_the_bad_ones_are_named_and_the_others_done(
    run: Run, tmp_path: Path, photo: Path, weights: Path
):
    (tmp_path / "broken.png").write_bytes(photo.read_bytes()[:200])
    (tmp_path / "files").mkdir()
    result = run(
        "encode", tmp_path / "gone.png", tmp_path / "broken.png", photo, "-o", tmp_path / "files", "--model", weights
    )
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0] == f"dcae: {tmp_path / 'gone.png'}: no such file"
    assert lines[1].startswith(f"dcae: {tmp_path / 'broken.png'}: damaged or cut")
    assert len(lines) == 2
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["photo.dcae"]


def test_a_missing_photo_is_refused_before_weights_are_loaded(run: Run, tmp_path: Path):
    assert_refused(run("encode", tmp_path / "gone.png", "-o", tmp_path / "out", "--model", "none"), "gone.png: no such")


def test_a_file_that_is_no_photo_leaves_no_output(run: Run, tmp_path: Path, weights: Path):
    (tmp_path / "note.txt").write_text("not a photo")
    result = run("encode", tmp_path / "note.txt", "-o", tmp_path / "out", "--model", weights)
    assert_refused(result, "note.txt: not a picture that can be read")
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_an_output_that_cannot_be_is_refused_at_once(run: Run, tmp_path: Path, photo: Path):
    assert_refused(run("encode", photo, "-o", photo, "--model", "none"), "photo.png is an input itself")
    assert_refused(run("decode", photo, "-o", tmp_path / "x" / "y.png", "--model", "none"), "there is no folder")


def test_an_older_output_is_replaced(run: Run, tmp_path: Path, photo: Path, weights: Path):
    (tmp_path / "out").write_bytes(b"old")
    assert run("encode", photo, "-o", tmp_path / "out", "--model", weights).exit_code == 0
    assert (tmp_path / "out").read_bytes().startswith(b"DCAE")


@pytest.mark.parametrize("lmbda", [0.0004, 0.16, 0, -1, "nan", "inf"])
def test_a_lambda_out_of_range_is_refused_with_the_range(
    run: Run, tmp_path: Path, photo: Path, weights: Path, lmbda: float
):
    result = run("encode", photo, "-o", tmp_path / "out", "--model", weights, "--lmbda", lmbda)
    assert_refused(result, "--lmbda is", "must be 0.0005 to 0.15")
    assert not (tmp_path / "out").exists()


def test_weights_of_one_lambda_take_none(run: Run, tmp_path: Path, photo: Path, fixed_weights: Path):
    result = run("encode", photo, "-o", tmp_path / "out", "--model", fixed_weights, "--lmbda", 0.013)
    assert_refused(result, "--lmbda is 0.013; these weights have one fixed lambda: leave it out")
    assert run("encode", photo, "-o", tmp_path / "out", "--model", fixed_weights).exit_code == 0
    assert run("decode", tmp_path / "out", "-o", tmp_path / "back.png", "--model", fixed_weights).exit_code == 0
    assert json.loads(run("info", tmp_path / "out", "--json").stdout)["lmbda"] is None
    assert "lambda    fixed" in run("info", tmp_path / "out").stdout


def test_a_photo_above_max_pixels_is_neither_encoded_nor_decoded(
    run: Run, tmp_path: Path, photo: Path, coded: Path, weights: Path
):
    for command, source in (("encode", photo), ("decode", coded)):
        result = run(command, source, "-o", tmp_path / "out.png", "--model", weights, "--max-pixels", 61 * 45 - 1)
        assert_refused(result, source.name, "61 x 45", "2745 px", "at most 2744 px")
        assert run(command, source, "-o", tmp_path / "o.png", "--model", weights, "--max-pixels", 2745).exit_code == 0


@pytest.mark.parametrize("command", ["encode", "decode"])
def test_weights_that_are_not_there_are_refused(run: Run, tmp_path: Path, photo: Path, command: str):
    assert_refused(run(command, photo, "-o", tmp_path / "out.png", "--model", "large"), "no weights named 'large'")
    gone = run(command, photo, "-o", tmp_path / "out.png", "--model", tmp_path / "gone.safetensors")
    assert_refused(gone, "gone.safetensors")
    assert_refused(
        run(command, photo, "-o", tmp_path / "out.png", "--model", photo), "photo.png is no safetensors file"
    )


@pytest.mark.parametrize("name", ["0.0018.pth", "checkpoint.pth.tar"])
def test_a_published_checkpoint_is_loaded_as_one(
    run: Run, tmp_path: Path, photo: Path, fixed_weights: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    asked: list[str] = []

    def load_published(path: str):
        asked.append(path)
        return read_weights(fixed_weights)

    monkeypatch.setattr("dcae.checkpoint.load_published", load_published)
    assert run("encode", photo, "-o", tmp_path / "out", "--model", tmp_path / name).exit_code == 0
    assert asked == [str(tmp_path / name)]


def test_a_checkpoint_that_is_none_is_refused(run: Run, tmp_path: Path, photo: Path):
    (tmp_path / "foreign.pth.tar").write_bytes(b"foreign")
    result = run("encode", photo, "-o", tmp_path / "out", "--model", tmp_path / "foreign.pth.tar")
    assert_refused(result, "foreign.pth.tar is no torch checkpoint")


def test_a_file_finds_the_shipped_weights_that_it_names(
    run: Run, tmp_path: Path, coded: Path, codec: Codec, shipped: str
):
    assert run("decode", coded, "-o", tmp_path / "back.png").exit_code == 0
    assert np.array_equal(load_image(tmp_path / "back.png"), codec.decode(coded.read_bytes()))


def test_weights_that_are_not_shipped_are_named_by_identity(run: Run, tmp_path: Path, coded: Path, codec: Codec):
    result = run("decode", coded, "-o", tmp_path / "back.png")
    assert_refused(result, f"coded.dcae: was made with weights {codec.identity[:16]}", "--model PATH")
    assert not (tmp_path / "back.png").exists()


def test_other_weights_than_the_files_are_refused(run: Run, tmp_path: Path, coded: Path, fixed_weights: Path):
    result = run("decode", coded, "-o", tmp_path / "back.png", "--model", fixed_weights)
    assert_refused(result, "coded.dcae: file was made with weights")


@pytest.mark.parametrize("num_slices", [0, 2, 5])
def test_only_the_first_slices_are_decoded(
    run: Run, tmp_path: Path, coded: Path, codec: Codec, weights: Path, num_slices: int
):
    run("decode", coded, "-o", tmp_path / "back.png", "--model", weights, "--slices", num_slices)
    assert np.array_equal(load_image(tmp_path / "back.png"), codec.decode(coded.read_bytes(), num_slices))


@pytest.mark.parametrize("fill", ["prediction", "zeros"])
def test_what_stands_for_absent_slices_can_be_chosen(
    run: Run, tmp_path: Path, coded: Path, codec: Codec, weights: Path, fill: Fill
):
    result = run("decode", coded, "-o", tmp_path / "back.png", "--model", weights, "--slices", 2, "--fill", fill)
    assert result.exit_code == 0
    assert np.array_equal(load_image(tmp_path / "back.png"), codec.decode(coded.read_bytes(), 2, fill))


def test_other_fills_are_refused(run: Run, tmp_path: Path, coded: Path, weights: Path):
    result = run("decode", coded, "-o", tmp_path / "back.png", "--model", weights, "--slices", 2, "--fill", "noise")
    assert result.exit_code == 2
    assert "'noise' is not one of 'prediction', 'zeros'" in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "back.png").exists()


def test_more_slices_than_the_file_has_are_refused(run: Run, tmp_path: Path, coded: Path, weights: Path):
    result = run("decode", coded, "-o", tmp_path / "back.png", "--model", weights, "--slices", 6)
    assert_refused(result, "coded.dcae: --slices is 6; the file has 5: must be 0 to 5")
    assert not (tmp_path / "back.png").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "empty"])
def test_a_damaged_file_is_refused_and_leaves_no_output(
    run: Run, tmp_path: Path, coded: Path, weights: Path, damage: str
):
    data = coded.read_bytes()
    damaged = {
        "cut": data[:-9],
        "flipped": data[:60] + bytes([data[60] ^ 1]) + data[61:],
        "foreign": b"GIF89a",
        "empty": b"",
    }
    coded.write_bytes(damaged[damage])
    assert_refused(run("info", coded), "coded.dcae: ")
    assert_refused(run("decode", coded, "-o", tmp_path / "back.png", "--model", weights), "coded.dcae: ")
    assert not (tmp_path / "back.png").exists()


def test_pictures_are_written_as_png_alone(run: Run, tmp_path: Path, coded: Path):
    assert_refused(run("decode", coded, "-o", tmp_path / "back.jpg"), "back.jpg: pictures are written as PNG")


def test_a_wide_networks_picture_is_made_in_float32_on_demand(
    run: Run, tmp_path: Path, photo: Path, float32_weights: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dcae.codec.picture_network.fastest_dtype", lambda _: torch.bfloat16)
    file, picture = tmp_path / "out.dcae", tmp_path / "out.png"
    assert run("encode", photo, "-o", file, "--model", float32_weights).exit_code == 0
    for options, float32 in (([], False), (["--float32"], True)):
        assert run("decode", file, "-o", picture, "--model", float32_weights, *options).exit_code == 0
        codec = Codec(read_weights(float32_weights), float32=float32)
        assert np.array_equal(load_image(picture), codec.decode(file.read_bytes()))


def test_info_gives_exactly_the_promised_json(run: Run, coded: Path, codec: Codec):
    record = json.loads(run("info", coded, "--json").stdout)
    assert list(record) == ["width", "height", "lmbda", "model", "bytes", "bpp"]
    assert list(record["bytes"]) == ["header", "z", "slices", "other", "total"]
    assert (record["width"], record["height"], record["lmbda"]) == (61, 45, np.float32(0.013))
    parts = record["bytes"]
    size = coded.stat().st_size
    assert parts["header"] + parts["z"] + sum(parts["slices"]) + parts["other"] == parts["total"] == size
    assert len(parts["slices"]) == 5
    assert record["bpp"] == 8 * size / (61 * 45)
    assert record["model"] == codec.identity[:16]


def test_info_names_shipped_weights(run: Run, coded: Path, shipped: str):
    assert json.loads(run("info", coded, "--json").stdout)["model"] == shipped
    assert f"model     {shipped}\n" in run("info", coded).stdout


def test_info_for_people_has_a_line_for_each_part(run: Run, coded: Path):
    record = json.loads(run("info", coded, "--json").stdout)
    rows = dict(line.split(maxsplit=1) for line in run("info", coded).stdout.replace("slice ", "slice_").splitlines())
    assert list(rows)[:3] == ["size", "lambda", "model"]
    assert (rows["size"], rows["lambda"]) == ("61 x 45 px", "0.013")
    assert rows["slice_4"].split()[:2] == [str(record["bytes"]["slices"][4]), "bytes"]
    assert rows["total"].split() == [str(record["bytes"]["total"]), "bytes", "100.0", "%"]
    assert rows["rate"] == f"{record['bpp']:.4f} bpp"


def test_info_of_a_missing_file_is_one_line(run: Run, tmp_path: Path):
    assert_refused(run("info", tmp_path / "gone.dcae"), "gone.dcae: no such file")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refinement in large steps, so that few of them change what random weights write."""
    monkeypatch.setattr("dcae.codec.refine.RATE", 0.2)


def test_a_refined_file_is_written_and_said_to_be_what_it_is(
    run: Run, tmp_path: Path, photo: Path, weights: Path, codec: Codec, image: NDArray[np.uint8], quick: None
):
    encoded = run("encode", photo, "-o", tmp_path / "out.dcae", "--model", weights, "--lmbda", 0.02, "--refine", 6)
    assert (encoded.exit_code, encoded.stderr) == (0, "")
    refined = codec.open(image).refine(0.02, 6)
    assert refined.improved
    assert (tmp_path / "out.dcae").read_bytes() == refined.data
    size, rate = len(refined.data), 8 * len(refined.data) / (61 * 45)
    assert encoded.stdout == (
        f"{photo} -> {tmp_path / 'out.dcae'}: {size} bytes, {rate:.4f} bpp; {refined.psnr_db:.2f} dB "
        f"({refined.plain_bytes} bytes, {refined.plain_psnr_db:.2f} dB before)\n"
    )


def test_a_refinement_that_finds_nothing_better_says_so_and_writes_the_plain_file(
    run: Run, tmp_path: Path, photo: Path, weights: Path, codec: Codec, image: NDArray[np.uint8], monkeypatch
):
    monkeypatch.setattr("dcae.codec.refine.RATE", 30.0)
    encoded = run("encode", photo, "-o", tmp_path / "out.dcae", "--model", weights, "--lmbda", 0.02, "--refine", 2)
    assert encoded.stdout.endswith(" dB: refinement found nothing better\n")
    assert (tmp_path / "out.dcae").read_bytes() == codec.encode(image, 0.02)


def test_weights_of_one_lambda_are_refined_at_the_lambda_that_the_user_gives(
    run: Run, tmp_path: Path, photo: Path, fixed_weights: Path, image: NDArray[np.uint8]
):
    out = ("-o", tmp_path / "out.dcae", "--model", fixed_weights, "--refine", 2)
    assert_refused(run("encode", photo, *out), "--refine needs --lmbda: these weights do not say which lambda")
    assert run("encode", photo, *out, "--lmbda", 0.02).exit_code == 0
    expected = Codec(read_weights(fixed_weights)).open(image).refine(None, 2, trade_off=0.02)
    assert (tmp_path / "out.dcae").read_bytes() == expected.data


def test_a_picture_that_is_too_large_to_refine_is_refused_by_name(run: Run, tmp_path: Path, weights: Path, monkeypatch):
    monkeypatch.setattr("dcae.codec.refine.MAX_REFINED_PX", 100)
    save_png(tmp_path / "large.png", np.zeros((10, 11, 3), np.uint8))
    result = run("encode", tmp_path / "large.png", "-o", tmp_path / "x", "--model", weights, "--refine", 3)
    assert_refused(result, "large.png: image is 11 x 10 = 110 px; at most 100 px can be refined")


def test_a_picture_is_cut_into_tiles_and_a_region_decodes_alone(run: Run, tmp_path: Path, weights: Path, codec: Codec):
    image = np.random.default_rng(5).integers(0, 256, (70, 300, 3), dtype=np.uint8)
    save_png(tmp_path / "wide.png", image)
    encoded = run("encode", tmp_path / "wide.png", "-o", tmp_path / "wide.dcae", "--model", weights, "--tile", 256)
    assert encoded.exit_code == 0, encoded.stderr
    data = (tmp_path / "wide.dcae").read_bytes()
    assert len(tiles_of(unpack(data)[1])[1]) == 2
    part = (
        "decode",
        tmp_path / "wide.dcae",
        "-o",
        tmp_path / "part.png",
        "--model",
        weights,
        "--region",
        "250,10,20,30",
    )
    assert run(*part).stdout.endswith("part.png: 20 x 30 px\n")
    assert np.array_equal(load_image(tmp_path / "part.png"), codec.decode(data, region=Part(10, 250, 30, 20)))


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("1,2,3", "--region is '1,2,3'; must be X,Y,W,H: four whole numbers of pixels"),
        ("a,2,3,4", "must be X,Y,W,H"),
        ("60,0,2,1", "the region is 2 x 1 px at (60, 0); must be 1 px or more inside of 61 x 45 px"),
    ],
)
def test_a_region_that_is_none_is_refused(
    run: Run, tmp_path: Path, photo: Path, weights: Path, region: str, message: str
):
    run("encode", photo, "-o", tmp_path / "out.dcae", "--model", weights)
    out = tmp_path / "part.png"
    assert_refused(run("decode", tmp_path / "out.dcae", "-o", out, "--model", weights, "--region", region), message)
    assert not out.exists()


def test_a_tile_that_is_none_is_refused(run: Run, tmp_path: Path, photo: Path, weights: Path):
    refused = run("encode", photo, "-o", tmp_path / "out.dcae", "--model", weights, "--tile", 100)
    assert_refused(refused, "tile_px is 100; must be 0 (none) or a multiple of 64, 256 or more")
