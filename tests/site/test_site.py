"""The site, with one package of its API and stand-ins for the photos' pages: whole, and asking nothing elsewhere."""

import json
import re
import sys
from html import unescape
from pathlib import Path

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
        assert len(re.findall(r'<a class="figure"', page.read_text())) == len(shown)
        text = re.sub(r"\s+", "", text_of(page))
        code = [cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n") for cell in book.cells if cell.cell_type == "code"]
        printed = [output.text for output in outputs if output.output_type == "stream"]
        for said in [*code, *printed]:
            assert re.sub(r"\s+", "", said) in text, said


def test_the_search_finds_lessons_docstrings_and_the_format(site: Path):
    index = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    for word, place in [("Shannon", "course/02"), ("open_codec", "api/dcae.codec"), ("range coder", "format.html")]:
        found = [entry["location"] for entry in index if word in entry["title"] + entry["text"]]
        assert any(location.startswith(place) for location in found), word


def test_each_page_of_a_photo_is_linked_with_its_picture_and_its_credit(site: Path):
    page = (site / "photos.html").read_text()
    for name in PHOTOS:
        assert f'<a href="photos/{name}.html"><img' in page
        assert (site / "photos" / f"{name}.html").read_text() == f"<title>{name}</title>"
    assert "vultilion" in page
