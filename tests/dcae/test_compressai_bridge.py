"""CompressAI's tools measure on our weights what we measure, to the byte; what differs is said and counted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import compressai.zoo
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcae.analysis.evaluate import evaluate
from dcae.checkpoint import load
from dcae.codec.bitstream import layout
from dcae.codec.codec import Codec
from dcae.codec.sections import SLICE_CHECKSUM_BYTES
from dcae.compressai_bridge import (
    PUBLISHED_LMBDAS,
    ZooDCAE,
    eval_model,
    export,
    register,
    zoo_dcae,
)
from dcae.config import PRESETS
from dcae.images import save_png, to_float
from dcae.metrics import ms_ssim
from dcae.model.dcae import DCAE
from dcae.rd import psnr_db
from dcae.samples import sample

LMBDA = 0.02
STREAMS = 6
"""z and five slices."""
MOST_STREAM_END_BITS = 64
BLACK = 10
"""Pixels that CompressAI puts above the odd photo, of 20 that are missing to a multiple of 64."""


class Evaluated(NamedTuple):
    """Means, and the figures of each photo."""

    results: dict[str, list[float]]
    each: dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def codec() -> Codec:
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    model.update()
    return Codec(model)


@pytest.fixture(scope="module")
def photos() -> dict[str, NDArray[np.uint8]]:
    """One whose sides are multiples of 64 px, and one that must be padded below and above."""
    return {"even": sample("coffee")[100:292, 100:356], "odd": sample("astronaut")[20 : 192 - 2 * BLACK + 20, :192]}


@pytest.fixture(scope="module")
def weights(codec: Codec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny-0.02.pth.tar"
    export(codec.model, LMBDA, path)
    return path


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """CompressAI's tool sets the threads of the process, and the zoo is everybody's."""
    threads, deterministic = torch.get_num_threads(), torch.backends.cudnn.deterministic
    yield
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = deterministic
    for models in (compressai.zoo.image.model_architectures, compressai.zoo.image_models):
        models.pop("dcae", None)


def evaluated(
    photos: dict[str, NDArray[np.uint8]], weights: Path, folder: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> Evaluated:
    for name, photo in photos.items():
        save_png(folder / f"{name}.png", photo)
    out = folder / "out"
    eval_model(["checkpoint", str(folder), "-a", "dcae", "-p", str(weights), "-d", str(out), "--per-image", *more])
    each = {path.name.split("-")[0]: json.loads(path.read_text())["results"] for path in out.glob("*-tiny*.json")}
    return Evaluated(json.loads(capsys.readouterr().out)["results"], each)


def container_bytes(data: bytes) -> int:
    """What a file has beside its strings: all but payloads, of which a slice's checksum is a part."""
    parts = layout(data)
    return parts.header_bytes - SLICE_CHECKSUM_BYTES * len(parts.slice_bytes)


