"""DCAE as a codec: image to bytes and back.

Knows lambda, sizes, padding and the order of steps. Does not know streams, flags or parameter names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcae.checkpoint import identity
from dcae.codec.bitstream import Header, pack, unpack
from dcae.codec.image_transforms import ImageTransforms
from dcae.codec.interruption import interruption_point
from dcae.codec.latent_coder import CodedLatents, LatentCoder
from dcae.codec.layer_points import add_points
from dcae.codec.preview import Preview, Previewed, fastest_dtype
from dcae.codec.protocol import Fill, Interval, Refined, RefinementStep
from dcae.codec.refine import (
    REFINEMENT_STEPS,
    REPORTED_STEPS,
    Latents,
    Refinement,
    check_refinement,
    checked_trade_off,
    true_loss,
)
from dcae.codec.sections import BitstreamError, Section, SectionType, slice_section
from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST
from dcae.images import MAX_PIXELS, check_image, pad, padded_size, to_float
from dcae.model.dcae import DCAE
from dcae.rd import psnr_db
from dcae.results import Estimate

_FIXED_LMBDA = 0.0
"""What a file's header holds where the weights have one fixed lambda."""

STREAM_END_BYTES = 7
"""What a range coder's stream has beyond its symbols' information, on average: two words, rounded."""


class ReadFile(NamedTuple):
    """A file that fits its weights, before any of its streams is decoded.

    Attributes:
        header: What it says of itself.
        sections: Its sections, in their order.
        lmbda: What it was made with; None for weights that have one fixed lambda.
    """

    header: Header
    sections: tuple[Section, ...]
    lmbda: float | None


