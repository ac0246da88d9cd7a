"""The law of crops over files: the same from memory, disk, workers and processes; what is broken is left out."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dcae.training.data import open_photos
from dcae.training.data.photo_files import PhotoFiles, memory_bytes

pytestmark = pytest.mark.filterwarnings(
    "ignore:This DataLoader will create"
)  # more workers than this machine has cores

IN_MEMORY, ON_DISK = 1.0, 0.0


def save_photos(folder: Path, count: int, size: tuple[int, int] = (150, 140), suffix: str = "png") -> None:
    """Noise, each photo with a red of its own in all its pixels: crops at full scale tell which photo they are of."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        pixels = np.random.default_rng(index).integers(0, 256, (size[1], size[0], 3), np.uint8)
        pixels[..., 0] = index
        Image.fromarray(pixels).save(folder / f"{index:02}.{suffix}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_photos(tmp_path / "photos", 7)
    Image.new("RGB", (70, 66), "blue").save(tmp_path / "photos" / "small.webp")
    return tmp_path / "photos"


def opened(folder: Path, memory_gib: float = IN_MEMORY, workers: int = 0, **settings) -> PhotoFiles:
    photos = open_photos(
        [str(folder)],
        **{"crop_px": 64, "held_out": 2, "held_out_px": 64, "memory_gib": memory_gib, "workers": workers, "seed": 3}
        | settings,
    )
    assert isinstance(photos, PhotoFiles)
    return photos


def steps(photos: PhotoFiles, count: int, batch: int = 4, first_step: int = 0, **share: int) -> np.ndarray:
    return np.stack(list(islice(photos.batches(batch, first_step=first_step, **share), count)))


def break_one(folder: Path, name: str = "01.png") -> Path:
    """Cuts a photo's pixels off; its header stays whole."""
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    return folder / name


def test_crops_are_uint8_and_differ_between_samples_steps_and_seeds(folder: Path):
    crops = steps(opened(folder), 3)
    assert crops.shape == (3, 4, 64, 64, 3)
    assert crops.dtype == np.uint8
    assert len({crop.tobytes() for crop in crops.reshape(12, -1)}) == 12
    assert not (steps(opened(folder, seed=4), 3) == crops).all()


@pytest.mark.parametrize("broken", [False, True])
def test_crops_from_disk_and_from_workers_are_those_from_memory(folder: Path, broken: bool):
    if broken:
        break_one(folder)
    in_memory, on_disk = opened(folder), opened(folder, ON_DISK)
    assert in_memory.in_memory
    assert not on_disk.in_memory
    crops = steps(in_memory, 6)
    np.testing.assert_array_equal(steps(on_disk, 6), crops)
    np.testing.assert_array_equal(steps(opened(folder, ON_DISK, workers=2), 6), crops)
    assert on_disk.skipped == in_memory.skipped
    assert len(in_memory.skipped) == broken


@pytest.mark.parametrize(("memory_gib", "workers"), [(IN_MEMORY, 0), (ON_DISK, 0), (ON_DISK, 2)])
def test_run_that_resumes_sees_the_crops_of_an_unbroken_one(folder: Path, memory_gib: float, workers: int):
    unbroken = steps(opened(folder), 5)
    resumed = steps(opened(folder, memory_gib, workers), 2, first_step=3)
    np.testing.assert_array_equal(resumed, unbroken[3:])


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_the_very_batch_of_one(folder: Path, processes: int):
    alone = steps(opened(folder), 3)
    parts = [
        steps(opened(folder, process % 2), 3, process=process, processes=processes) for process in range(processes)
    ]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), alone)


def test_batch_that_processes_cannot_share_is_refused(folder: Path):
    photos = opened(folder)
    with pytest.raises(ValueError, match="batch is 4; must be a multiple of the 3 processes"):
        photos.batches(4, first_step=0, processes=3)
    with pytest.raises(ValueError, match="process is 2; must be 0 to 1"):
        photos.batches(4, first_step=0, process=2, processes=2)


def test_held_out_photos_are_spread_and_never_trained_on(folder: Path):
    (folder / "small.webp").unlink()
    photos = opened(folder, held_out=3)
    assert [int(photo[0, 0, 0]) for photo in photos.held_out] == [0, 2, 5]
    assert photos.held_out[0].shape == (140, 150, 3)
    assert photos.num_photos == 4
    seen = set(np.unique(steps(photos, 20)[..., 0]))
    assert seen == {1, 3, 4, 6}  # Lanczos leaves a constant plane as it is


def test_held_out_photos_are_the_same_whatever_the_crop(folder: Path):
    save_photos(folder, 3, size=(60, 60))
    ours, theirs = opened(folder, held_out=3, crop_px=64), opened(folder, held_out=3, crop_px=32)
    assert all((a == b).all() for a, b in zip(ours.held_out, theirs.held_out, strict=True))


