"""`dcae bench`: how fast this machine is, and what parts of the network are worth."""

import json
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dcae.cli.training import parse_setting
from dcae.codec.catalogue import NAME_HELP, open_codec
from dcae.images import MAX_SIDE_PX

if TYPE_CHECKING:
    from dcae.analysis.live import LiveLatency

_Side = Annotated[int, typer.Option(min=1, max=MAX_SIDE_PX, help="Of the picture, px.")]

bench = typer.Typer(no_args_is_help=True)
"""The commands below `dcae bench`."""


@bench.callback()
def about() -> None:
    """Measure how fast this machine is, and what parts of the network are worth."""


@bench.command()
def live(
    model: Annotated[str, typer.Option(help=NAME_HELP)] = "small",
    width: _Side = 768,
    height: _Side = 512,
    steps: Annotated[int, typer.Option(min=1, help="How many values the slider takes.")] = 50,
    background: Annotated[bool, typer.Option(help="Fill a rate-distortion curve meanwhile.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Measure what a hand on the slider feels: from a lambda to the picture and its estimated bits."""
    from dcae.analysis.live import live_latency, photo_of

    result = live_latency(partial(open_codec, model), photo_of(width, height), steps, background)
    typer.echo(json.dumps(result.to_json_dict(), indent=2) if as_json else _sentence(result))


@bench.command("train")
def training(
    preset: Annotated[str, typer.Option(help="Network, as in a run's configuration.")] = "small",
    steps: Annotated[int, typer.Option(min=1, help="Steps of a round.")] = 10,
) -> None:
    """Measure what the trainer adds to a bare loop of forward pass, backward pass and step, on the shipped photos."""
    from dcae.training.config import TrainingConfig
    from dcae.training.pace import ROUNDS, measure_pace

    photos = str(files("dcae_data") / "images")
    pace = measure_pace(TrainingConfig(photos=(photos,), out="", preset=preset, held_out=2), steps)
    typer.echo(
        f"{preset}: {pace.trainer:.2f} steps/s, a bare loop {pace.bare:.2f}; ratio {pace.ratio:.3f} "
        f"(medians of {ROUNDS} rounds of {steps} steps of each, in turns)"
    )


@bench.command()
def ablations(
    photos: Annotated[list[str], typer.Argument(metavar="PHOTOS", help="What to train on, as in a run's settings.")],
    steps: Annotated[int, typer.Option(min=1, help="Of each run.")] = 300,
    recipes: Annotated[str, typer.Option(metavar="A,B,...", help="Which recipes. Default: all.")] = "",
    out: Annotated[Path, typer.Option(help="Where the runs go; finished ones are kept.")] = Path("dcae-ablations"),
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting (TOML) of every run.")
    ] = None,
) -> None:
    """Train the network with and without each of its parts, at equal steps, and print what each is worth.

    The recipes are run configurations that come with the package (data/recipes); as_it_is, which the others are
    compared with, always runs. The same command goes on where it was broken off.
    """
    from dcae.training.ablations import BASELINE, recipe_config, recipe_names, run_recipe, worths, worths_table

    named = [name.strip() for name in recipes.split(",")] if recipes else recipe_names()
    changes = dict(parse_setting(setting) for setting in settings or [])
    configs = {name: recipe_config(name, photos, out, steps, changes) for name in dict.fromkeys([BASELINE, *named])}
    for name, config in configs.items():
        typer.echo(name, err=True)
        run_recipe(config)
    typer.echo(worths_table(worths(configs)))


def _sentence(result: "LiveLatency") -> str:
    meanwhile = f"{result.curve_points} points of a curve meanwhile" if result.background else "nothing meanwhile"
    return (
        f"{result.width} x {result.height} px, {result.steps} steps, {meanwhile}: "
        f"median {result.median_ms:.0f} ms, 95 % within {result.p95_ms:.0f} ms"
    )
