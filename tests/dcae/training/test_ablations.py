"""Recipes differ in one thing each, run at equal steps, go on where they were broken off, and are told apart fairly."""

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from dcae.training import ablations
from dcae.training.ablations import BASELINE, _End, recipe_config, recipe_names, run_recipe, worths
from dcae.training.config import TrainingConfig
from dcae.training.held_out import evaluation_lmbdas
from dcae.training.loop import Run
from dcae.training.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("few_crops_for_the_prior")

SMALL = {
    "preset": "tiny",
    "batch": 2,
    "crop_px": 64,
    "held_out": 1,
    "bfloat16": False,
    "muon_lr": 1e-6,
    "adam_lr": 1e-6,
}
"""Of runs that hardly move: after two steps every network still codes as the transform that it starts as."""


@pytest.fixture
def recipe(photos: Path, tmp_path: Path) -> Callable[..., TrainingConfig]:
    """The run of a recipe over three photos, of two steps, with a network as small as `tiny`."""

    def configured(name: str, steps: int = 2) -> TrainingConfig:
        return recipe_config(name, [str(photos)], tmp_path, steps, 0, SMALL)

    return configured


@pytest.mark.parametrize("name", recipe_names()[1:])
def test_a_recipe_differs_from_the_baseline_in_one_thing(name: str, tmp_path: Path):
    plain, changed = (recipe_config(each, ["photos"], tmp_path, 9, 0, {}) for each in (BASELINE, name))
    differing = {key for key, value in asdict(plain).items() if asdict(changed)[key] != value}
    assert differing in ({"out", "model"}, {"out", "lmbdas"})
    networks = [asdict(config.network) for config in (plain, changed)]
    assert len([key for key, value in networks[0].items() if networks[1][key] != value]) == 1


def test_networks_of_one_lambda_stand_where_one_for_all_is_measured(tmp_path: Path):
    config = recipe_config("without_gain", ["photos"], tmp_path, 9, 0, {})
    assert list(config.lmbdas) == evaluation_lmbdas()


@pytest.mark.slow
def test_what_a_recipe_is_worth_comes_from_its_runs(recipe: Callable[..., TrainingConfig]):
    configs = {name: [recipe(name)] for name in (BASELINE, "slices_1", "without_gain", "without_linear_path")}
    for config in configs.values():
        run_recipe(config[0])
    plain, one_slice, fixed, from_noise = worths(configs)
    assert [plain.recipe, plain.bd_percent, plain.reason] == [BASELINE, pytest.approx(0, abs=1e-6), ""]
    assert plain.within is one_slice.within is None  # of one seed
    assert one_slice.bd_percent == pytest.approx(0, abs=3)
    assert one_slice.parameters < plain.parameters < fixed.parameters < 5 * plain.parameters
    assert fixed.bd_percent == pytest.approx(0, abs=3)
    assert fixed.loss == pytest.approx(plain.loss, rel=0.03)  # the mean over the same five lambdas
    assert all(row.steps_per_s > 0 for row in (plain, one_slice, fixed, from_noise))
    assert from_noise.loss > plain.loss
    assert from_noise.bd_percent is None
    assert from_noise.reason


def test_several_seeds_say_how_far_a_mean_can_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each seed is compared with its own baseline; the interval is Student's, here of -2, 0 and 8 %."""
    percents = {0: -2, 1: 0, 2: 8}

    def end(folder: RunFolder) -> _End:
        seed, plain = int(folder.path.parent.name[-1]), folder.path.name == BASELINE
        more = 1.5**seed * (1 if plain else 1 + percents[seed] / 100)
        points = [{"bpp": bpp * more, "psnr_db": psnr} for bpp, psnr in ((0.1, 28), (0.3, 31), (0.6, 34), (1, 37))]
        return _End(7, 3, 2.0, 1.0 + seed, points)

    monkeypatch.setattr(ablations, "_end_of", end)
    names = (BASELINE, "slices_1")
    configs = {name: [recipe_config(name, ["a"], tmp_path, 9, seed, {}) for seed in percents] for name in names}
    plain, found = worths(configs)
    assert (plain.bd_percent, plain.within) == (pytest.approx(0, abs=1e-9), None)
    assert found.bd_percent == pytest.approx(2)
    assert found.within == pytest.approx(4.302653 * math.sqrt(28 / 3))
    assert (found.parameters, found.steps_per_s, found.loss) == (7, 1.5, 2)


def test_a_finished_run_is_left_alone(recipe: Callable[..., TrainingConfig]):
    config = recipe(BASELINE)
    run_recipe(config)
    before = {path: path.stat().st_mtime_ns for path in Path(config.out).iterdir() if path.is_file()}
    run_recipe(config)
    assert {path: path.stat().st_mtime_ns for path in Path(config.out).iterdir() if path.is_file()} == before


def test_a_broken_run_goes_on_and_one_that_is_stopped_again_is_no_result(
    recipe: Callable[..., TrainingConfig], begin: Callable[[TrainingConfig], Run], monkeypatch: pytest.MonkeyPatch
):
    config = recipe(BASELINE)
    broken = begin(config)
    broken.ask_to_stop()
    broken.go()
    with monkeypatch.context() as patch:
        patch.setattr(ablations, "resume", lambda _: None)
        with pytest.raises(ValueError, match="stopped before its end; the same command goes on with it"):
            run_recipe(config)
    run_recipe(config)
    state = RunFolder(config.out).load_state()
    assert state
    assert (state["steps"], state["finished"]) == (2, True)


def test_a_folder_with_runs_of_other_settings_is_refused(recipe: Callable[..., TrainingConfig]):
    run_recipe(recipe(BASELINE, steps=1))
    with pytest.raises(ValueError, match="holds a run of other settings"):
        run_recipe(recipe(BASELINE, steps=2))


def test_what_is_no_recipe_and_what_recipes_set_themselves_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="there is no recipe 'slices_3'; legal: as_it_is, "):
        recipe_config("slices_3", ["photos"], tmp_path, 9, 0, {})
    taken = {"model": {"M": 160}, "lmbdas": [0.013], "seed": 1}
    with pytest.raises(ValueError, match="lmbdas, model, seed cannot be set"):
        recipe_config(BASELINE, ["photos"], tmp_path, 9, 0, {**taken, "batch": 4})
    with pytest.raises(ValueError, match="steps is 0; must be 1 or more"):
        recipe_config(BASELINE, ["photos"], tmp_path, 0, 0, {})
    with pytest.raises(ValueError, match="as_it_is is not among the recipes"):
        worths({"slices_1": [recipe_config("slices_1", ["photos"], tmp_path, 9, 0, {})]})
