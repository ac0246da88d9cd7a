"""The tour in a real browser: it opens at the step where it stands."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dcae_widgets.tour import Step, Tour

from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

Mount = Callable[..., MountedWidget]


def tour(**traits: int) -> Tour:
    steps = [Step(title, f"What {title} is.", "Look at it.", "h1") for title in ("One", "Two", "Three")]
    made = Tour("Workbench", "Look around.", steps)
    made.set_trait("step", traits.get("step", -1))
    return made


@pytest.mark.parametrize("late", [False, True])
def test_a_tour_that_is_open_already_is_shown_at_its_step(mount: Mount, widget_page: WidgetPage, late: bool):
    mounted = mount(tour(step=1), late=late)
    expect(mounted.element.get_by_role("dialog")).to_contain_text("2 of 3")
    mounted.push(step=2)
    expect(mounted.element.get_by_role("dialog")).to_contain_text("3 of 3")
    assert widget_page.errors == []


def test_a_tour_that_is_closed_before_it_is_seen_leaves_nothing(mount: Mount, widget_page: WidgetPage):
    before = widget_page.held()
    mount(tour(step=1), late=True).close_view()
    assert widget_page.held() == before
