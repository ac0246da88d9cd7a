"""The page for a class: its parts follow the explorer's file, and only the one that is seen asks for anything."""

import threading
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dcae.codec.bitstream import Header, pack
from dcae.codec.sections import Section, SectionType
from dcae.images import png_bytes
from dcae_widgets.demo_page import STEPS, DemoPage
from dcae_widgets.demo_parts import PARTS
from dcae_widgets.dictionary_view import DictionaryView
from dcae_widgets.limits import VISITORS
from dcae_widgets.linked_views import LINKED_TRAITS
from dcae_widgets.progressive_view import ProgressiveView
from dcae_widgets.rate_map import RateMapView

from .demo_pages import Asked, demo_page, made_up_trace
from .fake_codec import LIMIT_S, photo, until

START = 0.013


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def page(asked: Asked) -> Iterator[DemoPage]:
    made = demo_page(asked)
    assert made.wait(LIMIT_S)
    yield made
    made.close()


def move(page: DemoPage, lmbda: float) -> None:
    serial = page.explorer.controls.request.get("serial", 0) + 1
    request = {"serial": serial, "lmbda": lmbda, "final": True}
    page.explorer.controls.set_state({"lmbda": lmbda, "request": request})


def choose(page: DemoPage, part: str) -> Any:
    page.parts.choice.part = part
    assert page.wait(LIMIT_S)
    return page.parts.views[part]


def test_bits_of_the_explorers_file_are_shown_first(page: DemoPage, asked: Asked):
    assert asked.asked == [("trace", START)]
    view = page.parts.views["bits"]
    assert isinstance(view, RateMapView)
    assert np.array_equal(view.photo_view.layers[0].image, photo())
    assert view.rates.file == made_up_trace(photo()).file
    assert page.parts.choice.said.startswith("Of the file at λ = 0.013, made by small-")


def test_only_the_part_that_is_seen_asks_and_two_share_a_trace(page: DemoPage, asked: Asked):
    assert isinstance(choose(page, "slices"), ProgressiveView)
    assert asked.asked[1:] == [("prediction", START), ("zeros", START)]
    assert isinstance(choose(page, "dictionary"), DictionaryView)
    choose(page, "bits")
    assert len(asked.asked) == 3, "the trace is still there, and so is what was drawn"
    move(page, 0.02)
    assert page.wait(LIMIT_S)
    assert asked.asked[3:] == [("trace", 0.02)]
    choose(page, "slices")
    assert asked.asked[4:] == [("prediction", 0.02), ("zeros", 0.02)]


def test_one_part_is_seen_at_a_time(page: DemoPage):
    for part in PARTS:
        page.parts.choice.part = part.name
        shown = [name for name, box in page.parts._boxes.items() if box.layout.display != "none"]
        assert shown == [part.name]


def test_another_file_is_shown_in_the_same_widgets(page: DemoPage):
    views = {part.name: choose(page, part.name) for part in PARTS}
    layers = {name: view.photo_view.layers for name, view in views.items()}
    page.explorer._upload("mine.png", png_bytes(photo(5, 40, 90)))
    for part in PARTS:
        assert choose(page, part.name) is views[part.name]
        assert views[part.name].photo_view.layers == layers[part.name]
        assert any(np.array_equal(layer.image, photo(5, 40, 90)) for layer in layers[part.name])


def test_viewers_move_together(page: DemoPage):
    view = choose(page, "dictionary")
    pairs = {(link.source, link.target) for link in page.parts._links}  # pyright: ignore[reportAttributeAccessIssue]
    for name in LINKED_TRAITS:
        assert ((page.explorer.photo_view, name), (view.photo_view, name)) in pairs
    assert len(pairs) == 2 * len(LINKED_TRAITS)


def test_what_is_being_found_out_is_said():
    gate, asked = threading.Event(), Asked()

    class Slow(Asked):
        def trace(self, model: str, image: Any, lmbda: float | None) -> Any:
            assert gate.wait(LIMIT_S)
            return asked.trace(model, image, lmbda)

    page = demo_page(Slow())
    try:
        until(lambda: page.parts.choice.busy == "Tracing where each bit goes …")
        gate.set()
        assert page.wait(LIMIT_S)
        assert page.parts.choice.busy == ""
    finally:
        page.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [(ValueError("it is too large"), "it is too large"), (RuntimeError("gone"), "RuntimeError: gone")],
)
def test_errors_are_said_and_the_next_file_is_shown(page: DemoPage, asked: Asked, error: Exception, words: str):
    asked.error = error
    move(page, 0.02)
    assert page.wait(LIMIT_S)
    assert (page.parts.choice.error, page.parts.choice.busy) == (words, "")
    assert page.explorer.controls.error == ""
    asked.error = None
    move(page, 0.03)
    assert page.wait(LIMIT_S)
    assert page.parts.choice.error == ""
    assert page.parts.choice.said.startswith("Of the file at λ = 0.03")


def test_opened_file_is_not_taken_for_what_the_parts_show(page: DemoPage):
    section = Section(SectionType.Z, zlib.compress(photo(1).tobytes()))
    data = pack(Header(bytes([1] * 8), 0.01, 64, 48), [section])
    page.explorer._upload("other.dcae", data)
    assert page.wait(LIMIT_S)
    assert page.explorer.readout.kind == "opened", page.explorer.controls.error
    assert page.parts.choice.said == "An opened file has no photo to compare it with: this is still the photo before"


def test_tour_opens_the_part_that_it_speaks_of(page: DemoPage):
    choose(page, "dictionary")
    page.tour.step = 0
    assert page.parts.choice.part == "dictionary"
    page.tour.step = next(index for index, step in enumerate(STEPS) if step.part)
    assert page.parts.choice.part == "bits"
    page.tour.step = -1
    assert page.parts.choice.part == "bits"


def test_tour_has_six_steps_and_knows_no_other(page: DemoPage):
    assert len(page.tour.steps) == 6
    assert {step.part for step in STEPS} <= {"", *(part.name for part in PARTS)}
    for step in (-2, 6):
        with pytest.raises(ValueError, match=f"step is {step}; must be -1 to 5"):
            page.tour.step = step


def test_part_that_is_none_is_refused(page: DemoPage):
    with pytest.raises(ValueError, match="part is 'attention'; must be one of bits, slices, dictionary"):
        page.parts.choice.part = "attention"


def test_visitors_have_limits(page: DemoPage):
    assert page.explorer._limits is VISITORS
    assert not page.explorer.controls.paths, "none is offered, since none is taken"
    page.explorer.controls.model = "/etc/passwd"
    assert "there is no model '/etc/passwd' here" in page.explorer.controls.error


def test_closing_closes_all_of_it(asked: Asked):
    page = demo_page(asked)
    assert page.wait(LIMIT_S)
    view = page.parts.views["bits"]
    parts = [page, page.tour, page.explorer, page.parts, page.parts.choice, view, *view.photo_view.layers]
    page.close()
    assert all(part.comm is None for part in parts)
    assert page.parts._followers._worker.closed
