"""The rate map in a real browser: what the hand points at is read and summed there, and is what the record says."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dcae.results import FileInfo
from dcae.traces import RateMap
from dcae_widgets.rate_map import RateMapView

from .lab_kernel import run_lesson
from .photo_hand import place_of, reading_ms
from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

HEIGHT, WIDTH, ROWS, COLUMNS, SLICES = 200, 310, 16, 20, 5
Mount = Callable[..., MountedWidget]


class Shown:
    """A view's photo and panel in one page, and the Python that they belong to."""

    def __init__(self, mount: Mount):
        random = np.random.default_rng(7)
        self.bits = random.gamma(1.5, 1, (SLICES + 1, ROWS, COLUMNS)) * np.array([300, 80, 30, 9, 4, 2])[:, None, None]
        self.sigma = random.gamma(2, 1, (2 * SLICES, ROWS, COLUMNS))
        attention = random.gamma(0.3, 1, (SLICES, 2, ROWS, COLUMNS, 9))
        self.attention = attention / attention.sum(axis=-1, keepdims=True)
        z, *slices = (1000, *(2000 for _ in range(SLICES)))
        info = FileInfo(
            width=WIDTH, height=HEIGHT, lmbda=0.01, model="m", header_bytes=52, z_bytes=z, slice_bytes=tuple(slices),
            other_bytes=0, total_bytes=11_052, bpp=8 * 11_052 / (WIDTH * HEIGHT),
        )  # fmt: skip
        image = random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        rates = RateMap(bits=self.bits, file=info, height=HEIGHT, width=WIDTH)
        self.view = RateMapView(image, rates, self.sigma, self.attention)
        self.photo, self.panel = mount(self.view.photo_view, 700), mount(self.view.panel, 384)
        self.page, self.place = self.panel.page, self.panel.element.locator(".dcae-rate-cursor")
        expect(self.panel.element.get_by_role("radiogroup")).to_be_visible()
        self.exchange()

    def exchange(self) -> None:
        self.page.wait_for_timeout(150)  # what the page saves is held back for 100 ms
        self.panel.on.exchange()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture is in the page."""
        return place_of(self.photo, (WIDTH, HEIGHT), x, y)

    def brush(self, left: int, top: int, right: int, bottom: int) -> None:
        self.page.keyboard.down("Shift")
        self.page.mouse.move(*self.at(left, top))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(right, bottom), steps=3)

    def release(self) -> None:
        self.page.mouse.up()
        self.page.keyboard.up("Shift")
        self.exchange()

    def column(self, number: int) -> list[float]:
        """A column of the panel's table: slices, z, and together."""
        texts = self.panel.element.locator(f"tbody td:nth-child({number})").all_inner_texts()
        return [float(text.replace(",", "")) for text in texts if text]

    def choice(self, name: str) -> Locator:
        return self.panel.element.get_by_role("radio", name=name)


@pytest.fixture
def shown(mount: Mount, widget_page: WidgetPage) -> Shown:
    widget_page.page.set_viewport_size({"width": 1280, "height": 1000})
    return Shown(mount)


def test_place_under_the_pointer_is_read_to_the_reader(shown: Shown):
    shown.page.mouse.move(*shown.at(16 * 7 + 3, 16 * 4 + 12))
    bits, sigma = shown.bits[:, 4, 7], shown.sigma[:, 4, 7].reshape(SLICES, 2).mean(axis=1)
    weights = shown.attention[:, :, 4, 7].mean(axis=(0, 1))
    top = np.argsort(-weights)[:3]
    expect(shown.place).to_contain_text("x 112 to 127, y 64 to 79 px")
    expect(shown.place).to_contain_text(f"{bits.sum() / 256:.3f} bits a pixel · σ {sigma.mean():.2f}")
    named = ", ".join(f"{entry} ({100 * weights[entry]:.1f} %)" for entry in top)
    expect(shown.place).to_contain_text(f"Dictionary entries {named}")
    assert shown.column(2) == pytest.approx([*bits, bits.sum()], abs=0.5)
    assert shown.column(3) == pytest.approx(sigma, abs=0.0051)
    shown.exchange()
    assert shown.view.panel.place == [7, 4]


def test_place_is_read_within_50_ms_and_without_python(shown: Shown):
    saved = len(shown.panel.saved)
    places = [(16 * x, *shown.at(16 * x + 5, 16 * y + 9)) for y in range(12) for x in range(19)]
    took_ms = reading_ms(shown.page, ".dcae-rate-place", places)
    assert np.percentile(took_ms, 95) < 50  # the rest is other processes'
    assert len(shown.panel.saved) - saved <= 1, "Python hears of it afterwards, and not of each"


