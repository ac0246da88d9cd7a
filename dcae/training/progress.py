"""How far a run is, and how it does: running means of the loss, and a line in a terminal.

Knows figures. Does not know where they come from.
"""

from __future__ import annotations

import math

import torch
from accelerate import Accelerator
from tqdm import tqdm

from dcae.training.config import TrainingConfig
from dcae.training.loss import Loss


class Means:
    """Means of the loss, bpp and MSE of the parts of steps, over all processes, since they were last taken.

    Attributes:
        state: Sums of the three and the number of parts, float64: what a saved run keeps.
        last: The means that were taken last.
    """

    def __init__(self, engine: Accelerator) -> None:
        self.engine = engine
        self.state = torch.zeros(4, dtype=torch.float64, device=engine.device)
        self.last: dict[str, float] = {}

    def add(self, loss: Loss) -> None:
        """Counts one part."""
        self.state += torch.stack([loss.loss.detach(), loss.bpp, loss.mse, torch.ones_like(loss.mse)]).double()

    def take(self) -> dict[str, float]:
        """loss, bpp, and psnr_db of the mean MSE, in dB; begins anew."""
        sums = self.engine.reduce(self.state.to(self.engine.device), "sum")
        loss, bpp, mse = (sums[:3] / sums[3]).tolist()  # pyright: ignore[reportAttributeAccessIssue, reportIndexIssue]
        self.state = torch.zeros_like(self.state)
        self.last = {"loss": loss, "bpp": bpp, "psnr_db": -10 * math.log10(max(mse, 1e-12))}
        return self.last


class Progress:
    """A bar in a terminal: steps or seconds of the run, the time left, and the newest figures.

    Args:
        config: The run's length.
        shown: Whether it is shown at all; where standard error is no terminal it never is.
    """

    def __init__(self, config: TrainingConfig, shown: bool = True) -> None:
        self.by_steps = config.steps > 0
        total, unit = (config.steps, "step") if self.by_steps else (round(60 * config.minutes), "s")
        self._bar = tqdm(total=total, unit=unit, disable=None if shown else True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, steps: int, seconds: float, figures: dict[str, float]) -> None:
        """Moves the bar to where the run is."""
        place = steps if self.by_steps else min(round(seconds), self._bar.total)
        shown = {name: f"{value:.3f}" for name, value in figures.items()}
        if not self.by_steps:
            shown |= {"step": str(steps), "steps/s": f"{steps / max(seconds, 1e-9):.2f}"}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(place - self._bar.n)
