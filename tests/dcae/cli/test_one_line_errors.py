"""Bad input is one line on stderr and exit code 2; what is slow or noisy to import stays out of the way."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner, Result

from dcae.cli.one_line_errors import OUT_OF_MEMORY, Failures, OneLineErrors, is_of_input, one_line

Run = Callable[..., Result]


def run_command(command: Callable[[], None]) -> Result:
    """Runs a program that has this one command."""
    app = typer.Typer(cls=OneLineErrors, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("go")(command)
    return CliRunner().invoke(app, ["go"])


def fail_with(error: BaseException) -> Result:
    def command() -> None:
        raise error

    return run_command(command)


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compress"],
        ["--version"],
        ["encode"],
        ["encode", "photo.png"],
        ["encode", "photo.png", "-o", "out", "--lmbda", "much"],
        ["encode", "photo.png", "-o", "out", "--max-pixels", "0"],
        ["decode", "photo.dcae", "-o", "out.png", "--slices", "-1"],
        ["info", "a.dcae", "b.dcae"],
        ["lab", "a.png", "b.png"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_one_line_and_exit_code_2(run: Run, arguments: list[str]):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("dcae: ")
    assert result.stderr.count("\n") == 1


def test_without_arguments_the_commands_are_shown(run: Run):
    result = run()
    assert result.exit_code == 0
    assert result.stderr == ""
    assert all(command in result.stdout for command in ("encode", "decode", "info", "eval", "train", "export", "lab"))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("two\nlines"), "dcae: two lines\n"),
        (ValueError(), "dcae: ValueError\n"),
        (FileNotFoundError(2, "No such file or directory", "a.png"), "dcae: a.png: No such file or directory\n"),
        (PermissionError("not yours"), "dcae: not yours\n"),
    ],
    ids=["two lines", "no message", "missing file", "plain system error"],
)
def test_an_error_of_input_is_one_line_and_exit_code_2(error: Exception, line: str):
    result = fail_with(error)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", line)


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), RuntimeError("sizes do not match")], ids=repr)
def test_a_mistake_of_ours_keeps_its_traceback(error: Exception):
    assert fail_with(error).exception is error
    with pytest.raises(type(error), match=str(error)), Failures().of("a.png"):
        raise error


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate")],
    ids=repr,
)
def test_memory_that_does_not_suffice_is_one_line_that_says_what_helps(
    error: Exception, capsys: pytest.CaptureFixture[str]
):
    line = f"{OUT_OF_MEMORY}\n"
    result = fail_with(error)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"dcae: {line}")
    with Failures().of("a.png"):
        raise error
    assert capsys.readouterr().err == f"dcae: a.png: {line}"


def test_what_this_torch_says_without_memory_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_of_input(caught.value)


def test_ctrl_c_ends_a_command_with_the_shells_exit_code():
    result = fail_with(KeyboardInterrupt())
    assert (result.exit_code, result.stderr) == (130, "")


def test_warnings_of_libraries_do_not_reach_stderr(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "warnoptions", [])
    result = run_command(lambda: warnings.warn("old", FutureWarning, stacklevel=1))
    assert (result.exit_code, result.stderr) == (0, "")


def test_warnings_are_shown_where_python_was_told_to():
    code = """
import sys, warnings, typer
from dcae.cli.one_line_errors import OneLineErrors
app = typer.Typer(cls=OneLineErrors)
app.command()(lambda: warnings.warn("old", FutureWarning))
app.callback()(lambda: None)
app(["<lambda>"])
"""
    command = [sys.executable, "-W", "always", "-c", code]
    assert "FutureWarning: old" in subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_one_failure_of_several_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]):
    failures, done = Failures(), []
    for name in ("a", "b", "c"):
        with failures.of(name):
            if name == "b":
                raise ValueError("b: is broken")
            done.append(name)
    assert done == ["a", "c"]
    assert capsys.readouterr().err == "dcae: b: is broken\n"
    with pytest.raises(typer.Exit):
        failures.exit_if_any()


def test_what_is_no_file_is_reported_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "there").touch()
    failures = Failures()
    assert failures.existing([tmp_path / "there", tmp_path / "gone", tmp_path]) == [tmp_path / "there"]
    assert capsys.readouterr().err == f"dcae: {tmp_path}/gone: no such file\ndcae: {tmp_path}: is a folder\n"


def test_nothing_is_begun_when_no_input_is_there(tmp_path: Path):
    with pytest.raises(typer.Exit):
        Failures().existing([tmp_path / "gone"])


def test_a_message_never_has_two_lines():
    assert one_line(ValueError("a\n\tb\r\nc ")) == "a b c"


def test_help_and_info_import_no_torch(coded: Path):
    code = """
import sys
from dcae.cli import app
for arguments in (["--help"], ["encode", "--help"], ["info", sys.argv[1]], ["info", sys.argv[1], "--json"]):
    try:
        app(arguments)
    except SystemExit as end:
        assert not end.code, arguments
print([name for name in ("torch", "compressai", "scipy", "matplotlib", "jupyterlab") if name in sys.modules])
"""
    result = python(code, coded)
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_the_console_script_leaves_stderr_empty(photo: Path, weights: Path, tmp_path: Path):
    code = "from dcae.cli import app; app()"
    result = python(code, "encode", photo, "-o", tmp_path / "out.dcae", "--model", weights)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "out.dcae").is_file()
