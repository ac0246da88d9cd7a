"""What each part of the network is worth: the same short run with it and without it, at equal steps.

The recipes are data of the package (`data/recipes/*.toml`): run configurations that differ from `as_it_is` in one thing
each. With several seeds, a recipe is compared with the baseline of the same seed, which saw the same crops, lambdas and
noise. Knows runs, their folders and their logs. Does not know what a recipe changes or how tables reach a screen.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple

from dcae.checkpoint import read_weights
from dcae.rd import bd_rate
from dcae.training.config import TrainingConfig
from dcae.training.run_folder import RunFolder
from dcae.training.trainer import resume, train

BASELINE = "as_it_is"
"""The recipe that the others are compared with."""

OWN_FIELDS = ("photos", "out", "steps", "minutes", "model", "lmbdas", "seed")
"""Fields of a run that the ablations set themselves; what else a run has may be changed for all recipes alike."""


class Worth(NamedTuple):
    """What came of one recipe.

    Attributes:
        recipe: Its name.
        parameters: Of its networks for one seed: a recipe of one lambda each has several.
        steps_per_s: Over all its runs, measurements left out.
        loss: Mean over the lambdas on the held-out photos, at the end, and over the seeds.
        bd_percent: BD-rate against `BASELINE` of the same seed on these photos, where both curves have PSNR, as a mean
            over the seeds; negative if better. None if it is not defined for one of them.
        within: Half the width of the 95 % confidence interval of `bd_percent`, in percent, by Student's t over the
            seeds. None for one seed, and where there is no BD-rate.
        reason: Why there is no BD-rate; "" if there is one.
    """

    recipe: str
    parameters: int
    steps_per_s: float
    loss: float
    bd_percent: float | None
    within: float | None
    reason: str


def recipe_names() -> tuple[str, ...]:
    """The recipes that come with the package, the baseline first.

    >>> recipe_names()[0], "without_dictionary" in recipe_names()
    ('as_it_is', True)
    """
    found = {file.name.removesuffix(".toml") for file in (files("dcae_data") / "recipes").iterdir()}
    return (BASELINE, *sorted(found - {BASELINE}))


def recipe_config(
    name: str, photos: Sequence[str], out: Path, steps: int, seed: int, settings: Mapping[str, Any]
) -> TrainingConfig:
    """The run of a recipe, in the folder `out/seed_<seed>/name`.

    Args:
        name: One of `recipe_names`.
        photos: As of a run.
        out: Folder of all recipes' runs.
        steps: Length of each run.
        seed: Of the network's start, crops, lambdas and noise.
        settings: Other fields of a run, the same for every recipe.

    Raises:
        ValueError: for a name that is none, for settings that recipes or arguments have, and as of a run.
    """
    if name not in recipe_names():
        raise ValueError(f"there is no recipe {name!r}; legal: {', '.join(recipe_names())}")
    if taken := sorted(set(settings) & set(OWN_FIELDS)):
        raise ValueError(f"{', '.join(taken)} cannot be set: the recipes and the command's own arguments do that")
    if steps < 1:
        raise ValueError(f"steps is {steps}; must be 1 or more: recipes are compared at equal steps")
    own = {
        "photos": list(photos),
        "out": str(out / f"seed_{seed}" / name),
        "steps": steps,
        "seed": seed,
        "evaluations": 1,
    }
    with as_file(files("dcae_data") / "recipes" / f"{name}.toml") as path:
        return TrainingConfig.from_toml(path, {**own, **settings})


def run_recipe(config: TrainingConfig) -> None:
    """Trains what a recipe says, one run after the other: a finished one is left alone, a broken one goes on.

    Raises:
        ValueError: if a folder holds a run of other settings, or the run was stopped before its end; and as of a run.
    """
    for run in config.of_each_lmbda():
        folder = RunFolder(run.out)
        if not folder.holds_a_run:
            train(run)
        elif folder.read_config() != run:
            raise ValueError(f"{run.out} holds a run of other settings: name another folder for these")
        elif not _is_finished(folder):
            resume(folder.path)
        if not _is_finished(folder):
            raise ValueError(f"{run.out}: stopped before its end; the same command goes on with it")


def worths(configs: Mapping[str, Sequence[TrainingConfig]]) -> list[Worth]:
    """What the finished runs of recipes say.

    Args:
        configs: Runs of each recipe, one a seed, by the recipe's name; `BASELINE` is among them, and all have the same
            seeds in the same order.

    >>> worths({})
    Traceback (most recent call last):
    ValueError: as_it_is is not among the recipes; the others are compared with it
    """
    if BASELINE not in configs:
        raise ValueError(f"{BASELINE} is not among the recipes; the others are compared with it")
    ends = {
        name: [[_end_of(RunFolder(run.out)) for run in config.of_each_lmbda()] for config in of_seeds]
        for name, of_seeds in configs.items()
    }
    anchors = [_curve(runs) for runs in ends[BASELINE]]
    return [_worth(name, of_seeds, anchors) for name, of_seeds in ends.items()]


def worths_table(rows: Sequence[Worth]) -> str:
    """The rows as a table for a screen, and below it why figures are missing.

    >>> print(worths_table([Worth("as_it_is", 7200000, 1.5, 1.25, 0.0, None, ""),
    ...                     Worth("slices_1", 7100000, 1.75, 1.5, 3.456, 1.2, ""),
    ...                     Worth("slices_8", 7400000, 1.25, 2.5, None, None, "curves do not overlap")]))
    recipe    parameters  steps/s  held-out loss     BD-rate %
    as_it_is   7,200,000     1.50         1.2500          0.00
    slices_1   7,100,000     1.75         1.5000   3.46 ± 1.20
    slices_8   7,400,000     1.25         2.5000           n/a
    slices_8: curves do not overlap
    """
    width = max(len(row.recipe) for row in rows)
    lines = [f"{'recipe':{width}}  parameters  steps/s  held-out loss     BD-rate %"]
    for row in rows:
        percent = "n/a" if row.bd_percent is None else f"{row.bd_percent:.2f}"
        percent += "" if row.within is None else f" ± {row.within:.2f}"
        figures = f"{row.parameters:>10,}  {row.steps_per_s:>7.2f}  {row.loss:>13.4f}  {percent:>12}"
        lines.append(f"{row.recipe:{width}}  {figures}")
    return "\n".join([*lines, *(f"{row.recipe}: {row.reason}" for row in rows if row.reason)])


class _End(NamedTuple):
    """What one finished run has left: its network's size, its steps and seconds, and its last measurement."""

    parameters: int
    steps: int
    seconds: float
    loss: float
    points: list[dict[str, float]]


