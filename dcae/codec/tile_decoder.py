"""y_hat of any part of a picture, tile by tile as it is needed.

Knows which tiles a part lies in, and keeps them until they are done with. Does not know pixels' values, lambda or g_s.
Shapes: H, W padded image size in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dcae.codec.latent_coder import LatentCoder
from dcae.codec.protocol import Fill
from dcae.codec.sections import Section
from dcae.codec.tiles import LATENT_PX, Part, tiles


class TileDecoder:
    """The latents of one file. An untiled one is a single tile.

    Args:
        latent_coder: Of the weights that made the file.
        coded: The sections of each tile, row by row.
        height: Padded height of the picture, px.
        width: Padded width, px.
        tile_px: Side of a tile; None for a single one.
        num_slices: Slices to decode, from 0; None for all.
        fill: What stands for the others.

    Raises:
        BitstreamError: if a tile's streams are too short for it; none is decoded before that is known of all.
    """

    def __init__(
        self,
        latent_coder: LatentCoder,
        coded: Sequence[Sequence[Section]],
        height: int,
        width: int,
        tile_px: int | None,
        num_slices: int | None,
        fill: Fill,
    ) -> None:
        self.latent_coder, self.num_slices = latent_coder, num_slices
        self.fill: Fill = fill
        self.coded = dict(zip(tiles(height, width, tile_px or max(height, width)), coded, strict=True))
        for tile, sections in self.coded.items():
            latent_coder.check_lengths(sections, tile.height, tile.width)
        self._kept: dict[Part, Tensor] = {}

    def tiles_of(self, part: Part) -> list[Part]:
        """The tiles that have something of a part, row by row."""
        return [tile for tile in self.coded if tile.shared_with(part)]

    def y_hat(self, part: Part, dtype: torch.dtype) -> Tensor:
        """y_hat of a part whose edges are multiples of 16 px: (1, M, height/16, width/16), of that dtype.

        Raises:
            BitstreamError: if a tile's sections are not what `LatentCoder.encode` makes.
        """
        if part in self.coded:
            return self._tile(part, dtype)
        channels = self.latent_coder.config.M
        whole = torch.empty((1, channels, part.height // LATENT_PX, part.width // LATENT_PX), dtype=dtype)
        for tile in self.tiles_of(part):
            shared = tile.shared_with(part)
            assert shared is not None
            y_hat = self._tile(tile, dtype)
            shared.inside(part).of_latents(whole).copy_(shared.inside(tile).of_latents(y_hat))
        return whole

    def forget_above(self, row: int) -> None:
        """Lets go of the tiles that end above a row, px; one that is asked for again is decoded again."""
        self._kept = {tile: y_hat for tile, y_hat in self._kept.items() if tile.bottom > row}

    def _tile(self, tile: Part, dtype: torch.dtype) -> Tensor:
        if tile not in self._kept:
            sections = self.coded[tile]
            y_hat = self.latent_coder.decode(sections, tile.height, tile.width, self.num_slices, self.fill)
            self._kept[tile] = y_hat.to(dtype)
        return self._kept[tile]
