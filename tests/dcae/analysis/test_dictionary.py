"""What is said of the dictionary is what it did; a file without a part of it is that of a network changed by hand."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dcae.analysis.dictionary import Ablations, dictionary_use, exciting_places, log_odds, without
from dcae.analysis.trace import trace
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.sections import BitstreamError
from dcae.config import PRESETS, DCAEConfig
from dcae.dictionary_use import Ablation, DictionaryUse, ExcitingPlaces
from dcae.rd import psnr_db
from dcae.traces import Trace

from .networks import network, picture

CONFIG = replace(PRESETS["tiny"], dictionary_entries=5, num_slices=2)
LMBDA = 0.05


def make(config: DCAEConfig, seed: int = 0) -> Codec:
    """Its attention is neither flat nor a switch."""
    return Codec(network(config, seed, noise=0.05))


@pytest.fixture(scope="module")
def codec() -> Codec:
    return make(CONFIG)


@pytest.fixture(scope="module")
def traced(codec: Codec) -> Trace:
    return trace(codec, picture(70, 130), LMBDA)


@pytest.fixture(scope="module")
def no_dictionary() -> Codec:
    return make(replace(CONFIG, dictionary_entries=0))


def test_winners_and_shares_are_counted_over_the_places_of_the_photo_alone(traced: Trace):
    use = dictionary_use(traced)
    assert traced.dictionary_attention.shape == (2, 2, 8, 12, 5), "70 x 130 px are padded to 128 x 192"
    assert use.attention.shape == (2, 2, 5, 9, 5)
    for slice_index, head in np.ndindex(2, 2):
        wins = [0] * 5
        for row, column in np.ndindex(5, 9):
            weights = traced.dictionary_attention[slice_index, head, row, column].tolist()
            wins[weights.index(max(weights))] += 1
            assert use.winners[slice_index, head, row, column] == weights.index(max(weights))
        assert use.shares[slice_index, head] == pytest.approx(np.array(wins) / 45)
        entropy = -sum(count / 45 * math.log2(count / 45) for count in wins if count)
        assert use.entropy_bits[slice_index, head] == pytest.approx(entropy)
    assert use.mean_attention == pytest.approx(traced.dictionary_attention[:, :, :5, :9].mean(axis=(2, 3)), abs=1e-6)
    assert len(np.unique(use.winners)) > 1, "otherwise this proves little"


def test_entropy_is_0_bits_for_one_winner_and_log2_of_entries_for_equal_ones():
    one, equal = np.zeros((1, 1, 2, 2, 4), np.float32), np.eye(4, dtype=np.float32).reshape(1, 1, 2, 2, 4)
    one[..., 2] = 1
    assert DictionaryUse(attention=one).entropy_bits.tolist() == [[0.0]]
    assert not np.signbit(DictionaryUse(attention=one).entropy_bits)
    assert DictionaryUse(attention=equal).entropy_bits.tolist() == [[2.0]]


@pytest.mark.parametrize("shape", [(1, 1, 2, 2), (1, 1, 2, 2, 0)])
def test_attention_over_no_entries_is_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"attention has shape \(1, 1, 2, 2.*; must be \(slices, heads, rows,"):
        DictionaryUse(attention=np.zeros(shape, np.float32))


def test_what_is_used_cannot_be_written_over(traced: Trace):
    with pytest.raises(ValueError, match="read-only"):
        dictionary_use(traced).attention[:] = 0


def test_a_model_without_a_dictionary_is_refused(no_dictionary: Codec):
    photo = picture(64, 64)
    with pytest.raises(ValueError, match="a model without a dictionary reads nothing"):
        dictionary_use(trace(no_dictionary, photo, LMBDA))
    calls: list[Callable[[], Any]] = [
        lambda: exciting_places(no_dictionary, {"a": photo}, LMBDA),
        lambda: without(no_dictionary, head=0),
        lambda: Ablations(no_dictionary, photo, LMBDA),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="dictionary_entries is 0: this model has no dictionary"):
            call()


def test_exciting_places_are_the_highest_weights_of_the_photos_traces(codec: Codec):
    photos = {"one": picture(70, 50, seed=1), "two": picture(40, 100, seed=2)}
    found = exciting_places(codec.model, photos, LMBDA, count=6)
    traces = {name: trace(codec, photo, LMBDA).dictionary_attention for name, photo in photos.items()}
    for slice_index, head, entry in np.ndindex(2, 2, 5):
        own = [traces[name][slice_index, head, ..., entry] for name in photos]
        highest = np.sort(np.concatenate([own[0][:5, :4].ravel(), own[1][:3, :7].ravel()]))[::-1][:6]
        patches = found.patches(slice_index, head, entry)
        assert [patch.weight for patch in patches] == pytest.approx(highest, abs=1e-6)
        for patch in patches:
            read = traces[patch.photo][slice_index, head, patch.row, patch.column, entry]
            assert patch.weight == pytest.approx(read, abs=1e-6)
    assert {patch.photo for entry in range(5) for patch in found.patches(0, 0, entry)} == {"one", "two"}


def test_photos_of_fewer_places_than_asked_for_give_all_they_have(codec: Codec):
    assert exciting_places(codec, {"a": picture(16, 32)}, LMBDA, count=8).weights.shape == (2, 2, 5, 2)


def test_a_patch_has_its_place_in_the_middle_and_is_grey_beyond_the_photo():
    photo = picture(32, 48)
    found = np.zeros((3, 1, 1, 1, 2), int)
    found[1:, ..., 0], found[1:, ..., 1] = np.array([0, 0]).reshape(2, 1, 1, 1), np.array([1, 2]).reshape(2, 1, 1, 1)
    places = ExcitingPlaces(photos={"a": photo}, found=found, weights=np.ones((1, 1, 1, 2), np.float32))
    first, last = places.patches(0, 0, 0, side_px=48)
    assert (last.photo, last.row, last.column, last.weight) == ("a", 1, 2, 1)
    np.testing.assert_array_equal(first.pixels[16:32, 16:32], photo[:16, :16])
    np.testing.assert_array_equal(first.pixels[16:, 16:], photo[:32, :32])
    np.testing.assert_array_equal(last.pixels[:32, :32], photo[:, 16:])
    assert (first.pixels[:16] == 128).all()
    assert (last.pixels[32:] == 128).all()


def test_places_that_do_not_fit_their_weights_are_refused():
    weights = np.ones((1, 1, 1, 2), np.float32)
    with pytest.raises(ValueError, match=r"found has shape \(3, 1, 1, 1\) and weights \(1, 1, 1, 2\); must be"):
        ExcitingPlaces(photos={}, found=np.zeros((3, 1, 1, 1), int), weights=weights)


def test_no_photo_and_no_count_are_refused(codec: Codec):
    with pytest.raises(ValueError, match="0 photos and a count of 8; must be at least 1 of each"):
        exciting_places(codec, {}, LMBDA)
    with pytest.raises(ValueError, match="1 photos and a count of 0"):
        exciting_places(codec, {"a": picture(16, 16)}, LMBDA, count=0)


def test_log_odds_are_those_of_a_softmax_and_do_not_round():
    logits = np.random.default_rng(0).normal(0, 2, (3, 7))
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(log_odds(torch.from_numpy(logits)), np.log(p / (1 - p)), rtol=1e-9)
    certain = log_odds(torch.tensor([[0.0, 60.0], [0.0, 61.0]]))
    assert certain[:, 1].tolist() == [60, 61], "whose weights are both 1"


def removed(kept: list[int]) -> Callable[[nn.Module], None]:
    """Rows of the dictionary are not there at all."""

    def change(loop: nn.Module) -> None:
        loop.dictionary = nn.Parameter(loop.get_parameter("dictionary")[kept])

    return change


def removed_for_slice_1(loop: nn.Module) -> None:
    loop.get_submodule("slices.1").register_forward_pre_hook(lambda _, inputs: (inputs[0], inputs[1][1:]))


def zeroed(slices: list[int], columns: slice, bias: bool) -> Callable[[nn.Module], None]:
    """What comes out of the attention is multiplied by 0."""

    def change(loop: nn.Module) -> None:
        for index in slices:
            linear = loop.get_submodule(f"slices.{index}.dictionary_attention.linear")
            linear.get_parameter("weight")[:, columns] = 0
            linear.get_parameter("bias")[:] *= 0 if bias else 1

    return change


def masked_in_head_1(loop: nn.Module) -> None:
    """The softmax of head 1 is written out, without entry 3."""

    def weights_of(attention: Any) -> Callable[[Tensor, Tensor], Tensor]:
        def weights(x: Tensor, entries: Tensor) -> Tensor:
            q = attention.query(attention.norm_query(x)).flatten(1, 2).unflatten(-1, (2, 16))
            k = attention.key(entries).unflatten(-1, (2, 16))
            powers = torch.einsum("bphc,ehc->bhpe", q, k).mul(attention.scale).exp()
            powers[:, 1] *= torch.tensor([1, 1, 1, 0, 1])
            return powers / powers.sum(dim=-1, keepdim=True)

        return weights

    for index in range(2):
        attention: Any = loop.get_submodule(f"slices.{index}.dictionary_attention")
        attention.weights = weights_of(attention)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ({"entry": 0}, removed([1, 2, 3, 4])),
        ({"entry": 4}, removed([0, 1, 2, 3])),
        ({"entry": 0, "slice_index": 1}, removed_for_slice_1),
        ({"entry": 3, "head": 1}, masked_in_head_1),
        ({"head": 0}, zeroed([0, 1], slice(0, 16), bias=False)),
        ({"head": 1, "slice_index": 0}, zeroed([0], slice(16, 32), bias=False)),
        ({}, zeroed([0, 1], slice(None), bias=True)),
        ({"slice_index": 1}, zeroed([1], slice(None), bias=True)),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "by hand",
)
def test_a_file_without_a_part_is_that_of_a_network_changed_by_hand(
    part: dict[str, int], change: Callable[[nn.Module], None]
):
    image, by_hand = picture(70, 130), make(CONFIG)
    whole = by_hand.encode(image, LMBDA)
    with torch.no_grad():
        change(by_hand.latent_coder.slice_loop)
    expected, changed = by_hand.encode(image, LMBDA), without(make(CONFIG), **part)
    data = changed.encode(image, LMBDA)
    assert unpack(data)[1] == unpack(expected)[1]
    assert unpack(data)[1] != unpack(whole)[1]
    np.testing.assert_array_equal(changed.decode(data), by_hand.decode(expected))


@pytest.mark.parametrize("part", [{"entry": 2}, {"head": 1}, {}], ids=str)
def test_a_file_without_a_part_decodes_to_what_its_encoder_foresaw_and_to_nobody_else(
    codec: Codec, part: dict[str, int]
):
    image, changed = picture(64, 100, seed=3), without(codec, **part)
    data = changed.encode(image, LMBDA)
    np.testing.assert_array_equal(changed.decode(data), changed.open(image).reconstruct(LMBDA))
    with pytest.raises(BitstreamError, match=f"file was made with weights {changed.identity[:16]}; these are"):
        codec.decode(data)
    other = without(codec, entry=1)
    with pytest.raises(BitstreamError, match="file was made with weights"):
        other.decode(data)


@pytest.mark.parametrize("part", [{"entry": 2}, {"head": 1}, {}], ids=str)
def test_networks_of_the_published_kind_can_lack_a_part_too(part: dict[str, int]):
    """One fixed lambda, the dense aggregation, float32."""
    published = {"gain_knots": 0, "aggregation": "dense", "coding_dtype": "float32", "context": "conv3x3"}
    whole = make(replace(CONFIG, **published, scale_activation="none"))
    image, changed = picture(64, 100), without(whole, **part)
    data = changed.encode(image)
    np.testing.assert_array_equal(changed.decode(data), changed.open(image).reconstruct())
    assert unpack(data)[1] != unpack(whole.encode(image))[1]


def test_nobody_reads_an_entry_that_is_out_and_its_weight_goes_to_the_others(codec: Codec, traced: Trace):
    attention = trace(without(codec, entry=2), traced.image, LMBDA).dictionary_attention
    assert not attention[..., 2].any()
    np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=1e-5)
    others = np.delete(traced.dictionary_attention[0], 2, axis=-1)
    np.testing.assert_allclose(
        np.delete(attention[0], 2, axis=-1), others / others.sum(axis=-1, keepdims=True), atol=1e-5
    )


def test_estimates_lack_the_part_too(codec: Codec):
    image = picture(64, 64)
    whole, changed = codec.open(image).estimate(LMBDA), without(codec).open(image).estimate(LMBDA)
    assert changed.bits["slice 0"] != pytest.approx(whole.bits["slice 0"], rel=1e-4)


def test_the_whole_network_stays_as_it_is(codec: Codec):
    image = picture(64, 64)
    before, identity, hooks = codec.encode(image, LMBDA), codec.identity, hooks_of(codec)
    without(codec, entry=1)
    without(codec, head=1)
    without(codec)
    exciting_places(codec, {"a": image}, LMBDA)
    assert codec.encode(image, LMBDA) == before
    assert (codec.identity, hooks_of(codec)) == (identity, hooks)


def hooks_of(codec: Codec) -> int:
    modules = [*codec.model.modules(), *codec.latent_coder.slice_loop.modules()]
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in modules)


def test_an_ablation_is_of_two_real_files(codec: Codec):
    image = picture(64, 100, seed=4)
    ablations = Ablations(codec, image, LMBDA)
    found, changed = ablations.without(head=1), without(codec, head=1)
    files = codec.encode(image, LMBDA), changed.encode(image, LMBDA)
    pictures = codec.decode(files[0]), changed.decode(files[1])
    assert found == Ablation(
        without="head 1",
        total_bytes=len(files[1]),
        psnr_db=psnr_db(image, pictures[1]),
        whole_bytes=len(files[0]),
        whole_psnr_db=psnr_db(image, pictures[0]),
    )
    assert found.bytes_delta == len(files[1]) - len(files[0])
    assert found.psnr_delta_db == psnr_db(image, pictures[1]) - psnr_db(image, pictures[0])


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({}, "the dictionary"),
        ({"slice_index": 1}, "the dictionary of slice 1"),
        ({"head": 0, "slice_index": 1}, "head 0 of slice 1"),
        ({"entry": 3}, "entry 3"),
        ({"entry": 3, "head": 1}, "entry 3 of head 1"),
    ],
    ids=str,
)
def test_an_ablation_says_what_was_out(codec: Codec, part: dict[str, int], words: str):
    assert Ablations(codec, picture(16, 16), LMBDA).without(**part).without == words


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"entry": 5}, "entry is 5; must be 0 to 4"),
        ({"head": -1}, "head is -1; must be 0 to 1"),
        ({"slice_index": 2}, "slice_index is 2; must be 0 to 1"),
    ],
    ids=str,
)
def test_a_part_that_is_none_is_refused(codec: Codec, part: dict[str, int], message: str):
    with pytest.raises(ValueError, match=message):
        without(codec, **part)


def test_the_only_entry_cannot_be_taken_out():
    with pytest.raises(ValueError, match="entry 0 is the only one, so no weights would be left"):
        without(make(replace(CONFIG, dictionary_entries=1)), entry=0)


def test_a_part_is_taken_out_of_the_codec_as_it_is_set(codec: Codec):
    tiled = Codec(codec.model, codec.max_pixels, 256, float32=True)
    changed = without(tiled, head=0)
    assert (changed.tile_px, changed.max_pixels) == (256, codec.max_pixels)
    assert changed.transforms.network is changed.model
