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
    """The first line of each module's docstring by the module's full name."""
    files = [path for path in sorted(_folder(package).glob("*.py")) if not path.stem.startswith("_")]
    return {f"{package}.{path.stem}": _first_line(path) for path in files}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def _table(head: str, said: dict[str, str], prefix: str = "") -> str:
    rows = [f"| [`{name.removeprefix(prefix)}`]({name}.md) | {words} |\n" for name, words in said.items()]
    return f"| {head} | what it is |\n|---|---|\n{''.join(rows)}"


def _index_page(packages: list[str]) -> str:
    said = {package: _first_line(_folder(package) / "__init__.py") for package in packages}
    return f"# API\n\n{_ABOUT}\n\n{_table('package', said)}"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the packages under "API", each with its modules."""
    entries = next(item["API"] for item in config.nav or [] if "API" in item)
    entries.append("api/index.md")
    for package in config.extra["packages"]:
        pages = [{name.removeprefix(package + "."): f"api/{name}.md"} for name in modules(package)]
        entries.append({package: [f"api/{package}.md", *pages]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages."""
    packages = config.extra["packages"]
    pages = {"index": _index_page(packages)}
    for package in packages:
        pages[package] = f"::: {package}\n\n{_table('module', modules(package), f'{package}.')}"
        pages |= {name: f"::: {name}\n" for name in modules(package)}
    for name, content in pages.items():
        files.append(File.generated(config, f"api/{name}.md", content=content))
    return files
