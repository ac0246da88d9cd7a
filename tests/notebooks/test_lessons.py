"""The house rules of a lesson: it is read from top to bottom, compares its claim, and holds no program."""

import ast
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
MAX_LINES = 12

pytestmark = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def cells(lesson: Path) -> list[dict[str, Any]]:
    return json.loads(lesson.read_text())["cells"]


def code_of(lesson: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(lesson) if cell["cell_type"] == "code"]


def test_lesson_begins_with_a_title_that_is_a_question(lesson: Path):
    first = cells(lesson)[0]
    title = "".join(first["source"]).splitlines()[0]
    assert first["cell_type"] == "markdown"
    assert title.startswith("# ")
    assert title.endswith("?")


def test_lesson_says_something_before_every_code_cell(lesson: Path):
    kinds = [cell["cell_type"] for cell in cells(lesson)]
    assert ("code", "code") not in pairwise(kinds)


def test_lesson_defines_nothing_and_its_cells_are_short(lesson: Path):
    for source in code_of(lesson):
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, definitions)], source
        assert len(source.splitlines()) <= MAX_LINES, source


def test_lesson_compares_its_claim_with_a_stored_output(lesson: Path):
    compared = [cell for cell in cells(lesson) if "# NBVAL_CHECK_OUTPUT" in "".join(cell["source"])]
    assert compared
    assert all(cell["outputs"] for cell in compared)


def test_lesson_was_run_from_top_to_bottom_without_an_error(lesson: Path):
    code = [cell for cell in cells(lesson) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
