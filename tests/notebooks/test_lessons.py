"""The house rules of a lesson: it is read from top to bottom, compares its claim, and holds no program.

It opens with what a reader gets, needs and gives, and ends with exercises, references and the way on.
"""

import ast
import json
import math
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NAMES = [path.name for path in LESSONS]
MAX_LINES = 12
WORDS_A_MINUTE = 200
OPENING = re.compile(  # two spaces at the end of a line break it there: the block stays low, and what follows in sight
    r"\*\*After this lesson you can\*\* (?P<goals>[^\n]+)\.  \n\*\*Builds on:\*\* (?P<builds_on>[^\n]+)\.  \n"
    r"\*\*Time:\*\* (?P<total>\d+) minutes: (?P<reading>\d+) to read, up to one for the cells to run\. "
    r"\*\*Kernel:\*\* one with `dcae-workbench`; others say \"No module named 'dcae'\"\."
)
FOLDED = re.compile(r"<details>.*?</details>|^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?P<target>[^)#]+\.ipynb)\)")

pytestmark = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def cells(lesson: Path) -> list[dict[str, Any]]:
    return json.loads(lesson.read_text())["cells"]


def code_of(lesson: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(lesson) if cell["cell_type"] == "code"]


def prose_of(lesson: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(lesson) if cell["cell_type"] == "markdown"]


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


def test_lesson_says_under_its_title_what_it_gives_and_what_it_needs(lesson: Path):
    opening = OPENING.fullmatch("".join(cells(lesson)[1]["source"]))
    assert opening, "the cell under the title has another form than that of the other lessons"
    earlier = NAMES[: NAMES.index(lesson.name)]
    assert 2 <= len(opening["goals"].split("; ")) <= 4
    assert LINK.search(opening["builds_on"]) or opening["builds_on"].startswith("nothing")
    assert set(LINK.findall(opening["builds_on"])) <= set(earlier)


def test_lesson_says_truly_how_long_it_takes_to_read(lesson: Path):
    opening = OPENING.fullmatch("".join(cells(lesson)[1]["source"]))
    assert opening
    words = len(FOLDED.sub("", "\n".join(prose_of(lesson))).split())
    assert int(opening["reading"]) == math.ceil(words / WORDS_A_MINUTE)
    assert int(opening["total"]) == int(opening["reading"]) + 1


def test_lesson_ends_with_exercises_references_and_the_way_on(lesson: Path):
    prose = prose_of(lesson)
    reading = next(text for text in prose if text.startswith("## Further reading\n"))
    references = reading.splitlines()[2:]
    following = NAMES[(NAMES.index(lesson.name) + 1) % len(NAMES)]
    assert 2 <= len(references) <= 4
    assert all(re.match(r"- .+, \*.+\*, .*\b(19|20)\d\d\b", line) for line in references), references
    assert 2 <= sum("<summary>Solution</summary>" in text for text in prose) <= 3
    assert [text.split("\n")[0] for text in prose if text.startswith("## ")][-2:] == ["## Try", "## Further reading"]
    assert prose[-1].startswith("**Next:** ")
    assert LINK.findall(prose[-1]) == [following]


def test_lesson_links_to_lessons_that_exist_by_the_names_that_they_bear(lesson: Path):
    assert {target for text in prose_of(lesson) for target in LINK.findall(text)} <= set(NAMES)
