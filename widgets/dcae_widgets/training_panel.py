"""A run's panel: how far it is, what it can be told to do, and the lambda at which its picture is drawn.

It says what the hand asks for and shows what it is told. Knows words and numbers. Does not know files or runs.
"""

from collections.abc import Callable
from typing import Any

import traitlets
from anywidget import AnyWidget

from dcae.config import LMBDA_MAX, LMBDA_MIN
from dcae_widgets.front_end import front_end
from dcae_widgets.lmbda_dial import START_LMBDA

COMMANDS = ("pause", "continue", "stop")
"""What a run can be told."""


class TrainingPanel(AnyWidget):
    """State, figures, buttons and the slider of lambda.

    The page asks by messages and sets no trait, so that a thread may set them while a cell runs.

    Args:
        on_command: Called with one of :data:`COMMANDS`.
        on_lmbda: Called with the lambda under the hand, and whether the hand rests.

    Attributes:
        state: A word that the page has a colour for.
        sentence: What that means, in words.
        commands: Which commands can be given now.
        share: How much of the run is done, 0 to 1; -1 if that is not known.
        figures: [label, value with its unit] of each figure, in order.
        lmbda: Where the slider stands.
        lmbda_min, lmbda_max: Its ends; above 0.
        enabled: Whether it can be moved.
        caption: What the picture shows, or why there is none.
        error: What went wrong; "" if nothing did.
    """

    state = traitlets.Unicode("waiting").tag(sync=True)
    sentence = traitlets.Unicode().tag(sync=True)
    commands = traitlets.List(traitlets.Enum(COMMANDS)).tag(sync=True)
    share = traitlets.Float(-1.0).tag(sync=True)
    figures = traitlets.List().tag(sync=True)
    lmbda = traitlets.Float(START_LMBDA).tag(sync=True)
    lmbda_min = traitlets.Float(LMBDA_MIN).tag(sync=True)
    lmbda_max = traitlets.Float(LMBDA_MAX).tag(sync=True)
    enabled = traitlets.Bool(False).tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    _esm, _css = front_end("training_panel").values()

    def __init__(
        self, on_command: Callable[[str], None], on_lmbda: Callable[[float, bool], None], **traits: Any
    ) -> None:
        self._on_command, self._on_lmbda = on_command, on_lmbda
        super().__init__(**traits)
        self.on_msg(self._receive)

    def _receive(self, _: Any, content: dict[str, Any], buffers: Any) -> None:
        match content:
            case {"type": "command", "command": command} if command in COMMANDS:
                self._on_command(command)
            case {"type": "lmbda", "lmbda": lmbda, "final": final}:
                self._on_lmbda(min(max(float(lmbda), self.lmbda_min), self.lmbda_max), bool(final))
