"""Parts of a picture: tiles cover it once, and a part of pixels is the same part of latents."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcae.codec.tiles import Part, aligned, pieces, tiles

sides = st.integers(1, 40).map(lambda units: 64 * units)


@given(sides, sides, st.integers(4, 20).map(lambda units: 64 * units))
def test_tiles_cover_a_picture_once(height: int, width: int, side: int):
    seen = np.zeros((height // 64, width // 64), int)
    for tile in tiles(height, width, side):
        assert max(tile.height, tile.width) <= side
        seen[tile.top // 64 : tile.bottom // 64, tile.left // 64 : tile.right // 64] += 1
    assert (seen == 1).all()


def test_pieces_begin_at_the_parts_corner_and_end_at_its_edges():
    assert list(pieces(Part(64, 10, 192, 100), 128)) == [Part(64, 10, 128, 100), Part(192, 10, 64, 100)]


def test_a_part_grows_on_all_sides_but_not_over_the_edge():
    assert Part(64, 0, 64, 64).grown(128, 320, 128) == Part(0, 0, 256, 128)
    assert Part(128, 128, 64, 64).grown(64, 1000, 1000) == Part(64, 64, 192, 192)


def test_what_two_parts_share_is_counted_from_either():
    one, other = Part(0, 0, 128, 128), Part(64, 100, 128, 128)
    shared = one.shared_with(other)
    assert shared is not None
    assert shared == Part(64, 100, 64, 28)
    assert shared.inside(other) == Part(0, 0, 64, 28)
    assert one.shared_with(Part(128, 0, 64, 64)) is None


def test_an_aligned_part_holds_the_part_and_ends_at_the_picture():
    assert aligned(Part(63, 65, 2, 2), 64, 128, 80) == Part(0, 64, 128, 16)


def test_a_part_of_an_image_of_pixels_and_of_latents_is_the_same_place():
    image = np.arange(64 * 128 * 3).reshape(64, 128, 3)
    part = Part(16, 32, 32, 48)
    x = torch.from_numpy(image).permute(2, 0, 1)
    assert np.array_equal(part.of_pixels(x).permute(1, 2, 0).numpy(), part.of_image(image))
    assert torch.equal(part.of_latents(x[:, ::16, ::16]), part.of_pixels(x)[:, ::16, ::16])
