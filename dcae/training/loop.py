"""The training loop: crops in, weights out, by steps or by the clock, on one process or many.

Knows the order of things in a step, and when a run measures, saves, waits and ends. Does not know file formats, how
optimisers work, or what the loss is made of.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from dcae.checkpoint import save_weights
from dcae.model.dcae import DCAE
from dcae.model.entropy import Noise
from dcae.training.chance import lmbdas, noise
from dcae.training.config import TrainingConfig
from dcae.training.data import open_photos
from dcae.training.held_out import evaluation_lmbdas, mean_points
from dcae.training.loss import Loss, RateDistortion
from dcae.training.network import Network, perceptual_distance, start_model
from dcae.training.optimizers import main_optimizer, quantiles_optimizer
from dcae.training.picture import Picture, picture_of, to_batch
from dcae.training.prior import fit_prior
from dcae.training.progress import Means, Progress
from dcae.training.run_folder import RunFolder
from dcae.training.run_log import RunLog
from dcae.training.schedule import Clock, schedule
from dcae.training.view import View
from dcae.training.y_tables import count_symbols, fit_tables, give_tables, named_tables

PRIOR_CROPS = 320
"""Crops whose z the prior is fitted to at the end of a run."""

TABLE_CROPS, TABLE_ROUNDS, TRELLIS_ROUNDS = 96, 2, 12
"""To the symbols of so many of them y's tables are, so often: symbols are chosen by the tables that there are. The ways
along a trellis settle slowly: after 4 rounds files are 1 % longer than after 12."""


class Run:
    """The state of one run: network, average, optimisers, clock and best score.

    Goes on from the folder's saved state if there is one.

    Args:
        config: What to do.
        engine: The processes that do it.
        folder: The run's; held by this process if it is the main one.
    """

    def __init__(self, config: TrainingConfig, engine: Accelerator, folder: RunFolder) -> None:
        self.config, self.engine, self.folder = config, engine, folder
        _check_share(config, engine.num_processes)
        self.model = start_model(config).to(engine.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        network = Network(self.model, config)
        self.optimizer, self.quantiles = main_optimizer(self.model, config), quantiles_optimizer(self.model, config)
        self.learning = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.network = engine.prepare(network)
        self.loss = RateDistortion(config.loss, config.lpips, perceptual_distance(config, engine.device))
        self.steps, self.best_loss, self.best_step, seconds, log_bytes = 0, math.inf, -1, 0.0, 0
        self._logged_at, self._since_log, self.measured = 0.0, Means(engine), 0
        self.finished = False
        state = folder.load_state()
        if state is not None:
            seconds, log_bytes = self._take(state)
        self.photos = open_photos(
            config.photos,
            crop_px=config.crop_px,
            held_out=config.held_out,
            held_out_px=config.held_out_px,
            memory_gib=config.memory_gib,
            workers=config.workers,
            seed=config.seed,
        )
        self.clock, self._saved_at = Clock(seconds), seconds
        self.log: RunLog | None = None
        if engine.is_main_process:
            folder.write(folder.config, config.to_toml().encode())
            self.log = RunLog(folder, log_bytes, self.steps)
            self.view = View(folder, self.photos.held_out[0])
        if state is not None:
            self._write_weights()  # the run may have been killed between its state and its weights

    @property
    def share(self) -> float:
        """How much of the run has passed, 0 to 1 and a little beyond."""
        if self.config.steps:
            return self.steps / self.config.steps
        return self.clock.seconds / (60 * self.config.minutes)

    def go(self) -> None:
        """Trains to the end, or until it is asked to stop."""
        self.folder.clear_stop()
        if self.best_step < 0:
            if self.config.stage != "joint":  # they learn from symbols and their tables
                self._fit_tables(self._latents(TABLE_CROPS))
                give_tables(self.model, named_tables(self.average))
            self._evaluate_and_save()
        self.clock.restart()
        with Progress(self.config, shown=self.engine.is_main_process) as progress:
            batches = self.batches()
            while not self._must_stop() and self.share < 1:
                self.advance(batches)
                progress.update(self.steps, self.clock.seconds, self._since_log.last)
        self._end("finished" if self.share >= 1 else "stopped")

    def advance(self, batches: Iterator[Tensor]) -> None:
        """A measurement if one is due, one step on the next of `batches`, and then saving and showing as due."""
        passed = math.floor(self.share * self.config.evaluations)
        if passed > self.measured:
            self.measured = passed
            self._aside(self._evaluate_and_save)
        self.step(next(batches))
        self._aside(self._save_and_show)

    def batches(self) -> Iterator[Tensor]:
        """This process's crops of the next step and those after it: (B, 3, side, side) in [0, 1]."""
        engine = self.engine
        crops = self.photos.batches(
            self.config.batch, first_step=self.steps, process=engine.process_index, processes=engine.num_processes
        )
        return (to_batch(part, engine.device) for part in crops)

    def step(self, x: Tensor) -> None:
        """One step of both optimisers on this process's crops (B, 3, side, side)."""
        factor = schedule(self.share, self.config.warmup, self.config.flat)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        self.optimizer.zero_grad()
        self.quantiles.zero_grad()
        for found in self._backward(x):
            self._since_log.add(found)
        self.model.aux_loss().backward()
        norm = nn.utils.clip_grad_norm_(self.learning, self.config.clip_norm)
        if bool(torch.isfinite(norm)):
            self.optimizer.step()
            self.quantiles.step()
        self.steps += 1
        self._update_average()
        self.clock.tick()
        if self.steps % self.config.log_steps == 0:
            self._log_step(float(norm), factor)

    def evaluate(self) -> None:
        """Measures the average on the held-out photos, and keeps it as the best weights if it is."""
        config = self.config
        low, high = (config.lmbdas[0],) * 2 if config.lmbdas else (config.lmbda_min, config.lmbda_max)
        weights = self._finished_average()
        points = self._averaged(
            lambda: mean_points(weights, self.photos.held_out, evaluation_lmbdas(low, high), self.loss, self.engine)
        )
        loss = sum(point.loss for point in points) / len(points)
        is_best = loss < self.best_loss
        if is_best:
            self.best_loss, self.best_step = loss, self.steps
        if self.log is not None:
            shown = [{"lmbda": p.lmbda, "bpp": round(p.bpp, 5), "psnr_db": round(p.psnr_db, 4)} for p in points]
            figures = {"loss": round(loss, 6), "best": is_best, "points": shown}
            self.log.write("held_out", self.steps, self.clock.seconds, figures)

    def save(self) -> None:
        """Saves the state, then the weights; on the main process."""
        self._saved_at = self.clock.seconds
        if self.log is None:
            return
        self.folder.save_state(
            {
                "model": _detached(self.model),
                "average": _detached(self.average),
                "tables": named_tables(self.average),
                "optimizer": self.optimizer.state_dict(),
                "quantiles": self.quantiles.state_dict(),
                "steps": self.steps,
                "seconds": self.clock.seconds,
                "best_loss": self.best_loss,
                "best_step": self.best_step,
                "log_bytes": self.log.size,
                "logged_at": self._logged_at,
                "since_log": self._since_log.state,
                "measured": self.measured,
                "finished": self.finished,
            }
        )
        self._write_weights()

    def ask_to_stop(self) -> None:
        """Ends the run after its current step."""
        self.folder.request_stop()

    def _take(self, state: dict[str, Any]) -> tuple[float, int]:
        """Puts a saved state in place; returns its seconds and the length of its log in bytes."""
        with torch.no_grad():
            for module, name in ((self.model, "model"), (self.average, "average")):
                for parameter_name, parameter in module.named_parameters():
                    parameter.copy_(state[name][parameter_name])
                give_tables(module, state["tables"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.quantiles.load_state_dict(state["quantiles"])
        self.steps, self.best_loss, self.best_step = state["steps"], state["best_loss"], state["best_step"]
        self._logged_at, self.measured, self.finished = state["logged_at"], state["measured"], state["finished"]
        self._since_log.state = state["since_log"].to(self.engine.device)
        return state["seconds"], state["log_bytes"]

    def _backward(self, x: Tensor) -> Iterator[Loss]:
        """The losses of the parts of this process's crops, each after its backward pass."""
        config, engine = self.config, self.engine
        first, lmbda = engine.process_index * len(x), self._lmbdas(len(x), self.steps)
        size = len(x) // config.accumulate
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            samples = range(first + start, first + start + size)
            drawn = noise(config.seed, self.steps, samples, self.model.config, config.crop_px)
            added = Noise(*(t.to(engine.device) for t in drawn))
            last = start + size == len(x)
            with contextlib.nullcontext() if last else engine.no_sync(self.network):
                output = self.network(x[part], lmbda[part] if self.model.gain is not None else None, added)
                found = self.loss(output, x[part], lmbda[part])
                engine.backward(found.loss / config.accumulate)
            yield found

    def _lmbdas(self, count: int, step: int) -> Tensor:
        """lambda of each of this process's samples of a step, (count,)."""
        config, first = self.config, self.engine.process_index * count
        if config.lmbdas:
            return torch.full((count,), config.lmbdas[0], device=self.engine.device)
        drawn = lmbdas(config.seed, step, config.batch, config.lmbda_min, config.lmbda_max)
        return drawn[first : first + count].to(self.engine.device)

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.config.ema_decay, self.steps / (self.steps + 20))
        for average, current in zip(self.average.parameters(), self.model.parameters(), strict=True):
            average.lerp_(current, 1 - decay)

    def _log_step(self, norm: float, factor: float) -> None:
        means = self._since_log.take()
        seconds, self._logged_at = self.clock.seconds - self._logged_at, self.clock.seconds
        if self.log is not None:
            steps_per_s = self.config.log_steps / max(seconds, 1e-9)
            figures = {**means, "norm": norm, "rate": factor, "steps_per_s": steps_per_s}
            rounded = {name: float(f"{value:.6g}") for name, value in figures.items()}
            self.log.write("step", self.steps, self.clock.seconds, rounded)

    def _must_stop(self) -> bool:
        """Waits while the run is to pause; whether it is to end. The main process decides for all."""
        while True:
            asked = self.folder.stop_requested
            wants = torch.tensor([asked, self.folder.pause_requested, self.clock.seconds], dtype=torch.float64)
            if self.engine.num_processes > 1:
                wants = wants.to(self.engine.device)
                torch.distributed.broadcast(wants, src=0)
                self.clock.seconds = float(wants[2])
            if wants[0] or not wants[1]:
                return bool(wants[0])
            time.sleep(0.2)
            self.clock.restart()

    def _aside(self, work: Callable[[], None]) -> None:
        """Does what is no training: it is not on the run's clock."""
        self.clock.tick()
        work()
        self.clock.restart()

    def _save_and_show(self) -> None:
        if self.log is None:
            return
        if self.clock.seconds - self._saved_at >= 60 * self.config.save_minutes:
            self.save()
        if self.steps % self.config.picture_steps == 0:
            self.log.draw(self.steps, self._picture(self.view.photo, self._middle_lmbda, self.steps))
        self.view.answer(self._picture, self.steps)

    @property
    def _middle_lmbda(self) -> float:
        return self.config.lmbdas[0] if self.config.lmbdas else math.sqrt(self.config.lmbda_min * self.config.lmbda_max)

    def _picture(self, photo: np.ndarray, lmbda: float, step: int) -> Picture:
        shown = self.config.lmbdas[0] if self.config.lmbdas else lmbda
        return self._averaged(lambda: picture_of(self.average, photo, shown, step))

    def _averaged(self, measure: Callable[[], Any]) -> Any:
        with torch.autocast(self.engine.device.type, torch.bfloat16, enabled=self.config.bfloat16):
            return measure()

    def _evaluate_and_save(self) -> None:
        self.evaluate()
        self.save()

    def _end(self, reason: str) -> None:
        """Fits prior and tables to what the average codes and measures for the last time, unless stopped; saves."""
        self.finished = reason == "finished"
        if self.finished:
            latents = self._latents(PRIOR_CROPS)
            fit_prior(self.average, torch.cat([self.engine.gather(z) for _, z in latents]))  # pyright: ignore[reportArgumentType]
            self._fit_tables(latents)
            self.evaluate()
        if self.log is not None:
            self.log.write("end", self.steps, self.clock.seconds, {"reason": reason})
            self.save()
            self.log.close()
            self.folder.clear_stop()

    @torch.no_grad()
    def _latents(self, crops: int) -> list[tuple[Tensor, Tensor]]:
        """Gained y and z that the average makes of this process's crops of the steps to come, so many in all."""
        found: list[tuple[Tensor, Tensor]] = []
        for x, ahead in zip(self.batches(), range(math.ceil(crops / self.config.batch)), strict=False):
            lmbda = self._lmbdas(len(x), self.steps + ahead) if self.model.gain is not None else None
            y = self._averaged(lambda x=x, lmbda=lmbda: self.average.analyse(x, lmbda))
            z = self._averaged(lambda y=y: self.average.h_a(y))
            found.append((y.float(), z.float()))
        return found

    def _fit_tables(self, latents: list[tuple[Tensor, Tensor]]) -> None:
        """Fits the average's tables to the symbols of the first latents, those of all processes together."""
        latents = latents[: math.ceil(TABLE_CROPS / self.config.batch)]
        for _ in range(TRELLIS_ROUNDS if self.config.network.trellis else TABLE_ROUNDS):
            counts = sum(self._averaged(lambda y=y, z=z: count_symbols(self.average, y, z)) for y, z in latents)
            fit_tables(self.average, self.engine.reduce(counts, "sum"))  # pyright: ignore[reportArgumentType]

    def _finished_average(self) -> DCAE:
        """A copy of the average with its tables: they need z's quantiles found anew, which the run goes on without."""
        weights = copy.deepcopy(self.average)
        weights.update()
        return weights

    def _write_weights(self) -> None:
        """`last`, and `best` if the state that was just saved is the best one."""
        if self.log is None:
            return
        weights = self._finished_average()
        for path in [self.folder.last] + [self.folder.best] * (self.best_step == self.steps):
            self.folder.until_written(lambda path=path: save_weights(weights, path))


def _check_share(config: TrainingConfig, processes: int) -> None:
    """Refuses a batch whose share of one process cannot be accumulated in equal parts."""
    if config.batch % (processes * config.accumulate):
        raise ValueError(
            f"batch is {config.batch}, accumulate is {config.accumulate}; on {processes} processes the batch must be "
            f"a multiple of {processes * config.accumulate}"
        )


def _detached(model: DCAE) -> dict[str, Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}
