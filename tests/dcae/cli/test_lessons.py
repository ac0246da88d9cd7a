"""`dcae lab`: the lessons are the user's own copies, and JupyterLab gets what it is meant to get."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import Result

from dcae.cli import SPIN_COUNT
from dcae.cli.lessons import copy_lessons, copy_photo, lesson_hash

Run = Callable[..., Result]
Started = list[tuple[str, list[str], dict[str, str]]]


@pytest.fixture
def shipped_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the shipped lessons: two of them."""
    folder = tmp_path / "dcae_notebooks"
    folder.mkdir()
    (folder / "__init__.py").touch()
    write_lesson(folder / "00_start.ipynb", "start")
    write_lesson(folder / "01_next.ipynb", "next")
    monkeypatch.setattr("dcae.cli.lessons.files", lambda name: folder if name == "dcae_notebooks" else files(name))
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The user's folder."""
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What this process was to become: program, arguments, environment."""
    calls: Started = []
    monkeypatch.setattr(os, "execve", lambda *call: calls.append(call))
    return calls


def write_lesson(path: Path, source: str) -> None:
    """A notebook of one cell."""
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def run_lesson(path: Path) -> None:
    """Does to a notebook what JupyterLab does when someone runs it to its end."""
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}], "execution_count": 1}
        cell["source"] = cell["source"].splitlines(keepends=True)
    notebook["cells"].append({"cell_type": "code", "id": "new", "metadata": {}, "source": [], "outputs": []})
    notebook["metadata"]["kernelspec"] = {"name": "python3"}
    path.write_text(json.dumps(notebook, indent=1))


def texts(folder: Path) -> dict[str, str]:
    """The text of each lesson's first cell."""
    return {path.name: "".join(json.loads(path.read_text())["cells"][0]["source"]) for path in folder.glob("*.ipynb")}


def test_the_first_start_copies_all_lessons_and_nothing_else(shipped_lessons: Path, mine: Path):
    assert copy_lessons(mine) == []
    assert texts(mine) == {"00_start.ipynb": "start", "01_next.ipynb": "next"}
    assert not (mine / "__init__.py").exists()


def test_a_changed_copy_is_never_written_over(shipped_lessons: Path, mine: Path):
    copy_lessons(mine)
    write_lesson(mine / "00_start.ipynb", "start, and my notes")
    assert copy_lessons(mine) == []
    write_lesson(shipped_lessons / "00_start.ipynb", "start, second edition")
    for _ in range(2):
        assert copy_lessons(mine) == [mine / "00_start.ipynb"]
        assert texts(mine)["00_start.ipynb"] == "start, and my notes"


def test_a_file_that_the_user_had_before_is_never_written_over(shipped_lessons: Path, mine: Path):
    write_lesson(mine / "01_next.ipynb", "my own")
    assert copy_lessons(mine) == [mine / "01_next.ipynb"]
    assert texts(mine) == {"00_start.ipynb": "start", "01_next.ipynb": "my own"}


def test_an_untouched_copy_follows_the_shipped_lesson(shipped_lessons: Path, mine: Path):
    copy_lessons(mine)
    write_lesson(shipped_lessons / "00_start.ipynb", "start, second edition")
    assert copy_lessons(mine) == []
    assert texts(mine)["00_start.ipynb"] == "start, second edition"


def test_a_copy_that_was_only_run_keeps_its_outputs_and_follows_the_shipped_lesson(shipped_lessons: Path, mine: Path):
    copy_lessons(mine)
    run_lesson(mine / "00_start.ipynb")
    as_run = (mine / "00_start.ipynb").read_text()
    assert copy_lessons(mine) == []
    assert (mine / "00_start.ipynb").read_text() == as_run
    write_lesson(shipped_lessons / "00_start.ipynb", "start, second edition")
    assert copy_lessons(mine) == []
    assert texts(mine)["00_start.ipynb"] == "start, second edition"


@pytest.mark.parametrize("content", ["not json", "[1, 2]", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}'])
def test_what_is_no_notebook_is_told_apart_by_its_bytes(shipped_lessons: Path, mine: Path, content: str):
    assert lesson_hash(content.encode()) != lesson_hash(content.encode() + b" ")
    (mine / "00_start.ipynb").write_text(content)
    assert copy_lessons(mine) == [mine / "00_start.ipynb"]
    assert (mine / "00_start.ipynb").read_text() == content


def test_the_kind_and_the_order_of_cells_are_part_of_a_lesson():
    def notebook(*cells: tuple[str, str]) -> bytes:
        return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}).encode()

    lessons = [notebook(("code", "a"), ("code", "b")), notebook(("code", "b"), ("code", "a")), notebook(("code", "ab"))]
    assert len({lesson_hash(lesson) for lesson in [*lessons, notebook(("markdown", "ab"))]}) == 4


