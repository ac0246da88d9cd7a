"""Runs as their user knows them: begun, gone on with, on one process or many, ended in order.

Knows folders, processes and signals. Does not know what a run does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs

from dcae.training.config import TrainingConfig
from dcae.training.loop import Run
from dcae.training.run_folder import RunFolder


def train(config: TrainingConfig) -> list[Path]:
    """Trains what a configuration says; returns the paths of the best weights, one for each of its lambdas.

    Ctrl-C ends a run after its current step, with its state saved; of several runs it stops all, and only those that
    came to their end are returned. docs/training.md describes the run's folder.
    Started by `torchrun` or `accelerate launch`, it is one process of a run on many.

    Raises:
        ValueError: if `out` holds a run already, photos or start weights are none, or nothing can be trained on.
    """
    if RunFolder(config.out).holds_a_run and not _is_another_process():
        raise ValueError(f"{config.out} holds a run already: go on with it (resume), or name another folder as out")
    return _train_each(config)


def resume(folder: Path) -> list[Path]:
    """Goes on with the run of a folder that was stopped or killed, from its last saved state; returns as `train`.

    Raises:
        ValueError: if the folder holds no run, or one that trains now.
    """
    return _train_each(RunFolder(folder).read_config())


def pause(folder: Path) -> None:
    """Makes the run that trains in a folder wait, until `unpause` or for ever.

    Raises:
        ValueError: if none trains in it.
    """
    running = [run for run in runs_of(folder) if run.is_running]
    if not running:
        raise ValueError(f"no run is training in {folder}")
    for run in running:
        run.request_pause()


def unpause(folder: Path) -> bool:
    """Lets a waiting run go on; whether one trains in the folder."""
    for run in runs_of(folder):
        run.clear_pause()
    return any(run.is_running for run in runs_of(folder))


def runs_of(folder: Path) -> list[RunFolder]:
    """A folder's run, or its runs where each lambda has one."""
    config = RunFolder(folder).read_config()
    return [RunFolder(run.out) for run in config.of_each_lmbda()]


def _train_each(config: TrainingConfig) -> list[Path]:
    runs = config.of_each_lmbda()
    if len(runs) == 1:
        _train_one(config)
        return [RunFolder(config.out).best]
    folder = RunFolder(config.out)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.write(folder.config, config.to_toml().encode())
    best = []
    for run in runs:
        if not _train_one(run):
            break  # who stops one of several runs means them all
        weights = RunFolder(run.out).best
        best.append(folder.path / f"{Path(run.out).name}.safetensors")  # so that the folder opens as one codec
        if not _is_another_process():
            folder.write(best[-1], weights.read_bytes())
    return best


def _train_one(config: TrainingConfig) -> bool:
    """Begins a run, or goes on with it where its folder holds one; whether it has come to its end."""
    if config.threads:
        torch.set_num_threads(config.threads)
    engine = Accelerator(
        cpu=not torch.cuda.is_available(), kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)]
    )
    folder = RunFolder(config.out)
    with folder.locked() if engine.is_main_process else contextlib.nullcontext():
        engine.wait_for_everyone()
        run = Run(config, engine, folder)
        if not run.finished:
            with _in_order(run.ask_to_stop):
                run.go()
    return run.finished


@contextlib.contextmanager
def _in_order(ask_to_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and a termination end a run after its current step; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _: object) -> None:
        signal.signal(number, before[number])
        ask_to_stop()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_another_process() -> bool:
    """Whether this is one of many processes, but not the first: by then that one may have begun the run."""
    return int(os.environ.get("RANK", "0")) > 0
