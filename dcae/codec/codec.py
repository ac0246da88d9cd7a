"""DCAE as a codec: image to bytes and back.

Knows lambda, sizes, padding and the order of steps. Does not know streams, flags or parameter names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcae.checkpoint import identity
from dcae.codec.bitstream import Header, unpack
from dcae.codec.heap import give_back_freed_memory
from dcae.codec.image_transforms import ImageTransforms, picture_of
from dcae.codec.latent_coder import LatentCoder
from dcae.codec.layer_points import add_points
from dcae.codec.preview import Preview, fastest_dtype
from dcae.codec.protocol import Fill, Interval, Report
from dcae.codec.sections import MAX_TILE_PX, MIN_TILE_PX, TILE_UNIT_PX, BitstreamError, Section, slices_in, tiles_of
from dcae.codec.session import Session
from dcae.codec.tile_decoder import TileDecoder
from dcae.codec.tiled_session import TiledSession
from dcae.codec.tiles import HALOS, TILE_PX, UNTILED_PX, Part, aligned, pieces
from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST
from dcae.images import MAX_PIXELS, check_image, padded_size
from dcae.model.dcae import DCAE
from dcae.model.receptive_field import alignment_px, analysis_halo_px, synthesis_halo_px

_FIXED_LMBDA = 0.0
"""What a file's header holds where the weights have one fixed lambda."""


class ReadFile(NamedTuple):
    """A file that fits its weights, before any of its streams is decoded.

    Attributes:
        header: What it says of itself.
        tile_px: Side of a tile; None if it has none.
        tiles: The sections of each tile, row by row; of an untiled file, all its sections as the only one.
        lmbda: What it was made with; None for weights that have one fixed lambda.
    """

    header: Header
    tile_px: int | None
    tiles: Sequence[tuple[Section, ...]]
    lmbda: float | None

    @property
    def num_slices(self) -> int:
        """How many slices it has."""
        return slices_in(self.tiles[0])


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
        tile_px: Side of the tiles that images are cut into which are larger than one, px, a multiple of 64 from 256;
            0 for none. None: tiles of 1024 px (`TILE_PX`; 2048 for `paper`, which looks farther) in images of more than
            4 megapixels (`UNTILED_PX`).
        float32: Whether g_a and g_s are run in float32, so that a file's picture is the same on every machine but for
            one level in one pixel of a thousand; otherwise wide networks' are run in bfloat16 where that is fast.

    Attributes:
        identity: SHA-256 of config, parameters and tables, 64 hexadecimal digits; files carry the first 16. It is that
            of the moment: whoever trains the model on makes a new codec.

    Raises:
        ValueError: if the tables are missing, or tiles cannot be so large or small.
    """

    def __init__(
        self, model: DCAE, max_pixels: int = MAX_PIXELS, tile_px: int | None = None, *, float32: bool = False
    ) -> None:
        self.model = model.eval()
        self.max_pixels = max_pixels
        self.tile_px = _checked_tile(tile_px, alignment_px(model.config))
        add_points(model)  # before parts of it are copied
        self.transforms = ImageTransforms(model, float32=float32)
        self.latent_coder = LatentCoder(model)
        self.identity = identity(model)

    @property
    def qualities(self) -> Interval | None:
        """The legal lambdas; None for weights that have one fixed lambda."""
        return None if self.model.gain is None else Interval(LMBDA_LOWEST, LMBDA_HIGHEST)

    def open(self, image: NDArray[np.uint8]) -> Session | TiledSession:
        """A session that encodes this image at any lambda; what does not depend on it (g_a) is done here, once.

        Not so for an image that is cut into tiles: nothing is done here, and it is not copied.

        Args:
            image: uint8, H x W x 3, RGB, sides 1 to 65535 px.

        Raises:
            TypeError, ValueError: if it is not that, or has more than `max_pixels` pixels.
        """
        height, width = self._checked(image).shape[:2]
        if self.tile_px is None:
            tile_px = _tile_side(self.model) if _is_large(height, width) else 0
        else:
            tile_px = self.tile_px if max(padded_size(height, width)) > self.tile_px else 0
        return TiledSession(self, image, tile_px) if tile_px else Session(self, image)

    def open_whole(self, image: NDArray[np.uint8]) -> Session:
        """A session that codes this image in one piece, however large it is, as those need who look into it.

        Raises:
            TypeError, ValueError: as `open`.
        """
        return Session(self, self._checked(image))

    def _checked(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        image = check_image(image)
        check_pixel_count(image.shape[1], image.shape[0], self.max_pixels, ValueError)
        return image

    def encode(self, image: NDArray[np.uint8], lmbda: float | None = None, report: Report | None = None) -> bytes:
        """The file of an image, uint8, H x W x 3, at lambda; None for weights that have one fixed lambda.

        Args:
            image: As of `open`.
            lmbda: The trade-off.
            report: Is told how many of how many tiles are done.

        Raises:
            TypeError, ValueError: if the image or lambda is not legal.
        """
        return self.open(image).encode(lmbda, report)

    def decode(
        self,
        data: bytes,
        num_slices: int | None = None,
        fill: Fill = "prediction",
        *,
        region: Part | None = None,
        report: Report | None = None,
    ) -> NDArray[np.uint8]:
        """The image of a file, or a part of it: uint8, H x W x 3.

        A part costs what the tiles that it lies in cost, and what surrounds them as far as g_s looks. It has the pixels
        of the whole image but for float noise: a level in few of them.

        Args:
            data: A whole file.
            num_slices: Slices to decode, from 0; None for all.
            fill: What stands for the others, and for those that the file lacks: the model's prediction or zeros.
            region: The part that is wanted; None for all.
            report: Is told how many of how many pieces of the picture are done.

        Raises:
            BitstreamError: if it is no file that this model's `encode` wrote; one line that says why.
            ValueError: if `num_slices` is negative or more than the file has, there is no such fill, or the region is
                empty or not inside of the picture.
        """
        file = self.read(data)
        if num_slices is not None and not 0 <= num_slices <= file.num_slices:
            present = file.num_slices
            raise ValueError(f"num_slices is {num_slices}; the file has {present}, so it must be 0 to {present}")
        wanted = _checked_region(region, file.header)
        size = padded_size(file.header.height, file.header.width)
        decoder = TileDecoder(self.latent_coder, file.tiles, *size, file.tile_px, num_slices, fill)
        return self._painted(wanted, decoder, file, report or (lambda *_: None))

    def _painted(self, wanted: Part, decoder: TileDecoder, file: ReadFile, report: Report) -> NDArray[np.uint8]:
        """A part of a file's picture, piece by piece if it is large."""
        size, dtype = padded_size(file.header.height, file.header.width), next(self.model.parameters()).dtype
        covering = aligned(wanted, alignment_px(self.model.config), *size)
        halo_px = synthesis_halo_px(self.model.config)
        around = covering.grown(halo_px, *size)
        # As `open` has it: the picture of an image that is coded whole is made whole, as its session makes it.
        large = _is_large(file.header.height, file.header.width) and _is_large(around.height, around.width)
        parts = list(pieces(covering, HALOS * halo_px if large else max(size)))
        painted = np.empty((wanted.height, wanted.width, 3), np.uint8)
        for done, piece in enumerate(parts, start=1):
            seen, shown = piece.grown(halo_px, *size), piece.shared_with(wanted)
            assert shown is not None
            y_hat = decoder.y_hat(seen, dtype)
            shown.inside(wanted).of_image(painted)[:] = self._picture(y_hat, file.lmbda, shown.inside(seen))
            decoder.forget_above(seen.top)
            if large:
                give_back_freed_memory()
            report(done, len(parts))
        return painted

    def prefixes(self, data: bytes, fill: Fill = "prediction") -> Iterator[NDArray[np.uint8]]:
        """The pictures of a file's first 0 slices, its first 1, and so on to all, each as of `decode`.

        Of an untiled file each slice is decoded once.

        Raises:
            BitstreamError, ValueError: as `decode`.
        """
        file = self.read(data)
        if file.tile_px is not None:
            for count in range(file.num_slices + 1):
                yield self.decode(data, count, fill)
            return
        size = padded_size(file.header.height, file.header.width)
        for y_hat in self.latent_coder.prefixes(file.tiles[0], *size, fill):
            yield self._picture(y_hat, file.lmbda, Part(0, 0, file.header.height, file.header.width))

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
        return ReadFile(header, *tiles_of(sections), lmbda)

    def _picture(self, y_hat: Tensor, lmbda: float | None, part: Part) -> NDArray[np.uint8]:
        """A part of the picture of y_hat that was decoded from a file: uint8."""
        try:
            return picture_of(self.transforms.synthesise(y_hat, lmbda), part)
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
        return picture_of(self.transforms.synthesise(y_hat, lmbda), Part(0, 0, height, width))

    def header(self, width: int, height: int, lmbda: float | None) -> Header:
        """The header of a file of an image of this size, px, at lambda; None for weights that have one fixed."""
        weights = bytes.fromhex(self.identity)[:8]
        return Header(weights, _FIXED_LMBDA if lmbda is None else lmbda, width, height)

    @cached_property
    def preview(self) -> Preview:
        """What makes estimates; made when the first one is asked for, of the model as it is then."""
        with torch.inference_mode(False):  # `refine` sends gradients through it
            return Preview(self.model, fastest_dtype(self.model))


