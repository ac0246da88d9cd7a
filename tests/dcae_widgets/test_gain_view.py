"""Channels over lambda: bars in one order, the chosen channel's gain, and how many are silent."""

import csv
from pathlib import Path

import numpy as np
import pytest

from dcae.gain_curves import GainCurves
from dcae_widgets.gain_figure import silent_of_slices
from dcae_widgets.gain_view import GainView

LMBDAS = np.array([0.002, 0.01, 0.05])
LOUD = np.array([[0.5, 0, 0.1, 0, 0, 0], [0.6, 0.1, 0.2, 0, 0, 0.1], [0.7, 0.2, 0.3, 0.1, 0.1, 0.2]])


def curves() -> GainCurves:
    gain = np.sqrt(LMBDAS / 0.013)[:, None] * np.linspace(0.8, 1.2, 6)
    return GainCurves(
        lmbda=LMBDAS, gain=gain, inverse_gain=0.9 / gain, bits=1000.0 * LOUD * LOUD, loud=LOUD,
        bpp=np.array([0.1, 0.3, 0.9]), num_slices=2,
    )  # fmt: skip


@pytest.fixture
def view() -> GainView:
    return GainView(curves())


def test_bars_keep_one_order_while_lambda_moves(view: GainView):
    order = [0, 2, 1, 5, 3, 4]  # by cost at the highest lambda
    slider, bars, said = view.children[0].children
    for step in (0, 2):
        slider.value = step
        assert bars.series[0]["y"] == pytest.approx(1000 * LOUD[step, order] ** 2)
    assert bars.series[0]["text"][1] == "channel 2: 90 bits, 30.0% of its symbols are not 0"
    view.step = 0
    assert said.value == "0.100 bits a pixel; 4 of 6 channels say nothing but 0."


def test_channel_that_is_chosen_among_the_bars_has_its_gain_drawn(view: GainView):
    bars, gains = view.children[0].children[1], view.children[1].children[1]
    bars.chosen = 3
    assert view.channel == 5
    assert gains.series[1]["name"] == "channel 5"
    assert gains.series[1]["y"] == curves().gain[:, 5].tolist()
    view.channel = 4
    assert bars.chosen == 5
    view.step = 1
    assert (view.channel, bars.chosen) == (4, 5)


def test_silent_channels_are_counted_slice_by_slice(view: GainView):
    assert silent_of_slices(curves()).tolist() == [[1, 0, 0], [3, 2, 0]]
    counts = view.children[1].children[0]
    assert [each["y"] for each in counts.series] == [[1, 0, 0], [3, 2, 0]]
    assert "λ 0.0020: 4, λ 0.0100: 2, λ 0.0500: 0" in str(view.picture().alt)


@pytest.mark.parametrize(("name", "value", "most"), [("step", 3, 2), ("channel", 6, 5), ("channel", -1, 5)])
def test_what_is_not_there_cannot_be_chosen(view: GainView, name: str, value: int, most: int):
    with pytest.raises(ValueError, match=f"{name} is {value}; must be 0 to {most}"):
        setattr(view, name, value)


def test_numbers_are_taken_along(view: GainView, tmp_path: Path):
    view.to_csv(tmp_path / "gains.csv")
    view.to_npz(tmp_path / "gains.npz")
    with (tmp_path / "gains.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    assert float(rows[7]["loud"]) == LOUD[1, 1]
    assert (float(rows[7]["lmbda"]), rows[7]["channel"]) == (0.01, "1")
    assert np.array_equal(np.load(tmp_path / "gains.npz")["gain"], curves().gain)
