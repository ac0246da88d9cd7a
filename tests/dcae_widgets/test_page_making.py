"""The button for a page: it makes the page of what is looked at, says how far it is, stops, and says what is wrong."""

import numpy as np
import pytest

from dcae.codec.interruption import interruption_point
from dcae_widgets.explorer import Explorer

from .fake_codec import LIMIT_S, FakeCodec, photo, until
from .photo_pages import made_up_page


class Setting:
    """An explorer of a fake codec; pages are made up, in four steps, or fail."""

    def __init__(self) -> None:
        self.asked, self.sent, self.error = [], [], None
        self.is_held = False
        self.explorer = Explorer(lambda _: FakeCodec(), model="fake", photo=photo(), make_page=self.make_page)
        self.controls = self.explorer.controls
        self.controls.send = lambda content, buffers=None: self.sent.append((content, buffers))
        assert self.explorer.wait(LIMIT_S)

    def make_page(self, model, image, name, part, report):
        self.asked.append((model, image, name, part))
        for done in range(1, 5):
            report(done, 4)
            until(lambda: interruption_point() or not self.is_held)
        if self.error is not None:
            raise self.error
        return made_up_page(name)

    def press(self, begin: bool = True, asked: str = "7") -> None:
        self.controls._receive(self.controls, {"type": "page", "begin": begin, "id": asked}, [])

    def rest(self) -> None:
        assert self.explorer._pages.wait(LIMIT_S)


@pytest.fixture
def setting():
    made = Setting()
    yield made
    made.is_held = False
    made.explorer.close()


def test_page_of_the_shown_photo_is_sent_to_who_asked(setting):
    assert setting.controls.page == "ready"
    setting.press()
    setting.rest()
    ((model, image, name, part),) = setting.asked
    assert (model, name, part) == ("fake", "photo", (0, 0, photo().shape[1], photo().shape[0]))
    np.testing.assert_array_equal(image, photo())
    ((content, (html,)),) = setting.sent
    assert content == {"type": "file", "id": "7", "name": "photo.html", "mime": "text/html"}
    assert html.startswith(b"<!doctype html>")
    assert setting.controls.page == "ready"


def test_hand_goes_on_and_sees_how_far_the_page_is(setting):
    setting.is_held = True
    setting.press()
    until(lambda: setting.controls.page_share == 0.25)
    assert setting.controls.page == "running"
    setting.controls.lmbda = 0.05
    assert setting.explorer.wait(LIMIT_S)
    assert setting.explorer.data is not None
    assert setting.controls.page == "running"
    setting.is_held = False
    setting.rest()
    assert len(setting.sent) == 1


def test_stopped_page_comes_to_nothing_and_another_one_can_be_made(setting):
    setting.is_held = True
    setting.press()
    until(lambda: setting.asked)
    setting.press(begin=False)
    assert setting.controls.page == "ready"
    setting.rest()
    assert not setting.sent
    setting.is_held = False
    setting.press(asked="8")
    setting.rest()
    assert [content["id"] for content, _ in setting.sent] == ["8"]
    assert setting.controls.error == ""


def test_why_there_is_no_page_is_said(setting):
    setting.error = ValueError("models is no single model; a page shows one model's codings")
    setting.press()
    setting.rest()
    assert not setting.sent
    assert setting.controls.error == str(setting.error)
    assert setting.controls.page == "ready"


def test_without_somebody_who_makes_pages_there_is_no_button(setting):
    explorer = Explorer(lambda _: FakeCodec(), model="fake", photo=photo())
    assert explorer.wait(LIMIT_S)
    assert explorer.controls.page == ""
    explorer.controls._receive(explorer.controls, {"type": "page", "begin": True, "id": "1"}, [])
    assert explorer.controls.error == "there is no page of this: a page shows a photo that was encoded here"
    explorer.close()