def check_pixel_count(width: int, height: int, max_pixels: int, error: type[ValueError]) -> None:
    """Refuses a size of more pixels than allowed.

    Raises:
        ValueError: if it has more; of the type `error`.
    """
    if width * height > max_pixels:
        raise error(f"image is {width} x {height} = {width * height} px; at most {max_pixels} px (raise max_pixels)")


def _checked_tile(tile_px: int | None, alignment: int) -> int | None:
    unit = math.lcm(TILE_UNIT_PX, alignment)
    if tile_px and (tile_px % unit or tile_px < MIN_TILE_PX):
        raise ValueError(f"tile_px is {tile_px}; must be 0 (none) or a multiple of {unit}, {MIN_TILE_PX} or more")
    return tile_px


def _is_large(height: int, width: int) -> bool:
    """Whether a picture, or a part of one, is too large to be made in one piece."""
    return height * width > UNTILED_PX


def _tile_side(model: DCAE) -> int:
    """The side of a tile that nobody has asked for, px: it ends where windows do. 0 if no tile is so large."""
    least, alignment = max(TILE_PX, HALOS * analysis_halo_px(model.config)), alignment_px(model.config)
    side_px = -(-least // alignment) * alignment
    return side_px if side_px <= MAX_TILE_PX else 0


def _checked_region(region: Part | None, header: Header) -> Part:
    whole = Part(0, 0, header.height, header.width)
    if region is not None and (min(region) < 0 or region.shared_with(whole) != region):
        given = f"{region.width} x {region.height} px at ({region.left}, {region.top})"
        raise ValueError(f"the region is {given}; must be 1 px or more inside of {header.width} x {header.height} px")
    return region or whole
