"""Menus and sliders of a comparison: what they ask for, where they end, and what follows what."""

import pytest

from dcae_widgets.match_controls import HIGH_BPP, HIGH_DB, LOW_BPP, LOW_DB, START_BPP, MatchControls

PIXELS = 80_000


@pytest.fixture
def told() -> list[bool]:
    return []


@pytest.fixture
def controls(told: list[bool]) -> MatchControls:
    made = MatchControls(["a", "b"], ["ours", "theirs"], "ours", "theirs", told.append)
    made.fit(PIXELS)
    return made


def ends(controls: MatchControls) -> list[float]:
    return [round(10**end) for end in (controls.size.min, controls.size.max)]


def test_it_begins_where_files_of_the_photo_lie(controls: MatchControls, told: list[bool]):
    assert ends(controls) == [LOW_BPP * PIXELS / 8, HIGH_BPP * PIXELS / 8]
    assert controls.target == START_BPP * PIXELS / 8
    assert (controls.chosen_lock, controls.ratio) == ("bytes", 1.0)
    assert not told


def test_size_goes_along_with_another_photo_in_bits_a_pixel(controls: MatchControls, told: list[bool]):
    controls.size.value = 5000
    controls.fit(2 * PIXELS)
    assert controls.target == 10_000
    assert told == [False]


def test_each_change_of_the_hand_is_told_and_a_photo_as_one(controls: MatchControls, told: list[bool]):
    controls.factor.value = 1.5
    controls.second.value = "ours"
    controls.photo.value = "b"
    assert told == [False, False, True]
    assert controls.ratio == 1.5


def test_slider_of_the_other_lock_is_hidden(controls: MatchControls):
    sliders = (controls.size, controls.factor, controls.psnr)
    assert [slider.layout.display for slider in sliders] == ["", "", "none"]
    controls.factor.value = 1.5
    controls.lock.value = "psnr_db"
    assert [slider.layout.display for slider in sliders] == ["none", "none", ""]
    assert (controls.chosen_lock, controls.ratio, controls.target) == ("psnr_db", 1.0, controls.psnr.value)


@pytest.mark.parametrize(
    ("value", "low", "high", "after"), [(1000, 3000, 9000, 3000), (15_000, 3000, 9000, 9000), (2500, 1000, 90, 2500)]
)
def test_thumb_moves_to_the_nearest_end(
    controls: MatchControls, told: list[bool], value: int, low: int, high: int, after: int
):
    controls.size.value = value
    told.clear()
    assert controls.narrow(low, high) == (value != after)
    assert controls.target == after
    assert not told  # whoever narrows asks anew


def test_ends_that_leave_nothing_change_nothing(controls: MatchControls):
    before = ends(controls)
    assert not controls.narrow(1, 2)
    assert ends(controls) == before


def test_inside_of_what_is_reached_it_goes_a_little_further(controls: MatchControls):
    controls.size.value = 3030
    assert controls.narrow(3000, 15_000)
    assert controls.target == pytest.approx(3182, abs=2)
    controls.size.value = 14_900
    assert controls.narrow(3000, 15_000)
    assert controls.target == pytest.approx(14_155, abs=2)


def test_psnr_is_narrowed_too(controls: MatchControls):
    controls.lock.value = "psnr_db"
    controls.psnr.value = 25.0
    assert controls.narrow(27.31, float("inf"))
    assert (controls.target, controls.psnr.max) == (27.31, HIGH_DB)


def test_other_codecs_have_ends_of_their_own(controls: MatchControls):
    controls.narrow(3000, 9000)
    controls.second.value = "ours"
    assert ends(controls) == [LOW_BPP * PIXELS / 8, HIGH_BPP * PIXELS / 8]
    assert (controls.psnr.min, controls.psnr.max) == (LOW_DB, HIGH_DB)


def test_other_lock_begins_at_what_is_shown(controls: MatchControls, told: list[bool]):
    controls.follow(33.37, 4321)
    assert controls.psnr.value == pytest.approx(33.35)
    assert controls.target == START_BPP * PIXELS / 8
    controls.lock.value = "psnr_db"
    controls.follow(33.37, 4321)
    assert controls.size.value == 4321
    controls.lock.value = "bytes"
    assert controls.target == 4321
    controls.follow(float("inf"), 4321)
    assert controls.psnr.value == pytest.approx(33.35)
    assert told == [False, False]
