"""The site's API: a page for each module of the packages that mkdocs.yml names, from their docstrings.

The modules are read, never imported.
"""

import ast
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
_ABOUT = (
    "Dependencies point down: widgets and measurements stand on the codec, the codec on the model, the model on plain "
    "records. Names with an underscore are the project's own affair and are left out."
)


def _folder(package: str) -> Path:
    return ROOT.joinpath("widgets" if package == "dcae_widgets" else "", *package.split("."))


def modules(package: str) -> dict[str, str]:
    """The first line of each module's docstring by the module's name in the package."""
    files = [path for path in sorted(_folder(package).glob("*.py")) if not path.stem.startswith("_")]
    return {path.stem: _first_line(path) for path in files}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def _table(head: str, links: dict[str, str], said: list[str]) -> str:
    rows = [f"| [`{name}`]({link}) | {words} |\n" for (name, link), words in zip(links.items(), said, strict=True)]
    return f"| {head} | what it is |\n|---|---|\n{''.join(rows)}"


def _pages(packages: list[str]) -> dict[str, str]:
    """The Markdown of each page by its path."""
    said = [_first_line(_folder(package) / "__init__.py") for package in packages]
    links = {package: f"{package}/index.md" for package in packages}
    pages = {"api/index.md": f"# API\n\n{_ABOUT}\n\n{_table('package', links, said)}"}
    for package in packages:
        found = modules(package)
        table = _table("module", {name: f"{name}.md" for name in found}, list(found.values()))
        pages[f"api/{package}/index.md"] = f"---\ntitle: {package}\n---\n\n::: {package}\n\n{table}"
        pages |= {f"api/{package}/{name}.md": f"::: {package}.{name}\n" for name in found}
    return pages


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the packages under "API", each with its modules."""
    entries = next(item["API"] for item in config.nav or [] if "API" in item)
    entries.append("api/index.md")
    for package in config.extra["packages"]:
        pages = [{name: f"api/{package}/{name}.md"} for name in modules(package)]
        entries.append({package: [f"api/{package}/index.md", *pages]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages."""
    for path, content in _pages(config.extra["packages"]).items():
        files.append(File.generated(config, path, content=content))
    return files
