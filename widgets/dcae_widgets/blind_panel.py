"""The ballot of a blind test: three answers, by buttons and keys, and what may be known so far.

It says what the hand answers and shows what it is told. Knows words. Does not know pictures or codecs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import traitlets
from anywidget import AnyWidget

from dcae_widgets.front_end import front_end

Answer = Literal["left", "right", "neither"]
ANSWERS: tuple[Answer, ...] = ("left", "right", "neither")


class BlindPanel(AnyWidget):
    """Buttons for the answers, which are also the keys L, R and N, and one that reveals or goes on.

    The page asks by messages and sets no trait.

    Args:
        on_answer: called with one of :data:`ANSWERS`.
        on_reveal: called with whether the names are to be shown; if not, a new round begins.

    Attributes:
        round: counts up; an answer to another round than this one is a second press of a button, and is ignored.
        sentence: which round it is, in words.
        revealed: whether the names are known: then there is nothing to answer.
        lines: what is known, in words, one line each.
        error: what went wrong; "" if nothing did.
    """

    round = traitlets.Int().tag(sync=True)
    sentence = traitlets.Unicode().tag(sync=True)
    revealed = traitlets.Bool(False).tag(sync=True)
    lines = traitlets.List(traitlets.Unicode()).tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    _esm, _css = front_end("blind_panel").values()

    def __init__(self, on_answer: Callable[[Answer], None], on_reveal: Callable[[bool], None]) -> None:
        self._on_answer, self._on_reveal = on_answer, on_reveal
        super().__init__()
        self.on_msg(self._receive)

    def _receive(self, _: Any, content: dict[str, Any], buffers: Any) -> None:
        match content:
            case {"type": "answer", "answer": answer, "round": self.round} if answer in ANSWERS and not self.revealed:
                self._on_answer(answer)
            case {"type": "reveal", "reveal": bool(reveal)}:
                self._on_reveal(reveal)
