"""Models of CompressAI's zoo are codecs like any other, made here of small random weights."""

import hashlib
from pathlib import Path

import compressai.zoo
import numpy as np
import pytest
import torch
from compressai.models import ScaleHyperprior
from compressai.zoo.image import model_architectures
from numpy.typing import NDArray
from torch import Tensor, nn

from dcae.analysis.compressai_zoo import ARCHITECTURES, ZooCodec
from dcae.analysis.evaluate import evaluate
from dcae.codec.protocol import Codec
from dcae.images import pad
from dcae.samples import sample

HEAD_BYTES = 13
LENGTH_BYTES = 4


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """Odd sides, 61 x 45 px."""
    return sample("coffee")[100:145, 200:261]


def network(architecture: str, seed: int = 0, gain: float = 40) -> nn.Module:
    """A small one, whose latents are so large that there is something to code."""
    torch.manual_seed(seed)
    model = ARCHITECTURES[architecture](*([8] if architecture.startswith("cheng") else [8, 12]))
    with torch.no_grad():
        last = [parameter for name, parameter in model.g_a.named_parameters() if name.endswith("weight")][-1]
        last.mul_(gain)
    model.update(force=True)
    return model.eval()


def save(model: nn.Module, path: Path) -> Path:
    torch.save(model.state_dict(), path)
    return path


