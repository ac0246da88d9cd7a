"""`dcae train` and `dcae export`: what the trainer is asked to do, and what weights become when they are shipped."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import Result

from dcae.checkpoint import identity, load, round_to_half
from dcae.cli import training
from dcae.cli.training import parse_setting
from dcae.codec.codec import Codec
from dcae.training.config import TrainingConfig
from dcae.training.run_folder import RunFolder

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text('photos = ["photos"]\nout = "runs/a"\nminutes = 30\n')
    return path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[TrainingConfig]:
    """The runs that the trainer was asked for, in place of training."""
    runs: list[TrainingConfig] = []

    def train(config: TrainingConfig) -> list[Path]:
        runs.append(config)
        return [Path(config.out) / "best.safetensors"]

    monkeypatch.setattr("dcae.training.trainer.train", train)
    return runs


def test_a_run_is_what_its_file_says(run: Run, config: Path, trained: list[TrainingConfig]):
    result = run("train", config)
    assert (result.exit_code, result.stdout) == (0, "best weights: runs/a/best.safetensors\n")
    assert trained == [TrainingConfig(photos=("photos",), out="runs/a", minutes=30)]


def test_settings_and_minutes_are_laid_over_the_file(run: Run, config: Path, trained: list[TrainingConfig]):
    settings = ["--set", "preset='tiny'", "--set", "batch = 4", "--set", "bfloat16=false", "--set", 'photos=["x", "y"]']
    result = run("train", config, *settings, "--minutes", 0.5)
    assert result.exit_code == 0, result.stderr
    assert trained == [
        TrainingConfig(photos=("x", "y"), out="runs/a", minutes=0.5, preset="tiny", batch=4, bfloat16=False)
    ]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--set", "sped=3"], "unknown names ['sped']"),
        (["--set", "preset='huge'"], "preset is 'huge'; legal: "),
        (["--set", "preset=tiny"], "--set preset=tiny: "),
        (["--set", "batch"], "--set batch: "),
        (["--set", "batch='many'"], "batch is 'many'; must be an integer"),
        (["--set", "photos=3"], "photos is 3; must be a list of strings"),
        (["--minutes", "0"], "minutes is 0.0; must be above 0"),
        (["--resume", "runs/a"], "name one of these: CONFIG.toml to begin a run, --pause RUN, --resume RUN"),
    ],
    ids=["name", "value", "no quotes", "no value", "type", "photos", "minutes", "two"],
)
def test_a_run_that_cannot_be_is_refused_in_one_line(
    run: Run, config: Path, trained: list[TrainingConfig], arguments: list[str], line: str
):
    result = run("train", config, *arguments)
    assert (result.exit_code, result.stdout, trained) == (2, "", [])
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_run_keeps_its_settings(run: Run, tmp_path: Path):
    result = run("train", "--resume", tmp_path, "--set", "batch=4")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a run keeps the settings that it was begun with" in result.stderr


def test_a_run_without_its_file_is_refused_in_one_line(run: Run, tmp_path: Path):
    result = run("train", tmp_path / "gone.toml")
    assert (result.exit_code, result.stderr) == (2, f"dcae: {tmp_path / 'gone.toml'}: No such file or directory\n")


def test_minutes_make_a_run_of_steps_one_by_the_clock(run: Run, config: Path, trained: list[TrainingConfig]):
    config.write_text(config.read_text() + "steps = 50\n")
    assert run("train", config, "--minutes", 2).exit_code == 0
    assert (trained[0].minutes, trained[0].steps) == (2, 0)


def test_a_run_is_paused_and_goes_on_by_its_folder(run: Run, tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        folder.config.write_text(TrainingConfig(photos=("photos",), out=str(folder.path)).to_toml())
        assert run("train", "--pause", folder.path).exit_code == 0
        assert folder.pause_requested
        assert run("train", "--resume", folder.path).stdout == f"{folder.path}: goes on\n"
        assert not folder.pause_requested


def test_a_run_that_trains_nowhere_is_trained_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae.training.trainer.resume", lambda folder: [folder / "best.safetensors"])
    (tmp_path / "config.toml").write_text(TrainingConfig(photos=("photos",), out="elsewhere").to_toml())
    assert run("train", "--resume", tmp_path).stdout == f"best weights: {tmp_path / 'best.safetensors'}\n"


def test_several_processes_run_the_same_command(run: Run, config: Path, monkeypatch: pytest.MonkeyPatch):
    commands: list[list[str]] = []

    def start(command: list[str]) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, len(commands) - 1)

    monkeypatch.setattr("dcae.cli.processes.subprocess.run", start)
    monkeypatch.setattr("sys.argv", ["dcae", "train", str(config)])
    assert run("train", config, "--processes", 3).exit_code == 0
    assert commands[0][1:] == [
        *["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=3"],
        *["-m", "dcae.cli", "train", str(config)],
    ]
    assert "one of 3 processes has failed" in run("train", config, "--processes", 3).stderr


def test_a_setting_is_one_toml_value():
    assert parse_setting("photos=['a', 'b']") == ("photos", ["a", "b"])
    assert parse_setting("out='a=b'") == ("out", "a=b")
    with pytest.raises(ValueError, match=r"--set preset=tiny: .*a word in quotes: preset='tiny'"):
        parse_setting("preset=tiny")
    with pytest.raises(ValueError, match="sets more than one value; repeat --set instead"):
        parse_setting("batch=1\nminutes=2")


def test_exported_weights_are_rounded_and_named_by_their_identity(run: Run, tmp_path: Path, weights: Path):
    result = run("export", weights, "-o", tmp_path, "--name", "mine")
    assert result.exit_code == 0, result.stderr
    (exported,) = tmp_path.glob("*.safetensors")
    model, rounded = load(exported), load(weights)
    round_to_half(rounded)
    assert exported.name == f"mine-{identity(model)[:8]}.safetensors"
    assert identity(model) == identity(rounded) != identity(load(weights))
    assert exported.stat().st_size < 0.6 * weights.stat().st_size
    assert all(torch.equal(p, p.half().float()) for p in model.parameters())
    assert result.stdout == f"{weights} -> {exported}: {exported.stat().st_size} bytes\n"


def test_what_is_exported_can_be_shipped_and_is_found_by_its_files(
    run: Run, tmp_path: Path, weights: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "weights").mkdir()
    run("export", weights, "-o", tmp_path / "weights")
    monkeypatch.setattr("dcae.shipped_weights.files", lambda _: tmp_path)
    assert run("encode", photo, "-o", tmp_path / "out.dcae").exit_code == 0
    assert Codec(load("small")).identity[:8] in run("info", tmp_path / "out.dcae").stdout
    assert run("decode", tmp_path / "out.dcae", "-o", tmp_path / "back.png").exit_code == 0


def test_weights_too_large_to_ship_are_refused_with_both_sizes(
    run: Run, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
):
    assert training.MAX_EXPORT_BYTES == 16 * 1024 * 1024
    monkeypatch.setattr(training, "MAX_EXPORT_BYTES", 1000)
    result = run("export", weights, "-o", tmp_path)
    assert result.exit_code == 2
    assert "bytes; at most 1000 may be shipped" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{weights}", "-o", "{tmp}", "--name", "../small"], "--name is '../small'; must be letters, digits"),
        (["{weights}", "-o", "{tmp}/gone"], "gone is no folder"),
        (["{tmp}/gone.safetensors", "-o", "{tmp}"], "gone.safetensors"),
    ],
    ids=["name", "folder", "run"],
)
def test_what_cannot_be_exported_is_refused_in_one_line(
    run: Run, tmp_path: Path, weights: Path, arguments: list[str], line: str
):
    result = run("export", *(argument.format(weights=weights, tmp=tmp_path) for argument in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1
