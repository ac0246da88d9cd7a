"""The training loop: crops in, weights out, by the clock.

Knows schedules, the moving average and when to evaluate. Does not know file formats or optimisers' insides.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from dcae.checkpoint import read_weights, save_weights
from dcae.config import PRESETS
from dcae.images import pad, to_float
from dcae.model.dcae import DCAE
from dcae.model.entropy import total_bits
from dcae.model.gain import REFERENCE_LMBDA
from dcae.training.config import TrainingConfig
from dcae.training.data import Crops, find_photos, read_photos, split_held_out
from dcae.training.loss import rate_distortion_loss
from dcae.training.optimizers import main_optimizer, quantiles_optimizer
from dcae.training.prior import fit_prior
from dcae.training.tuning import decoder_output, freeze_encoder

PRIOR_CROPS = 320
"""Crops whose z the prior is fitted to at the end of a run."""
EVALUATION_LMBDAS = (0.0018, 0.0067, 0.013, 0.025, 0.05)


def train(config: TrainingConfig) -> Path:
    """Trains from the start or from `config.start`, for `config.minutes`; returns the path of the best weights.

    Writes `last.safetensors` and `best.safetensors` (moving averages of the weights, each whole at any moment) and
    `log.jsonl` to `config.out`. While a file `pause` is in that folder, the run waits and its clock stands still.

    Raises:
        ValueError: for folders without photos, or weights of another network.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    run = Run(config)
    with tqdm(total=round(60 * config.minutes), unit="s", bar_format="{l_bar}{bar}| {postfix}") as bar:
        while run.share < 1:
            figures = run.step()
            bar.set_postfix(figures, refresh=False)
            bar.update(round(60 * config.minutes * min(1.0, run.share)) - bar.n)
    run.finish()
    return run.out / "best.safetensors"


class Run:
    """The state of one run: network, average, optimisers, clock and best score."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config, self.out = config, Path(config.out)
        self.out.mkdir(parents=True, exist_ok=True)
        training, held_out = split_held_out(find_photos(config.photos), config.held_out)
        self.crops = Crops(read_photos(training), config.crop_px)
        self.held_out = [_central_crop(photo) for photo in read_photos(held_out)]
        self.model = _start_model(config).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.output = type(self.model).__call__
        if config.stage == "decoder":
            freeze_encoder(self.model)
            self.output = decoder_output
        self.optimizer = main_optimizer(self.model, config)
        self.quantiles = quantiles_optimizer(self.model, config)
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.rng = np.random.default_rng(config.seed)
        self.steps, self.best_loss = 0, math.inf
        self.seconds, self.last_tick = 0.0, time.monotonic()
        self.next_evaluation = 60 * config.evaluate_minutes

    @property
    def share(self) -> float:
        """How much of the run's time has passed, 0 to 1 and a little beyond."""
        return self.seconds / (60 * self.config.minutes)

    def step(self) -> dict[str, str]:
        """One step of both optimisers; returns figures to show."""
        self._tick()
        self._set_learning_rate()
        x = self.crops.batch(self.config.batch, self.rng).contiguous(memory_format=torch.channels_last)
        lmbda = self._lmbdas()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.config.bfloat16):
            output = self.output(self.model, x, lmbda)
        loss = rate_distortion_loss(output, x, lmbda)
        self.optimizer.zero_grad()
        self.quantiles.zero_grad()
        (loss.loss + self.model.aux_loss()).backward()
        others = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(others, self.config.clip_norm)
        if torch.isfinite(norm):
            self.optimizer.step()
            self.quantiles.step()
        self.steps += 1
        self._update_average()
        if self.seconds >= self.next_evaluation:
            self.next_evaluation += 60 * self.config.evaluate_minutes
            self.evaluate()
        figures = {"loss": loss.loss.item(), "bpp": float(loss.bpp), "psnr": -10 * math.log10(float(loss.mse))}
        if self.steps % 10 == 0:
            self._log({"step": self.steps, "seconds": round(self.seconds, 1), "norm": float(norm), **figures})
        return {name: f"{value:.3f}" for name, value in figures.items()} | {"step": str(self.steps)}

    def evaluate(self) -> None:
        """Measures the average on the held-out photos; keeps it as `last`, and as `best` if it is."""
        points = [_mean_point(self.average, self.held_out, lmbda) for lmbda in EVALUATION_LMBDAS]
        losses = [
            math.sqrt(REFERENCE_LMBDA / lmbda) * (lmbda * mse + bpp)
            for lmbda, (bpp, _, mse) in zip(EVALUATION_LMBDAS, points, strict=True)
        ]
        loss = float(np.mean(losses))
        table = [[round(bpp, 4), round(psnr, 3)] for bpp, psnr, _ in points]
        self._log({"step": self.steps, "seconds": round(self.seconds, 1), "held_out_loss": loss, "held_out": table})
        self.average.update()
        save_weights(self.average, self.out / "last.safetensors")
        if loss < self.best_loss:
            self.best_loss = loss
            save_weights(self.average, self.out / "best.safetensors")
        self.last_tick = time.monotonic()

    @torch.no_grad()
    def finish(self) -> None:
        """Fits z's prior to the z of the average, on `PRIOR_CROPS` crops, and evaluates for the last time."""
        found = []
        for _ in range(math.ceil(PRIOR_CROPS / self.config.batch)):
            x = self.crops.batch(self.config.batch, self.rng)
            found.append(self.average.h_a(self.average.analyse(x, self._lmbdas())))
        with torch.enable_grad():
            bits = fit_prior(self.average, torch.cat(found))
        self._log({"step": self.steps, "seconds": round(self.seconds, 1), "bits_an_element_of_z": bits})
        self.evaluate()

    def _tick(self) -> None:
        while (self.out / "pause").exists():
            time.sleep(1)
            self.last_tick = time.monotonic()
        now = time.monotonic()
        self.seconds += min(now - self.last_tick, 60.0)  # a process that was stopped for long resumes where it was
        self.last_tick = now

    def _set_learning_rate(self) -> None:
        factor = schedule(self.share, self.config.warmup, self.config.flat)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor

    def _lmbdas(self) -> torch.Tensor:
        """Log-uniform and stratified: each sample of a batch comes from a stratum of its own, (B,)."""
        place = (np.arange(self.config.batch) + self.rng.random(self.config.batch)) / self.config.batch
        low, high = math.log(self.config.lmbda_min), math.log(self.config.lmbda_max)
        return torch.tensor(np.exp(low + place * (high - low)), dtype=torch.float32)

    def _update_average(self) -> None:
        decay = min(self.config.ema_decay, self.steps / (self.steps + 20))
        with torch.no_grad():
            for average, current in zip(self.average.parameters(), self.model.parameters(), strict=True):
                average.lerp_(current, 1 - decay)

    def _log(self, record: dict[str, Any]) -> None:
        with (self.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(record) + os.linesep)


