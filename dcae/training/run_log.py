"""What a run says of itself: a line of JSON, TensorBoard's curves and pictures.

Knows records. Does not know what they are of. One process of a run writes; on the others nothing happens.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from dcae.training.picture import Picture
from dcae.training.run_folder import RunFolder, is_full_disk

log = logging.getLogger(__name__)


class RunLog:
    """The log of one run: `log.jsonl` and `tensorboard/` in its folder.

    Args:
        folder: The run's.
        size: Where a run that goes on cuts its log back to, in bytes: what came after the saved state is repeated.
        step: The step at which it goes on.
    """

    def __init__(self, folder: RunFolder, size: int = 0, step: int = 0) -> None:
        self.folder = folder
        folder.log.touch()
        self.size = min(size, folder.log.stat().st_size)  # of a log that was lost there is nothing to cut
        os.truncate(folder.log, self.size)
        self._begun_at: int | None = step + 1 if step else None
        self._board: SummaryWriter | None = None
        self._tell(lambda _: None)

    def write(self, kind: str, step: int, seconds: float, figures: dict[str, Any]) -> None:
        """Adds one line; its figures that are numbers also go to TensorBoard."""
        record = {"kind": kind, "step": step, "seconds": round(seconds, 2), **figures}
        line = (json.dumps(record) + "\n").encode()
        self.folder.until_written(lambda: self._append(line))
        self.size += len(line)
        numbers = {name: value for name, value in figures.items() if isinstance(value, float)}
        for point in figures.get("points", ()):
            numbers |= {f"{name}_at_{point['lmbda']:g}": point[name] for name in ("bpp", "psnr_db")}

        def add(board: SummaryWriter) -> None:
            for name, value in numbers.items():
                board.add_scalar(f"{kind}/{name}", value, step)

        self._tell(add)

    def draw(self, step: int, picture: Picture) -> None:
        """Shows TensorBoard the original, the reconstruction and the bits map, at the picture's scale."""
        bits = np.kron(picture.bits / max(picture.bits.max(), 1e-9), np.ones((16, 16)))

        def add(board: SummaryWriter) -> None:
            for name, image in (("original", picture.original), ("reconstruction", picture.picture)):
                board.add_image(f"picture/{name}", image, step, dataformats="HWC")
            board.add_image("picture/bits", bits, step, dataformats="HW")

        self._tell(add)

    def close(self) -> None:
        """Writes what TensorBoard has not written yet."""
        self._tell(SummaryWriter.close)
        self._board = None

    def _tell(self, add: Callable[[SummaryWriter], object]) -> None:
        """Tells TensorBoard, which goes without what comes while the disk is full: `log.jsonl` has all of it."""
        try:
            if self._board is None:
                self._board = SummaryWriter(self.folder.path / "tensorboard", purge_step=self._begun_at)
                self._begun_at = None
            add(self._board)
        except OSError as error:
            if not is_full_disk(error):
                raise
            log.warning("%s: the disk is full; TensorBoard goes without what comes now", self.folder.path)
            self._board = None  # its thread has ended; another writer begins a file of its own

    def _append(self, line: bytes) -> None:
        """A part of a line that was written before the disk was full is cut off first."""
        os.truncate(self.folder.log, self.size)
        with self.folder.log.open("ab") as file:
            file.write(line)
