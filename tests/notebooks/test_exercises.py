"""The folded solutions of the exercises: each runs by itself and prints what stands under it."""

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# Blank lines end the HTML: without them the fences within would be shown as they are typed.
SOLUTION = re.compile(
    r"### (?P<title>[^\n]+)\n\n[^\n]+\n\n<details>\n<summary>Solution</summary>\n\n"
    r"```python\n(?P<code>.+?)\n```\n\nIt prints\n\n```text\n(?P<printed>.+?)\n```\n\n[^\n]+\n\n</details>",
    re.DOTALL,
)
MAX_LINES = 18


def folded_cells() -> list[tuple[str, str]]:
    """Lesson and text of each cell that has a solution in it."""
    return [
        (f"{lesson.stem}-{cell['id']}", "".join(cell["source"]))
        for lesson in sorted(NOTEBOOKS.glob("*.ipynb"))
        for cell in json.loads(lesson.read_text())["cells"]
        if cell["cell_type"] == "markdown" and "<details>" in "".join(cell["source"])
    ]


EXERCISES = folded_cells()


@pytest.mark.parametrize("text", [text for _, text in EXERCISES], ids=[name for name, _ in EXERCISES])
def test_solution_stands_alone_and_prints_what_is_under_it(text: str):
    exercise = SOLUTION.fullmatch(text)
    assert exercise, "an exercise is a heading, its text, and one folded solution: python, what it prints, and why"
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(exercise["code"], exercise["title"], "exec"), {})
    assert printed.getvalue().rstrip("\n") == exercise["printed"]
    assert len(exercise["code"].splitlines()) <= MAX_LINES