def test_a_copy_that_was_removed_comes_back(shipped_lessons: Path, mine: Path):
    copy_lessons(mine)
    (mine / "01_next.ipynb").unlink()
    copy_lessons(mine)
    assert texts(mine)["01_next.ipynb"] == "next"


def test_lab_opens_the_first_lesson_in_this_python(
    run: Run, shipped_lessons: Path, tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    result = run("lab", "--folder", tmp_path / "new")
    assert (result.exit_code, result.output) == (0, "")
    ((program, arguments, environment),) = started
    assert program == arguments[0] == sys.executable
    assert arguments[1:4] == ["-m", "jupyterlab", str(tmp_path / "new" / "00_start.ipynb")]
    assert environment == os.environ
    assert environment["GOMP_SPINCOUNT"] == SPIN_COUNT


def test_the_users_own_setting_of_openmp_stays(
    run: Run, shipped_lessons: Path, mine: Path, started: Started, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    run("lab", "--folder", mine)
    assert started[0][2]["GOMP_SPINCOUNT"] == "7"


def test_the_folder_is_dcae_notebooks_where_the_user_is(
    run: Run, shipped_lessons: Path, tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    run("lab")
    assert set(texts(tmp_path / "dcae-notebooks")) == {"00_start.ipynb", "01_next.ipynb"}


@pytest.mark.parametrize("with_photo", [False, True])
def test_arguments_behind_the_dashes_are_handed_on_as_they_are(
    run: Run, shipped_lessons: Path, mine: Path, photo: Path, started: Started, with_photo: bool
):
    theirs = ["--port", "9999", "--no-browser", "--", "--folder=x", "--help"]
    run("lab", *([photo] if with_photo else []), "--folder", mine, "--", *theirs)
    assert started[0][1][-len(theirs) :] == theirs


def test_a_photo_is_copied_beside_the_lessons_and_named_to_them(
    run: Run, shipped_lessons: Path, mine: Path, photo: Path, started: Started
):
    run("lab", photo, "--folder", mine)
    copied = Path(started[0][2]["DCAE_PHOTO"])
    assert copied == (mine / "photo.png").resolve()
    assert copied.read_bytes() == photo.read_bytes()


def test_a_photo_that_is_none_is_refused_before_anything_is_copied(
    run: Run, shipped_lessons: Path, tmp_path: Path, started: Started
):
    (tmp_path / "note.png").write_text("no photo")
    result = run("lab", tmp_path / "note.png", "--folder", tmp_path / "new")
    assert (result.exit_code, result.stderr.count("\n"), started) == (2, 1, [])
    assert not (tmp_path / "new").exists()


def test_a_newer_lesson_beside_a_changed_copy_is_said(run: Run, shipped_lessons: Path, mine: Path, started: Started):
    write_lesson(mine / "00_start.ipynb", "my own")
    assert run("lab", "--folder", mine).stdout.startswith(f"{mine / '00_start.ipynb'} has your changes and stays")


def test_another_photo_of_the_same_name_is_not_written_over(mine: Path, photo: Path):
    (mine / "photo.png").write_bytes(b"mine")
    with pytest.raises(ValueError, match=r"photo\.png is another picture than .*photo\.png; rename one of them"):
        copy_photo(photo, mine)
    assert (mine / "photo.png").read_bytes() == b"mine"


def test_a_photo_that_is_there_already_stays(mine: Path, photo: Path):
    copied = copy_photo(photo, mine)
    assert copy_photo(photo, mine) == copy_photo(copied, mine) == copied


@pytest.mark.slow
def test_jupyterlab_starts_on_the_first_lesson_and_ctrl_c_at_a_terminal_ends_it(tmp_path: Path):
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "00_start.ipynb").write_text(json.dumps(notebook))
    places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    environment = os.environ | {f"JUPYTER_{place}": str(tmp_path / place) for place in places}
    command = [sys.executable, "-c", "from dcae.cli import app; app()", "lab", "--folder", str(tmp_path), "--"]
    command += ["--no-browser", "--ip=127.0.0.1", "--port=0", *(["--allow-root"] if os.geteuid() == 0 else [])]
    terminal, its_end = pty.openpty()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=its_end, stdout=log, stderr=log)
    try:
        assert "/lab/tree/00_start.ipynb" in wait_for_page(tmp_path / "RUNTIME_DIR", process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(its_end)


def wait_for_page(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """The page with which JupyterLab would send a browser to its notebook, as soon as it has written all of it."""
    for _ in range(1200):
        for path in folder.glob("jpserver-file-to-run-*.html"):
            if "</html>" in (page := path.read_text()):
                return page
        assert process.poll() is None
        time.sleep(0.1)
    raise AssertionError("JupyterLab has not started within 120 s")