def schedule(share: float, warmup: float, flat: float) -> float:
    """The factor on the learning rate after `share` of the run: a line up, a plateau, a cosine to zero.

    >>> [round(schedule(share, 0.1, 0.3), 2) for share in (0.0, 0.05, 0.2, 0.4, 0.7, 1.0)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
    """
    if share < warmup:
        return share / warmup
    place = max(0.0, share - warmup - flat) / (1 - warmup - flat)
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, place))


def _start_model(config: TrainingConfig) -> DCAE:
    model = DCAE(PRESETS[config.preset])
    if config.start:
        weights = read_weights(Path(config.start))
        if weights.config != model.config:
            raise ValueError(f"{config.start} holds another network than preset {config.preset!r}")
        with torch.no_grad():
            for parameter, stored in zip(model.parameters(), weights.parameters(), strict=True):
                parameter.copy_(stored)
    return model.train()


def _central_crop(photo: np.ndarray, side_px: int = 512) -> np.ndarray:
    height, width = photo.shape[:2]
    top, left = max(0, height - side_px) // 2, max(0, width - side_px) // 2
    return photo[top : top + side_px, left : left + side_px]


@torch.no_grad()
def _mean_point(model: DCAE, photos: Sequence[np.ndarray], lmbda: float) -> tuple[float, float, float]:
    """Estimated bpp, PSNR in dB and 255^2 MSE, each a mean over the photos."""
    figures = []
    for photo in photos:
        height, width = photo.shape[:2]
        x = torch.from_numpy(pad(to_float(photo), axes=(1, 2)))[None]
        output = model(x, lmbda)
        bits = sum(float(total_bits(likelihoods)) for likelihoods in output["likelihoods"].values())
        error = 255**2 * float((output["x_hat"] - x)[..., :height, :width].clamp(-1, 1).square().mean())
        figures.append((bits / (height * width), 10 * math.log10(255**2 / error), error))
    bpp, psnr, mse = np.mean(figures, axis=0)
    return float(bpp), float(psnr), float(mse)