def test_damaged_photo_is_not_held_out_but_the_next_one_is(folder: Path):
    break_one(folder, "04.png")
    photos = opened(folder)
    assert [int(photo[0, 0, 0]) for photo in photos.held_out] == [0, 5]
    assert [name for name, _ in photos.skipped] == [str(folder / "04.png")]
    assert photos.num_photos == 5


@pytest.mark.parametrize(("memory_gib", "workers"), [(IN_MEMORY, 0), (ON_DISK, 0), (ON_DISK, 2)])
def test_broken_photos_are_named_and_counted_once(
    folder: Path, memory_gib: float, workers: int, caplog: pytest.LogCaptureFixture
):
    cut = break_one(folder, "02.png")
    (folder / "text.png").write_bytes(b"no picture")
    Image.new("RGB", (63, 300)).save(folder / "thin.png")
    Image.new("1", (20000, 10000)).save(folder / "bomb.png")
    photos = opened(folder, memory_gib, workers, held_out=1)
    assert steps(photos, 12).shape == (12, 4, 64, 64, 3)
    reasons = {Path(name).name: reason for name, reason in photos.skipped}
    assert len(photos.skipped) == len(reasons) == 4
    assert "damaged or cut" in reasons["02.png"]
    assert "not a picture" in reasons["text.png"]
    assert reasons["thin.png"] == "63 x 300 px; a crop has 64 x 64 px"
    assert "at most 128000000 px" in reasons["bomb.png"]
    assert caplog.text.count(f"skipped {cut}: damaged or cut") == 1
    assert photos.num_photos == 6
    assert "(4 so far)" in caplog.text


@pytest.mark.parametrize(("memory_gib", "workers"), [(IN_MEMORY, 0), (ON_DISK, 0), (ON_DISK, 2)])
def test_run_ends_when_no_photo_is_left(folder: Path, memory_gib: float, workers: int):
    (folder / "small.webp").unlink()
    for index in range(1, 7):
        break_one(folder, f"{index:02}.png")
    with pytest.raises(ValueError, match="no photo is left to train on: of 7, 1 are held out and 6 skipped"):
        steps(opened(folder, memory_gib, workers, held_out=1), 1)


def test_photos_that_are_all_too_small_or_no_pictures_are_refused(folder: Path):
    with pytest.raises(ValueError, match=r"of 8, 2 are held out and 6 skipped; the last: .*small\.webp: 70 x 66 px; a"):
        opened(folder, crop_px=256)
    for photo in folder.iterdir():
        photo.write_bytes(b"")
    with pytest.raises(ValueError, match="of 8, 0 are held out and 8 skipped"):
        opened(folder)


def test_more_held_out_than_photos_are_refused(folder: Path):
    with pytest.raises(ValueError, match="held_out is 8, but there are 8 photos"):
        opened(folder, held_out=8)


def test_workers_leave_the_noise_of_training_as_it_is(folder: Path):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    steps(opened(folder, ON_DISK, workers=1), 1)
    assert torch.equal(torch.rand(3), expected)


def test_photos_are_read_into_memory_just_if_they_fit(folder: Path):
    (folder / "small.webp").unlink()
    held_out = 2 * 3 * 150 * 140
    needed = held_out + memory_bytes([(150, 140)] * 5, 64)
    assert opened(folder, needed / 2**30).in_memory
    assert not opened(folder, (needed - 1) / 2**30).in_memory


READING = """
import json, sys
from pathlib import Path
from dcae.training.data import open_photos

def resident_bytes(name):
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(status[name].split()[0])

before = resident_bytes("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
photos = open_photos([sys.argv[1]], crop_px=64, held_out=1, held_out_px=64, memory_gib=1, workers=0, seed=0)
print(json.dumps([resident_bytes("VmHWM") - before, photos.held_out[0].nbytes]))
"""
"""A process of its own: one that has freed memory before would take less."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of the memory from /proc")
def test_reading_takes_no_more_memory_than_was_reckoned(tmp_path: Path):
    save_photos(tmp_path / "photos", 10, size=(1500, 1000), suffix="bmp")
    result = subprocess.run([sys.executable, "-c", READING, str(tmp_path / "photos")], capture_output=True, check=True)
    peak, held_out_bytes = json.loads(result.stdout)
    reckoned = held_out_bytes + memory_bytes([(1500, 1000)] * 9, 64)
    assert 0.5 * reckoned < peak < reckoned


def test_a_photo_that_is_too_small_to_be_measured_is_not_held_out(folder: Path):
    (folder / "small.webp").rename(folder / "0.webp")  # 70 x 66 px, and the first of the list
    assert opened(folder, held_out=1).held_out[0].shape == (66, 70, 3)
    photos = opened(folder, held_out=1, held_out_px=67)
    assert photos.held_out[0].shape != (66, 70, 3)
    assert photos.skipped == [(str(folder / "0.webp"), "70 x 66 px; a crop has 67 x 67 px")]
