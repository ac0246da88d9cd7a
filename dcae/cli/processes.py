"""One command on several processes of a machine: begun, its work dealt out, its findings brought together.

The processes are torchrun's, so a command that several machines run together is started by torchrun itself.
"""

import atexit
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, TypeVar

import typer

T = TypeVar("T")

Processes = Annotated[
    int | None, typer.Option(min=1, help="Processes on this machine; default: one for each GPU, or one.")
]
"""The option of commands that can be shared."""


def launch(processes: int | None) -> bool:
    """Runs this command line on several processes of this machine to their end, if several are wanted.

    Args:
        processes: How many; None for one a GPU. Where this is one of several processes already, no more are begun.

    Raises:
        ValueError: one of them failed; it has said why.
    """
    if "RANK" in os.environ:
        return False
    if processes is None:
        import torch

        processes = max(1, torch.cuda.device_count())
    if processes == 1:
        return False
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    if subprocess.run([*command, "-m", "dcae.cli", *sys.argv[1:]]).returncode:
        raise ValueError(f"one of {processes} processes has failed")
    return True


def is_first() -> bool:
    """Whether this is the only process, or the first of several."""
    return _rank() == 0


def dealt(items: Sequence[T]) -> Sequence[T]:
    """The items that are this process's: all, or every n-th."""
    return items[_rank() :: _count()]


def gathered(found: Sequence[T]) -> list[T]:
    """What all processes have found, in each of them."""
    if _count() == 1:
        return list(found)
    from accelerate.utils import gather_object

    _join()
    return gather_object(list(found))


@cache
def _join() -> None:
    """Joins the other processes until this one ends: a group that is not left aborts now and then at the very end."""
    from accelerate import PartialState

    state = PartialState(cpu=True)
    atexit.register(state.destroy_process_group)


def _rank() -> int:
    return int(os.environ.get("RANK", "0"))


def _count() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