def by_compressai(model: nn.Module, image: NDArray[np.uint8]) -> tuple[list[bytes], NDArray[np.uint8]]:
    """The streams and the picture, without our codec."""
    x = torch.from_numpy(pad(image).astype(np.float32) / 255).permute(2, 0, 1)[None]  # 1 x 3 x H x W
    with torch.no_grad():
        coded = model.compress(x)  # pyright: ignore[reportCallIssue]
        x_hat: Tensor = model.decompress(coded["strings"], coded["shape"])["x_hat"]  # pyright: ignore[reportCallIssue]
    levels = (x_hat[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return [strings[0] for strings in coded["strings"]], levels[: image.shape[0], : image.shape[1]]


def test_the_architectures_are_the_zoos_of_one_rate_each():
    assert set(ARCHITECTURES) == {name for name in compressai.zoo.image_models if not name.endswith("-vbr")} - {"dcae"}
    theirs = {name.replace("_", "-"): made for name, made in model_architectures.items()}
    assert ARCHITECTURES.items() <= theirs.items()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_file_is_compressais_streams_with_their_lengths_and_decodes_to_its_picture(
    architecture: str, tmp_path: Path, photo: NDArray[np.uint8]
):
    model = network(architecture)
    codec: Codec = ZooCodec(architecture, [save(model, tmp_path / "weights.pth.tar")])
    data = codec.open(photo).encode(1)
    streams, picture = by_compressai(model, photo)
    assert len(set(streams[0])) > 8  # there was something to code
    assert len(data) == HEAD_BYTES + sum(LENGTH_BYTES + len(stream) for stream in streams)
    assert all(stream in data for stream in streams)
    decoded = codec.decode(data)
    assert decoded.shape == photo.shape
    assert np.array_equal(decoded, picture)


def test_several_checkpoints_are_the_qualities_of_one_codec(tmp_path: Path, photo: NDArray[np.uint8]):
    paths = [
        save(network("mbt2018-mean", seed, gain), tmp_path / f"mbt2018-mean-{seed}.pth.tar")
        for seed, gain in ((1, 4.0), (2, 40.0), (3, 400.0))
    ]
    codec = ZooCodec("mbt2018-mean", paths)
    assert codec.qualities == (1, 2, 3)
    points = evaluate("zoo", codec, [("photo", photo)], codec.qualities)
    assert points[0].bytes < points[1].bytes < points[2].bytes
    assert codec.settings.endswith("mbt2018-mean-1.pth.tar, mbt2018-mean-2.pth.tar, mbt2018-mean-3.pth.tar")
    estimate = codec.open(photo).estimate(2)
    assert estimate.total_bytes == points[1].bytes


@pytest.mark.parametrize("key", ["network", "state_dict", "model_state_dict"])
def test_the_checkpoint_of_a_training_run_holds_the_same_weights(tmp_path: Path, photo: NDArray[np.uint8], key: str):
    model = network("bmshj2018-factorized")
    torch.save({"epoch": 3, key: model.state_dict()}, tmp_path / "run.pth.tar")
    codecs = [
        ZooCodec("bmshj2018-factorized", [path])
        for path in (tmp_path / "run.pth.tar", save(model, tmp_path / "bare.pth.tar"))
    ]
    first, second = (codec.open(photo).encode(1) for codec in codecs)
    assert first == second


def test_a_file_of_other_bytes_is_refused_before_the_entropy_coder_sees_it(tmp_path: Path, photo: NDArray[np.uint8]):
    path = save(network("bmshj2018-factorized"), tmp_path / "weights.pth.tar")
    codec, other = (ZooCodec("bmshj2018-factorized", [path]) for _ in range(2))
    data = codec.open(photo).encode(1)
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    for hostile in (b"", data[:-1], flipped, hashlib.sha256(data).digest()):
        with pytest.raises(
            ValueError, match=f"{len(hostile)} bytes that this bmshj2018-factorized codec did not write"
        ):
            codec.decode(hostile)
    with pytest.raises(ValueError, match="did not write itself"):
        other.decode(data)


def test_weights_whose_symbols_the_coder_does_not_survive_are_refused(tmp_path: Path, photo: NDArray[np.uint8]):
    for gain in (1e12, float("nan")):
        path = save(network("mbt2018-mean", gain=gain), tmp_path / "wild.pth.tar")
        with pytest.raises(ValueError, match="weights make symbols of 16777216 and more"):
            ZooCodec("mbt2018-mean", [path]).open(photo).encode(1)


def test_weights_of_one_channel_are_refused(tmp_path: Path, photo: NDArray[np.uint8]):
    path = save(ScaleHyperprior(1, 2), tmp_path / "narrow.pth.tar")
    with pytest.raises(ValueError, match=r"narrow\.pth\.tar has 1 channel; CompressAI's coder needs 2"):
        ZooCodec("bmshj2018-hyperprior", [path]).open(photo).encode(1)


def test_a_file_that_holds_no_such_weights_is_refused(tmp_path: Path, photo: NDArray[np.uint8]):
    path = save(network("bmshj2018-factorized"), tmp_path / "other.pth.tar")
    with pytest.raises(ValueError, match=r"other\.pth\.tar holds no weights of mbt2018-mean"):
        ZooCodec("mbt2018-mean", [path]).open(photo).encode(1)
    torch.save([1, 2], tmp_path / "list.pth.tar")
    with pytest.raises(ValueError, match=r"list\.pth\.tar holds no weights of mbt2018-mean"):
        ZooCodec("mbt2018-mean", [tmp_path / "list.pth.tar"]).open(photo).encode(1)
    torch.save(network("bmshj2018-factorized"), tmp_path / "pickled.pth.tar")
    with pytest.raises(ValueError, match=r"pickled\.pth\.tar is no torch checkpoint of tensors and plain values alone"):
        ZooCodec("bmshj2018-factorized", [tmp_path / "pickled.pth.tar"]).open(photo).encode(1)


def test_what_is_no_codec_is_refused(tmp_path: Path):
    path = save(network("bmshj2018-factorized"), tmp_path / "weights.pth.tar")
    with pytest.raises(ValueError, match="architecture is 'vtm'; legal: bmshj2018-factorized, "):
        ZooCodec("vtm", [path])
    with pytest.raises(ValueError, match="there are 0 checkpoints; must be 1 to 255"):
        ZooCodec("mbt2018", [])
    with pytest.raises(FileNotFoundError, match=r"none\.pth: no such file"):
        ZooCodec("mbt2018", [tmp_path / "none.pth"])


@pytest.mark.parametrize("quality", [None, 0, 2, 1.5])
def test_a_quality_that_is_no_checkpoint_is_refused(tmp_path: Path, photo: NDArray[np.uint8], quality: float | None):
    path = save(network("bmshj2018-factorized"), tmp_path / "weights.pth.tar")
    session = ZooCodec("bmshj2018-factorized", [path]).open(photo)
    with pytest.raises(ValueError, match=f"quality is {quality}; must be the number of a checkpoint, 1 to 1"):
        session.encode(quality)
