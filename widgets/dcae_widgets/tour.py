"""A page's heading and its guided tour: a few steps that outline a thing, say what it is and what to do now.

Knows words, and the CSS selectors of what they speak of. Does not know what the page is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from anywidget import AnyWidget
from traitlets import Dict, Int, List, Unicode, validate

from dcae_widgets.front_end import front_end


@dataclass(frozen=True)
class Step:
    """A step of a tour.

    Attributes:
        title: a few words.
        words: what is seen, in one or two sentences.
        now: what to do.
        target: CSS selector of what is outlined, in the page that the tour is of; there may be several such elements.
        part: the name of the page's part that has to be shown; "" if that does not matter.
        free: CSS selector of what is to be seen as well, though nothing is said of it; "" if that does not matter.
    """

    title: str
    words: str
    now: str
    target: str
    part: str = ""
    free: str = ""


class Tour(AnyWidget):
    """The page's heading, a sentence and a button; and the tour, a dialog beside what it speaks of.

    The page stays in reach while the tour is open. Arrow keys within the dialog go from step to step, Escape ends it.

    Args:
        title: the page's.
        words: a sentence for somebody who comes for the first time.
        steps: of the tour.

    Attributes:
        steps: of the tour.
        step: index of the step that is shown; -1 while the tour is closed.

    Raises:
        ValueError: there is no such step.
    """

    _esm, _css = front_end("tour").values()

    title = Unicode().tag(sync=True)
    words = Unicode().tag(sync=True)
    steps: Any = List(Dict()).tag(sync=True)
    step = Int(-1).tag(sync=True)

    def __init__(self, title: str, words: str, steps: Sequence[Step]) -> None:
        super().__init__(title=title, words=words, steps=[asdict(each) for each in steps])

    @validate("step")
    def _check_step(self, proposal: Any) -> int:
        if not -1 <= proposal.value < len(self.steps):
            raise ValueError(f"step is {proposal.value}; must be -1 to {len(self.steps) - 1}")
        return proposal.value