def test_a_pixel_that_the_maps_do_not_have_is_not_read(shown: Shown):
    shown.page.mouse.move(*shown.at(20, 20))
    expect(shown.place).to_contain_text("x 16 to 31, y 16 to 31 px")
    shown.view.photo_view.hover = [5000, 20]  # of a larger photo, whose maps have not come yet
    shown.exchange()
    expect(shown.place).to_contain_text("x 16 to 31, y 16 to 31 px")
    assert shown.view.panel.place == [1, 1]


def test_last_place_stays_when_the_pointer_has_left(shown: Shown):
    shown.page.mouse.move(*shown.at(20, 20))
    expect(shown.place).to_contain_text("x 16 to 31, y 16 to 31 px")
    shown.page.mouse.move(0, 0)
    shown.exchange()
    expect(shown.place).to_contain_text("x 16 to 31, y 16 to 31 px")


def test_rectangle_sums_to_what_the_record_says(shown: Shown):
    shown.brush(33, 21, 250, 171)
    left, top, right, bottom = sides = shown.photo.get("brush")
    assert sides == pytest.approx([33, 21, 250, 171], abs=1)
    bits = shown.view.rates.bits_within(top, left, bottom, right)
    shares = shown.column(5)
    assert shown.column(4) == pytest.approx([*bits, bits.sum()], abs=0.5), "while the hand still draws"
    assert shares == pytest.approx(np.array([*bits, bits.sum()]) / ((right - left) * (bottom - top)), abs=0.0005)
    said = f"Rectangle of {right - left} × {bottom - top} px at {left}, {top}: {bits.sum():,.0f} bits"
    expect(shown.panel.element.get_by_text(said)).to_be_visible()
    shown.release()
    assert shown.view.brush_bits == pytest.approx(bits)


def test_rectangle_of_one_pixel_has_its_share_of_a_place(shown: Shown):
    shown.view.photo_view.brush = [309, 199, 310, 200]
    shown.exchange()
    bits = shown.bits[:, 12, 19] / 256
    assert shown.column(4) == pytest.approx([*bits, bits.sum()], abs=0.051)


def test_choice_is_made_with_the_keyboard_and_changes_the_picture(shown: Shown):
    shown.choice("total").focus()
    shown.page.keyboard.press("ArrowRight")
    expect(shown.choice("slice 0")).to_be_checked()
    shown.exchange()
    assert shown.view.choice == "slice 0"
    expect(shown.photo.element.get_by_text("photo 100 % + bits of slice 0 65 %")).to_be_visible()


def test_choice_of_python_is_shown(shown: Shown):
    shown.view.choice = "z"
    shown.exchange()
    expect(shown.choice("z")).to_be_checked()


def test_arrow_keys_walk_over_places_and_stop_at_the_photos_end(shown: Shown):
    shown.place.focus()
    for key, text in [
        ("ArrowDown", "x 144 to 159, y 96 to 111 px"),
        ("ArrowDown", "x 144 to 159, y 112 to 127 px"),
        ("ArrowLeft", "x 128 to 143, y 112 to 127 px"),
    ]:
        shown.page.keyboard.press(key)
        expect(shown.place).to_contain_text(text)
    for _ in range(COLUMNS + 2):
        shown.page.keyboard.press("ArrowRight")
    expect(shown.place).to_contain_text("x 304 to 309, y 112 to 127 px")
    assert shown.photo.get("outline") == [304, 112, 310, 128]
    status = shown.panel.element.get_by_role("status")
    expect(status).to_contain_text(re.compile(r"^x 304 to 309, y 112 to 127 px\. [\d,.]+ bits .* Dictionary entries"))


def test_arrow_keys_with_shift_draw_a_rectangle_and_escape_removes_it(shown: Shown):
    shown.place.focus()
    for key in ("ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp"):
        shown.page.keyboard.press(key)
    shown.exchange()
    assert shown.view.photo_view.brush == [144, 80, 192, 112]
    bits = shown.bits[:, 5:7, 9:12].sum(axis=(1, 2))
    assert shown.view.brush_bits == pytest.approx(bits)
    assert shown.column(4) == pytest.approx([*bits, bits.sum()], abs=0.5)
    shown.page.keyboard.press("Escape")
    shown.exchange()
    assert shown.view.brush_bits == []
    expect(shown.panel.element.locator("tbody td:nth-child(4)").first).to_have_text("–")


