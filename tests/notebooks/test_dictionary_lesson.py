"""The lesson on the dictionary cites what was measured once: it must be what the table of training.md says."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_lesson_cites_the_worth_of_the_dictionary_from_the_table_and_with_its_conditions():
    book = json.loads((ROOT / "notebooks" / "05_what_the_dictionary_knows.ipynb").read_text())
    lesson = "\n".join("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "markdown")
    measured = (ROOT / "docs" / "training.md").read_text()
    row = re.search(r"^\| `without_dictionary` \|.*\| \+([\d.]+ ± [\d.]+) % \|$", measured, re.MULTILINE)
    given = r"on (\d+) .*photos \((\d+) of them held out\), at (\d+) steps of (\d+) crops of (\d+) px"
    conditions = re.search(given, measured)
    assert row
    assert conditions
    assert f"**{row[1]} % more bits**" in lesson
    photos, held_out, steps, crops, side = conditions.groups()
    assert f"same {steps} steps of {crops} crops of {side} px on {photos} photos, {held_out} of them held out" in lesson
    assert "No interval leaves zero out" in measured
    assert "that interval has zero in it" in lesson
