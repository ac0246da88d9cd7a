"""Errors of the command line: one line on stderr and exit code 2, never a traceback, for every command alike.

Knows which errors come from input: ValueError (BitstreamError is one), OSError, and too little memory for it. Anything
else is a mistake of ours and keeps its traceback.
"""

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

BAD_INPUT = 2
"""The exit code for bad input."""
OUT_OF_MEMORY = (
    "out of memory; smaller pictures (in training: a smaller batch or crop), fewer programs beside this one, or a "
    "machine with more memory help (encoding with `small` takes about 300 MB a megapixel)"
)
"""What is reported where memory did not suffice."""
_ALLOCATORS_WORDS = ("can't allocate memory", "out of memory", "bad_alloc")
"""What torch's RuntimeErrors say then, on the CPU and on a GPU."""


class OneLineErrors(TyperGroup):
    """A group of commands whose errors are one line each, usage errors included; without arguments it shows its help.

    Warnings of libraries are not the user's business and would spill onto stderr: they are off, unless Python was
    told otherwise (`python -W`, PYTHONWARNINGS).
    """

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a command and exits the process."""
        arguments = list(sys.argv[1:] if args is None else args) or ["--help"]
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            try:
                code = super().main(arguments, prog_name, complete_var, False, windows_expand_args, **extra)
            except Exception as error:
                if not (is_of_input(error) or isinstance(error, typer.TyperException)):
                    raise
                report(one_line(error))
                code = BAD_INPUT
        sys.exit(code)


class Failures:
    """Several inputs, of which some may fail: each failure is one line, the others go on, the exit code tells."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def of(self, source: Path | str) -> Iterator[None]:
        """Reports an error of the block as one of `source`, and goes on behind the block."""
        try:
            yield
        except Exception as error:
            if not is_of_input(error):
                raise
            message = one_line(error)
            report(message if message.startswith(str(source)) else f"{source}: {message}")
            self.count += 1

    def existing(self, sources: Iterable[Path]) -> list[Path]:
        """The sources that are files; the others are reported, before anything slow has begun.

        Raises:
            typer.Exit: none is.
        """
        found = []
        for source in sources:
            with self.of(source):
                if not source.is_file():
                    raise FileNotFoundError("is a folder" if source.is_dir() else "no such file")
                found.append(source)
        if not found:
            self.exit_if_any()
        return found

    def exit_if_any(self) -> None:
        """Ends the command with exit code 2 if there was a failure.

        Raises:
            typer.Exit: there was one.
        """
        if self.count:
            raise typer.Exit(BAD_INPUT)


def report(message: str) -> None:
    """Writes one line to stderr."""
    typer.echo(f"dcae: {message}", err=True)


def is_of_input(error: Exception) -> bool:
    """Whether an error is the input's and not ours.

    >>> is_of_input(ValueError()), is_of_input(RuntimeError("CUDA out of memory")), is_of_input(RuntimeError("ours"))
    (True, True, False)
    """
    return isinstance(error, ValueError | OSError) or _is_out_of_memory(error)


def one_line(error: Exception) -> str:
    r"""An error's message in one line; for a system error: which file, and what is the matter.

    >>> one_line(ValueError("two\n  lines"))
    'two lines'
    >>> one_line(FileNotFoundError(2, "No such file or directory", "photo.png"))
    'photo.png: No such file or directory'
    """
    if _is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    return " ".join(message.split()) or type(error).__name__


def _is_out_of_memory(error: Exception) -> bool:
    said = isinstance(error, RuntimeError) and any(words in str(error) for words in _ALLOCATORS_WORDS)
    return said or isinstance(error, MemoryError)
