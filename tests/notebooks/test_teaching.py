"""The teacher's page speaks of the lessons as they are: their questions, times, prerequisites and headings."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "teaching.md").read_text()
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def prose_of(lesson: Path) -> str:
    cells = json.loads(lesson.read_text())["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def test_table_of_lessons_has_each_with_its_question_its_needs_and_its_time():
    expected = []
    for lesson in LESSONS:
        text = prose_of(lesson)
        builds_on = re.search(r"\*\*Builds on:\*\* (.+)", text)
        minutes = re.search(r"\*\*Time:\*\* (\d+) minutes", text)
        assert builds_on
        assert minutes
        needs = ", ".join(re.findall(r"\((\d\d)_", builds_on[1])) or "nothing"
        link = f"[{lesson.stem[:2]}](../notebooks/{lesson.name})"
        expected.append(f"| {link} | {text.splitlines()[0][2:]} | {needs} | {minutes[1]} min |")
    assert [line for line in PAGE.splitlines() if line.startswith("| [")] == expected


def test_places_that_the_page_sends_a_class_to_are_headings_of_their_lessons():
    places = re.findall(r'\b(\d\d), (?:up to |before )?"([^"]+)"', PAGE)
    headings = {lesson.stem[:2]: re.findall(r"^###? (.+)$", prose_of(lesson), re.MULTILINE) for lesson in LESSONS}
    assert len(places) >= 10
    assert not [(number, place) for number, place in places if place not in headings[number]]
