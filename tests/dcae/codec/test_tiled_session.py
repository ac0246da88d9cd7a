"""Large images in tiles: the latents of the whole, tiles of their own, any part alone; here of small ones."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcae.codec import codec as codec_module
from dcae.codec.bitstream import keep_slices, layout, pack, unpack
from dcae.codec.codec import Codec
from dcae.codec.interruption import interruptible
from dcae.codec.progressive import progressive
from dcae.codec.sections import BitstreamError, tile_section, tiles_of, tiles_section
from dcae.codec.session import Session
from dcae.codec.tiled_session import TiledSession
from dcae.codec.tiles import Part, tiles
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
from dcae.model.receptive_field import alignment_px, analysis_halo_px

HEIGHT, WIDTH, LMBDA = 300, 600, 0.02
TILES = list(tiles(320, 640, 256))


@pytest.fixture(scope="module")
def tiled(tiny: DCAE) -> Codec:
    return Codec(tiny, tile_px=256)


@pytest.fixture(scope="module")
def image(make_image: Callable[..., NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return make_image(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def data(tiled: Codec, image: NDArray[np.uint8]) -> bytes:
    return tiled.encode(image, LMBDA)


def assert_same_picture(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> None:
    """But for float noise: a level in one pixel of a thousand."""
    difference = np.abs(ours.astype(int) - theirs).max(axis=2)
    assert ours.shape == theirs.shape
    assert difference.max() <= 1
    assert np.mean(difference > 0) <= 1e-3


def test_images_above_four_megapixels_are_cut_and_others_are_not(tiny: DCAE):
    codec = Codec(tiny)
    assert isinstance(codec.open(np.zeros((2048, 2049, 3), np.uint8)), TiledSession)
    assert isinstance(codec.open(np.zeros((65, 2048, 3), np.uint8)), Session)


def test_tiles_are_no_smaller_than_what_the_network_looks_at_asks_for(make_model: Callable[..., DCAE]):
    far = make_model(replace(PRESETS["tiny"], depths=(0, 0, 12), window=12))  # windows of 96 px, halos of 576
    session = Codec(far).open(np.zeros((2048, 2049, 3), np.uint8))
    assert isinstance(session, TiledSession)
    assert session.tile_px == 4 * analysis_halo_px(far.config)
    assert session.tile_px > 1024


def test_a_tile_size_that_is_asked_for_cuts_what_is_larger_and_0_nothing(tiny: DCAE, monkeypatch: pytest.MonkeyPatch):
    small, large = np.zeros((250, 256, 3), np.uint8), np.zeros((1, 257, 3), np.uint8)
    codec = Codec(tiny, tile_px=256)
    assert isinstance(codec.open(small), Session)
    assert isinstance(codec.open(large), TiledSession)
    assert isinstance(codec.open_whole(large), Session)
    monkeypatch.setattr("dcae.codec.codec.UNTILED_PX", 2**14)
    picture = np.zeros((128, 192, 3), np.uint8)
    assert isinstance(Codec(tiny).open(picture), TiledSession)
    assert isinstance(Codec(tiny, tile_px=0).open(picture), Session)


@pytest.mark.parametrize("tile_px", [-64, 64, 300, 192])
def test_a_tile_that_no_file_can_have_is_refused(tiny: DCAE, tile_px: int):
    with pytest.raises(ValueError, match=f"tile_px is {tile_px}; must be 0 .none. or a multiple of 64, 256 or more"):
        Codec(tiny, tile_px=tile_px)


def test_y_of_a_tile_is_that_of_the_whole_image(tiled: Codec, image: NDArray[np.uint8]):
    session = tiled.open(image)
    assert isinstance(session, TiledSession)
    whole = tiled.open_whole(image).latents(LMBDA).y
    for tile in TILES:
        ours, theirs = session._latents(tile, LMBDA).y, tile.of_latents(whole)
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_tile_holds_what_an_untiled_file_of_its_latents_would(tiled: Codec, image: NDArray[np.uint8], data: bytes):
    session = tiled.open(image)
    assert isinstance(session, TiledSession)
    side, coded = tiles_of(unpack(data)[1])
    assert (side, len(coded)) == (256, len(TILES))
    for tile, sections in zip(TILES, coded, strict=True):
        assert sections == tiled.latent_coder.encode(*session._latents(tile, LMBDA)).sections


def test_the_picture_shows_no_edges_between_tiles(tiled: Codec, data: bytes):
    """It is what g_s makes of all tiles' y_hat at once."""
    y_hat = torch.zeros(1, tiled.model.config.M, 20, 40)
    for tile, sections in zip(TILES, tiles_of(unpack(data)[1])[1], strict=True):
        tile.of_latents(y_hat)[:] = tiled.latent_coder.decode(sections, tile.height, tile.width)
    np.testing.assert_array_equal(tiled.decode(data), tiled.synthesise(y_hat, np.float32(LMBDA).item(), HEIGHT, WIDTH))


