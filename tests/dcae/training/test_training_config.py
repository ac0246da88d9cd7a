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
        ("photos = " + "[" * 9_999, "is no TOML file"),
        ('out = "x"', r"lacks \['photos'\]"),
        ('photos = ["a"]\nout = "x"\nlearning = 1', r"unknown names \['learning'\]"),
        ('photos = ["a"]\nout = "x"\npreset = "huge"', "preset is 'huge'; legal: paper, small, tiny"),
        ('photos = []\nout = "x"', "photos is empty"),
        ('photos = ["a"]\nout = "x"\ncrop_px = 100', "crop_px is 100; must be a multiple of 64"),
        ('photos = ["a"]\nout = "x"\nlmbda_min = 0.1', "lmbda_min is 0.1, lmbda_max is 0.05"),
        ('photos = ["a"]\nout = "x"\nbatch = 0', "batch is 0; must be above 0"),
        ('photos = ["a"]\nout = "x"\nclip_norm = inf', "clip_norm is inf; must be finite"),
        ('photos = ["a"]\nout = "x"\nminutes = nan', "minutes is nan; must be finite"),
        ('photos = ["a"]\nout = "x"\nbatch = 2.5', "batch is 2.5; must be an integer"),
        ('photos = ["a"]\nout = "x"\nminutes = "5"', "minutes is '5'; must be a number"),
        ('photos = ["a"]\nout = "x"\nwarmup = 0.5\nflat = 0.5', "warmup \\+ flat is 1.0; must be below 1"),
        ('photos = ["a"]\nout = "x"\npreset = "paper"', "preset 'paper' is a network of one fixed lambda"),
        ('photos = ["a"]\nout = "x"\nema_decay = 1.0', "ema_decay is 1.0; must be 0 to 1, below 1"),
        ('photos = ["a"]\nout = "x"\nloss = "ms_ssim"\ncrop_px = 128', "with loss 'ms_ssim' at least 161"),
        ('photos = ["a"]\nout = "x"\nbatch = 8\naccumulate = 3', "accumulate is 3; must divide the batch"),
        ('photos = ["a"]\nout = "x"\nlmbdas = [0.01, 0.01]', "each lambda once"),
        ('photos = ["a"]\nout = "x"\nlmbdas = [3]', "lmbdas holds 3; must be 0.0005 to 0.15"),
        ('photos = [1]\nout = "x"', r"photos is \(1,\); must be a list of strings"),
        ('photos = ["a"]\nout = "x"\nbatch = true', "batch is True; must be an integer"),
        ('photos = ["a"]\nout = "x"\nsteps = -1', "steps is -1; must be 0 or more"),
        ('photos = ["a"]\nout = "x"\noptimizer = "sgd"', "optimizer is 'sgd'; legal: muon, adam"),
        ('photos = ["a"]\nout = "x"\n[model]\ndepth = 3', r"model holds unknown names \['depth'\]"),
        ('photos = ["a"]\nout = "x"\n[model]\nM = 81', "M is 81, num_slices is 5"),
        ('photos = ["a"]\nout = "x"\n[model]\nM = "many"', "model: M is 'many'; must be an integer"),
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


def test_a_file_that_a_run_writes_describes_it(tmp_path: Path):
    config = TrainingConfig(
        photos=("ä", 'b"'), out="run", model={"M": 160, "widths": [24, 32, 64]}, lmbdas=(0.01, 0.02)
    )
    path = tmp_path / "run.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    assert TrainingConfig.from_toml(path) == config


def test_several_lambdas_are_as_many_runs_of_networks_without_gains():
    config = TrainingConfig(photos=("a",), out="runs", lmbdas=(0.0035, 0.05))
    runs = config.of_each_lmbda()
    assert [(run.out, run.lmbdas) for run in runs] == [("runs/lmbda_0.0035", (0.0035,)), ("runs/lmbda_0.05", (0.05,))]
    assert config.network.gain_knots == 0
    assert runs[0].of_each_lmbda() == [runs[0]]


def test_the_published_network_trains_at_its_lambda():
    assert TrainingConfig(photos=("a",), out="x", preset="paper", lmbdas=(0.013,)).network.M == 320
