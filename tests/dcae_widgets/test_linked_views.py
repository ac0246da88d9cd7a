"""Views that follow an explorer: the newest file's findings are shown, a stale one's never, and errors are said."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dcae.codec.interruption import interruption_point
from dcae_widgets.explorer import Explorer
from dcae_widgets.linked_views import LINKED_TRAITS, MAX_FOLLOWED_PX, Followers, link_photos
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.shown import Coding

from .fake_codec import LIMIT_S, FakeCodec, photo, until


class Setting:
    """An explorer of a fake codec, and what somebody finds out about its files, which can be held up."""

    def __init__(self) -> None:
        self.codec = FakeCodec()
        self.explorer = Explorer(lambda name: self.codec, model="fake", photo=photo())
        self.begun: list[float | None] = []
        self.shown: list[tuple[str, float | None]] = []
        self.gate: threading.Event | None = None
        self.followers = Followers(self.explorer, self.find_out, self.shown.append)

    def find_out(self, model: str, image: np.ndarray, lmbda: float | None) -> tuple[str, float | None]:
        assert np.array_equal(image, self.explorer.photo_view.layers[0].image)
        self.begun.append(lmbda)
        while self.gate is not None and not self.gate.wait(0.002):
            interruption_point()
        if lmbda is not None and lmbda > 0.04:
            raise ValueError(f"nothing is known of {lmbda:g}")
        return model, lmbda

    def ask(self, lmbda: float, *, final: bool = True) -> None:
        serial = self.explorer.controls.request.get("serial", 0) + 1
        self.explorer.controls.set_state(
            {"lmbda": lmbda, "request": {"serial": serial, "lmbda": lmbda, "final": final}}
        )


@pytest.fixture
def setting() -> Iterator[Setting]:
    made = Setting()
    assert made.followers.wait(LIMIT_S)
    yield made
    made.codec.let_go()
    made.followers.close()
    made.explorer.close()


def test_what_is_found_out_about_each_file_is_shown(setting: Setting):
    assert setting.shown == [("fake", 0.013)]
    setting.ask(0.02)
    assert setting.followers.wait(LIMIT_S)
    assert setting.shown == [("fake", 0.013), ("fake", 0.02)]
    assert isinstance(setting.explorer.coding, Coding)
    assert setting.explorer.coding.lmbda == 0.02


def test_estimates_are_not_followed(setting: Setting):
    setting.ask(0.03, final=False)
    assert setting.followers.wait(LIMIT_S)
    assert setting.explorer.coding is None
    assert setting.begun == [0.013]


def test_stale_run_is_given_up_and_never_shown(setting: Setting):
    setting.gate = threading.Event()
    setting.ask(0.02)
    until(lambda: setting.begun == [0.013, 0.02], "the run")
    setting.ask(0.03)  # the one of 0.02 ends by itself: its gate is never opened
    until(lambda: setting.begun == [0.013, 0.02, 0.03], "the newer run")
    setting.gate.set()
    assert setting.followers.wait(LIMIT_S)
    assert setting.shown == [("fake", 0.013), ("fake", 0.03)]


def test_hand_that_moves_on_ends_the_run_of_the_file_before(setting: Setting):
    setting.gate = threading.Event()
    setting.ask(0.02)
    until(lambda: setting.begun == [0.013, 0.02], "the run")
    setting.ask(0.05, final=False)
    assert setting.followers.wait(LIMIT_S)  # it would last for ever
    assert setting.shown == [("fake", 0.013)]


def test_error_stands_in_the_panel_and_the_next_file_is_followed(setting: Setting):
    setting.ask(0.045)
    assert setting.followers.wait(LIMIT_S)
    assert "nothing is known of 0.045" in setting.explorer.controls.error
    setting.ask(0.02)
    assert setting.followers.wait(LIMIT_S)
    assert setting.shown[-1] == ("fake", 0.02)


def test_errors_are_told_to_whoever_wants_to_say_them(setting: Setting):
    told: list[Exception] = []
    followers = Followers(setting.explorer, setting.find_out, setting.shown.append, told.append)
    setting.ask(0.045)
    assert followers.wait(LIMIT_S)
    assert setting.followers.wait(LIMIT_S)
    assert [str(error) for error in told] == ["nothing is known of 0.045"]
    followers.close()


def test_file_is_found_out_about_again_if_that_is_asked_for(setting: Setting):
    setting.followers.ask_again()
    assert setting.followers.wait(LIMIT_S)
    assert setting.shown == [("fake", 0.013), ("fake", 0.013)]


def test_large_photo_is_refused_in_words(setting: Setting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae_widgets.linked_views.MAX_FOLLOWED_PX", 48 * 64 - 1)
    setting.ask(0.02)
    assert setting.followers.wait(LIMIT_S)
    assert "the photo has 64 x 48 px; views follow those of at most 3071 px" in setting.explorer.controls.error
    assert MAX_FOLLOWED_PX >= 2_000_000


def test_closed_followers_follow_no_more(setting: Setting):
    setting.followers.close()
    setting.ask(0.02)
    assert setting.explorer.wait(LIMIT_S)
    assert setting.begun == [0.013]


def test_viewers_are_linked_one_to_the_next():
    views = [PhotoView([Layer("photo", photo())]) for _ in range(3)]
    links: list[Any] = link_photos(*views)
    pairs = {(link.source[0], link.target[0]) for link in links}
    assert pairs == {(views[0], views[1]), (views[1], views[2])}
    assert len(links) == 2 * len(LINKED_TRAITS)


def test_fewer_than_two_viewers_are_refused():
    with pytest.raises(ValueError, match="1 views; there must be 2 or more"):
        link_photos(PhotoView())
