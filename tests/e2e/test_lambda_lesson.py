"""The lesson on lambda in JupyterLab: bars that shrink under the slider, and one channel's gain among the others."""

import pytest
from playwright.sync_api import Page, expect

from .lab_kernel import ask, run_lesson

pytestmark = pytest.mark.e2e

BARS, SLIDER = ".dcae-plot-choosable", ".dcae-plot-choosable .dcae-plot-slider"
HEIGHTS = "place => [...document.querySelector(place).querySelector('.dcae-plot-drawing')._fullData[0].y]"


def test_lambda_and_a_channel_are_chosen_by_keys(page: Page, lab_server: str, outside_requests: list[str]):
    run_lesson(page, lab_server.format("07_what_lambda_does.ipynb"))
    page.wait_for_function(f"() => document.querySelector('{BARS} .dcae-plot-drawing')?._fullData")
    assert ask(page, "view.step") == 0
    low = page.evaluate(HEIGHTS, BARS)

    page.locator(".widget-slider").get_by_role("slider").press("End")
    expect(page.get_by_text("of 320 channels say nothing but 0")).to_be_visible()
    page.wait_for_function(f"before => ({HEIGHTS})('{BARS}')[0] > before", arg=low[0])
    high = page.evaluate(HEIGHTS, BARS)
    assert high == sorted(high, reverse=True)
    assert sum(high) > sum(low)

    page.locator(SLIDER).focus()
    page.keyboard.press("PageUp")
    expect(page.locator(".legendtext", has_text="channel")).not_to_have_text("channel 0")
    assert ask(page, "int((view._order == view.channel).argmax())") == 10
    said = page.locator(SLIDER).get_attribute("aria-valuetext")
    assert said is not None
    assert said.startswith(f"channel {ask(page, 'view.channel')}: ")
    assert not outside_requests
