"""Shards are dealt out without overlap and in a new order each epoch; what is broken in them is named."""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path

import pytest

from dcae.training.data import shards
from dcae.training.data.shards import EncodedPhoto, PhotoStream, read_shard

from .tar_shards import numbered_png, write_four_shards, write_shard


@pytest.fixture
def four_shards(tmp_path: Path) -> list[str]:
    return write_four_shards(tmp_path)


def epoch_names(stream: PhotoStream, part: int, parts: int, epochs: int = 1) -> list[str]:
    read, names = stream.read(part, parts, 0), []
    while epochs:
        photo = next(read)
        if isinstance(photo, EncodedPhoto):
            names.append(photo.name)
        else:
            epochs -= 1
    return names


@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_each_photo_is_read_once_an_epoch_by_one_part(four_shards: list[str], parts: int):
    read = [name for part in range(parts) for name in epoch_names(PhotoStream(four_shards, {}, 64, 0), part, parts)]
    assert len(read) == len(set(read)) == 20


def test_epochs_and_seeds_differ_in_order_and_a_part_meets_every_shard(four_shards: list[str]):
    read = epoch_names(PhotoStream(four_shards, {}, 64, 0), 1, 2, epochs=4)
    first, second, third = read[:10], read[10:20], read[20:30]
    assert set(first) | set(second) == set(epoch_names(PhotoStream(four_shards, {}, 64, 0), 0, 1))
    assert set(first) == set(third)
    assert first != third
    assert epoch_names(PhotoStream(four_shards, {}, 64, 0), 1, 2, epochs=4) == read
    assert epoch_names(PhotoStream(four_shards, {}, 64, 1), 1, 2, epochs=4) != read


def test_photos_of_different_shards_are_mixed(four_shards: list[str]):
    read = epoch_names(PhotoStream(four_shards, {}, 64, 0), 0, 1)
    shard_changes = sum(Path(a).parent != Path(b).parent for a, b in pairwise(read))
    assert shard_changes > 3


def test_photos_that_are_kept_back_are_not_read(four_shards: list[str]):
    read = epoch_names(PhotoStream(four_shards, {four_shards[0]: 5, four_shards[1]: 2}, 64, 0), 0, 1)
    assert len(read) == 13
    assert not {
        name for name in read if name.startswith((f"{four_shards[0]}/", f"{four_shards[1]}/10", f"{four_shards[1]}/11"))
    }


@pytest.mark.parametrize("position", [0, 1, 9, 10, 37, 45])
def test_reading_goes_on_at_any_position(four_shards: list[str], position: int):
    unbroken = epoch_names(PhotoStream(four_shards, {}, 64, 0), 1, 2, epochs=6)
    read = PhotoStream(four_shards, {}, 64, 0).read(1, 2, position)
    resumed = [photo.name for photo in islice(read, 20) if isinstance(photo, EncodedPhoto)]
    assert resumed == unbroken[position : position + len(resumed)]
    assert len(resumed) > 10


def test_epochs_before_the_position_are_read_once_at_most(four_shards: list[str], monkeypatch: pytest.MonkeyPatch):
    read = []

    def counted(shard: str, skips: list) -> object:
        read.append(shard)
        return read_shard(shard, skips)

    monkeypatch.setattr(shards, "read_shard", counted)
    next(
        photo for photo in PhotoStream(four_shards, {}, 64, 0).read(0, 1, 20 * 7 + 3) if isinstance(photo, EncodedPhoto)
    )
    assert len(read) == 8  # the four shards once to count, once for the epoch of the position


def test_broken_photos_and_shards_are_named(tmp_path: Path):
    photos = {
        "a.png": numbered_png(1),
        "b.png": b"no picture",
        "c.png": numbered_png(2, side=63),
        "d.png": numbered_png(3),
    }
    names = [write_shard(tmp_path / "good.tar", photos), write_shard(tmp_path / "cut.tar", {"e.png": numbered_png(4)})]
    cut = Path(names[1])
    cut.write_bytes(cut.read_bytes()[:3000])
    (tmp_path / "text.tar").write_text("no archive " * 100)
    names += [str(tmp_path / "text.tar"), str(tmp_path / "missing.tar")]
    stream = PhotoStream(names, {}, 64, 0)
    assert sorted(epoch_names(stream, 0, 1)) == [f"{names[0]}/a.png", f"{names[0]}/d.png"]
    reasons = dict(stream.skips)
    assert set(reasons) == {f"{names[0]}/b.png", f"{names[0]}/c.png", *names[1:]}
    assert "not a picture" in reasons[f"{names[0]}/b.png"]
    assert reasons[f"{names[0]}/c.png"] == "63 x 63 px; a crop has 64 x 64 px"
    assert reasons[names[1]].startswith("ReadError: ")
    assert reasons[names[2]].startswith("ReadError: ")
    assert reasons[names[3]].startswith("FileNotFoundError: ")


def test_sample_is_its_photo_and_not_what_lies_beside_it(tmp_path: Path):
    files = {
        "x/1.mask.png": numbered_png(9),
        "x/1.json": b"{}",
        "x/1.PNG": numbered_png(1),
        "x/2.txt": b"no photo",
        "x/3.version.png": numbered_png(3),
    }
    skips: list = []
    found = list(read_shard(write_shard(tmp_path / "s.tar", files), skips))
    assert [Path(photo.name).name for photo in found] == ["1.png", "3.version.png"]
    assert [photo.data for photo in found] == [numbered_png(1), numbered_png(3)]
    assert skips == []


def test_name_that_comes_twice_in_a_shard_is_named_and_the_others_are_read(tmp_path: Path):
    files = {"1.png": numbered_png(1), "1.PNG": numbered_png(2), "2.png": numbered_png(3)}
    skips: list = []
    found = list(read_shard(write_shard(tmp_path / "s.tar", files), skips))
    assert [photo.data for photo in found] == [numbered_png(1), numbered_png(3)]
    assert len(skips) == 1
    assert "duplicate file name" in skips[0][1]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.mark.skipif(shutil.which("curl") is None, reason="addresses are read through curl")
def test_shard_is_read_from_an_address(tmp_path: Path):
    write_shard(tmp_path / "s.tar", {"1.png": numbered_png(1)})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        skips: list = []
        address = f"http://127.0.0.1:{server.server_port}"
        assert [photo.data for photo in read_shard(f"{address}/s.tar", skips)] == [numbered_png(1)]
        assert skips == []
        assert list(read_shard(f"{address}/missing.tar", skips)) == []
        assert skips[0][0] == f"{address}/missing.tar"
        server.shutdown()
