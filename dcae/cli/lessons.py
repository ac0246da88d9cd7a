"""`dcae lab`: JupyterLab on a copy of the lessons that is the user's own."""

import hashlib
import json
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from dcae.files import write_atomically
from dcae.images import load_image
from dcae.samples import PHOTO_VARIABLE

START = "00_start.ipynb"
SHIPPED_HASHES = ".shipped.json"
"""In the user's folder: the hash of each lesson as it was copied, which tells a lesson that nobody has changed."""


class LabCommand(TyperCommand):
    """A command that hands on what stands behind `--` as it is, also where its own argument is left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses what stands before the first `--`; `ctx.args` is what stands behind it."""
        end = args.index("--") if "--" in args else len(args)
        super().parse_args(ctx, args[:end])
        ctx.args = args[end + 1 :]
        return ctx.args


def lab(
    context: typer.Context,
    photo: Annotated[Path | None, typer.Argument(metavar="PHOTO", help="A picture to begin with.")] = None,
    folder: Annotated[Path, typer.Option(help="Where your copy of the lessons is.")] = Path("dcae-notebooks"),
) -> None:
    """Open the lessons in JupyterLab: dcae lab [PHOTO] [-- ARGUMENTS OF JUPYTERLAB].

    The lessons are copied to a folder of yours. One that you changed is never overwritten.
    """
    if photo is not None:
        load_image(photo)
    folder.mkdir(parents=True, exist_ok=True)
    for kept in copy_lessons(folder):
        typer.echo(f"{kept} has your changes and stays; there is a newer one: rename yours to get it")
    environment = dict(os.environ)
    if photo is not None:
        environment[PHOTO_VARIABLE] = str(copy_photo(photo, folder).resolve())
    command = [sys.executable, "-m", "jupyterlab", str(folder / START), *lab_settings(), *context.args]
    sys.stdout.flush()
    # This process becomes JupyterLab: signals, exit code and terminal are its own.
    os.execve(sys.executable, command, environment)


def lab_settings() -> list[str]:
    """What JupyterLab is started with: its answer to Ctrl-C is yes, and the first cell of `START` runs by itself."""
    extensions = str(files("dcae_widgets") / "labextensions")
    return ["--ServerApp.answer_yes=True", f"--LabApp.extra_labextensions_path={extensions}"]


def copy_lessons(folder: Path) -> list[Path]:
    """Copies the shipped lessons into a folder: those it lacks, and newer ones over copies that nobody changed.

    A lesson is what stands in its cells. Who runs it changes the outputs alone, which JupyterLab saves by itself.

    Args:
        folder: the user's, which exists.

    Returns:
        The copies that were changed by the user while the shipped lesson changed too; they stay as they are.
    """
    record = folder / SHIPPED_HASHES
    copied: dict[str, str] = json.loads(record.read_text()) if record.is_file() else {}
    outdated: list[Path] = []
    for lesson in files("dcae_notebooks").iterdir():
        if not lesson.name.endswith(".ipynb"):
            continue
        target, shipped = folder / lesson.name, lesson.read_bytes()
        newest, found = lesson_hash(shipped), lesson_hash(target.read_bytes()) if target.exists() else None
        if found in (None, copied.get(lesson.name), newest):
            if found != newest:
                write_atomically(target, shipped)
                trust(target)
            copied[lesson.name] = newest
        elif copied.get(lesson.name) != newest:
            outdated.append(target)
    write_atomically(record, json.dumps(copied, indent=1, sort_keys=True).encode())
    return sorted(outdated)


def trust(lesson: Path) -> None:
    """Signs a lesson of ours as its user's: of one that is not trusted JupyterLab shows no widget after a reload."""
    import nbformat
    from nbformat.sign import NotebookNotary

    NotebookNotary().sign(nbformat.read(lesson, as_version=nbformat.NO_CONVERT))


def copy_photo(photo: Path, folder: Path) -> Path:
    """Copies a photo into a folder, if it is not there already; returns the copy's path.

    Raises:
        ValueError: another file of that name is there.
    """
    target, data = folder / photo.name, photo.read_bytes()
    if target.exists() and target.read_bytes() != data:
        raise ValueError(f"{target} is another picture than {photo}; rename one of them")
    if not target.exists():
        write_atomically(target, data)
    return target


def lesson_hash(notebook: bytes) -> str:
    """SHA-256 over the kinds and sources of a notebook's cells, empty ones left out; over all of what is no notebook.

    Running leaves outputs, counts, metadata and, behind the last cell, an empty one: none of them is a change.

    >>> ran = b'{"cells": [{"cell_type": "code", "source": ["1 + ", "1"], "outputs": [2]}, {"source": ""}]}'
    >>> lesson_hash(ran) == lesson_hash(b'{"cells": [{"cell_type": "code", "source": "1 + 1", "outputs": []}]}')
    True
    """
    try:
        cells = [(cell.get("cell_type"), "".join(cell["source"])) for cell in json.loads(notebook)["cells"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return hashlib.sha256(notebook).hexdigest()
    return hashlib.sha256(json.dumps([cell for cell in cells if cell[1].strip()]).encode()).hexdigest()
