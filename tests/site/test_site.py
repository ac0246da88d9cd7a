"""The site, with one package of its API and stand-ins for the photos' pages: whole, and asking nothing elsewhere."""

import importlib.util
import json
import re
import sys
from html import escape, unescape
from pathlib import Path

import griffe
import nbformat
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

sys.path.insert(0, str(Path(__file__).parent))
try:
    import check
finally:
    sys.path.pop(0)

PHOTOS = ("flower", "chelsea")
NAMES = {"here.g": "g", "dcae.rd.bpp": "dcae.rd.bpp"}


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, pages = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("photos")
    for name in PHOTOS:
        (pages / f"{name}.html").write_text(f"<title>{name}</title>")
    config = load_config(str(root / "mkdocs.yml"), site_dir=str(folder))
    config.extra |= {"packages": ["dcae.codec"], "photo_pages": str(pages)}
    build(config)  # raises at a warning, since mkdocs.yml is strict
    return folder


def text_of(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page.read_text()))


def test_nothing_that_the_site_points_at_is_missing_or_elsewhere(site: Path):
    assert len(list(site.rglob("*.html"))) > 40
    assert check.faults(site) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<a href="nowhere.html">', "nowhere.html is not there"),
        ('<a href="#nowhere">', "#nowhere is not there"),
        ('<a href="other.html#nowhere">', "other.html#nowhere is not there"),
        ('<a href="../beside.html">', "../beside.html is not there"),
        ('<img src="nowhere.png">', "nowhere.png is not there"),
        ('<img src="https://there.example/a.png">', "asks https://there.example/a.png"),
        ('<img srcset="a.css, //there.example/a.png 2x">', "asks //there.example/a.png"),
        ('<link href="https://there.example/a.css">', "asks https://there.example/a.css"),
        ('<p style="background: url(//there.example/a.png)">', "asks //there.example/a.png"),
        ("<style>@import 'https://there.example/a.css';</style>", "asks https://there.example/a.css"),
        ('<script>import("https://there.example/a.js")</script>', "asks https://there.example/a.js"),
        ('<pre class="mermaid">graph</pre>', "has a diagram"),
    ],
)
def test_the_check_finds_what_is_wrong(tmp_path: Path, page: str, fault: str):
    (tmp_path / "beside.html").touch()
    site = tmp_path / "site"
    site.mkdir()
    (site / "other.html").write_text('<h1 id="here">')
    (site / "a.css").write_text("p { background: url(data:image/png;base64,AA==) }")
    (site / "page.html").write_text(f'<a href="other.html#here"><a href="https://there.example/">{page}')
    assert check.faults(site) == [f"page.html: {fault}"]


def test_the_check_reads_styles_and_scripts_of_their_own(tmp_path: Path):
    (tmp_path / "a.css").write_text('p { background: url("nowhere.png") }')
    (tmp_path / "b.js").write_text("fetch('https://there.example/b.json')")
    assert check.faults(tmp_path) == ["a.css: nowhere.png is not there", "b.js: asks https://there.example/b.json"]


def test_every_lesson_is_a_page_with_all_that_its_notebook_says_and_shows(root: Path, site: Path):
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        book, page = nbformat.read(path, 4), site / "course" / f"{path.stem}.html"
        outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
        shown = [output for output in outputs if "image/png" in output.get("data", {})]
        html, views = page.read_text(), [cell for cell in book.cells if "widget" in cell.metadata.get("tags", [])]
        assert html.count('<a class="figure"') == len(shown)
        assert html.count('<details class="view">') == len(views)
        assert html.count('<details class="tip">') == sum("<details>" in cell.source for cell in book.cells)
        text = re.sub(r"\s+", "", text_of(page))
        code = [cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n") for cell in book.cells if cell.cell_type == "code"]
        printed = [output.text for output in outputs if output.output_type == "stream"]
        for said in [*code, *printed]:
            assert re.sub(r"\s+", "", said) in text, said


def test_the_course_begins_with_a_list_of_all_its_lessons(root: Path, site: Path):
    page = (site / "course.html").read_text()
    for path in (root / "notebooks").glob("*.ipynb"):
        title = nbformat.read(path, 4).cells[0].source.splitlines()[0].removeprefix("# ")
        assert f'<a href="course/{path.stem}.html">{escape(title, quote=False)}</a>' in page


def test_doctests_become_code_and_names_become_links(root: Path):
    spec = importlib.util.spec_from_file_location("docstrings", root / "docs" / "hooks" / "docstrings.py")
    assert spec
    assert spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    said = "As :func:`g` and `dcae.rd.bpp`, not `f`.\n\n    >>> f()\n    [[1]]\n\n    So."
    code = f'def f():\n    """{said}"""\ndef g(): ...\n'
    f = griffe.visit("here", filepath=Path("here.py"), code=code)["f"]
    hook.Docstrings().on_object(obj=f)
    links = [f'<autoref identifier="{name}" optional>`{shown}`</autoref>' for name, shown in NAMES.items()]
    assert f.docstring.value == f"As {links[0]} and {links[1]}, not `f`.\n\n```pycon\n>>> f()\n[[1]]\n```\n\nSo."


def test_the_search_finds_lessons_docstrings_and_the_format(site: Path):
    index = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    for word, place in [
        ("Shannon", "course/02"),
        ("open_codec", "api/dcae.codec/catalogue"),
        ("range coder", "format.html"),
    ]:
        found = [entry["location"] for entry in index if word in entry["title"] + entry["text"]]
        assert any(location.startswith(place) for location in found), word


def test_each_page_of_a_photo_is_linked_with_its_picture_and_its_credit(site: Path):
    page = (site / "photos.html").read_text()
    for name in PHOTOS:
        assert f'<a href="photos/{name}.html"><img' in page
        assert (site / "photos" / f"{name}.html").read_text() == f"<title>{name}</title>"
    assert "vultilion" in page
