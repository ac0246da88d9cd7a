"""A blind test in a real browser: buttons and keys vote, also with the hand on the pictures, until names are known."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dcae_widgets.blind_test import BlindPair, BlindTest

from ..dcae_widgets.matched_files import file
from .widget_page import MountedWidget

pytestmark = pytest.mark.e2e

PAIR = BlindPair("flower", file("ours", 1000, 34.0), file("WebP", 1300, 32.0, level=200))


def test_buttons_and_keys_vote_until_names_are_revealed(mount: Callable[..., MountedWidget]):
    test = BlindTest([PAIR], rounds=5, seed=1)
    pictures, ballot = mount(test.photo_view, 900), mount(test.panel, 900)
    # In Jupyter both stand in one box: so they do here.
    page = ballot.page
    page.evaluate("() => document.querySelector('.dcae-blind').closest('body').classList.add('dcae-blind-test')")
    expect(ballot.element.get_by_role("status").first).to_have_text("Round 1 of 5: which picture looks better?")

    ballot.element.get_by_role("button", name="No difference").click()
    ballot.on.exchange()
    assert [vote.vote for vote in test.votes] == ["neither"]
    expect(ballot.element.get_by_role("status").first).to_have_text("Round 2 of 5: which picture looks better?")

    sides = []
    pictures.element.locator(".dcae-pane").click()
    for key in ("l", "R", "l"):
        sides.append(test._left if key == "l" else test._right)
        page.keyboard.press(key)
        ballot.on.exchange()
    assert [vote.vote for vote in test.votes[1:]] == sides
    page.keyboard.press("Control+l")  # the browser's own
    ballot.on.exchange()
    assert len(test.votes) == 4
    assert "ours" not in page.locator("body").inner_text()

    ballot.element.get_by_role("button", name="Reveal which is which").click()
    ballot.on.exchange()
    expect(ballot.element.get_by_role("button", name="Left is better")).to_be_disabled()
    expect(ballot.element.get_by_role("listitem").first).to_contain_text("4 votes: ours")
    page.keyboard.press("n")
    ballot.on.exchange()
    assert len(test.votes) == 4

    ballot.element.get_by_role("button", name="Go on, blind").click()
    ballot.on.exchange()
    expect(ballot.element.get_by_role("button", name="Left is better")).to_be_enabled()
    assert "ours" not in page.locator("body").inner_text()


def test_ballot_gives_back_what_it_held(mount: Callable[..., MountedWidget]):
    ballot = mount(BlindTest([PAIR], seed=1).panel, 900)
    held = ballot.on.held()
    ballot.add_view()
    ballot.close_view(1)
    assert ballot.on.held() == held
