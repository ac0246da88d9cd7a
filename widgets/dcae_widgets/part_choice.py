"""Which part of a page is shown: a row of choices, what the chosen one shows, and how far it is.

Knows words. Does not know what the parts are made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from anywidget import AnyWidget
from traitlets import Dict, List, Unicode, validate

from dcae_widgets.front_end import front_end


@dataclass(frozen=True)
class Part:
    """A part of a page.

    Attributes:
        name: what Python calls it.
        title: what its button says.
        words: what it shows, in a sentence or two.
    """

    name: str
    title: str
    words: str


class PartChoice(AnyWidget):
    """A group of radio buttons, which the arrow keys go through, and lines that are read out when they change.

    Args:
        title: over the choices.
        parts: what there is to choose from, 1 or more; the first is chosen.

    Attributes:
        part: the name of the chosen part.
        busy: what is being found out for it; "" if nothing is.
        said: of what it is.
        error: what went wrong; "" if nothing did.

    Raises:
        ValueError: there is no such part.
    """

    _esm, _css = front_end("part_choice").values()

    title = Unicode().tag(sync=True)
    parts: Any = List(Dict()).tag(sync=True)
    part = Unicode().tag(sync=True)
    busy = Unicode().tag(sync=True)
    said = Unicode().tag(sync=True)
    error = Unicode().tag(sync=True)

    def __init__(self, title: str, parts: Sequence[Part]) -> None:
        super().__init__(title=title, parts=[asdict(each) for each in parts])
        self.part = parts[0].name

    @validate("part")
    def _check_part(self, proposal: Any) -> str:
        names = [each["name"] for each in self.parts]
        if proposal.value not in names:
            raise ValueError(f"part is {proposal.value!r}; must be one of {', '.join(names)}")
        return proposal.value
