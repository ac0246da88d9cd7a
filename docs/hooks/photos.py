"""The site's photos: the pages that `dcae page` made of the shipped ones, and a list of them with their credits."""

import io
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from PIL import Image

DATA = Path(__file__).parents[2] / "data"
THUMBNAIL_PX = 480


def _pages(config: MkDocsConfig) -> dict[Path, Path]:
    """The pages that have been made, and the photo of each."""
    folder = Path(config.config_file_path).parent / config.extra["photo_pages"]
    pages = {folder / f"{photo.stem}.html": photo for photo in sorted((DATA / "images").iterdir())}
    return {page: photo for page, photo in pages.items() if page.exists()}


def thumbnail(photo: Path) -> bytes:
    """A photo as a small JPEG."""
    with Image.open(photo) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=85)
    return data.getvalue()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds each page as it is, and its photo as a thumbnail."""
    for page, photo in _pages(config).items():
        files.append(File.generated(config, f"photos/{page.name}", abs_src_path=str(page)))
        files.append(File.generated(config, f"photos/{page.stem}.jpg", content=thumbnail(photo)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Gives photos.md its list, and the photos' credits as data/README.md has them."""
    if page.file.src_uri != "photos.md":
        return markdown
    cards = "".join(
        f'<a href="photos/{found.name}"><img src="photos/{found.stem}.jpg" alt="">{found.stem.replace("_", " ")}</a>\n'
        for found in _pages(config)
    )
    credits = re.search(r"^\| file \| px \|.*?\n\n", (DATA / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert credits, "data/README.md holds no table of photos"
    return markdown.replace("PHOTOS", f'<div class="photos">\n{cards}</div>').replace("CREDITS", credits[0])
