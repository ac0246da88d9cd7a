"""The lesson on anchors in JupyterLab: menus, a clicked bar and the keys choose what the percentage is made of."""

import pytest
from playwright.sync_api import Page, expect

from .lab_kernel import ask, run_lesson

pytestmark = pytest.mark.e2e

BARS = ".dcae-plot-choosable"
LARGE = "p[style*='32px']"


def test_menus_keys_and_bars_choose_the_percentage(page: Page, lab_server: str, outside_requests: list[str]):
    run_lesson(page, lab_server.format("08_how_a_papers_20_percent_is_made.ipynb"))
    page.get_by_role("combobox", name="Codec", exact=True).select_option("dcae")
    page.get_by_role("combobox", name="Anchor", exact=True).select_option("vtm")
    page.get_by_role("combobox", name="Points", exact=True).select_option("all points")
    expect(page.locator(LARGE)).to_have_text("-17.0 %")

    page.get_by_role("combobox", name="Anchor", exact=True).select_option("vtm, truncation counted")
    expect(page.locator(LARGE)).to_have_text("-21.3 %")

    page.wait_for_function(f"() => document.querySelector('{BARS} .dcae-plot-drawing')?._fullData")
    page.locator(BARS).get_by_role("slider").focus()  # not the menu of before: Home is the first there too
    page.keyboard.press("Home")
    expect(page.get_by_role("combobox", name="Anchor", exact=True)).to_have_value(
        ask(page, "view.audit.anchors[0].name")
    )
    assert ask(page, "view.chosen.anchor == view.audit.anchors[0].name")

    page.locator(f"{BARS} .bars path").nth(1).click(force=True)
    expect(page.get_by_role("combobox", name="Anchor", exact=True)).to_have_value(
        ask(page, "view.audit.anchors[1].name")
    )
    assert not outside_requests