class Codec:
    """A model that encodes images to files and decodes them; its quality is lambda.

    >>> from dcae.config import PRESETS
    >>> model = DCAE(PRESETS["tiny"]).eval()
    >>> model.update()
    >>> codec = Codec(model)
    >>> image = np.full((5, 9, 3), 128, np.uint8)
    >>> codec.decode(codec.encode(image, 0.013)).shape
    (5, 9, 3)

    All that it does can be interrupted between the network's layers and between streams (`dcae.codec.interruption`).

    Args:
        model: A model whose tables are ready (`dcae.load`); it is put into eval mode, and its layers get a hook each.
        max_pixels: Largest image that is encoded or decoded.

    Attributes:
        identity: SHA-256 of config, parameters and tables, 64 hexadecimal digits; files carry the first 16. It is that
            of the moment: whoever trains the model on makes a new codec.

    Raises:
        ValueError: if the tables are missing.
    """

    def __init__(self, model: DCAE, max_pixels: int = MAX_PIXELS) -> None:
        self.model = model.eval()
        self.max_pixels = max_pixels
        add_points(model)  # before parts of it are copied
        self.transforms = ImageTransforms(model)
        self.latent_coder = LatentCoder(model)
        self.identity = identity(model)

    @property
    def qualities(self) -> Interval | None:
        """The legal lambdas; None for weights that have one fixed lambda."""
        return None if self.model.gain is None else Interval(LMBDA_LOWEST, LMBDA_HIGHEST)

    def open(self, image: NDArray[np.uint8]) -> Session:
        """Does what does not depend on lambda (g_a) once: a session that encodes this image at any lambda.

        Args:
            image: uint8, H x W x 3, RGB, sides 1 to 65535 px.

        Raises:
            TypeError, ValueError: if it is not that, or has more than `max_pixels` pixels.
        """
        image = check_image(image)
        check_pixel_count(image.shape[1], image.shape[0], self.max_pixels, ValueError)
        return Session(self, image)

    def encode(self, image: NDArray[np.uint8], lmbda: float | None = None) -> bytes:
        """The file of an image, uint8, H x W x 3, at lambda; None for weights that have one fixed lambda.

        Raises:
            TypeError, ValueError: if the image or lambda is not legal.
        """
        return self.open(image).encode(lmbda)

    def decode(self, data: bytes, num_slices: int | None = None, fill: Fill = "prediction") -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3.

        Args:
            data: A whole file.
            num_slices: Slices to decode, from 0; None for all.
            fill: What stands for the others, and for those that the file lacks: the model's prediction or zeros.

        Raises:
            BitstreamError: if it is no file that this model's `encode` wrote; one line that says why.
            ValueError: if `num_slices` is negative or more than the file has, or there is no such fill.
        """
        file = self.read(data)
        present = sum(section.type == SectionType.SLICE for section in file.sections)
        if num_slices is not None and not 0 <= num_slices <= present:
            raise ValueError(f"num_slices is {num_slices}; the file has {present}, so it must be 0 to {present}")
        size = padded_size(file.header.height, file.header.width)
        return self.picture(self.latent_coder.decode(file.sections, *size, num_slices, fill), file)

    def read(self, data: bytes) -> ReadFile:
        """The parts of a file, which must be one of this model's.

        Raises:
            BitstreamError: if it is not; one line that says why.
        """
        header, sections = unpack(data)
        if header.identity != bytes.fromhex(self.identity)[:8]:
            raise BitstreamError(f"file was made with weights {header.identity.hex()}; these are {self.identity[:16]}")
        check_pixel_count(header.width, header.height, self.max_pixels, BitstreamError)
        lmbda = None if header.lmbda == _FIXED_LMBDA else header.lmbda
        try:
            self.model.check_lmbda(lmbda, torch.empty(1))
        except ValueError as error:
            raise BitstreamError(f"file does not fit its weights: {error}") from None
        return ReadFile(header, sections, lmbda)

    def picture(self, y_hat: Tensor, file: ReadFile) -> NDArray[np.uint8]:
        """The picture of y_hat (1, M, H/16, W/16) that was decoded from a file: uint8, of the file's size.

        Raises:
            BitstreamError: if the network makes NaN or infinity of it.
        """
        try:
            return self.synthesise(y_hat, file.lmbda, file.header.height, file.header.width)
        except ValueError as error:
            raise BitstreamError(f"file decodes to no picture: {error}") from None

    def synthesise(self, y_hat: Tensor, lmbda: float | None, height: int, width: int) -> NDArray[np.uint8]:
        """The picture of y_hat, cropped to the image's size: uint8, height x width x 3.

        Args:
            y_hat: (1, M, H/16, W/16), H and W the padded sides in px.
            lmbda: What the file was made with; None for weights that have one fixed lambda.
            height: Of the image, px.
            width: Of the image, px.

        Raises:
            ValueError: if the network makes NaN or infinity of it.
        """
        return picture_of(self.transforms.synthesise(y_hat, lmbda), height, width)

    @cached_property
    def preview(self) -> Preview:
        """What makes estimates; made when the first one is asked for, of the model as it is then."""
        with torch.inference_mode(False):  # `refine` sends gradients through it
            return Preview(self.model, fastest_dtype(self.model))


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
        lmbda = _float32(lmbda)
        return self._estimate_of(self.codec.preview.estimate(self.y, lmbda), lmbda)

    def encode(self, lmbda: float | None = None) -> bytes:
        """The file at lambda, which is rounded to float32 first, as the file holds it.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = _float32(lmbda)
        return self.file_of(self._coded(lmbda), lmbda)

    def file_of(self, coded: CodedLatents, lmbda: float | None) -> bytes:
        """The file of latents that were coded at lambda."""
        return pack(self._header(_float32(lmbda)), coded.sections)

    def reconstruct(self, lmbda: float | None = None) -> NDArray[np.uint8]:
        """The picture that the file at lambda decodes to, uint8, H x W x 3, without decoding it.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = _float32(lmbda)
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
        lmbda = _float32(lmbda)
        trade_off = checked_trade_off(lmbda if trade_off is None else trade_off)
        check_refinement(self.width, self.height, steps)
        data, picture = self.encode(lmbda), self.reconstruct(lmbda)
        plain = Refined(data, picture, psnr_db(self.image, picture), len(data), psnr_db(self.image, picture), False)
        latents = self._refined_latents(lmbda, trade_off, steps, report or (lambda _: None))
        coded = self.codec.latent_coder.encode(*latents, nearest=True)
        data = self.file_of(coded, lmbda)
        picture = self.codec.synthesise(coded.y_hat, lmbda, self.height, self.width)
        refined = plain._replace(data=data, picture=picture, psnr_db=psnr_db(self.image, picture), improved=True)
        return min(plain, refined, key=lambda each: true_loss(self.image, each.data, each.picture, trade_off))

    def _refined_latents(
        self, lmbda: float | None, trade_off: float, steps: int, tell: Callable[[RefinementStep], object]
    ) -> Latents:
        like, preview = self.y, self.codec.preview
        x = torch.from_numpy(to_float(self.image))[None].to(like.device, like.dtype)
        refinement = Refinement(preview, self.latents(lmbda), x, lmbda, trade_off, steps)
        for step in range(1, steps + 1):
            refinement.step()
            if step % REPORTED_STEPS == 0 or step == steps:
                estimate = self._estimate_of(preview.of_latents(*refinement.latents, lmbda, weighs=False), lmbda)
                tell(RefinementStep(step, steps, estimate, psnr_db(self.image, estimate.x_hat)))
        return refinement.latents

    def _estimate_of(self, previewed: Previewed, lmbda: float | None) -> Estimate:
        bits, x_hat = previewed
        image = picture_of(x_hat, self.height, self.width)
        return Estimate(bits=bits, total_bytes=self._file_bytes(lmbda, bits.values()), x_hat=image)

    def latents(self, lmbda: float | None = None) -> Latents:
        """Gained y and z at lambda, before they are rounded.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda = _float32(lmbda)
        with torch.inference_mode():
            y = self.codec.model.apply_gain(self.y, lmbda)
            return Latents(y, self.codec.model.h_a(y))

    def _coded(self, lmbda: float | None) -> CodedLatents:
        """Coded latents at lambda; the last ones are kept, since a file and its picture are often asked for both."""
        if self._last is None or self._last[0] != lmbda:
            self._last = (lmbda, self.codec.latent_coder.encode(*self.latents(lmbda)))
        return self._last[1]

    def _header(self, lmbda: float | None) -> Header:
        weights = bytes.fromhex(self.codec.identity)[:8]
        return Header(weights, _FIXED_LMBDA if lmbda is None else lmbda, self.width, self.height)

    def _file_bytes(self, lmbda: float | None, stream_bits: Iterable[float]) -> float:
        """Size of a file whose streams have so many ideal bits: the container, and what each stream's end costs."""
        streams = [bytes(round(bits / 8) + STREAM_END_BYTES) for bits in stream_bits]
        sections = [Section(SectionType.Z, streams[0]), *(slice_section(b"", stream) for stream in streams[1:])]
        return float(len(pack(self._header(lmbda), sections)))


def picture_of(x_hat: Tensor, height: int, width: int) -> NDArray[np.uint8]:
    """A network's output as an image: `dcae.images.to_uint8`, cropped to height x width x 3.

    Shapes: x_hat (1, 3, H, W), nominally in [0, 1]; clamped here.

    Raises:
        ValueError: if it holds NaN or infinity.
    """
    if not bool(torch.stack(x_hat.aminmax()).isfinite().all()):
        raise ValueError("the network's picture holds NaN or infinite values")
    interruption_point()
    planes = x_hat[0, :, :height, :width].float()
    levels = planes.clamp(0, 1).mul_(255).add_(0.5).to(torch.uint8)  # cuts, so halves are rounded up
    return levels.permute(1, 2, 0).contiguous().cpu().numpy()  # height x width x 3


def check_pixel_count(width: int, height: int, max_pixels: int, error: type[ValueError]) -> None:
    """Refuses a size of more pixels than allowed.

    Raises:
        ValueError: if it has more; of the type `error`.
    """
    if width * height > max_pixels:
        raise error(f"image is {width} x {height} = {width * height} px; at most {max_pixels} px (raise max_pixels)")


def _float32(lmbda: float | None) -> float | None:
    return None if lmbda is None else float(np.float32(lmbda))
