"""A run is described by one file, and what is wrong in it is said before anything starts."""

from pathlib import Path

import pytest

from dcae.training.config import TrainingConfig


def test_file_and_changes_make_a_run(tmp_path: Path):
    path = tmp_path / "run.toml"
    path.write_text('photos = ["a", "b"]\nout = "run"\nminutes = 5\n')
    config = TrainingConfig.from_toml(path, {"minutes": 0.5})
    assert (config.photos, config.out, config.minutes) == (("a", "b"), "run", 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photos = [", "is no TOML file"),
        ('out = "x"', r"lacks \['photos'\]"),
        ('photos = ["a"]\nout = "x"\nlearning = 1', r"unknown names \['learning'\]"),
        ('photos = ["a"]\nout = "x"\npreset = "huge"', "preset is 'huge'; legal: paper, small, tiny"),
        ('photos = []\nout = "x"', "photos is empty"),
        ('photos = ["a"]\nout = "x"\ncrop_px = 100', "crop_px is 100; must be a multiple of 64"),
        ('photos = ["a"]\nout = "x"\nlmbda_min = 0.1', "lmbda_min is 0.1, lmbda_max is 0.05"),
        ('photos = ["a"]\nout = "x"\nbatch = 0', "batch is 0; must be above 0"),
        ('photos = ["a"]\nout = "x"\nbatch = 2.5', "batch is 2.5; must be of type int"),
        ('photos = ["a"]\nout = "x"\nminutes = "5"', "minutes is '5'; must be of type float"),
        ('photos = ["a"]\nout = "x"\nwarmup = 0.5\nflat = 0.5', "warmup \\+ flat is 1.0; must be below 1"),
        ('photos = ["a"]\nout = "x"\npreset = "paper"', "preset 'paper' has one fixed lambda"),
        ('photos = ["a"]\nout = "x"\nema_decay = 1.0', "ema_decay is 1.0; must be 0 to 1, below 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        TrainingConfig.from_toml(path)


def test_one_folder_may_be_a_plain_string(tmp_path: Path):
    path = tmp_path / "run.toml"
    path.write_text('photos = "a"\nout = "run"\n')
    assert TrainingConfig.from_toml(path).photos == ("a",)
