"""The readout in a real browser: numbers, what they are of, and a bar that adds up to the file."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from dcae_widgets.readout import Readout

from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

PARTS = [("z", 1204), ("slice 0", 9120), ("slice 1", 5210), ("slice 2", 3300), ("slice 3", 1770), ("slice 4", 912)]
FILE = [*PARTS, ("header and other", 116)]
TOTAL = sum(size for _, size in FILE)
NUMBERS: dict[str, Any] = {
    "bytes": TOTAL, "bpp": 0.63323, "ratio": 37.9, "psnr_db": 34.217, "ms_ssim": 0.98734, "encode_s": 0.412,
    "decode_s": 12.3,
}  # fmt: skip
Mount = Callable[..., MountedWidget]


def readout(kind: str = "file", **numbers: Any) -> Readout:
    made = Readout()
    made.show(kind, NUMBERS | numbers, FILE, "the whole photo, 640 × 427 px")
    return made


def python(mounted: MountedWidget) -> Readout:
    """The Python side of what is shown."""
    assert isinstance(mounted.widget, Readout)
    return mounted.widget


def number(mounted: MountedWidget, key: str) -> Locator:
    return mounted.element.locator(f"[data-key={key}] dd")


def rows(mounted: MountedWidget) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in mounted.element.locator("tbody tr").all()]


def test_numbers_are_written_as_people_read_them(mount: Mount):
    mounted = mount(readout())
    texts = {key: number(mounted, key).inner_text() for key in NUMBERS}
    assert texts == {
        "bytes": "21,632bytes · 21.6 kB", "bpp": "0.633bpp", "ratio": "1 : 38", "psnr_db": "34.22dB",
        "ms_ssim": "0.987318.98 dB", "encode_s": "412 ms", "decode_s": "12.3 s",
    }  # fmt: skip


def test_ratio_of_a_file_that_is_larger_than_raw_has_two_digits(mount: Mount):
    assert number(mount(readout(ratio=0.0312)), "ratio").inner_text() == "1 : 0.031"


def test_unknown_numbers_are_dashes_and_missing_ones_are_not_there(mount: Mount):
    made = Readout()
    made.show("estimate", {"bytes": 9.6, "encode_s": None, "psnr_db": math.inf, "ms_ssim": 1.0})
    mounted = mount(made)
    assert mounted.element.locator("dt").all_inner_texts() == ["File size", "PSNR", "MS-SSIM", "Encoded in"]
    assert number(mounted, "encode_s").inner_text() == "–"
    assert number(mounted, "psnr_db").inner_text() == "∞dB"
    assert number(mounted, "ms_ssim").inner_text() == "1.0000∞ dB"
    assert number(mounted, "bytes").inner_text().startswith("10bytes")
    expect(mounted.element.get_by_text("What happened")).to_be_hidden()


@pytest.mark.parametrize(("kind", "word"), [("estimate", "Estimate"), ("file", "File"), ("opened", "Opened file")])
def test_badge_says_in_a_word_what_the_numbers_are_of(mount: Mount, kind: str, word: str):
    mounted = mount(readout(kind))
    expect(mounted.element.get_by_text(word, exact=True)).to_be_visible()
    expect(mounted.element.get_by_text("the whole photo, 640 × 427 px")).to_be_visible()


def test_legend_adds_up_to_the_file(mount: Mount):
    mounted = mount(readout())
    *parts, total = rows(mounted)
    assert parts[0] == ["z", "1,204", "5.6 %"]
    assert sum(int(size.replace(",", "")) for _, size, _ in parts) == TOTAL
    assert total == ["together", "21,632", "100.0 %"]
    label = mounted.element.get_by_role("img").get_attribute("aria-label")
    assert label is not None
    assert label.startswith("Stacked bar of 21,632 bytes: z 1,204, slice 0 9,120")


@pytest.mark.parametrize(("width_px", "lines"), [(1100, 2), (700, 4), (352, 8)])
def test_legend_is_whole_in_as_few_lines_as_there_is_room_for(mount: Mount, width_px: int, lines: int):
    mounted = mount(readout(), width_px)
    boxes = [row.bounding_box() for row in mounted.element.locator("tbody tr").all()]
    assert len({box["y"] for box in boxes if box}) == lines
    cells = mounted.element.locator("tbody :is(th, td)")
    assert cells.evaluate_all("cells => cells.every(cell => cell.scrollWidth <= cell.clientWidth + 1)")
    assert cells.evaluate_all("cells => cells.every(cell => cell.clientHeight < 24)")


def test_whole_bytes_of_an_estimate_add_up_to_its_whole_total(mount: Mount):
    made = Readout()
    made.show("estimate", {"bytes": 10.0}, [("z", 3.4), ("slice 0", 3.3), ("header and other", 3.3)])
    mounted = mount(made)
    assert [size for _, size, _ in rows(mounted)] == ["4", "3", "3", "10"]


def test_bar_is_divided_as_the_file_is(mount: Mount):
    mounted = mount(readout(), 640)
    widths = mounted.element.locator(".dcae-readout-bar span").evaluate_all(
        "spans => spans.map(span => span.getBoundingClientRect().width)"
    )
    assert len(widths) == len(FILE)
    usable = 640 - (len(FILE) - 1)  # a gap of 1 px between parts
    for width, (_, size) in zip(widths, FILE, strict=True):
        assert width == pytest.approx(usable * size / TOTAL, abs=0.1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_parts_differ_from_each_other_and_from_the_page(mount: Mount, widget_page: WidgetPage, theme: str):
    if theme == "dark":
        widget_page.set_theme(theme)
    widget_page.page.evaluate("light => { document.body.dataset.jpThemeLight = light; }", str(theme == "light").lower())
    mounted = mount(readout())
    colours = mounted.element.locator(".dcae-readout-bar span").evaluate_all(
        "spans => spans.map(span => getComputedStyle(span).backgroundColor)"
    )
    page = widget_page.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert len(set(colours)) == len(FILE)
    assert min(contrast(colour, page) for colour in colours) > 1.4, "beside the line around each"


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours as a browser computes them, 1 to 21."""

    def luminance(colour: str) -> float:
        rgb = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_pending_numbers_are_dimmed_until_the_next(mount: Mount):
    mounted = mount(readout())
    numbers = mounted.element.locator("dl")
    mounted.push(pending=True)
    expect(numbers).to_have_css("opacity", "0.5")
    python(mounted).show("file", NUMBERS, FILE)
    mounted.on.exchange()
    expect(numbers).to_have_css("opacity", "1")