def test_a_large_picture_is_made_in_pieces_that_do_not_show(tiled: Codec, data: bytes, monkeypatch: pytest.MonkeyPatch):
    whole = tiled.decode(data)
    monkeypatch.setattr(codec_module, "UNTILED_PX", 2**14)
    monkeypatch.setattr(codec_module, "HALOS", 1)
    assert_same_picture(tiled.decode(data), whole)


@pytest.mark.parametrize(
    "region", [Part(0, 0, 1, 1), Part(299, 599, 1, 1), Part(100, 250, 120, 13), Part(0, 0, 300, 600)]
)
def test_any_part_decodes_alone(tiled: Codec, data: bytes, region: Part):
    assert_same_picture(tiled.decode(data, region=region), region.of_image(tiled.decode(data)))


def test_a_part_of_an_untiled_file_decodes_alone(codec: Codec, image: NDArray[np.uint8]):
    data, region = codec.encode(image, LMBDA), Part(130, 70, 66, 300)
    assert_same_picture(codec.decode(data, region=region), region.of_image(codec.decode(data)))


@pytest.mark.parametrize(("left", "tiles_needed"), [(0, 1), (300, 2)])
def test_only_the_tiles_that_a_part_needs_are_decoded(
    tiled: Codec, data: bytes, left: int, tiles_needed: int, monkeypatch: pytest.MonkeyPatch
):
    decode, decoded = tiled.latent_coder.decode, []
    monkeypatch.setattr(tiled.latent_coder, "decode", lambda *of: decoded.append(of) or decode(*of))
    tiled.decode(data, region=Part(0, left, 64, 64))
    assert len(decoded) == tiles_needed


def test_a_thin_part_of_a_large_picture_is_made_in_pieces_too(
    tiled: Codec, data: bytes, monkeypatch: pytest.MonkeyPatch
):
    whole, told = tiled.decode(data), []
    monkeypatch.setattr(codec_module, "UNTILED_PX", 2**17)
    monkeypatch.setattr(codec_module, "HALOS", 1)
    part = tiled.decode(data, region=Part(150, 0, 1, 600), report=lambda *done: told.append(done))
    assert_same_picture(part, whole[150:151])
    assert told[-1] == (5, 5)  # pieces of 128 px


def test_each_lambda_has_a_file_of_its_own(tiled: Codec, image: NDArray[np.uint8], data: bytes):
    session = tiled.open(image)
    assert session.encode(0.005) == tiled.encode(image, 0.005)
    assert session.encode(LMBDA) == data


def test_coding_can_be_ended_between_tiles_and_begun_anew(tiled: Codec, image: NDArray[np.uint8], data: bytes):
    session, calls = tiled.open(image), []

    def enough() -> None:
        calls.append(1)
        if len(calls) == 400:
            raise TimeoutError("enough")

    with pytest.raises(TimeoutError), interruptible(enough):
        session.encode(LMBDA)
    assert session.encode(LMBDA) == data


@pytest.mark.parametrize("window", [5, 4])
def test_tiles_end_where_windows_do(make_model: Callable[..., DCAE], image: NDArray[np.uint8], window: int):
    model = make_model(replace(PRESETS["tiny"], window=window, depths=(0, 0, 1)))
    unit = alignment_px(model.config)
    if unit > 64:
        with pytest.raises(ValueError, match=f"must be 0 .none. or a multiple of {unit}"):
            Codec(model, tile_px=256)
    unasked = Codec(model).open(np.zeros((2048, 2049, 3), np.uint8))
    assert isinstance(unasked, TiledSession)
    assert unasked.tile_px % unit == 0
    codec = Codec(model, tile_px=max(256, unit))
    session = codec.open(image)
    assert isinstance(session, TiledSession)
    whole = codec.open_whole(image).latents(LMBDA).y
    for tile in tiles(320, 640, session.tile_px):
        torch.testing.assert_close(session._latents(tile, LMBDA).y, tile.of_latents(whole), rtol=1e-4, atol=1e-4)


def test_whoever_waits_is_told_of_every_tile(tiled: Codec, image: NDArray[np.uint8], data: bytes):
    told: list[tuple[int, int]] = []
    tiled.encode(image, LMBDA, lambda *done: told.append(done))
    assert told == [(done, 6) for done in range(1, 7)]
    whole: list[tuple[int, int]] = []
    tiled.encode(image[:64, :64], LMBDA, lambda *done: whole.append(done))
    tiled.decode(data, report=lambda *done: whole.append(done))
    assert whole == [(1, 1), (1, 1)]


