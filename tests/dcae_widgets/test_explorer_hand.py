"""What the hand sets is asked for once; what it may not set is said, and the panel shows again what stood there."""

import pytest

from dcae_widgets.limits import VISITORS

from .explorer_rooms import Rooms


@pytest.fixture
def make():
    made: list[Rooms] = []

    def make_rooms(**arguments) -> Rooms:
        made.append(Rooms(**arguments))
        return made[-1]

    yield make_rooms
    for rooms in made:
        rooms.close()


def request(lmbda: float, *, final: bool):
    return {"lmbda": lmbda, "request": {"serial": 1, "lmbda": lmbda, "final": final}}


@pytest.mark.parametrize("final", [True, False])
def test_page_that_moves_lambda_asks_once_in_either_order_of_its_traits(make, final):
    for order in (dict, lambda state: dict(reversed(state.items()))):
        rooms = make()
        rooms.controls.set_state(order(request(0.03, final=final)))
        assert [(wanted.lmbda, wanted.final) for wanted in rooms.asked] == [(0.03, final)]


def test_lambda_set_in_python_asks_for_the_file(make):
    rooms = make()
    rooms.controls.lmbda = 0.03
    assert [(wanted.lmbda, wanted.final) for wanted in rooms.asked] == [(0.03, True)]


def test_another_photo_and_model_are_asked_for_and_the_error_before_goes(make):
    rooms = make()
    rooms.controls.error = "of before"
    rooms.controls.photo = "rocket"
    rooms.controls.model = " other "
    assert [(wanted.source.name, wanted.model) for wanted in rooms.asked] == [("rocket", "fake"), ("rocket", "other")]
    assert (rooms.controls.model, rooms.controls.error) == ("other", "")


@pytest.mark.parametrize(("trait", "words"), [("photo", "there is no photo 'x'"), ("model", "there is no model 'x'")])
def test_name_that_is_not_legal_is_said_and_asks_for_nothing(make, trait, words):
    rooms = make(limits=VISITORS)
    before = getattr(rooms.controls, trait)
    setattr(rooms.controls, trait, "x")
    assert rooms.controls.error.startswith(words)
    assert getattr(rooms.controls, trait) == before
    assert not rooms.asked


def test_codec_beside_that_is_none_is_said_and_not_shown(make):
    rooms = make()
    rooms.controls.other = "png"
    assert "there is no codec 'png'" in rooms.controls.error
    assert rooms.controls.other == ""


def test_scale_of_the_plot_is_passed_on(make):
    rooms = make()
    rooms.face.rd_plot.measure = "ms_ssim"
    rooms.face.rd_plot.measure = "psnr"
    assert rooms.measured == [True, False]


def test_state_is_restored_with_one_request_for_what_is_legal_in_it(make):
    rooms = make()
    rooms.hand.restore({"photo": "rocket", "model": "/etc/passwd", "lmbda": 0.03, "mode": "side", "divider": 0.25})
    assert [(wanted.source.name, wanted.model, wanted.lmbda) for wanted in rooms.asked] == [("rocket", "fake", 0.03)]
    assert (rooms.face.photo_view.mode, rooms.face.photo_view.divider) == ("side", 0.25)
    assert "some is not legal: model is '/etc/passwd'" in rooms.controls.error


def test_uploaded_file_is_chosen_and_stands_first(make):
    rooms = make()
    rooms.hand.upload("mine.png", b"")
    assert [wanted.source.name for wanted in rooms.asked] == ["mine.png"]
    assert rooms.controls.photos[0] == rooms.controls.photo == "mine.png"
