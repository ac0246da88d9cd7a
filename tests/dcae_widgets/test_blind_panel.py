"""The ballot of a blind test, without a browser: it passes on answers and wishes, and nothing else."""

from typing import Any

import pytest

from dcae_widgets.blind_panel import BlindPanel


@pytest.fixture
def heard() -> list[Any]:
    return []


@pytest.fixture
def panel(heard: list[Any]) -> BlindPanel:
    return BlindPanel(heard.append, heard.append)


@pytest.mark.parametrize("answer", ["left", "right", "neither"])
def test_answers_are_passed_on(panel: BlindPanel, heard: list[Any], answer: str):
    panel._handle_custom_msg({"type": "answer", "answer": answer, "round": 0}, [])
    assert heard == [answer]


def test_wish_to_reveal_is_passed_on(panel: BlindPanel, heard: list[Any]):
    for reveal in (True, False):
        panel._handle_custom_msg({"type": "reveal", "reveal": reveal}, [])
    assert heard == [True, False]


def test_what_is_no_answer_is_ignored(panel: BlindPanel, heard: list[Any]):
    for content in (
        {"type": "answer", "answer": "both", "round": 0},
        {"type": "reveal", "reveal": "yes"},
        {"type": "x"},
    ):
        panel._handle_custom_msg(content, [])
    assert not heard


def test_nothing_is_answered_once_the_names_are_known(panel: BlindPanel, heard: list[Any]):
    panel.revealed = True
    panel._handle_custom_msg({"type": "answer", "answer": "left", "round": 0}, [])
    assert not heard


def test_answer_to_a_round_that_is_over_is_ignored(panel: BlindPanel, heard: list[Any]):
    panel.round = 3
    for of in (2, 3, None):
        panel._handle_custom_msg({"type": "answer", "answer": "left", "round": of}, [])
    assert heard == ["left"]