def test_tiles_are_let_go_of_when_they_are_done_with(
    tiled: Codec, make_image: Callable[..., NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
):
    data = tiled.encode(make_image(600, 60), LMBDA)  # three tiles, one below the other
    monkeypatch.setattr(codec_module, "UNTILED_PX", 2**14)
    monkeypatch.setattr(codec_module, "HALOS", 1)
    monkeypatch.setattr(codec_module, "synthesis_halo_px", lambda config: 64)
    kept = []
    forget = codec_module.TileDecoder.forget_above

    def count(decoder: codec_module.TileDecoder, row: int) -> None:
        forget(decoder, row)
        kept.append(len(decoder._kept))

    monkeypatch.setattr(codec_module.TileDecoder, "forget_above", count)
    tiled.decode(data)
    assert len(kept) == 10
    assert (max(kept), kept[-1]) == (2, 1)


@pytest.mark.parametrize("fill", ["prediction", "zeros"])
def test_the_first_slices_decode_in_every_tile(tiled: Codec, data: bytes, fill):
    steps = progressive(tiled, data, fill)
    assert [step.num_slices for step in steps] == list(range(6))
    for step in steps:
        part = keep_slices(data, step.num_slices)
        assert step.bytes == len(part)
        np.testing.assert_array_equal(step.picture, tiled.decode(part, fill=fill))
    np.testing.assert_array_equal(steps[-1].picture, tiled.decode(data))


def test_an_estimate_is_the_file_itself(tiled: Codec, image: NDArray[np.uint8], data: bytes):
    session = tiled.open(image)
    estimate = session.estimate(LMBDA)
    assert estimate.total_bytes == len(data)
    assert sum(estimate.bits.values()) == 8 * (layout(data).z_bytes + sum(layout(data).slice_bytes))
    np.testing.assert_array_equal(estimate.x_hat, tiled.decode(data))
    np.testing.assert_array_equal(session.reconstruct(LMBDA), estimate.x_hat)


def test_a_tile_more_costs_less_than_a_hundred_bytes(tiled: Codec, codec: Codec, image: NDArray[np.uint8], data: bytes):
    assert len(data) < 1.01 * len(codec.encode(image, LMBDA)) + 100 * len(TILES)


def test_a_file_that_was_cut_into_tiles_decodes_with_any_tile_size(codec: Codec, tiled: Codec, data: bytes):
    np.testing.assert_array_equal(codec.decode(data), tiled.decode(data))


def test_refinement_is_refused(tiled: Codec, image: NDArray[np.uint8]):
    with pytest.raises(ValueError, match=r"an image in tiles of 256 px is not refined; only one that is coded whole"):
        tiled.open(image).refine(LMBDA)


@pytest.mark.parametrize(
    "region", [Part(0, 0, 0, 5), Part(-1, 0, 5, 5), Part(0, 0, 301, 600), Part(0, 598, 2, 3), Part(400, 0, 5, 5)]
)
def test_a_region_that_is_not_inside_is_refused(tiled: Codec, data: bytes, region: Part):
    with pytest.raises(ValueError, match=r"the region is .* must be 1 px or more inside of 600 x 300 px"):
        tiled.decode(data, region=region)


def test_lambda_is_checked(tiled: Codec, image: NDArray[np.uint8]):
    with pytest.raises(ValueError, match="lmbda is 7"):
        tiled.open(image).encode(7.0)


def test_tiles_in_another_order_are_refused(tiled: Codec, data: bytes):
    header, (first, *coded) = unpack(data)
    with pytest.raises(BitstreamError):
        tiled.decode(pack(header, [first, *coded[::-1]]))


def test_a_tile_too_short_is_refused_before_any_is_decoded(tiled: Codec, data: bytes, monkeypatch: pytest.MonkeyPatch):
    header, sections = unpack(data)
    side, coded = tiles_of(sections)
    short = [*coded[:-1], [coded[-1][0].__class__(1, b""), *coded[-1][1:]]]
    harmed = pack(header, [tiles_section(side or 0), *map(tile_section, short)])
    monkeypatch.setattr(tiled.latent_coder, "decode", lambda *_: pytest.fail("a tile was decoded"))
    with pytest.raises(BitstreamError, match=r"coded stream has 0 bytes; .* symbols need"):
        tiled.decode(harmed)


def test_every_flipped_byte_of_a_tiled_file_is_refused(tiled: Codec, data: bytes):
    for place in range(0, len(data), 97):
        with pytest.raises(BitstreamError):
            tiled.decode(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
