"""One image, open for encoding at any lambda: files, estimates, and files that took time.

Knows latents, and what a file of them is. Does not know how an image that is too large for that is cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from dcae.codec.bitstream import pack
from dcae.codec.image_transforms import picture_of
from dcae.codec.latent_coder import CodedLatents
from dcae.codec.preview import Previewed
from dcae.codec.protocol import Refined, RefinementStep, Report
from dcae.codec.refine import (
    REFINEMENT_STEPS,
    REPORTED_STEPS,
    Latents,
    Refinement,
    check_refinement,
    checked_trade_off,
    true_loss,
)
from dcae.codec.sections import Section, SectionType, slice_section
from dcae.codec.tiles import Part
from dcae.images import pad, to_float
from dcae.rd import psnr_db
from dcae.results import Estimate

if TYPE_CHECKING:
    from dcae.codec.codec import Codec

STREAM_END_BYTES = 7
"""What a range coder's stream has beyond its symbols' information, on average: two words, rounded."""


class Session:
    """One image, open for encoding at any lambda; g_a has run. Made by `Codec.open`.

    Attributes:
        codec: Whose session it is.
        height: Of the image, px.
        width: Of the image, px.
        image: The image itself, uint8, height x width x 3.
        y: Ungained y of the padded image, (1, M, H/16, W/16).
    """

    def __init__(self, codec: Codec, image: NDArray[np.uint8]) -> None:
        self.codec, self.height, self.width = codec, image.shape[0], image.shape[1]
        self.image = image.copy()
        self.y = codec.transforms.analyse(torch.from_numpy(pad(to_float(image), axes=(1, 2)))[None])
        self._last: tuple[float | None, CodedLatents] | None = None

    def estimate(self, lmbda: float | None = None) -> Estimate:
        """What a file at lambda would cost and show, from likelihoods, without writing it.

        As fast as can be (see `dcae.codec.preview`): the picture is not to the bit what the file decodes to.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = float32(lmbda)
        return self._estimate_of(self.codec.preview.estimate(self.y, lmbda), lmbda)

    def encode(self, lmbda: float | None = None, report: Report | None = None) -> bytes:
        """The file at lambda, which is rounded to float32 first, as the file holds it.

        Args:
            lmbda: The trade-off; None for weights that have one fixed lambda.
            report: Is told that one tile of one is done.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = float32(lmbda)
        coded = self._coded(lmbda)
        if report is not None:
            report(1, 1)
        return self.file_of(coded, lmbda)

    def file_of(self, coded: CodedLatents, lmbda: float | None) -> bytes:
        """The file of latents that were coded at lambda."""
        return pack(self.codec.header(self.width, self.height, float32(lmbda)), coded.sections)

    def reconstruct(self, lmbda: float | None = None) -> NDArray[np.uint8]:
        """The picture that the file at lambda decodes to, uint8, H x W x 3, without decoding it.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = float32(lmbda)
        return self.codec.synthesise(self._coded(lmbda).y_hat, lmbda, self.height, self.width)

    def refine(
        self,
        lmbda: float | None = None,
        steps: int = REFINEMENT_STEPS,
        *,
        trade_off: float | None = None,
        report: Callable[[RefinementStep], object] | None = None,
    ) -> Refined:
        """The file at lambda after y and z were refined (`dcae.codec.refine`), or the plain one if that is better.

        Which is better say the real files and their 8-bit pictures: trade_off 255^2 MSE + bpp.

        Args:
            lmbda: As of `encode`.
            steps: 1 or more; each takes about as long as half a training step.
            trade_off: lambda of the loss. It is `lmbda` unless given; weights that have one fixed lambda do not say
                which, so for them it must be given.
            report: Is told how far it has come, every few steps.

        Raises:
            ValueError: if lambda is not legal, there is no trade-off above 0, there are no steps, or the image has more
                than `MAX_REFINED_PX` pixels.
        """
        lmbda = float32(lmbda)
        trade_off = checked_trade_off(lmbda if trade_off is None else trade_off)
        check_refinement(self.width, self.height, steps)
        data, picture = self.encode(lmbda), self.reconstruct(lmbda)
        plain = Refined(data, picture, psnr_db(self.image, picture), len(data), psnr_db(self.image, picture), False)
        latents = self._refined_latents(lmbda, trade_off, steps, report or (lambda _: None))
        coded = self.codec.latent_coder.encode(*latents, nearest=not self.codec.model.config.trellis)
        data = self.file_of(coded, lmbda)
        picture = self.codec.synthesise(coded.y_hat, lmbda, self.height, self.width)
        refined = plain._replace(data=data, picture=picture, psnr_db=psnr_db(self.image, picture), improved=True)
        return min(plain, refined, key=lambda each: true_loss(self.image, len(each.data), each.picture, trade_off))

    def _refined_latents(
        self, lmbda: float | None, trade_off: float, steps: int, tell: Callable[[RefinementStep], object]
    ) -> Latents:
        like, preview = self.y, self.codec.preview
        x = torch.from_numpy(to_float(self.image))[None].to(like.device, like.dtype)
        refinement = Refinement(preview, self.latents(lmbda), x, lmbda, trade_off, steps)
        best, best_loss = refinement.latents, math.inf
        for step in range(1, steps + 1):
            refinement.step()
            if step % REPORTED_STEPS == 0 or step == steps:
                estimate = self._estimate_of(
                    preview.of_latents(*refinement.latents, lmbda, weighs=refinement.weighs), lmbda
                )
                tell(RefinementStep(step, steps, estimate, psnr_db(self.image, estimate.x_hat)))
                loss = true_loss(self.image, estimate.total_bytes, estimate.x_hat, trade_off)
                if loss < best_loss:
                    best, best_loss = Latents(*(latent.detach().clone() for latent in refinement.latents)), loss
        return best

    def _estimate_of(self, previewed: Previewed, lmbda: float | None) -> Estimate:
        bits, x_hat = previewed
        image = picture_of(x_hat, Part(0, 0, self.height, self.width))
        return Estimate(bits=bits, total_bytes=self._file_bytes(lmbda, bits.values()), x_hat=image)

    def latents(self, lmbda: float | None = None) -> Latents:
        """Gained y and z at lambda, before they are rounded.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = float32(lmbda)
        with torch.inference_mode():
            y = self.codec.model.apply_gain(self.y, lmbda)
            return Latents(y, self.codec.model.h_a(y))

    def _coded(self, lmbda: float | None) -> CodedLatents:
        """Coded latents at lambda; the last ones are kept, since a file and its picture are often asked for both."""
        last = self._last
        if last is None or last[0] != lmbda:
            last = self._last = (lmbda, self.codec.latent_coder.encode(*self.latents(lmbda)))
        return last[1]

    def _file_bytes(self, lmbda: float | None, stream_bits: Iterable[float]) -> float:
        """Size of a file whose streams have so many ideal bits: the container, and what each stream's end costs."""
        streams = [bytes(round(bits / 8) + STREAM_END_BYTES) for bits in stream_bits]
        sections = [Section(SectionType.Z, streams[0]), *(slice_section(b"", stream) for stream in streams[1:])]
        return float(len(pack(self.codec.header(self.width, self.height, lmbda), sections)))


def float32(lmbda: float | None) -> float | None:
    """lambda as a file holds it."""
    return None if lmbda is None else float(np.float32(lmbda))
