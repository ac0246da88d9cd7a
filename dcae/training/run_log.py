"""What a run says of itself: a line of JSON, TensorBoard's curves and pictures.

Knows records. Does not know what they are of. One process of a run writes; on the others nothing happens.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from dcae.training.picture import Picture
from dcae.training.run_folder import RunFolder


class RunLog:
    """The log of one run: `log.jsonl` and `tensorboard/` in its folder.

    Args:
        folder: The run's.
        size: Where a run that goes on cuts its log back to, in bytes: what came after the saved state is repeated.
        step: The step at which it goes on.
    """

    def __init__(self, folder: RunFolder, size: int = 0, step: int = 0) -> None:
        self.folder, self.size = folder, size
        folder.log.touch()
        os.truncate(folder.log, size)
        self._board = SummaryWriter(folder.path / "tensorboard", purge_step=step + 1 if step else None)

    def write(self, kind: str, step: int, seconds: float, figures: dict[str, Any]) -> None:
        """Adds one line; its figures that are numbers also go to TensorBoard."""
        record = {"kind": kind, "step": step, "seconds": round(seconds, 2), **figures}
        line = (json.dumps(record) + "\n").encode()
        self.folder.until_written(lambda: self._append(line))
        self.size += len(line)
        for name, value in figures.items():
            if isinstance(value, float):
                self._board.add_scalar(f"{kind}/{name}", value, step)
        for point in figures.get("points", ()):
            for name in ("bpp", "psnr_db"):
                self._board.add_scalar(f"{kind}/{name}_at_{point['lmbda']:g}", point[name], step)

    def draw(self, step: int, picture: Picture) -> None:
        """Shows TensorBoard the original, the reconstruction and the bits map, at the picture's scale."""
        bits = np.kron(picture.bits / max(picture.bits.max(), 1e-9), np.ones((16, 16)))
        for name, image in (("original", picture.original), ("reconstruction", picture.picture)):
            self._board.add_image(f"picture/{name}", image, step, dataformats="HWC")
        self._board.add_image("picture/bits", bits, step, dataformats="HW")

    def close(self) -> None:
        """Writes what TensorBoard has not written yet."""
        self._board.close()

    def _append(self, line: bytes) -> None:
        """A part of a line that was written before the disk was full is cut off first."""
        os.truncate(self.folder.log, self.size)
        with self.folder.log.open("ab") as file:
            file.write(line)
