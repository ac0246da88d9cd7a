"""A large image, encoded tile by tile in the memory of one tile.

g_a runs across the tiles' edges, on each tile and what surrounds it as far as it looks; z, the slices and their streams
are a tile's own, so that any part can be decoded alone. Knows tiles and files. Does not know how latents are coded.
Shapes: H, W padded image size in pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from dcae.codec.bitstream import layout, pack
from dcae.codec.heap import give_back_freed_memory
from dcae.codec.protocol import Refined, RefinementStep, Report
from dcae.codec.refine import REFINEMENT_STEPS, Latents, check_refinement
from dcae.codec.sections import Section, tile_section, tiles_section
from dcae.codec.session import float32
from dcae.codec.tiles import Part, tiles
from dcae.images import padded_part, padded_size, to_float
from dcae.model.receptive_field import analysis_halo_px
from dcae.results import Estimate

if TYPE_CHECKING:
    from dcae.codec.codec import Codec


class TiledSession:
    """One large image, open for encoding at any lambda. Made by `Codec.open`.

    Nothing is done once for all lambdas: y of a large image would be larger than the image.

    Args:
        codec: Whose session it is.
        image: uint8, H x W x 3. It is not copied, so it must not change while it is encoded.
        tile_px: Side of a tile, px.
    """

    def __init__(self, codec: Codec, image: NDArray[np.uint8], tile_px: int) -> None:
        self.codec, self.image, self.tile_px = codec, image, tile_px
        self.height, self.width = image.shape[:2]
        self._last: tuple[float | None, bytes] | None = None

    def encode(self, lmbda: float | None = None, report: Report | None = None) -> bytes:
        """The file at lambda, as of `dcae.codec.session.Session.encode`.

        Args:
            lmbda: The trade-off; None for weights that have one fixed lambda.
            report: Is told how far it has come, after each tile.

        Raises:
            ValueError: if lambda is not legal.
        """
        lmbda, last = float32(lmbda), self._last
        if last is None or last[0] != lmbda:
            parts = list(tiles(*padded_size(self.height, self.width), self.tile_px))
            sections = [tiles_section(self.tile_px)]
            for done, part in enumerate(parts, start=1):
                sections.append(self._coded(part, lmbda))
                give_back_freed_memory()
                if report is not None:
                    report(done, len(parts))
            last = self._last = (lmbda, pack(self.codec.header(self.width, self.height, lmbda), sections))
        return last[1]

    def estimate(self, lmbda: float | None = None) -> Estimate:
        """What the file at lambda costs and shows, from the file itself.

        Raises:
            ValueError: if lambda is not legal.
        """
        data = self.encode(lmbda)
        parts = layout(data)
        bits = {"z": 8.0 * parts.z_bytes} | {f"slice {k}": 8.0 * size for k, size in enumerate(parts.slice_bytes)}
        return Estimate(bits=bits, total_bytes=float(len(data)), x_hat=self.codec.decode(data))

    def reconstruct(self, lmbda: float | None = None) -> NDArray[np.uint8]:
        """The picture that the file at lambda decodes to, uint8, H x W x 3.

        Raises:
            ValueError: if lambda is not legal.
        """
        return self.codec.decode(self.encode(lmbda))

    def refine(
        self,
        lmbda: float | None = None,
        steps: int = REFINEMENT_STEPS,
        *,
        trade_off: float | None = None,
        report: Callable[[RefinementStep], object] | None = None,
    ) -> Refined:
        """Refuses: refinement sends gradients through the whole image.

        Raises:
            ValueError: always.
        """
        check_refinement(self.width, self.height, steps)
        raise ValueError(
            f"an image in tiles of {self.tile_px} px is not refined; only one that is coded whole (tiles of 0 px) is"
        )

    def _coded(self, part: Part, lmbda: float | None) -> Section:
        return tile_section(self.codec.latent_coder.encode(*self._latents(part, lmbda)).sections)

    @torch.inference_mode()
    def _latents(self, part: Part, lmbda: float | None) -> Latents:
        """Gained y and z of a tile."""
        model, size = self.codec.model, padded_size(self.height, self.width)
        seen = part.grown(analysis_halo_px(model.config), *size)
        x = torch.from_numpy(to_float(padded_part(self.image, *seen)))[None]
        y = part.inside(seen).of_latents(self.codec.transforms.analyse(x))
        y = model.apply_gain(y, lmbda).contiguous(memory_format=torch.channels_last)
        return Latents(y, model.h_a(y))
