"""`dcae train` and `dcae export`: from photos to weights, and from a run's weights to those that are shipped."""

import logging
import re
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from dcae.cli.processes import Processes, launch
from dcae.files import write_atomically

MAX_EXPORT_BYTES = 16 * 2**20
"""The largest weights file that may be shipped."""


def train(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG.toml", help="The run: photos, out, preset, minutes, ...")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace one value (TOML); may be repeated.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="How long to train, by the clock.")] = None,
    processes: Processes = None,
    pause: Annotated[Path | None, typer.Option(metavar="RUN", help="Make the run of this folder wait.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Let it go on; also after it was stopped or killed.")
    ] = None,
) -> None:
    """Train a model.

    It is measured on photos held out, several times over the run and at its
    end, and the best weights so far are kept in the run's folder as
    best.safetensors. Ctrl-C ends the run after its current step; --resume
    goes on from there, or from the last saved state (every save_minutes).
    On many machines start it by torchrun: torchrun ... -m dcae.cli train ...
    """
    if sum(given is not None for given in (config, pause, resume)) != 1:
        raise ValueError("name one of these: CONFIG.toml to begin a run, --pause RUN, --resume RUN")
    if config is None and (settings or minutes is not None):
        raise ValueError("a run keeps the settings that it was begun with; --set and --minutes go with CONFIG.toml")
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    from dcae.training import trainer
    from dcae.training.config import TrainingConfig

    if pause is not None:
        trainer.pause(pause)
        typer.echo(f"{pause}: waits after its current step; it goes on by dcae train --resume {pause}")
        return
    if resume is not None and trainer.unpause(resume):
        typer.echo(f"{resume}: goes on")
        return
    changes = dict(parse_setting(setting) for setting in settings or [])
    changes |= {"minutes": minutes, "steps": 0} if minutes is not None else {}
    run = None if config is None else TrainingConfig.from_toml(config, changes)
    if launch(processes):
        return
    best = trainer.train(run) if run else trainer.resume(resume) if resume else []
    for path in best:
        typer.echo(f"best weights: {path}")


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN.safetensors", help="Weights of a training run.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A folder that exists.")],
    name: Annotated[str, typer.Option(help="What the weights are called.")] = "small",
) -> None:
    """Round weights to half precision and write them under their immutable name: DIR/NAME-<hash8>.safetensors."""
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise ValueError(f"--name is {name!r}; must be letters, digits and underscores (the hash is added)")
    if not out.is_dir():
        raise ValueError(f"{out} is no folder")
    from dcae.checkpoint import identity, read_weights, round_to_half, save_weights

    model = read_weights(run)
    round_to_half(model)
    with tempfile.TemporaryDirectory() as folder:
        rounded = Path(folder) / "rounded.safetensors"
        save_weights(model, rounded, half=True)
        data = rounded.read_bytes()
    if len(data) > MAX_EXPORT_BYTES:
        raise ValueError(f"{run} makes a file of {len(data)} bytes; at most {MAX_EXPORT_BYTES} may be shipped")
    target = out / f"{name}-{identity(model)[:8]}.safetensors"
    write_atomically(target, data)
    typer.echo(f"{run} -> {target}: {len(data)} bytes")


def parse_setting(setting: str) -> tuple[str, Any]:
    """The key and value of KEY=VALUE, where the value is TOML.

    Raises:
        ValueError: it is not of that form; words need quotes.

    >>> parse_setting("minutes=2.5"), parse_setting("preset='tiny'")
    (('minutes', 2.5), ('preset', 'tiny'))
    """
    key, _, text = setting.partition("=")
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"--set {setting}: {error}; must be KEY=VALUE, a word in quotes: preset='tiny'") from error
    if set(table) != {"value"}:
        raise ValueError(f"--set {setting!r} sets more than one value; repeat --set instead")
    return key.strip(), table["value"]