def test_real_files_have_our_bytes_without_the_container_and_our_pictures(
    codec: Codec,
    photos: dict[str, NDArray[np.uint8]],
    weights: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    theirs = evaluated(photos, weights, tmp_path, capsys)
    for name, photo in photos.items():
        black = np.pad(photo, ((BLACK, BLACK), (0, 0), (0, 0))) if name == "odd" else photo
        data = codec.encode(black, LMBDA)
        top = (len(black) - len(photo)) // 2
        picture = codec.decode(data)[top : top + len(photo)]
        bits = theirs.each[name]["bpp"] * photo.shape[0] * photo.shape[1]
        assert round(bits, 6) == 8 * (len(data) - container_bytes(data))
        assert 31 < container_bytes(data) < 50
        assert theirs.each[name]["psnr-rgb"] == pytest.approx(psnr_db(photo, picture), abs=1e-4)
        assert theirs.each[name]["ms-ssim-rgb"] == pytest.approx(ms_ssim(photo, picture), abs=2e-4)  # float32 there
    (point,) = evaluate("tiny", codec, [("even", photos["even"])], [LMBDA])
    assert 8 * point.bytes - theirs.each["even"]["bpp"] * photos["even"][..., 0].size < 8 * 50
    assert theirs.results["bpp"] == [pytest.approx(np.mean([each["bpp"] for each in theirs.each.values()]))]


def test_its_estimate_is_what_our_streams_hold(
    photos: dict[str, NDArray[np.uint8]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    codec, even = Codec(load("tiny")), photos["even"]  # random weights expect nothing, and what they pay is the escapes
    export(codec.model, LMBDA, weights := tmp_path / "tiny-0.02.pth.tar")
    pair = {"even": even, "mirrored": np.ascontiguousarray(even[:, ::-1])}
    theirs = evaluated(pair, weights, tmp_path, capsys, "--entropy-estimation")
    for name, photo in pair.items():
        data = codec.encode(photo, LMBDA)
        parts = layout(data)
        real = 8 * (parts.z_bytes + sum(parts.slice_bytes))
        estimated = theirs.each[name]["bpp"] * photo[..., 0].size
        assert -0.01 * real < real - estimated < STREAMS * MOST_STREAM_END_BITS + 0.01 * real
        assert theirs.each[name]["psnr-rgb"] == pytest.approx(psnr_db(photo, codec.decode(data)), abs=0.01)


def test_a_state_dict_is_a_network_at_one_lambda(codec: Codec, weights: Path, photos: dict[str, NDArray[np.uint8]]):
    state = torch.load(weights)
    assert state["lmbda"] == torch.tensor(LMBDA)
    model = ZooDCAE.from_state_dict(state)
    assert not model.update(force=True)
    assert Codec(model.network).identity == codec.identity  # the tables, too
    two = torch.from_numpy(np.stack([to_float(photos["even"]), to_float(photos["even"][:, ::-1])]))
    coded = model.compress(two)
    assert [len(stream) for stream in coded["strings"]] == [2] * (STREAMS + 1)  # and the level flags
    alone = model.compress(two[1:])
    assert [stream[1] for stream in coded["strings"]] == [stream[0] for stream in alone["strings"]]
    pictures = model.decompress(coded["strings"], coded["shape"])["x_hat"]
    assert torch.equal(pictures[1:], model.decompress(alone["strings"], alone["shape"])["x_hat"])
    assert tuple(coded["shape"]) == (3, 4)


def test_a_model_codes_with_the_weights_that_it_was_given_last(weights: Path):
    first, second = (ZooDCAE.from_state_dict(torch.load(weights)) for _ in range(2))
    with torch.no_grad():
        for parameter in second.network.slice_loop.parameters():
            parameter.mul_(0.9)
    x = torch.from_numpy(to_float(sample("coffee")[:64, :64]))[None]
    before = first.compress(x)["strings"]
    first.load_state_dict(second.state_dict())
    expected = ZooDCAE.from_state_dict(second.state_dict()).compress(x)["strings"]
    assert before != first.compress(x)["strings"] == expected


def test_weights_of_one_lambda_are_exported_without_one(tmp_path: Path):
    network = DCAE(PRESETS["tiny"].from_dict(PRESETS["tiny"].to_dict() | {"gain_knots": 0}))
    network.update()
    export(network, None, tmp_path / "fixed.pth.tar")
    model = ZooDCAE.from_state_dict(torch.load(tmp_path / "fixed.pth.tar"))
    coded = model.compress(torch.full((1, 3, 64, 64), 0.5))
    assert model.decompress(coded["strings"], coded["shape"])["x_hat"].shape == (1, 3, 64, 64)


def test_flags_of_levels_are_a_string_of_their_own(codec: Codec, monkeypatch: pytest.MonkeyPatch):
    model = ZooDCAE(codec.model, LMBDA)
    monkeypatch.setattr(model._coder, "margin", 1e-3)
    x = torch.from_numpy(to_float(sample("coffee")[:64, :128]))[None]
    coded = model.compress(x)
    assert coded["strings"][1][0]
    assert model.decompress(coded["strings"], coded["shape"])["x_hat"].shape == x.shape


def test_the_zoo_has_our_network_once_asked_for_and_only_then():
    assert "dcae" not in compressai.zoo.image_models  # this file has imported the bridge
    assert "dcae" not in compressai.zoo.image.model_architectures
    register()
    register()
    assert compressai.zoo.image.model_architectures["dcae"] is ZooDCAE
    model: Any = compressai.zoo.image_models["dcae"](quality=4, metric="mse", pretrained=True, progress=False)
    assert model.lmbda.item() == pytest.approx(PUBLISHED_LMBDAS[3])


def test_what_is_not_legal_is_refused(codec: Codec, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ValueError, match="quality is 7; must be 1 to 6"):
        zoo_dcae(7, pretrained=True)
    with pytest.raises(ValueError, match="metric is 'ms-ssim', pretrained True; there are only"):
        zoo_dcae(1, "ms-ssim", pretrained=True)
    with pytest.raises(ValueError, match=r"lmbda is 1; must be 0\.0005 to 0\.15"):
        ZooDCAE(codec.model, 1)
    with pytest.raises(ValueError, match="state dict lacks config and lmbda; must be one of"):
        ZooDCAE.from_state_dict({})
    monkeypatch.setitem(compressai.zoo.image_models, "dcae", print)
    with pytest.raises(ValueError, match="zoo has another 'dcae' already"):
        register()