def _end_of(folder: RunFolder) -> _End:
    records = [json.loads(line) for line in folder.log.read_text().splitlines()]
    measured = [record for record in records if record["kind"] == "held_out"][-1]
    parameters = sum(parameter.numel() for parameter in read_weights(folder.last).parameters())
    return _End(parameters, measured["step"], measured["seconds"], measured["loss"], measured["points"])


def _worth(name: str, of_seeds: Sequence[Sequence[_End]], anchors: Sequence[Sequence[tuple[float, float]]]) -> Worth:
    """Of the runs of one recipe for each seed, and the baseline's curve of the same seeds."""
    percent, within, reason = None, None, ""
    try:
        rates = [bd_rate(anchor, _curve(runs)) for anchor, runs in zip(anchors, of_seeds, strict=True)]
        percent, within = statistics.mean(rates), None if name == BASELINE else _within(rates)
    except ValueError as error:  # two curves that have no BD-rate are a result, not a mistake
        reason = str(error)
    ends = [end for runs in of_seeds for end in runs]
    steps_per_s = sum(end.steps for end in ends) / max(sum(end.seconds for end in ends), 1e-9)
    parameters = sum(end.parameters for end in of_seeds[0])
    return Worth(name, parameters, steps_per_s, statistics.mean(end.loss for end in ends), percent, within, reason)


def _within(values: Sequence[float]) -> float | None:
    """Half the width of the mean's 95 % confidence interval, by Student's t; None for a single value."""
    if len(values) < 2:
        return None
    from scipy.stats import t  # here, not above: it takes a second, and runs do without

    return float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))


def _curve(runs: Sequence[_End]) -> list[tuple[float, float]]:
    return [(point["bpp"], point["psnr_db"]) for run in runs for point in run.points]


def _is_finished(folder: RunFolder) -> bool:
    state = folder.load_state()
    return state is not None and state["finished"]
