"""Parts of a padded picture: the tiles that a large one is coded in, and what has to be known around a part.

Knows rectangles in pixels. Does not know files, networks or what is in a tile.
Source: JPEG 2000 and AVIF grids, where tiles are coded apart too; here the transforms between pixels and y run across
their edges, so that no edge shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

TILE_PX = 1024
"""Side of a tile, unless another is asked for or the network looks far."""

HALOS = 4
"""Sides of tiles that nobody has asked for, and of pieces of a picture, are at least so many times as long as the halo
that is computed around them and thrown away. It is then 5/4 of a square part's area: more if they were shorter, and
more memory if they were longer."""

UNTILED_PX = 2**22
"""Pictures of at most so many pixels are coded whole."""

LATENT_PX = 16
"""Pixels along a side for each position of y."""


class Part(NamedTuple):
    """A rectangle of a picture, px.

    >>> Part(0, 64, 128, 64).grown(96, 200, 200)
    Part(top=0, left=0, height=200, width=200)
    """

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The first column to its right."""
        return self.left + self.width

    def grown(self, halo_px: int, height: int, width: int) -> Part:
        """This part and what surrounds it, as far as a picture of height x width px has it."""
        return Part.between(
            max(0, self.top - halo_px),
            max(0, self.left - halo_px),
            min(height, self.bottom + halo_px),
            min(width, self.right + halo_px),
        )

    def shared_with(self, other: Part) -> Part | None:
        """What both have; None if that is nothing."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Part.between(top, left, bottom, right) if top < bottom and left < right else None

    def inside(self, other: Part) -> Part:
        """The same rectangle, counted from the corner of another."""
        return Part(self.top - other.top, self.left - other.left, self.height, self.width)

    def of_image(self, image: NDArray[Any]) -> NDArray[Any]:
        """This part of an image, H x W x ...: a view."""
        return image[self.top : self.bottom, self.left : self.right]

    def of_pixels(self, x: Tensor) -> Tensor:
        """This part of (..., H, W): a view."""
        return x[..., self.top : self.bottom, self.left : self.right]

    def of_latents(self, y: Tensor) -> Tensor:
        """This part, whose sides are multiples of 16 px, of (..., H/16, W/16): a view."""
        rows, columns = (self.top, self.bottom), (self.left, self.right)
        return y[..., rows[0] // LATENT_PX : rows[1] // LATENT_PX, columns[0] // LATENT_PX : columns[1] // LATENT_PX]

    @classmethod
    def between(cls, top: int, left: int, bottom: int, right: int) -> Part:
        """The part from a corner to the opposite one, which is no longer in it."""
        return cls(top, left, bottom - top, right - left)


def tiles(height: int, width: int, side_px: int) -> Iterator[Part]:
    """The tiles of a picture, row by row; those at the bottom and on the right may be smaller.

    >>> list(tiles(64, 192, 128))
    [Part(top=0, left=0, height=64, width=128), Part(top=0, left=128, height=64, width=64)]
    """
    return pieces(Part(0, 0, height, width), side_px)


def pieces(part: Part, side_px: int) -> Iterator[Part]:
    """A part cut into squares from its corner on, row by row."""
    for top in range(part.top, part.bottom, side_px):
        for left in range(part.left, part.right, side_px):
            piece = Part(top, left, side_px, side_px).shared_with(part)
            assert piece is not None
            yield piece


def aligned(part: Part, alignment_px: int, height: int, width: int) -> Part:
    """The smallest part with edges at multiples of `alignment_px`, or at the picture's, that has all of this one.

    >>> aligned(Part(10, 70, 5, 5), 64, 192, 96)
    Part(top=0, left=64, height=64, width=32)
    """
    step = alignment_px
    bottom, right = -(-part.bottom // step) * step, -(-part.right // step) * step
    return Part.between(part.top // step * step, part.left // step * step, min(height, bottom), min(width, right))
