"""What an explorer draws: what is chosen, and the answers about it, of which an older one never covers a newer one.

Knows the choice, the widgets by their face, the picture beside, and the page's button. Does not know the hand, nor who
computes: what has to be asked for again it says to whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dcae.shipped_weights import immutable_name
from dcae_widgets.error_words import said
from dcae_widgets.events import (
    Busy,
    CurveGrown,
    CurvesBegun,
    CurvesMeasured,
    Estimated,
    Event,
    Failed,
    ModelReady,
    Opened,
    PhotoReady,
    Written,
)
from dcae_widgets.explorer_choice import Choice
from dcae_widgets.explorer_face import ExplorerFace
from dcae_widgets.explorer_state import link_state
from dcae_widgets.page_making import PageMaking
from dcae_widgets.python_lines import python_lines
from dcae_widgets.quiet import Quiet
from dcae_widgets.second_picture import SecondPicture
from dcae_widgets.shown import Coding


class Drawing:
    """Draws on an explorer's face. All methods but `apply` are called under the lock.

    Args:
        choice: What the hand has chosen; what could be had is noted there.
        face: The four widgets.
        second: The picture beside.
        pages: The button for a page.
        ask_again: Asks for the file of what is chosen.
        say_coding: Is told what the file that is drawn is a coding of, each time that something is found out about it;
            of files that were opened or refined, and of those that are not the newest, nothing is told.
        lock: Is held while something is drawn.

    Attributes:
        quiet: Whether traits that are otherwise the hand's are being set by the drawing.
    """

    def __init__(
        self,
        choice: Choice,
        face: ExplorerFace,
        second: SecondPicture,
        pages: PageMaking,
        *,
        ask_again: Callable[[], None],
        say_coding: Callable[[Coding], None],
        lock: Any,
    ) -> None:
        self._choice, self._face, self._second, self._pages = choice, face, second, pages
        self._ask_again, self._say_coding, self._lock = ask_again, say_coding, lock
        self._drawn = 0
        self._view_to_restore: list[float] | None = None
        self.quiet = Quiet()

    def apply(self, event: Event) -> None:
        """What was found out, drawn unless it is about what nobody wants any more or older than what is drawn."""
        with said(self._face.say, self._lock):
            if self._choice.is_moot(event.wanted):
                return
            match event:
                case Busy():
                    self._face.controls.busy = event.text
                case ModelReady():
                    self._face.qualities = event.qualities
                    self.show_choice()
                    self._show_dial()
                case PhotoReady():
                    self._show_photo(event)
                case Estimated() | Written() | Opened():
                    self._draw(event)
                case CurvesBegun():
                    self._face.begin_curves(event)
                case CurveGrown():
                    self._face.rd_plot.set_curve(event.name, event.points, event.kind)
                case CurvesMeasured():
                    self._face.say_measured(event)
                case Failed():
                    self._fail(event)

    def show_choice(self) -> None:
        """The panel's lists, and what is chosen in them."""
        choice, controls = self._choice, self._face.controls
        with self.quiet, controls.hold_sync():
            controls.photos = list(choice.photos)
            controls.models = list(dict.fromkeys([*controls.models, *filter(None, [choice.good_model])]))
            controls.photo, controls.model, controls.lmbda = choice.source.name, choice.model, choice.lmbda

    def show_beside(self, name: str) -> None:
        """Another codec's picture in the photo's place; the photo itself if the name is "".

        Raises:
            ValueError: There is no such codec; what was shown before stays.
        """
        try:
            self._second.choose(name)
        finally:
            self._face.controls.other = self._second.name
        self.remember()

    def restore_view(self, view: list[float] | None) -> None:
        """Which part of the chosen photo is seen, now or as soon as that is shown; None for no certain one."""
        if self._choice.source is not self._face.shown.source:
            self._view_to_restore = view
        elif view is not None:
            self._face.photo_view.view = view

    def keep_view(self, view: list[float]) -> None:
        """Another part is seen: if only because the page shows the whole of a photo of another size, it is undone."""
        if view[2] == 0 and self._view_to_restore is not None:
            self._face.photo_view.view, self._view_to_restore = self._view_to_restore, None

    def remember(self) -> None:
        """Renews what a link carries and what is copied."""
        choice, controls, shown = self._choice, self._face.controls, self._face.shown
        view = {name: getattr(self._face.photo_view, name) for name in ("mode", "divider", "view")}
        names = {"photo": choice.source.name, "model": choice.model, "other": controls.other}
        controls.state = link_state(lmbda=shown.lmbda, **names, **view)
        stops = bool(controls.stops)
        steps = shown.polish.steps if shown.polish else 0
        has_name = shown.source.data is None or immutable_name(shown.model)  # a file says only the identity of others
        model = shown.model if has_name and shown.model else choice.model
        controls.python_code = python_lines(shown.source, model, shown.lmbda, stops=stops, polish_steps=steps)

    def _show_photo(self, event: PhotoReady) -> None:
        self._choice.good_source = event.wanted.source
        if self._face.shown.source is not event.wanted.source:
            self._face.show_photo(event.wanted.source, event.image, self._view_to_restore)
            self._second.show_photo(event.image)
            self._show_dial()

    def _show_dial(self) -> None:
        with self.quiet:
            self._face.show_dial(self._choice.lmbda)

    def _draw(self, event: Estimated | Written | Opened) -> None:
        if event.wanted.serial < self._drawn:
            return
        self._drawn = event.wanted.serial
        if self._choice.good_model != event.wanted.model:
            self._choice.good_model = event.wanted.model
            self.show_choice()
        with self.quiet:
            self._face.draw(event, pending=event.wanted.lmbda != self._choice.newest.lmbda)
        if isinstance(event, Opened):
            self._choice.good_source = event.wanted.source
            self._second.show_photo(None)
        else:
            self._second.follow(event.data if isinstance(event, Written) else None)
        if isinstance(event, Written) and event.polish is None and event.wanted is self._choice.newest:
            self._say_coding(Coding(event.wanted.model, self._face.photo, event.lmbda))
        if not isinstance(event, Estimated):
            self._view_to_restore = None
        self._pages.follow()
        self.remember()

    def _fail(self, event: Failed) -> None:
        """Says why; weights or a photo that cannot be had leave the ones before in place.

        Where there are none, and where a folder's other weights can be used, what is shown says whose it is.
        """
        self._face.say(event.error)
        is_newest = event.wanted is self._choice.newest
        if is_newest and event.wanted.polish:
            self._ask_again()  # the plain file is shown again
        elif self._choice.fall_back(event.part):
            self.show_choice()
            self._ask_again()
        elif is_newest:
            self._face.show_what_stays()
