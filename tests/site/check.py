"""Checks a built site (`check.py FOLDER`): what its pages point at is there, and nothing is asked of other places.

A link that a reader clicks may lead elsewhere; what a browser fetches by itself may not.
"""

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"src", "srcset", "poster", "data", "background"}
STYLE_URL = re.compile(r"""\burl\(\s*["']?(?!["']|data:)([^"')]+)|@import\s+["']([^"']+)""")
SCRIPT_URL = re.compile(r"""["'`]((?:https?:)?//(?!www\.w3\.org/)[\w-]+(?:\.[\w-]+)+[^\s"'`)\\]*)""")
NEVER_ASKED = (
    "https://unpkg.com/mermaid@",  # by pages with a diagram: that none has is checked
    "https://unpkg.com/resize-observer-polyfill",  # by browsers older than 2020
    "https://api.github.com/",  # where mkdocs.yml has a repo_url
)
"""What the theme's scripts name and do not ask."""


class Page(HTMLParser):
    """A page's anchors, where a reader can go, what a browser fetches by itself, and its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors, self.links, self.fetched = {"", "top"}, list[str](), list[str]()
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.has_diagram, self._inside = False, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes what an element points at."""
        self._inside = tag
        for name, given in attrs:
            value = given or ""
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name == "href":
                (self.links if tag in ("a", "area") else self.fetched).append(value)
            elif name in FETCHED:
                self.fetched += [part.split()[0] for part in value.split(", ")] if name == "srcset" else [value]
            elif name == "style":
                self.texts["style"].append(value)
            elif name == "class":
                self.has_diagram |= "mermaid" in value.split()

    def handle_endtag(self, tag: str) -> None:
        """Takes that a script or style is over."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Takes a script or a style."""
        if self._inside in self.texts:
            self.texts[self._inside].append(data)


@cache
def _page(path: Path) -> Page:
    return Page(path.read_text())


def faults(site: Path) -> list[str]:
    """What is wrong with a site, a line each."""
    site = site.resolve()
    return [f"{path.relative_to(site)}: {fault}" for path in sorted(site.rglob("*")) for fault in _faults(site, path)]


def _faults(site: Path, path: Path) -> list[str]:
    if path.suffix not in (".html", ".css", ".js") or path.name == "search_index.js":  # which holds the pages' words
        return []
    page = _page(path) if path.suffix == ".html" else Page("")
    styles, scripts = ([*page.texts[kind]] for kind in ("style", "script"))
    if path.suffix != ".html":
        (styles if path.suffix == ".css" else scripts).append(path.read_text())
    fetched = [*page.fetched, *(found[1] or found[2] for text in styles for found in STYLE_URL.finditer(text))]
    elsewhere = {url for url in fetched if urlsplit(url).netloc or urlsplit(url).scheme not in ("", "data")}
    named = {url for text in scripts for url in SCRIPT_URL.findall(text)}
    elsewhere |= {url for url in named if not url.startswith(NEVER_ASKED)}
    own = [url for url in [*fetched, *page.links] if not urlsplit(url).netloc and not urlsplit(url).scheme]
    missing = [f"{url} is not there" for url in own if _is_missing(site, path, url)]
    return [*(["has a diagram"] if page.has_diagram else []), *(f"asks {url}" for url in sorted(elsewhere)), *missing]


def _is_missing(site: Path, source: Path, target: str) -> bool:
    """Whether a target, relative to a page or from the site's root, leads nowhere in the site."""
    parts = urlsplit(target)
    name = unquote(parts.path)
    found = source if not name else site / name[1:] if name.startswith("/") else source.parent / name
    found = (found / "index.html" if found.is_dir() else found).resolve()
    if not found.is_file() or not found.is_relative_to(site):
        return True
    return found.suffix == ".html" and unquote(parts.fragment) not in _page(found).anchors


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]))
    sys.exit("\n".join(wrong) if wrong else None)
