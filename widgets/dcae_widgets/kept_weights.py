"""What the weights that a run has kept make of a photo, once nobody trains any more.

Computes in a thread of its own, and does the newest request alone. Knows codecs by their protocol. Does not know runs.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcae.codec.kept_codecs import KeptCodecs
from dcae.codec.protocol import Codec, Interval, Session
from dcae.rd import bpp, psnr_db
from dcae_widgets.lmbda_dial import nearest
from dcae_widgets.watched_run import View
from dcae_widgets.worker import Worker


class Request(NamedTuple):
    """What is wanted.

    Attributes:
        weights: The file.
        original: uint8, H x W x 3.
        lmbda: Asked for; the nearest legal one is taken.
        step: After which the weights were kept.
    """

    weights: Path
    original: NDArray[np.uint8]
    lmbda: float
    step: int


class KeptWeights:
    """Weights of a file, opened when they are first asked for and again when the file is another one.

    Args:
        open_codec: The codec of weights, by their path.
        found: Told what was made, and the legal lambdas of the weights; in the thread.
        failed: Told what has gone wrong; in the thread.
    """

    def __init__(
        self,
        open_codec: Callable[[str], Codec],
        found: Callable[[View, "Interval | list[float] | None"], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._codecs, self._found = KeptCodecs(open_codec, 1), found
        self._session: tuple[Codec, NDArray[np.uint8], Session] | None = None
        self.worker: Worker[Request] = Worker(self._make, lambda: False, failed)

    def ask_for(self, request: Request, *, moving: bool = False) -> None:
        """Computes this, in place of what was asked for before."""
        self.worker.submit(request, moving=moving)

    def close(self) -> None:
        """Ends the thread as soon as its work lets it."""
        self.worker.close()

    def _make(self, request: Request) -> None:
        codec, last = self._codecs.get(str(request.weights)).codec, self._session
        if last is None or last[0] is not codec or last[1] is not request.original:
            self._session = last = codec, request.original, codec.open(request.original)
        self.worker.give_up()
        lmbda = nearest(codec.qualities, request.lmbda)
        estimate = last[2].estimate(lmbda)
        height, width = request.original.shape[:2]
        picture = np.array(estimate.x_hat)
        rate, distortion = bpp(estimate.total_bytes, width, height), psnr_db(request.original, picture)
        shown = request.lmbda if lmbda is None else lmbda
        qualities = codec.qualities
        legal = qualities if qualities is None or isinstance(qualities, Interval) else list(qualities)
        self._found(View(request.original, picture, None, request.step, shown, rate, distortion), legal)