def test_colour_bar_and_controls_say_what_they_are(shown: Shown):
    top = f"{shown.view.panel.ticks[-1]:g}"
    label = shown.panel.element.get_by_role("img").get_attribute("aria-label")
    assert label == f"Colours: bits a pixel, from 0 in black to {top} or more in pale yellow"
    expect(shown.panel.element.get_by_text(f"{top} +", exact=True)).to_be_visible()
    expect(shown.panel.element.get_by_role("radiogroup", name="Bits of")).to_be_visible()
    expect(shown.panel.element.get_by_role("application", name=re.compile("arrow keys move by 16 px"))).to_be_visible()


def test_nothing_moves_when_figures_come(shown: Shown):
    below = shown.panel.element.locator(".dcae-rate-rectangle")
    before = below.bounding_box()
    shown.brush(10, 10, 60, 60)
    shown.release()
    assert below.bounding_box() == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_text_is_cut_off(shown: Shown, theme: str):
    shown.panel.on.set_theme(theme)
    shown.page.mouse.move(*shown.at(100, 100))
    expect(shown.place).to_contain_text("px")
    boxes = shown.panel.element.locator(".dcae-rate-map :is(div, th, td):not(.dcae-hidden, .dcae-rate-ticks)")
    cut = boxes.evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML)"
    )
    assert cut == []


def test_colours_under_the_pointer_stand_beside_a_readout(mount: Mount, shown: Shown):
    mount(shown.view.readout, 700)
    shown.page.mouse.move(*shown.at(100, 100))
    expect(shown.photo.element.get_by_text("bits of all parts ", exact=False).last).to_be_visible()
    places = shown.photo.element.locator(".dcae-readout > span").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert len(places) == 3
    assert len(set(places)) == 1, "in one line"


def test_closed_panels_leave_nothing_behind(mount: Mount, widget_page: WidgetPage):
    shown = Shown(mount)
    held = widget_page.held()
    second = shown.panel.add_view()
    shown.page.mouse.move(*shown.at(40, 40))
    expect(second.get_by_text("x 32 to 47, y 32 to 47 px")).to_be_visible()
    shown.panel.close_view(1)
    shown.page.mouse.move(*shown.at(60, 60))
    expect(shown.place).to_contain_text("x 48 to 63, y 48 to 63 px")
    shown.page.wait_for_timeout(700)
    assert widget_page.held() == held
    before = widget_page.held()["models"]
    shown.panel.close_view(0)
    assert widget_page.held()["models"] < before
    assert widget_page.errors == []


def test_other_coding_is_read_at_the_same_place(mount: Mount):
    shown = Shown(mount)
    shown.page.mouse.move(*shown.at(100, 50))  # place: column 6, row 3
    shown.exchange()
    rates = shown.view.rates
    file = FileInfo(
        width=WIDTH, height=HEIGHT, lmbda=0.05, model="m", header_bytes=52, z_bytes=2000, slice_bytes=(4000,) * SLICES,
        other_bytes=0, total_bytes=22_052, bpp=8 * 22_052 / (WIDTH * HEIGHT),
    )  # fmt: skip
    twice = RateMap(bits=2 * rates.bits, file=file, height=HEIGHT, width=WIDTH)
    shown.view.show(shown.view.photo_view.layers[0].image, twice)
    shown.exchange()
    bits = twice.bits[:, 3, 6].sum()
    assert (
        shown.panel.element.locator(".dcae-rate-cost")
        .inner_text()
        .startswith(f"{bits:,.0f} bits" if bits >= 1000 else f"{bits:,.1f} bits")
    )
    top = shown.view.panel.ticks[-1]
    assert f"to {top:g} or more" in str(shown.panel.element.locator(".dcae-rate-scale").get_attribute("aria-label"))
    assert shown.panel.element.get_by_role("radio").count() == SLICES + 2


def test_lesson_shows_photo_panel_and_file_in_jupyter(page: Page, lab_server: str, outside_requests: list[str]):
    run_lesson(page, lab_server.format("02_where_the_bits_go.ipynb"))
    view = page.locator(".widget-box:has(.dcae-rate-map)").first
    photo, panel = view.locator(".dcae-photo-view"), view.locator(".dcae-rate-map")
    file = view.locator(".dcae-readout-happened")
    panel.scroll_into_view_if_needed()
    photo.locator("canvas").hover()
    expect(panel.get_by_text(re.compile(r"bits a pixel · σ \d"))).to_be_visible()
    boxes = [part.bounding_box() for part in (photo, panel, file)]
    assert all(boxes)
    beside, below = ([box[axis] for box in boxes if box] for axis in ("x", "y"))
    assert beside[0] < beside[1]
    assert below[0] == pytest.approx(below[1], abs=8)
    assert below[2] > below[1]
    panel.get_by_role("radio", name="slice 0").check()
    expect(photo.get_by_text("photo 100 % + bits of slice 0 65 %")).to_be_visible()
    assert not outside_requests
