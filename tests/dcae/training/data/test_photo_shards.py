"""Crops from shards: a resumed run goes on at the same place, what is held out is not seen, what is broken is named."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from dcae.training.data import open_photos, photo_shards
from dcae.training.data.photo_shards import PhotoShards

from .tar_shards import numbered_png, write_four_shards, write_shard

pytestmark = pytest.mark.filterwarnings(
    "ignore:This DataLoader will create"
)  # more workers than this machine has cores


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """A folder of four shards, one of whose photos (22) is cut."""
    write_four_shards(tmp_path)
    photos = {f"2{index}.png": numbered_png(20 + index) for index in range(5)}
    photos["22.png"] = photos["22.png"][:5000]
    write_shard(tmp_path / "s2.tar", photos)
    return tmp_path


def opened(source: Path | str, workers: int = 0, held_out: int = 2, seed: int = 3) -> PhotoShards:
    photos = open_photos(
        [str(source)], crop_px=64, held_out=held_out, held_out_px=64, memory_gib=1.0, workers=workers, seed=seed
    )
    assert isinstance(photos, PhotoShards)
    return photos


def steps(photos: PhotoShards, count: int, batch: int = 4, first_step: int = 0, **share: int) -> np.ndarray:
    return np.stack(list(islice(photos.batches(batch, first_step=first_step, **share), count)))


def numbers(crops: np.ndarray) -> list[int]:
    """Which photos the crops are of."""
    assert (crops[..., 0] == crops[..., :1, :1, 0]).all()
    return crops[..., 0, 0, 0].ravel().tolist()


def test_an_epoch_has_a_crop_of_each_photo_that_is_whole(shards: Path):
    photos = opened(shards)
    crops = steps(photos, 10, batch=2)
    assert crops.dtype == np.uint8
    assert crops.shape == (10, 2, 64, 64, 3)
    whole = {10 * shard + index for shard in range(4) for index in range(5)} - {0, 1, 22}
    assert set(numbers(crops)[:18]) == whole
    assert photos.num_photos == 18  # by their headers
    assert [name for name, _ in photos.skipped] == [str(shards / "s2.tar/22.png")]


def test_crops_follow_from_the_seed(shards: Path):
    crops = steps(opened(shards), 4)
    np.testing.assert_array_equal(steps(opened(shards), 4), crops)
    assert not (steps(opened(shards, seed=4), 4) == crops).all()


def test_held_out_photos_are_the_first_that_can_be_read_and_never_trained_on(tmp_path: Path):
    write_four_shards(tmp_path)
    write_shard(tmp_path / "s0.tar", {"00.png": numbered_png(0), "01.png": b"", "02.png": numbered_png(2)})
    photos = opened(tmp_path, held_out=4)
    assert [int(photo[0, 0, 0]) for photo in photos.held_out] == [0, 2, 10, 11]
    assert [name for name, _ in photos.skipped] == [str(tmp_path / "s0.tar/01.png")]
    assert set(numbers(steps(photos, 20))) == {12, 13, 14, *range(20, 25), *range(30, 35)}


@pytest.mark.parametrize("first_step", [1, 4, 11, 14])
@pytest.mark.parametrize(("workers", "processes"), [(0, 1), (0, 2), (2, 1), (3, 1), (2, 2)])
def test_run_that_resumes_goes_on_at_the_same_place(shards: Path, workers: int, processes: int, first_step: int):
    share = {"process": processes - 1, "processes": processes}
    unbroken = steps(opened(shards, workers), 16, **share)
    resumed = steps(opened(shards, workers), 16 - first_step, first_step=first_step, **share)
    np.testing.assert_array_equal(resumed, unbroken[first_step:])


@pytest.mark.parametrize("workers", [0, 2])
def test_processes_see_different_photos_in_an_epoch(shards: Path, workers: int):
    epoch = [numbers(steps(opened(shards, workers), 6, batch=2, process=p, processes=2)) for p in range(2)]
    assert len(set(epoch[0]) & set(epoch[1])) == 0


def test_passing_to_the_place_of_a_resume_decodes_nothing(shards: Path, monkeypatch: pytest.MonkeyPatch):
    photos, decoded, read = opened(shards), [], photo_shards.read_photo

    def counted(source: bytes, size: tuple[int, int]) -> np.ndarray:
        decoded.append(size)
        return read(source, size)

    monkeypatch.setattr(photo_shards, "read_photo", counted)
    steps(photos, 1, first_step=30)
    assert len(decoded) <= 5  # the four of the step, and a cut one


@pytest.mark.parametrize("workers", [0, 2])
def test_broken_photos_and_shards_are_named_and_counted_once(
    tmp_path: Path, workers: int, caplog: pytest.LogCaptureFixture
):
    write_shard(
        tmp_path / "a.tar",
        {
            "1.png": numbered_png(1),
            "2.png": numbered_png(2),
            "3.png": numbered_png(3)[:5000],
            "4.png": numbered_png(4, side=63),
        },
    )
    (tmp_path / "b.tar").write_text("no archive " * 100)
    photos = opened(tmp_path, workers, held_out=1)
    assert set(numbers(steps(photos, 12))) == {2}
    reasons = {Path(name).name: reason for name, reason in photos.skipped}
    assert len(photos.skipped) == len(reasons) == 3
    assert "damaged or cut" in reasons["3.png"]
    assert reasons["4.png"] == "63 x 63 px; a crop has 64 x 64 px"
    assert reasons["b.tar"].startswith("ReadError: ")
    assert caplog.text.count("skipped ") == 3
    assert "(3 so far)" in caplog.text


@pytest.mark.parametrize("workers", [0, 2])
def test_run_ends_when_no_photo_is_left(tmp_path: Path, workers: int):
    write_shard(tmp_path / "a.tar", {"1.png": numbered_png(1), "2.png": numbered_png(2)[:5000]})
    write_shard(tmp_path / "b.tar", {"3.png": b"no picture"})
    with pytest.raises(ValueError, match="no photo is left to train on in 2 shards: 1 are held out and 2 skipped"):
        steps(opened(tmp_path, workers, held_out=1), 1)


def test_more_held_out_than_photos_are_refused(shards: Path):
    with pytest.raises(ValueError, match="held_out is 19, but 4 shards hold 19 photos that can be read"):
        opened(shards, held_out=19)


def test_processes_without_a_shard_are_refused(shards: Path):
    with pytest.raises(ValueError, match="4 shards for 5 processes; each process needs one at least"):
        opened(shards).batches(5, first_step=0, processes=5)


def test_more_workers_than_shards_are_not_used(shards: Path):
    np.testing.assert_array_equal(steps(opened(shards, workers=4), 3), steps(opened(shards, workers=9), 3))


def test_workers_leave_the_noise_of_training_as_it_is(shards: Path):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    steps(opened(shards, workers=1), 1)
    assert torch.equal(torch.rand(3), expected)


def test_a_photo_that_is_too_small_to_be_measured_is_not_held_out(tmp_path: Path):
    sides = {"0.png": 40, "1.png": 80, "2.png": 80}
    shard = write_shard(tmp_path / "s.tar", {name: numbered_png(int(name[0]), side) for name, side in sides.items()})
    photos = opened(shard, held_out=1)
    assert [int(photo[0, 0, 0]) for photo in photos.held_out] == [1]
    assert [reason for _, reason in photos.skipped] == ["40 x 40 px; a crop has 64 x 64 px"]
