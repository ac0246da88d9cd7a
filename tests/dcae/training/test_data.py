"""Photos in, crops out; nothing is trained on that is held out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcae.training.data import Crops, find_photos, read_photos, scale_down, split_held_out


def test_photos_are_found_in_any_layout(tmp_path: Path):
    for name in ("b/c/2.JPG", "a/1.png", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in find_photos([str(tmp_path)])] == ["1.png", "2.JPG"]


def test_folder_that_is_missing_or_empty_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="is no folder"):
        find_photos([str(tmp_path / "nowhere")])
    with pytest.raises(ValueError, match="no photos in"):
        find_photos([str(tmp_path)])


def test_held_out_photos_are_never_trained_on():
    paths = [Path(str(index)) for index in range(57)]
    training, held_out = split_held_out(paths, 16)
    assert len(held_out) == 16
    assert sorted(training + held_out) == sorted(paths)
    with pytest.raises(ValueError, match="held_out is 3, but there are 3 photos"):
        split_held_out(paths[:3], 3)


def test_broken_photo_is_named_and_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    Image.new("RGB", (8, 8)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    paths = find_photos([str(tmp_path)])
    assert len(read_photos(paths)) == 1
    assert "bad.png" in caplog.text
    assert "1 of 2 photos could not be read" in caplog.text
    with pytest.raises(ValueError, match="none of 1 photos can be read"):
        read_photos([tmp_path / "bad.png"])


def test_crops_are_parts_of_the_photo_and_repeat_with_the_seed():
    photo = np.random.default_rng(0).integers(0, 256, (70, 100, 3), np.uint8)
    crops = Crops([photo], 64)
    first, again = (crops.batch(3, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (3, 3, 64, 64)
    assert bool((first == again).all())
    assert set(np.unique((first * 255).round().numpy())) <= set(np.unique(photo))


def test_photo_smaller_than_a_crop_is_refused():
    with pytest.raises(ValueError, match="no photo has sides of 64 px or more"):
        Crops([np.zeros((63, 200, 3), np.uint8)], 64)


def test_scaled_photo_keeps_its_mean_colour():
    photo = np.full((60, 90, 3), (10, 100, 200), np.uint8)
    assert scale_down(photo, 3).shape == (20, 30, 3)
    assert (scale_down(photo, 3) == photo[:20, :30]).all()
