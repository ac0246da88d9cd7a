"""Crops follow from seed, step and sample; they are parts of photos, chosen by scale and area."""

import numpy as np
import pytest

from dcae.training.data.crops import CropChoice, crop_rng, cut, scale_down, stack


def test_crop_is_part_of_the_photo_flipped_and_transposed_or_not():
    photo = np.arange(7 * 9, dtype=np.uint8).reshape(7, 9, 1).repeat(3, axis=2)
    steps_right_and_down = set()
    for sample in range(64):
        crop = cut(photo, 4, np.random.default_rng(sample))[..., 0].astype(int)
        steps_right_and_down.add((crop[0, 1] - crop[0, 0], crop[1, 0] - crop[0, 0]))
    assert steps_right_and_down == {(1, 9), (-1, 9), (9, 1), (9, -1)}


def test_every_place_of_a_photo_is_cut():
    photo = np.arange(35, dtype=np.uint8).reshape(5, 7, 1).repeat(3, axis=2)
    corners = {int(cut(photo, 4, np.random.default_rng(sample)).min()) for sample in range(200)}
    assert corners == {0, 1, 2, 3, 7, 8, 9, 10}


def test_scales_come_with_their_chances_and_photos_by_their_area():
    sizes = [(300, 400), (800, 300), (130, 100)]  # the last holds a crop of 100 px at full scale only
    choice = CropChoice(sizes, 100)
    drawn = [choice.draw(crop_rng(0, step, 0)) for step in range(4000)]
    for factor, chance in ((1, 0.4), (2, 0.35), (3, 0.25)):
        assert np.mean([found == factor for _, found in drawn]) == pytest.approx(chance, abs=0.03)
    full = [index for index, factor in drawn if factor == 1]
    areas = [width * height for width, height in sizes]
    for index, area in enumerate(areas):
        assert np.mean([found == index for found in full]) == pytest.approx(area / sum(areas), abs=0.04)
    assert {index for index, factor in drawn if factor > 1} == {0, 1}


def test_scale_at_which_no_photo_holds_a_crop_leaves_its_chance_to_the_others():
    drawn = [CropChoice([(250, 200)], 100).draw(crop_rng(1, step, 0)) for step in range(1000)]
    assert {factor for _, factor in drawn} == {1, 2}
    assert np.mean([factor == 1 for _, factor in drawn]) == pytest.approx(40 / 75, abs=0.05)


def test_choice_does_not_depend_on_a_photos_orientation():
    upright, turned = CropChoice([(90, 70), (64, 200)], 64), CropChoice([(70, 90), (200, 64)], 64)
    assert all(upright.draw(crop_rng(0, s, 0)) == turned.draw(crop_rng(0, s, 0)) for s in range(50))


def test_scaled_photo_keeps_its_mean_colour():
    photo = np.full((60, 90, 3), (10, 100, 200), np.uint8)
    assert scale_down(photo, 3).shape == (20, 30, 3)
    assert (scale_down(photo, 3) == photo[:20, :30]).all()
    assert scale_down(photo, 1) is photo


def test_stack_keeps_flipped_and_transposed_crops():
    photo = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    views = [photo, photo[:, ::-1], photo.transpose(1, 0, 2), photo[:, ::-1].transpose(1, 0, 2)]
    np.testing.assert_array_equal(stack(views), np.stack(views))
    assert stack(views).flags.c_contiguous
