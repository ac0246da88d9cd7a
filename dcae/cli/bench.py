"""`dcae bench`: how fast this machine is, and what parts of the network are worth."""

import json
from dataclasses import asdict
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dcae.cli.training import parse_setting
from dcae.codec.catalogue import NAME_HELP, open_codec
from dcae.files import write_atomically
from dcae.images import MAX_SIDE_PX

if TYPE_CHECKING:
    from dcae.analysis.live import LiveLatency
    from dcae.codec.codec import Codec
    from dcae.model.dcae import DCAE

_Side = Annotated[int, typer.Option(min=1, max=MAX_SIDE_PX, help="Of the picture, px.")]
_Model = Annotated[str, typer.Option(help="Name, or file, of weights.")]
_Preset = Annotated[str, typer.Option(help="Instead: random weights of this preset, such as paper.")]
_Rounds = Annotated[int, typer.Option(min=1, help="How many runs are timed.")]
_Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def _plot_file(out: Path | None) -> Path | None:
    """Refuses, before anything slow begins, a file that no figure can be written to."""
    if out and out.suffix not in (".svg", ".png", ".pdf"):
        raise typer.BadParameter(f"{out} must end in .svg, .png or .pdf")
    if out and not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}")
    return out


_PlotFile = Annotated[
    Path | None, typer.Option("--plot", callback=_plot_file, metavar="OUT.svg", help="Draws it: SVG, PNG or PDF.")
]

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
    as_json: _Json = False,
) -> None:
    """Measure what a hand on the slider feels: from a lambda to the picture and its estimated bits."""
    from dcae.analysis.live import live_latency, photo_of

    result = live_latency(partial(open_codec, model), photo_of(width, height), steps, background)
    typer.echo(json.dumps(result.to_json_dict(), indent=2) if as_json else _sentence(result))


@bench.command()
def parts(
    model: _Model = "small",
    preset: _Preset = "",
    width: _Side = 384,
    height: _Side = 256,
    rounds: _Rounds = 3,
    crop_px: Annotated[int, typer.Option(min=64, help="Side of training crops, px, a multiple of 64.")] = 128,
    batches: Annotated[str, typer.Option(metavar="A,B,...", help="Of training steps; empty: none.")] = "1,2,4,8",
    as_json: _Json = False,
    plot: _PlotFile = None,
) -> None:
    """Measure what each component takes: time, FLOP, share of this machine's peak and bandwidth, memory."""
    from dcae.analysis.live import photo_of
    from dcae.analysis.parts import measure_parts

    sizes, name = _numbers("batches", batches, least=1), preset or model
    codec, photo = _codec(model, preset), photo_of(width, height)
    found = measure_parts(codec, photo, name, rounds=rounds, batches=sizes, crop_px=crop_px)
    typer.echo(json.dumps(found.to_json_dict(), indent=2) if as_json else found.table())
    if plot:
        from dcae_widgets.cost_figure import parts_figure
        from dcae_widgets.figure_style import bytes_of

        write_atomically(plot, bytes_of(parts_figure(found), plot.suffix[1:]))


@bench.command()
def switches(
    model: _Model = "small",
    preset: _Preset = "",
    width: _Side = 384,
    height: _Side = 256,
    rounds: _Rounds = 3,
    only: Annotated[str, typer.Option(metavar="A,B,...", help="attention, bfloat16, channels-last, compile.")] = "",
    as_json: _Json = False,
) -> None:
    """Measure each optimisation, before and after, in turns and in one thread."""
    from dcae.analysis.switches import measure_switches
    from dcae.images import padded_size

    changes = measure_switches(_network(model, preset), *padded_size(height, width), names_in(only), rounds)
    lines = [change.line() for change in changes]
    typer.echo(json.dumps([asdict(change) for change in changes], indent=2) if as_json else "\n".join(lines))


@bench.command()
def growth(
    model: _Model = "small",
    preset: _Preset = "",
    along: Annotated[str, typer.Option(metavar="A,B,...", help="pixels, batch, widths, ... Default: all.")] = "",
    max_mpx: Annotated[float, typer.Option(min=0.2, help="Largest picture, megapixels.")] = 0.4,
    side_px: Annotated[int, typer.Option(min=64, help="Of pictures that do not grow, px, a multiple of 64.")] = 128,
    rounds: _Rounds = 3,
    as_json: _Json = False,
    plot: _PlotFile = None,
) -> None:
    """Measure how time and memory grow with pixels, batch, widths, slices, window and threads, each alone."""
    from dcae.analysis.growth import ALONG, measure_growth

    codec, names = _codec(model, preset), names_in(along) or ALONG
    found = measure_growth(codec, names, max_mpx=max_mpx, side_px=side_px, rounds=rounds)
    if not found:
        raise ValueError(f"nothing to measure along {', '.join(names)}: this machine has one core")
    tables = [growth.table() for growth in found]
    typer.echo(json.dumps([each.to_json_dict() for each in found], indent=2) if as_json else "\n".join(tables))
    if plot:
        from dcae_widgets.cost_figure import growth_figure
        from dcae_widgets.figure_style import bytes_of

        write_atomically(plot, bytes_of(growth_figure(found), plot.suffix[1:]))


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
    seeds: Annotated[
        str, typer.Option(metavar="A,B,...", help="With which seeds each; several say how far to trust it.")
    ] = "0",
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

    named = dict.fromkeys([BASELINE, *(names_in(recipes) or recipe_names())])
    drawn = dict.fromkeys(_numbers("seeds", seeds, least=0) or [0])
    changes = dict(parse_setting(setting) for setting in settings or [])
    configs = {name: [recipe_config(name, photos, out, steps, seed, changes) for seed in drawn] for name in named}
    for config in (config for of_seeds in zip(*configs.values(), strict=True) for config in of_seeds):
        typer.echo(Path(config.out).relative_to(out), err=True)
        run_recipe(config)
    typer.echo(worths_table(worths(configs)))


def _network(model: str, preset: str) -> "DCAE":
    """Weights by name or file, or random ones."""
    from dcae.analysis.parts import untrained
    from dcae.checkpoint import load

    return untrained(preset) if preset else load(model)


def _codec(model: str, preset: str) -> "Codec":
    from dcae.codec.codec import Codec

    return Codec(_network(model, preset))


def names_in(text: str) -> list[str]:
    """What stands between the commas of an option, without blanks and empty places."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(what: str, text: str, least: int) -> list[int]:
    """The whole numbers between the commas of an option, each at least `least`; there may be none."""
    names = names_in(text)
    if not all(name.isdecimal() and int(name) >= least for name in names):
        raise ValueError(f"{what} are {text!r}; must be numbers from {least}, with commas between them")
    return [int(name) for name in names]


def _sentence(result: "LiveLatency") -> str:
    meanwhile = f"{result.curve_points} points of a curve meanwhile" if result.background else "nothing meanwhile"
    return (
        f"{result.width} x {result.height} px, {result.steps} steps, {meanwhile}: "
        f"median {result.median_ms:.0f} ms, 95 % within {result.p95_ms:.0f} ms"
    )
