"""An explorer's drawing and hand without a thread: who asks for what is written down, answers are made by a test."""

import threading
from functools import partial

import numpy as np

from dcae_widgets.controls import Controls
from dcae_widgets.events import Estimated, Wanted, Written
from dcae_widgets.explorer_choice import Choice
from dcae_widgets.explorer_drawing import Drawing
from dcae_widgets.explorer_face import ExplorerFace
from dcae_widgets.explorer_hand import Hand
from dcae_widgets.limits import Limits
from dcae_widgets.page_making import PageMaking
from dcae_widgets.photo_source import given_photo
from dcae_widgets.second_picture import SecondPicture
from dcae_widgets.shown import Coding

from .fake_codec import photo

PHOTO = photo()


class Rooms:
    """What an explorer joins, but for the exploration; `asked` and `codings` are what was said to whoever made them."""

    def __init__(self, limits: Limits | None = None) -> None:
        limits, lock = limits or Limits(), threading.RLock()
        source = given_photo(PHOTO)
        self.asked: list[Wanted] = []
        self.measured: list[bool] = []
        self.codings: list[Coding] = []
        self.choice = Choice(source, "fake", 0.02, paths=limits.paths)
        self.controls = Controls(photos=list(self.choice.photos), photo=source.name, model="fake", models=["fake"])
        self.controls.lmbda = 0.02
        self.face = ExplorerFace(self.controls, source, PHOTO)
        second = SecondPicture({}, self.face.beside, PHOTO, self.face.say, lock)
        pages = PageMaking(None, lambda: None, self.controls, self.face.say, lock)
        ask_again = partial(self.want, final=True)
        self.drawing = Drawing(
            self.choice, self.face, second, pages, ask_again=ask_again, say_coding=self.codings.append, lock=lock
        )
        heard = {"want": self.want, "measure_curves": self.measured.append}
        self.hand = Hand(self.choice, self.face, self.drawing, **heard, limits=limits, lock=lock)

    def want(self, *, final: bool) -> None:
        self.asked.append(self.choice.ask(final=final))

    def close(self) -> None:
        self.face.close()


def estimate(wanted: Wanted, picture: np.ndarray = PHOTO) -> Estimated:
    size = (picture.shape[1], picture.shape[0])
    found = {"lmbda": wanted.lmbda, "picture": picture, "parts": [("all", 90.0)], "psnr_db": 30.0}
    return Estimated(wanted=wanted, rect=None, size=size, total_bytes=90.0, **found)


def written(wanted: Wanted, picture: np.ndarray = PHOTO) -> Written:
    found = {"lmbda": wanted.lmbda, "picture": picture, "parts": [("all", 90.0)], "psnr_db": 30.0}
    return Written(wanted=wanted, data=bytes(90), encode_s=0.1, **found)
