"""Kodak's photos come whole or not at all from a server, are recognised by their pixels, and errors say what to do."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcae.images import load_image, save_png
from dcae.kodak import KODAK_SHA256, KODAK_URL, download_kodak, why_not_kodak


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "kodak"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_files_come_whole_into_a_new_folder(mirror: Any, target: Path):
    assert list(download_kodak(target, mirror.url, mirror.sha256)) == [(name, True) for name in mirror.files]
    assert contents(target) == mirror.files


def test_what_is_there_is_not_asked_for_again(mirror: Any, target: Path):
    target.mkdir(parents=True)
    (target / "kodim02.png").write_bytes(mirror.files["kodim02.png"])
    came = dict(download_kodak(target, mirror.url, mirror.sha256))
    assert came == {"kodim01.png": True, "kodim02.png": False, "kodim03.png": True}
    assert mirror.asked == ["/kodim01.png", "/kodim03.png"]
    assert not any(came for _, came in download_kodak(target, mirror.url, mirror.sha256))


def test_a_cut_file_of_an_earlier_try_is_replaced(mirror: Any, target: Path):
    target.mkdir(parents=True)
    (target / "kodim02.png").write_bytes(mirror.files["kodim02.png"][:100])
    assert dict(download_kodak(target, mirror.url, mirror.sha256))["kodim02.png"]
    assert contents(target) == mirror.files


def test_an_address_without_its_last_slash_is_the_same(mirror: Any, target: Path):
    assert len(list(download_kodak(target, mirror.url.rstrip("/"), mirror.sha256))) == 3


def test_a_broken_file_is_named_and_not_kept_and_what_came_before_stays(mirror: Any, target: Path):
    (mirror.folder / "kodim02.png").write_bytes(b"broken")
    with pytest.raises(ValueError, match=rf"kodim02.png came from {mirror.url}kodim02.png with another SHA-256 than "):
        list(download_kodak(target, mirror.url, mirror.sha256))
    assert contents(target) == {"kodim01.png": mirror.files["kodim01.png"]}
    (mirror.folder / "kodim02.png").write_bytes(mirror.files["kodim02.png"])
    assert [came for _, came in download_kodak(target, mirror.url, mirror.sha256)] == [False, True, True]


def test_a_broken_file_does_not_replace_the_one_that_is_there(mirror: Any, target: Path):
    target.mkdir(parents=True)
    (target / "kodim01.png").write_bytes(b"mine")
    (mirror.folder / "kodim01.png").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"run again, or take another mirror with --url"):
        list(download_kodak(target, mirror.url, mirror.sha256))
    assert contents(target) == {"kodim01.png": b"mine"}


def test_a_file_that_the_server_lacks_is_named_with_the_servers_answer(mirror: Any, target: Path):
    (mirror.folder / "kodim03.png").unlink()
    with pytest.raises(OSError, match=r"kodim03.png could not be had from \S+ \(404 Client Error: .*mirror with --url"):
        list(download_kodak(target, mirror.url, mirror.sha256))
    assert sorted(contents(target)) == ["kodim01.png", "kodim02.png"]


def test_a_server_that_is_not_there_is_named_with_the_cause(mirror: Any, target: Path):
    mirror.close()
    with pytest.raises(OSError, match=r"kodim01.png could not be had from \S+ \(.*Connection refused\); .* run again"):
        list(download_kodak(target, mirror.url, mirror.sha256))
    assert contents(target) == {}


def test_an_address_that_is_none_is_refused_before_anything_is_made(target: Path):
    with pytest.raises(ValueError, match=r"'r0k\.us/kodak' is no address; it must begin with http:// or https://"):
        list(download_kodak(target, "r0k.us/kodak"))
    with pytest.raises(OSError, match=r"kodim01\.png could not be had from http:/"):
        list(download_kodak(target, "http://"))
    assert contents(target) == {}


def test_an_error_of_the_disk_stays_what_it_is(mirror: Any, target: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pooch.retrieve", full)
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device$"):
        list(download_kodak(target, mirror.url, mirror.sha256))


def test_the_list_is_of_24_files_at_their_public_place():
    assert list(KODAK_SHA256) == [f"kodim{k:02}.png" for k in range(1, 25)]
    assert KODAK_URL.startswith("https://r0k.us/graphics/kodak/")


def test_the_checksums_are_those_of_kodaks_photos(kodak: list[Path]):
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in kodak] == list(KODAK_SHA256.values())


def test_kodaks_photos_are_known_by_their_pixels_in_any_order(kodak: list[Path], tmp_path: Path):
    images = [load_image(path) for path in kodak]
    assert why_not_kodak(images) is None
    save_png(tmp_path / "again.png", images[0])
    assert why_not_kodak([*images[1:], load_image(tmp_path / "again.png")]) is None
    changed = images[0].copy()
    changed[100, 100, 1] ^= 1
    assert why_not_kodak([*images[1:], changed]) == "the pixels of at least one are others"
    assert why_not_kodak([*images[1:], images[1]]) == "the pixels of at least one are others"
    assert why_not_kodak(images[1:]) == "they are 23, not 24"


def test_other_pictures_are_not_kodaks():
    image = np.zeros((512, 768, 3), np.uint8)
    assert why_not_kodak([image] * 24) == "the pixels of at least one are others"
    assert why_not_kodak([]) == "they are 0, not 24"
