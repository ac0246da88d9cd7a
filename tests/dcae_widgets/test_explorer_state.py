"""Of a state that comes from anywhere, only what is legal is believed."""

import pytest

from dcae_widgets.explorer_state import checked_state

LEGAL = {"photo": "flower", "model": "small", "lmbda": 0.01, "mode": "side", "divider": 0, "view": [3.5, 4, 0]}


def check(state):
    return checked_state(state, photos={"flower": 1}, models=["small"], lmbdas=(0.0018, 0.05))


def test_legal_state_passes_as_it_is():
    assert check(LEGAL) == (LEGAL, [])
    assert check({}) == ({}, [])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("photo", "/etc/passwd", "a link can name flower"),
        ("photo", ["flower"], "a link can name flower"),
        ("model", "../weights.pth", "a link can name small"),
        ("lmbda", 0.06, "must be 0.0018 to 0.05"),
        ("lmbda", float("nan"), "must be 0.0018 to 0.05"),
        ("lmbda", True, "must be 0.0018 to 0.05"),
        ("lmbda", "0.01", "must be 0.0018 to 0.05"),
        ("mode", "<script>", "must be one of split"),
        ("mode", {}, "must be one of split"),
        ("divider", 1.5, "must be 0 to 1"),
        ("view", [0, 0], "a column, a row and a zoom from 0 to 64"),
        ("view", [0, float("inf"), 1], "a column, a row and a zoom"),
        ("view", [0, 0, 65], "a column, a row and a zoom"),
        ("view", "000", "a column, a row and a zoom"),
        ("surprise", 1, "a state has photo, model, lmbda"),
    ],
)
def test_what_is_not_legal_is_left_out_and_said(name, value, words):
    legal, wrong = check(LEGAL | {name: value})
    assert legal == {key: kept for key, kept in LEGAL.items() if key != name}
    assert len(wrong) == 1
    assert wrong[0].startswith(f"{name} is ")
    assert words in wrong[0]


def test_long_values_are_cut_in_the_words():
    assert len(check({"photo": "x" * 10_000})[1][0]) < 200
