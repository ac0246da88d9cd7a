"""Names become photos or shards: any layout, any case, each file once."""

from pathlib import Path

import pytest

from dcae.training.data.sources import PHOTO_SUFFIXES, find_sources


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_photos_are_found_in_any_layout(tmp_path: Path):
    touch(tmp_path, "b/c/2.JPG", "a/1.png", "a/notes.txt", "3.Tiff", "d/4.avif")
    photos, shards = find_sources([str(tmp_path)])
    assert [str(photo.relative_to(tmp_path)) for photo in photos] == ["3.Tiff", "a/1.png", "b/c/2.JPG", "d/4.avif"]
    assert shards == []
    assert {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".bmp", ".ppm", ".jp2"} <= PHOTO_SUFFIXES


def test_photo_that_two_sources_name_is_found_once(tmp_path: Path):
    touch(tmp_path, "a/1.png", "a/b/2.png")
    (tmp_path / "a" / "link.png").symlink_to(tmp_path / "a" / "1.png")
    photos, _ = find_sources([str(tmp_path / "a" / "b"), str(tmp_path), str(tmp_path / "a" / "1.png")])
    assert [photo.name for photo in photos] == ["2.png", "1.png"]


def test_linked_folders_are_entered_and_a_loop_ends(tmp_path: Path):
    touch(tmp_path, "elsewhere/1.png", "set/2.png")
    (tmp_path / "set" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    photos, _ = find_sources([str(tmp_path / "set")])
    assert [photo.name for photo in photos] == ["2.png", "1.png"]


def test_single_file_may_have_any_name(tmp_path: Path):
    touch(tmp_path, "photo")
    assert find_sources([str(tmp_path / "photo")]) == ([tmp_path / "photo"], [])


def test_shards_are_a_file_a_folder_of_them_a_pattern_or_an_address(tmp_path: Path):
    touch(tmp_path, "s-000.tar", "s-001.tar", "s-002.tar")
    every = [str(tmp_path / f"s-00{index}.tar") for index in range(3)]
    assert find_sources([str(tmp_path)]) == ([], every)
    assert find_sources([str(tmp_path / "s-{000..002}.tar")]) == ([], every)
    assert find_sources([every[1], str(tmp_path)]) == ([], [every[1], every[0], every[2]])
    assert find_sources(["https://host/s-{0..1}.tar"]) == ([], ["https://host/s-0.tar", "https://host/s-1.tar"])


def test_source_that_is_missing_or_holds_nothing_is_refused(tmp_path: Path):
    touch(tmp_path, "notes.txt", "s-0.tar")
    with pytest.raises(ValueError, match="nowhere is no folder, no photo and no tar shard"):
        find_sources([str(tmp_path / "nowhere")])
    with pytest.raises(ValueError, match=r"names 2 tar shards, but there is no .*s-1\.tar"):
        find_sources([str(tmp_path / "s-{0..1}.tar")])
    with pytest.raises(ValueError, match=r"there is no pipe:rm x://s\.tar"):
        find_sources(["pipe:rm x://s.tar"])
    (tmp_path / "s-0.tar").unlink()
    with pytest.raises(ValueError, match=r"no photos in .*; looked for .*\.png.* and \.tar"):
        find_sources([str(tmp_path)])


def test_photos_beside_shards_are_refused(tmp_path: Path):
    touch(tmp_path, "1.png", "2.png", "s.tar")
    with pytest.raises(ValueError, match="hold 2 photos and 1 tar shards"):
        find_sources([str(tmp_path)])