def test_only_final_numbers_are_read_out(mount: Mount):
    mounted = mount(readout("estimate"))
    live = mounted.element.locator("[aria-live=polite]")
    assert live.inner_text() == ""
    python(mounted).show("file", NUMBERS, FILE)
    mounted.on.exchange()
    words = "File: File size 21,632 bytes · 21.6 kB, Bits per pixel 0.633 bpp, To raw RGB 1 : 38, PSNR 34.22 dB"
    expect(live).to_contain_text(words)
    mounted.push(pending=True, kind="estimate")
    python(mounted).show("estimate", NUMBERS | {"bytes": TOTAL + 1}, FILE)
    mounted.on.exchange()
    expect(live).to_contain_text(words)


def test_numbers_keep_their_places_whatever_they_are(mount: Mount):
    mounted = mount(readout(), 320)
    places = [number(mounted, key).bounding_box() for key in NUMBERS]
    bar = mounted.element.get_by_role("img").bounding_box()
    small = {"bytes": 7.0, "bpp": 0.001, "ratio": 1234.0, "psnr_db": 9.0, "ms_ssim": None, "encode_s": None}
    python(mounted).show("estimate", NUMBERS | small, [("header and other", 7)], "a window")
    mounted.on.exchange()
    assert [number(mounted, key).bounding_box() for key in NUMBERS] == places
    assert mounted.element.get_by_role("img").bounding_box() == bar


def test_names_are_shown_as_text(mount: Mount):
    made = Readout()
    made.show("file", {"bytes": 3}, [("<b>z</b>", 3)], "<b>caption</b>")
    mounted = mount(made)
    expect(mounted.element.get_by_text("<b>z</b>")).to_be_visible()
    assert mounted.element.locator("b").count() == 0


def test_closed_views_leave_nothing_behind(mount: Mount, widget_page: WidgetPage):
    before = widget_page.held()
    mounted = mount(readout())
    shown = widget_page.held()
    mounted.add_view()
    mounted.close_view(1)
    assert widget_page.held() == shown
    mounted.close_view()
    assert widget_page.held() == before
