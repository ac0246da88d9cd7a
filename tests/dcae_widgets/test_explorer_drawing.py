"""Of all answers the newest about what is chosen is drawn; what cannot be had is asked for as it was before."""

import numpy as np
import pytest

from dcae_widgets.events import Failed, Opened, PhotoReady
from dcae_widgets.photo_source import uploaded

from .explorer_rooms import PHOTO, Rooms, estimate, written
from .fake_codec import photo


@pytest.fixture
def rooms():
    made = Rooms()
    yield made
    made.close()


def test_older_answer_is_not_drawn_over_a_newer_one_and_a_newer_one_is(rooms):
    first, second, third = (rooms.choice.ask(final=True) for _ in range(3))
    for wanted, drawn in ((second, photo(2)), (first, photo(1)), (third, photo(3))):
        rooms.drawing.apply(written(wanted, drawn))
    np.testing.assert_array_equal(rooms.face.shown.picture, photo(3))
    rooms.drawing.apply(written(second, photo(2)))
    np.testing.assert_array_equal(rooms.face.shown.picture, photo(3))


def test_answer_to_what_was_chosen_before_is_not_drawn(rooms):
    wanted = rooms.choice.ask(final=True)
    rooms.choice.take(model="other")
    rooms.drawing.apply(written(wanted))
    assert rooms.face.shown.picture is None
    assert rooms.choice.good_model == ""


def test_what_is_drawn_is_said_to_be_behind_if_another_lambda_is_wanted_by_now(rooms):
    wanted = rooms.choice.ask(final=False)
    rooms.choice.lmbda = 0.03
    newest = rooms.choice.ask(final=False)
    rooms.drawing.apply(estimate(wanted))
    assert rooms.face.readout.pending
    rooms.drawing.apply(estimate(newest))
    assert not rooms.face.readout.pending


def test_coding_is_that_of_the_newest_file_alone(rooms):
    older, newest = rooms.choice.ask(final=True), rooms.choice.ask(final=True)
    rooms.drawing.apply(written(older))
    rooms.drawing.apply(estimate(newest))
    assert not rooms.codings
    rooms.drawing.apply(written(newest))
    assert [(coding.model, coding.photo is PHOTO, coding.lmbda) for coding in rooms.codings] == [("fake", True, 0.02)]


def test_weights_that_cannot_be_had_are_said_and_the_ones_before_asked_for_again(rooms):
    rooms.drawing.apply(written(rooms.choice.ask(final=True)))
    rooms.hand.explore(model="missing")
    rooms.drawing.apply(Failed(wanted=rooms.asked[-1], part="model", error=ValueError("no weights")))
    assert rooms.controls.error == "no weights"
    assert [wanted.model for wanted in rooms.asked] == ["missing", "fake"]
    assert rooms.controls.model == "fake"


def test_polishing_that_fails_shows_the_plain_file_again_unless_something_newer_is_wanted(rooms):
    wanted = rooms.choice.ask(final=True, polish=True)
    rooms.drawing.apply(Failed(wanted=wanted, part="work", error=ValueError("no better")))
    assert [(again.final, again.polish) for again in rooms.asked] == [(True, False)]
    rooms.drawing.apply(Failed(wanted=wanted, part="work", error=ValueError("no better")))
    assert len(rooms.asked) == 1


def test_what_is_drawn_asks_for_nothing_though_it_moves_the_slider(rooms):
    source = uploaded("theirs.dcae", b"")
    rooms.choice.photos.add(source)
    rooms.choice.take(source)
    found = {"picture": PHOTO, "data": bytes(90), "parts": [("all", 90)], "decode_s": 0.1}
    rooms.drawing.apply(Opened(wanted=rooms.choice.ask(final=True), lmbda=0.04, model="theirs", **found))
    assert rooms.controls.lmbda == 0.04
    assert not rooms.asked
    assert rooms.choice.good_source is source


def test_restored_view_waits_for_its_photo_and_for_the_page_that_shows_the_whole(rooms):
    rooms.choice.take(rooms.choice.photos["rocket"])
    rooms.drawing.restore_view([10.0, 10.0, 2.0])
    assert rooms.face.photo_view.view[2] == 0
    rooms.drawing.apply(PhotoReady(wanted=rooms.choice.ask(final=True), image=photo(3)))
    assert rooms.face.photo_view.view == [10.0, 10.0, 2.0]
    rooms.face.photo_view.view = [32.0, 24.0, 0.0]  # as a page does when the size changes
    assert rooms.face.photo_view.view == [10.0, 10.0, 2.0]
    rooms.face.photo_view.view = [32.0, 24.0, 0.0]  # as a hand does
    assert rooms.face.photo_view.view == [32.0, 24.0, 0.0]
