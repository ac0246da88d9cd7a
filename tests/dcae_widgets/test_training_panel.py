"""The panel's Python side: what the page asks for is handed on, and nothing else."""

import pytest
from traitlets import TraitError

from dcae_widgets.training_panel import TrainingPanel


@pytest.fixture
def asked() -> list[object]:
    return []


@pytest.fixture
def panel(asked: list[object]) -> TrainingPanel:
    return TrainingPanel(asked.append, lambda lmbda, final: asked.append((lmbda, final)))


def test_commands_and_lambdas_are_handed_on(panel: TrainingPanel, asked: list[object]):
    for command in ("pause", "continue", "stop"):
        panel._handle_custom_msg({"type": "command", "command": command}, [])
    panel._handle_custom_msg({"type": "lmbda", "lmbda": 0.02, "final": False}, [])
    assert asked == ["pause", "continue", "stop", (0.02, False)]


def test_a_lambda_beyond_the_slider_becomes_its_end(panel: TrainingPanel, asked: list[object]):
    panel.lmbda_min, panel.lmbda_max = 0.002, 0.02
    for lmbda in (1e-9, 1):
        panel._handle_custom_msg({"type": "lmbda", "lmbda": lmbda, "final": True}, [])
    assert asked == [(0.002, True), (0.02, True)]


@pytest.mark.parametrize("content", [{}, {"type": "command", "command": "rm"}, {"type": "lmbda", "lmbda": 1}])
def test_what_no_page_of_ours_sends_is_passed_over(panel: TrainingPanel, asked: list[object], content):
    panel._handle_custom_msg(content, [])
    assert asked == []


def test_there_are_three_commands(panel: TrainingPanel):
    with pytest.raises(TraitError, match="commands"):
        panel.commands = ["kill"]
