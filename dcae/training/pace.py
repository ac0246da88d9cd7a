"""How much of a training step is the step itself: the whole loop against a bare one, in turns.

Knows both loops. Does not know how numbers are shown.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from accelerate import Accelerator

from dcae.model.gain import REFERENCE_LMBDA
from dcae.training.config import TrainingConfig
from dcae.training.loop import Run
from dcae.training.run_folder import RunFolder

ROUNDS = 5


class Pace(NamedTuple):
    """Steps a second, medians over the rounds, and the median of the rounds' ratios."""

    trainer: float
    bare: float
    ratio: float


def measure_pace(config: TrainingConfig, steps: int) -> Pace:
    """Trains in a folder that is thrown away: `ROUNDS` times `steps` steps of each loop, in turns.

    The bare loop: forward pass, loss, backward pass and step of the same network and optimiser on one batch that does
    not change. The trainer's has everything else besides: crops, noise, quantiles, clipping, the moving average, its
    log, its folder.

    Raises:
        ValueError: as of a run.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = RunFolder(Path(name))
        run = Run(replace(config, out=name, steps=10**9), Accelerator(cpu=not torch.cuda.is_available()), folder)
        batches = run.batches()
        x, lmbda = next(batches), torch.full((config.batch,), config.lmbdas[0] if config.lmbdas else REFERENCE_LMBDA)
        lmbda = lmbda.to(x.device)

        def bare() -> None:
            run.optimizer.zero_grad()
            output = run.network(x, lmbda if run.model.gain is not None else None, None)
            run.loss(output, x, lmbda).loss.backward()
            run.optimizer.step()

        def trainer() -> None:
            run.advance(batches)

        times = [(_seconds(trainer, steps), _seconds(bare, steps)) for _ in range(ROUNDS + 1)][1:]
    return Pace(
        steps / median(trainer for trainer, _ in times),
        steps / median(bare for _, bare in times),
        median(bare / trainer for trainer, bare in times),
    )


def _seconds(step: Callable[[], None], steps: int) -> float:
    begin = time.perf_counter()
    for _ in range(steps):
        step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begin
