"""A folder as a training run fills it, without a network: the losses fall, the curves rise, nobody computes."""

import fcntl
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LMBDAS = (0.0018, 0.00413, 0.00949, 0.0218, 0.05)
SECONDS_A_STEP = 0.25


class FakeRun:
    """Writes what a trainer would write, when it is told to.

    Args:
        folder: the run's.
        config: lines of config.toml; none, and there is no such file.
    """

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder, self.log = Path(folder), Path(folder) / "log.jsonl"
        self.folder.mkdir(parents=True, exist_ok=True)
        if config:
            lines = [f"{name} = {json.dumps(value)}\n" for name, value in config.items()]
            (self.folder / "config.toml").write_text("".join(lines))
        self._lock: io.TextIOWrapper | None = None
        self.best = math.inf

    def lock(self) -> None:
        self._lock = (self.folder / "run.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """As the system does, however the process ends."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def write(self, kind: str, step: int, **figures: Any) -> None:
        record = {"kind": kind, "step": step, "seconds": SECONDS_A_STEP * step, **figures}
        with self.log.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def step(self, step: int, **figures: float) -> None:
        progress = 1 - math.exp(-step / 90)
        loss = 1.42 - 0.5 * progress + 0.05 * math.sin(7.3 * step) * math.cos(1.7 * step)
        usual = {"loss": loss, "bpp": 0.62 - 0.16 * progress, "psnr_db": 30.5 + 1.8 * progress, "norm": 2.0}
        self.write("step", step, **{**usual, "rate": schedule(step / 300), "steps_per_s": 4.0, **figures})

    def held_out(self, step: int, loss: float | None = None) -> None:
        progress = 1 - math.exp(-step / 90)
        loss = 1.4 - 0.5 * progress if loss is None else loss
        points = [
            {"lmbda": lmbda, "bpp": rate * (1 - 0.18 * progress), "psnr_db": psnr_db + 1.3 * progress, "loss": loss}
            for lmbda, rate, psnr_db in zip(
                LMBDAS, (0.15, 0.27, 0.46, 0.76, 1.2), (25.6, 27.8, 30, 32.4, 35), strict=True
            )
        ]
        self.write("held_out", step, loss=loss, best=loss < self.best, points=points)
        self.best = min(self.best, loss)

    def train(self, first: int, last: int, each: int = 10, held_out_each: int = 50) -> None:
        """The lines of steps `first` to `last`."""
        for step in range(first, last + 1, each):
            if step:
                self.step(step)
            if step % held_out_each == 0:
                self.held_out(step)

    def end(self, step: int, reason: str = "finished") -> None:
        self.write("end", step, reason=reason)
        self.release()

    def wanted_lmbda(self) -> float | None:
        """What the watcher asks for; None if nobody watches."""
        path = self.folder / "view.json"
        return json.loads(path.read_text())["lmbda"] if path.exists() else None

    def answer(self, step: int, lmbda: float, size: tuple[int, int] = (256, 384)) -> None:
        """Writes view.npz: a photo, and the photo in fewer and fewer coarse blocks."""
        original = photo(*size)
        height, width = original.shape[:2]
        side = max(1, round(16 * math.exp(-step / 120)))
        small = Image.fromarray(original).resize((width // side, height // side), Image.Resampling.BOX)
        picture = np.asarray(small.resize((width, height), Image.Resampling.NEAREST))
        grey = original.mean(2).reshape(height // 16, 16, width // 16, 16).std((1, 3))
        bits = (4 * grey * (lmbda / 0.013) ** 0.5).astype(np.float32)
        error = max(float(np.square(picture.astype(float) - original).mean()), 1e-3)
        numbers = {"step": step, "lmbda": lmbda, "bpp": float(bits.sum() / (height * width))}
        stream = io.BytesIO()
        psnr_db = 10 * math.log10(255**2 / error)
        np.savez(stream, original=original, picture=picture, bits=bits, psnr_db=psnr_db, **numbers)
        hidden = self.folder / ".view.tmp"
        hidden.write_bytes(stream.getvalue())
        hidden.replace(self.folder / "view.npz")


def photo(height: int, width: int) -> np.ndarray:
    """uint8, H x W x 3: the middle of a shipped photo."""
    from dcae.samples import sample  # here: a kernel that is only timed needs none

    whole = sample("flower")
    top, left = (whole.shape[0] - height) // 2, (whole.shape[1] - width) // 2
    return np.ascontiguousarray(whole[top : top + height, left : left + width])


def schedule(share: float) -> float:
    return min(1.0, share / 0.05) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, max(0.0, share - 0.2) / 0.8)))
