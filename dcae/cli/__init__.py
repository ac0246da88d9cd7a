"""The command `dcae`: what each of its commands is called, and how threads wait in all of them.

The commands are thin, over the modules below them. What is slow to import (torch) is imported inside the command that
needs it, so that `dcae --help` and `dcae info` answer at once.
"""

import os

import typer

from dcae.cli.bench import bench
from dcae.cli.coding import decode, encode, info
from dcae.cli.compare import compare
from dcae.cli.compressai_tools import compressai_commands
from dcae.cli.data import data_commands
from dcae.cli.demo import demo
from dcae.cli.evaluation import evaluate_folder
from dcae.cli.ladder import climb
from dcae.cli.lessons import LabCommand, lab
from dcae.cli.one_line_errors import OneLineErrors
from dcae.cli.page import page
from dcae.cli.training import export, train

app = typer.Typer(cls=OneLineErrors, add_completion=False, pretty_exceptions_enable=False)
"""The entry point of the console script."""
SPIN_COUNT = "2000"
"""For how many turns a thread of the arithmetic waits for the others before it sleeps (GCC's OpenMP; its default is 150
times as long). Alone nothing is slower for it, beside a busy core much is faster: docs/training.md."""


@app.callback()
def about() -> None:
    """The learned image codec DCAE: files, measurements, training and the workbench."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)  # is read when torch is imported


app.command()(encode)
app.command()(decode)
app.command()(info)
app.command("eval")(evaluate_folder)
app.command()(compare)
app.command()(page)
app.command("ladder")(climb)
app.command()(train)
app.command()(export)
app.add_typer(bench, name="bench")
app.add_typer(data_commands, name="data")
app.add_typer(compressai_commands, name="compressai")
app.command(cls=LabCommand)(lab)
app.command()(demo)
