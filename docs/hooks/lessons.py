"""The site's lessons: each notebook as a page of Markdown, with the outputs that it holds. Nothing is executed.

An interactive view has no output without a kernel: its code is folded, and the picture under it stays.
"""

import base64
import re
from functools import cache
from html import escape
from pathlib import Path
from textwrap import indent
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_LINK = re.compile(r"\]\((?:\.\./notebooks/)?(\w+)\.ipynb\)")
_FOLDED = re.compile(r"<details>\n<summary>(.*?)</summary>\n(.*?)</details>", re.DOTALL)
_GOALS = re.compile(r"\*\*After this lesson you can\*\* ([^\n]+?)\.? *\n")
_VIEW = "An interactive view stands here in JupyterLab. Its picture is below, this is its code"


@cache
def lessons() -> dict[str, Any]:
    """The notebooks by their names, in the course's order."""
    return {path.stem: nbformat.read(path, 4) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


def _title(book: Any) -> str:
    return book.cells[0].source.splitlines()[0].removeprefix("# ")


def _table() -> str:
    rows = [
        f"| {name[:2]} | [{_title(book)}](course/{name}.md) | {found[1]} |\n"
        for name, book in lessons().items()
        if (found := _GOALS.match(book.cells[1].source))
    ]
    return f"| lesson | its question | after it you can |\n|---|---|---|\n{''.join(rows)}"


def lesson_page(book: Any, name: str) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, and its pictures as PNG files by their names; the page links to `name/`."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in book.cells:
        if cell.cell_type == "markdown":
            parts.append(_prose(cell.source))
            continue
        parts.append(_code(cell))
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        if printed:
            parts.append(_fenced(printed, "{ .text .output .no-copy }"))
        for output in cell.outputs:
            if output.output_type != "stream":
                parts.append(_result(output, f"{name}/{len(pictures) + 1}.png", pictures))
    return "\n\n".join(parts) + "\n", pictures


def _prose(source: str) -> str:
    """The cell's own Markdown in the site's dialect: what is folded, and links to other lessons."""
    folded = _FOLDED.sub(lambda found: f'??? tip "{found[1]}"\n\n{indent(found[2].strip(), "    ")}\n', source)
    return _LINK.sub(r"](\1.md)", folded)


def _code(cell: Any) -> str:
    source = _fenced(cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n"), "python")
    if "widget" not in cell.metadata.get("tags", []):
        return source
    return f'??? view "{_VIEW}"\n\n{indent(source, "    ")}'


def _fenced(text: str, info: str) -> str:
    return f"````{info}\n{text.rstrip()}\n````"


def _result(output: Any, picture: str, pictures: dict[str, bytes]) -> str:
    if "image/png" in output.data:
        pictures[picture] = data = base64.b64decode(output.data["image/png"])
        width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))  # PNG's first chunk
        alt = escape(output.metadata.get("image/png", {}).get("alt", ""))
        image = f'<img src="{picture}" alt="{alt}" width="{width}" height="{height}" loading="lazy">'
        return f'<a class="figure" href="{picture}" title="In its own size">{image}</a>'
    return output.data.get("text/markdown") or _fenced(output.data["text/plain"], "{ .text .output .no-copy }")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the lessons under "Course", behind its first page."""
    course = next(item["Course"] for item in config.nav or [] if "Course" in item)
    course[1:1] = [{f"{name[:2]} {_title(book)}": f"course/{name}.md"} for name, book in lessons().items()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds each lesson and its pictures."""
    for name, book in lessons().items():
        page, pictures = lesson_page(book, name)
        for path, content in {f"{name}.md": page, **pictures}.items():
            files.append(File.generated(config, f"course/{path}", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Other pages: course.md lists the lessons, links to notebooks lead to their pages, and a task has a box."""
    if page.file.src_uri.startswith("course/"):
        return markdown
    if page.file.src_uri == "course.md":
        markdown += _table()
    return _LINK.sub(r"](course/\1.md)", markdown).replace("\n- [ ] ", "\n- ☐ ")
