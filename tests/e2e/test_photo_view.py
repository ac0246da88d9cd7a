"""The viewer in a browser: what it draws, pixel for pixel, what a hand does to it, what Python hears, what is left."""

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, CDPSession

from dcae_widgets.photo_view import Layer, PhotoView, _difference

from .widget_page import MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

Mount = Callable[..., MountedWidget]
WIDTH, HEIGHT = 60, 40
A = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
B = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
PANE_WIDTH, PANE_HEIGHT = 400, 200
ONE_TO_ONE = "One picture pixel to one pixel of the page: 100 %"


def two(**traits: object) -> PhotoView:
    """A view of A and B, by default with a pixel of the page for each of theirs."""
    view = {"view": [WIDTH / 2, HEIGHT / 2, 1.0], "height_px": PANE_HEIGHT} | traits
    return PhotoView([Layer("a", A), Layer("b", B)], **view)


def settle(shown: MountedWidget) -> None:
    """Waits until what was asked for is drawn."""
    shown.on.exchange()
    shown.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_for_saves(shown: MountedWidget) -> None:
    """Waits until the page has told Python of everything."""
    shown.on.exchange()
    shown.page.wait_for_timeout(320)
    shown.on.exchange()


def canvas(shown: MountedWidget, view: int = 0) -> NDArray[np.uint8]:
    """What is on the canvas: H x W x 4."""
    settle(shown)
    url = shown.view(view).locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"))


def middle(drawn: NDArray[np.uint8], zoom: int = 1, left: int = 0, width: int | None = None) -> NDArray[np.uint8]:
    """The picture cut out of a canvas, or of a pane of it, in whose middle it lies."""
    x = left + (width or drawn.shape[1]) // 2 - WIDTH * zoom // 2
    y = drawn.shape[0] // 2 - HEIGHT * zoom // 2
    return drawn[y : y + HEIGHT * zoom, x : x + WIDTH * zoom, :3]


def place(shown: MountedWidget, x: float, y: float, zoom: float = 1) -> tuple[float, float]:
    """Where on the page a point of the picture lies, when its middle is in the middle of the view."""
    box = shown.element.locator("canvas").bounding_box()
    assert box
    return (
        box["x"] + box["width"] / 2 + (x - WIDTH / 2) * zoom,
        box["y"] + box["height"] / 2 + (y - HEIGHT / 2) * zoom,
    )


def focus(shown: MountedWidget) -> None:
    shown.element.locator(".dcae-pane").focus()


@pytest.mark.parametrize("width_px", [408, 434, 460, 480])
def test_whole_picture_is_in_the_middle_at_any_width(mount: Mount, width_px: int):
    """408 / 600 * 600 is a little more than 408 in floating point."""
    view = PhotoView([Layer("large", np.zeros((400, 600, 3), np.uint8))])
    shown = mount(view, width_px)
    wait_for_saves(shown)
    assert view.visible == [0, 0, 600, 400]


def test_divider_parts_the_pictures_pixel_for_pixel(mount: Mount):
    shown = mount(two(divider=0.475), PANE_WIDTH)
    drawn = canvas(shown)
    picture, cut = middle(drawn), 190 - (PANE_WIDTH // 2 - WIDTH // 2)
    assert drawn.shape[:2] == (PANE_HEIGHT, PANE_WIDTH)
    assert np.array_equal(picture[:, :cut], A[:, :cut])
    assert np.array_equal(picture[:, cut:], B[:, cut:])
    assert not drawn[:, :100].any()


def test_enlarged_pixels_stay_squares(mount: Mount):
    picture = middle(canvas(mount(two(divider=1.0, view=[30, 20, 4.0]), PANE_WIDTH)), zoom=4)
    assert np.array_equal(picture, A.repeat(4, 0).repeat(4, 1))


def test_reduced_pictures_are_smooth(mount: Mount):
    board = np.indices((800, 800)).sum(0) % 2 * 255
    layer = Layer("board", np.repeat(board[..., None], 3, 2).astype(np.uint8))
    drawn = canvas(mount(PhotoView([layer], height_px=200), PANE_WIDTH))
    inside = drawn[20:-20, 120:-120, :3]
    assert inside.min() > 120
    assert inside.max() < 136


def test_whole_picture_is_enlarged_to_whole_screen_pixels(mount: Mount):
    shown = mount(two(divider=1.0, view=[0, 0, 0]), PANE_WIDTH)  # 200 px would hold 40 rows five times
    assert np.array_equal(middle(canvas(shown), zoom=5), A.repeat(5, 0).repeat(5, 1))
    assert shown.element.locator(".dcae-zoom").text_content() == "500 %"


def test_difference_is_exact_and_follows_gain_and_pictures(mount: Mount):
    view = two(mode="difference", gain=1.0)
    shown = mount(view, PANE_WIDTH)
    assert np.array_equal(middle(canvas(shown)), _difference(A, B, 1))
    shown.push(gain=2.5)
    assert np.array_equal(middle(canvas(shown)), _difference(A, B, 2.5))
    view.layers[1].set_image(A)
    assert not middle(canvas(shown)).any()
    view.layers[1].set_patch(B[5:9, 7:20], left=7, top=5)
    expected = np.zeros_like(A)
    expected[5:9, 7:20] = _difference(A[5:9, 7:20], B[5:9, 7:20], 2.5)
    assert np.array_equal(middle(canvas(shown)), expected)


def test_blend_weighs_layers_by_their_opacity(mount: Mount):
    view = two(mode="blend")
    view.layers[1].opacity = 0.25
    shown = mount(view, PANE_WIDTH)
    expected = 0.75 * A + 0.25 * B
    assert np.abs(middle(canvas(shown)) - expected).max() <= 2
    shown.element.locator(".dcae-dial input").fill("1")
    assert np.array_equal(middle(canvas(shown)), B)
    assert view.layers[1].opacity == 1


def test_side_by_side_shows_the_same_part_twice(mount: Mount):
    shown = mount(two(mode="side", view=[20, 10, 1.0]), PANE_WIDTH)
    drawn, half = canvas(shown), (PANE_WIDTH - 8) // 2
    assert np.array_equal(middle(drawn, width=half), A)
    assert np.array_equal(middle(drawn, left=PANE_WIDTH - half, width=half), B)
    assert not drawn[:, half : half + 8].any()


def test_flicker_shows_one_after_the_other(mount: Mount):
    shown = mount(two(mode="flicker", flicker_hz=8.0), PANE_WIDTH)
    name = "name => document.querySelector('.dcae-chip').textContent === name"
    for expected in "abab":
        shown.page.wait_for_function(name, arg=expected)
    seen = [middle(canvas(shown)) for _ in range(12)]
    assert any(np.array_equal(drawn, A) for drawn in seen)
    assert any(np.array_equal(drawn, B) for drawn in seen)
    assert all(np.array_equal(drawn, A) or np.array_equal(drawn, B) for drawn in seen)
    shown.push(flicker_hz=0.0)
    assert np.array_equal(middle(canvas(shown)), A)


@pytest.mark.parametrize("mode", ["split", "side", "flicker", "difference", "blend"])
def test_holding_f_shows_the_second_picture_alone(mount: Mount, mode: str):
    shown = mount(two(mode=mode, flicker_hz=0.0), PANE_WIDTH)
    before = canvas(shown)
    focus(shown)
    shown.page.keyboard.down("f")
    assert np.array_equal(middle(canvas(shown)), B)
    shown.page.keyboard.up("f")
    assert np.array_equal(canvas(shown), before)


def test_patch_is_drawn_in_its_place_and_goes_again(mount: Mount):
    view = two(divider=1.0)
    shown = mount(view, PANE_WIDTH)
    view.layers[0].set_patch(B[3:13, 10:35], left=10, top=3)
    patched = A.copy()
    patched[3:13, 10:35] = B[3:13, 10:35]
    assert np.array_equal(middle(canvas(shown)), patched)
    view.layers[0].set_patch(B[30:, 50:], left=50, top=30)
    patched = A.copy()
    patched[30:, 50:] = B[30:, 50:]
    assert np.array_equal(middle(canvas(shown)), patched)
    view.layers[0].clear_patch()
    assert np.array_equal(middle(canvas(shown)), A)


def test_new_picture_is_drawn_once_and_never_blank(mount: Mount):
    view = two(divider=1.0)
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    shown.page.evaluate("""() => {
        window.draws = 0;
        const clear = CanvasRenderingContext2D.prototype.clearRect;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) { window.draws += 1; clear.apply(this, box); };
    }""")
    view.layers[0].set_image(B)
    assert np.array_equal(middle(canvas(shown)), B)
    assert shown.page.evaluate("() => window.draws") == 1


def test_picture_of_another_size_is_shown_whole(mount: Mount):
    view = two(view=[3, 4, 8.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    for layer in view.layers:
        layer.set_image(np.zeros((100, 50, 3), np.uint8))
    wait_for_saves(shown)
    assert view.view == [25, 50, 0]
    assert view.visible == [0, 0, 50, 100]


def test_kept_view_is_not_reset_when_the_page_is_loaded_again(mount: Mount, widget_page: WidgetPage):
    view = two(view=[3, 4, 8.0])
    mount(view, PANE_WIDTH)
    widget_page.reload()
    wait_for_saves(mount(view, PANE_WIDTH))
    assert view.view == [3, 4, 8]


def test_divider_follows_the_hand(mount: Mount):
    view = two()
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    x, y = place(shown, 30, 5)
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x - 80, y, steps=4)
    shown.page.mouse.up()
    wait_for_saves(shown)
    assert view.divider == pytest.approx(0.3, abs=0.005)
    shown.page.mouse.move(x - 300, y)
    assert shown.get("divider") == view.divider


def test_divider_has_keys_and_a_value_for_screen_readers(mount: Mount):
    view = two()
    shown = mount(view, PANE_WIDTH)
    handle = shown.element.get_by_role("slider", name="Divider")
    handle.press("ArrowRight")
    handle.press("Shift+ArrowLeft")
    assert shown.get("divider") == pytest.approx(0.41)
    focus(shown)
    shown.page.keyboard.press("]")
    wait_for_saves(shown)
    assert view.divider == pytest.approx(0.43)
    assert handle.get_attribute("aria-valuenow") == "43"


def test_wheel_zooms_at_the_pointer_once_the_view_has_the_focus(mount: Mount):
    view = two(view=[30, 20, 8.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    shown.page.mouse.move(*place(shown, 40.5, 25.5, zoom=8))
    settle(shown)
    shown.page.mouse.wheel(0, -200)
    settle(shown)
    assert shown.get("view") == [30, 20, 8]
    focus(shown)
    shown.page.mouse.wheel(0, -200)
    shown.page.wait_for_function("id => widgetPage.get(id, 'view')[2] > 8", arg=view.model_id)
    wait_for_saves(shown)
    x, y, zoom = view.view
    assert zoom == pytest.approx(8 * np.exp(0.4))
    assert (x + 84 / zoom, y + 44 / zoom) == pytest.approx((40.5, 25.5))
    assert view.hover == [40, 25]


def test_wheel_zooms_over_the_divider_too(mount: Mount):
    view = two(divider=0.5)
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    focus(shown)
    shown.element.get_by_role("slider", name="Divider").hover()
    shown.page.mouse.wheel(0, -200)
    shown.page.wait_for_function("id => widgetPage.get(id, 'view')[2] > 0", arg=view.model_id)


def test_slider_of_a_mode_has_a_name_and_its_value_in_words(mount: Mount):
    shown = mount(two(mode="difference", gain=8.0), PANE_WIDTH)
    settle(shown)
    dial = shown.element.get_by_role("slider", name="Gain")
    assert dial.get_attribute("aria-valuetext") == "× 8"


def test_rectangle_of_the_keys_ends_where_the_hand_draws_another(mount: Mount):
    view = two(view=[30.5, 20.5, 16.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    focus(shown)
    shown.page.keyboard.press("b")
    x, y = place(shown, 32, 22, zoom=16)
    shown.page.keyboard.down("Shift")
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 40, y + 40, steps=4)
    shown.page.mouse.up()
    shown.page.keyboard.up("Shift")
    wait_for_saves(shown)
    drawn = view.brush
    shown.page.keyboard.press("ArrowRight")
    wait_for_saves(shown)
    assert view.brush == drawn


def test_double_click_zooms_in_and_buttons_zoom_in_round_steps(mount: Mount):
    view = two(view=[0, 0, 0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    shown.page.mouse.dblclick(*place(shown, 10, 20, zoom=5))
    assert shown.get("view")[2] == 10
    zooms = []
    for name in ["Zoom in", "Zoom out", ONE_TO_ONE, "Show the whole picture"]:
        shown.element.get_by_role("button", name=name).click()
        zooms.append(shown.get("view")[2])
    assert zooms == [12, 8, 1, 0]


def test_zoom_ends_at_the_whole_picture_and_at_64_pixels_a_pixel(mount: Mount):
    large = np.zeros((400, 800, 3), np.uint8)
    shown = mount(PhotoView([Layer("large", large)], height_px=200), PANE_WIDTH)
    settle(shown)
    focus(shown)
    for _ in range(20):
        shown.page.keyboard.press("+")
    assert shown.get("view")[2] == 64
    for _ in range(20):
        shown.page.keyboard.press("-")
    assert shown.get("view") == [400, 200, 0]


def test_drag_moves_the_picture(mount: Mount):
    view = two(view=[30, 20, 10.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    x, y = place(shown, 20, 15, zoom=10)
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 50, y - 30, steps=3)
    shown.page.mouse.up()
    wait_for_saves(shown)
    assert view.view == [25, 23, 10]
    assert view.clicked == []
    assert view.visible == [5, 13, 45, 33]


def test_keys_move_zoom_and_choose(mount: Mount):
    shown = mount(two(view=[30, 20, 8.0]), PANE_WIDTH)
    settle(shown)
    focus(shown)
    steps = {
        "ArrowRight": [35, 20, 8],
        "ArrowUp": [35, 17.5, 8],
        "Shift+ArrowLeft": [0, 17.5, 8],
        "+": [0, 17.5, 12],
        "ArrowDown": [0, 18.5, 12],
        "1": [0, 18.5, 1],
        "0": [30, 20, 0],
    }
    views = {}
    for key in steps:
        shown.page.keyboard.press(key)
        views[key] = shown.get("view")
    assert views == steps
    modes = []
    for _ in range(5):
        shown.page.keyboard.press("m")
        modes.append(shown.get("mode"))
    assert modes == ["side", "flicker", "difference", "blend", "split"]


def test_click_says_which_pixel_and_how_many_clicks_there_were(mount: Mount):
    view = two(view=[30, 20, 8.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    for _ in range(2):
        shown.page.mouse.click(*place(shown, 41.9, 25.1, zoom=8))
        wait_for_saves(shown)
    assert view.clicked == [41, 25, 2]
    shown.page.keyboard.press("Enter")
    wait_for_saves(shown)
    assert view.clicked == [30, 20, 3]


def test_shift_and_drag_draws_a_rectangle_in_picture_pixels_and_escape_removes_it(mount: Mount):
    view = two(view=[30, 20, 8.0], divider=0.0)
    shown = mount(view, PANE_WIDTH)
    without = canvas(shown)
    shown.page.keyboard.down("Shift")
    shown.page.mouse.move(*place(shown, 45.5, 24.5, zoom=8))
    shown.page.mouse.down()
    shown.page.mouse.move(*place(shown, 38.5, 12.25, zoom=8), steps=3)
    shown.page.mouse.up()
    shown.page.keyboard.up("Shift")
    shown.page.mouse.move(1, 1)
    wait_for_saves(shown)
    assert view.brush == [38, 12, 46, 25]
    assert view.view == [30, 20, 8]
    assert not np.array_equal(canvas(shown), without)
    shown.page.keyboard.press("Escape")
    wait_for_saves(shown)
    assert view.brush == []
    assert np.array_equal(canvas(shown), without)


def test_rectangle_ends_at_the_pictures_sides(mount: Mount):
    view = two()
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    shown.page.keyboard.down("Shift")
    shown.page.mouse.move(*place(shown, 10, 10))
    shown.page.mouse.down()
    shown.page.mouse.move(*place(shown, 90, 60))
    shown.page.mouse.up()
    shown.page.keyboard.up("Shift")
    wait_for_saves(shown)
    assert view.brush == [10, 10, 60, 40]


def test_rectangle_can_be_drawn_with_keys(mount: Mount):
    view = two(view=[30.5, 20.5, 16.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    focus(shown)
    for key in ["b", "ArrowRight", "ArrowRight", "ArrowDown", "b", "ArrowDown"]:
        shown.page.keyboard.press(key)
    wait_for_saves(shown)
    assert view.brush == [30, 20, 33, 22]


def test_outline_of_python_is_drawn(mount: Mount):
    shown = mount(two(), PANE_WIDTH)
    without = canvas(shown)
    shown.push(outline=[10, 10, 20, 30])
    changed = np.argwhere((canvas(shown) != without).any(2)) - [PANE_HEIGHT // 2 - 20, PANE_WIDTH // 2 - 30]
    assert [*changed.min(0), *changed.max(0)] == [8, 8, 31, 21]


def test_colours_under_the_pointer_are_told_without_python(mount: Mount):
    view = two(view=[30, 20, 8.0])
    shown = mount(view, PANE_WIDTH)
    view.layers[1].set_patch(np.full((2, 2, 3), 7, np.uint8), left=44, top=25)
    settle(shown)
    readout = shown.element.locator(".dcae-readout")
    shown.page.mouse.move(*place(shown, 41.5, 25.5, zoom=8))
    shown.page.wait_for_function("id => widgetPage.get(id, 'hover').length", arg=view.model_id)
    shown.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    colours = [" ".join(map(str, picture[25, 41])) for picture in (A, B)]
    assert readout.text_content() == f"x 41  y 25a {colours[0]}b {colours[1]}"
    shown.page.mouse.move(*place(shown, 45.5, 26.5, zoom=8))
    settle(shown)
    assert readout.locator("b").all_text_contents()[1] == "7 7 7"
    shown.page.mouse.move(1, 1)
    wait_for_saves(shown)
    assert view.hover == []
    assert readout.text_content() == "60 × 40 px"


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touches = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_two_fingers_zoom_and_move_what_lies_between_them(mount: Mount):
    view = two(view=[30, 20, 4.0], mode="blend")
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    (left, y), (right, _) = place(shown, 20, 20, zoom=4), place(shown, 30, 20, zoom=4)
    hand = shown.page.context.new_cdp_session(shown.page)
    touch(hand, "touchStart", (left, y), (right, y))
    touch(hand, "touchMove", (left - 20, y), (right + 20, y))
    touch(hand, "touchMove", (left - 10, y + 8), (right + 30, y + 8))
    touch(hand, "touchEnd")
    wait_for_saves(shown)
    x, row, zoom = view.view
    assert zoom == pytest.approx(8)
    assert (x - (20 - 10) / 8, row + 8 / 8) == pytest.approx((25, 20))
    assert view.clicked == []


def test_one_finger_moves_and_taps(mount: Mount):
    view = two(view=[30, 20, 10.0])
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    x, y = place(shown, 35.5, 20.5, zoom=10)
    hand = shown.page.context.new_cdp_session(shown.page)
    touch(hand, "touchStart", (x, y))
    touch(hand, "touchMove", (x - 20, y))
    touch(hand, "touchMove", (x - 40, y))
    touch(hand, "touchEnd")
    wait_for_saves(shown)
    assert view.view == [pytest.approx(34), 20, 10]
    touch(hand, "touchStart", (x, y))
    touch(hand, "touchEnd")
    wait_for_saves(shown)
    assert view.clicked == [39, 20, 1]
    assert view.hover == [39, 20], "what a finger has touched is examined, as what a mouse points at"


def test_names_stand_on_their_sides_and_go_where_there_is_no_room(mount: Mount):
    shown = mount(two(), PANE_WIDTH)
    settle(shown)
    left, right = shown.element.locator(".dcae-chip").all()
    assert (left.text_content(), right.text_content()) == ("a", "b")
    shown.push(divider=0.02)
    settle(shown)
    assert (left.is_visible(), right.is_visible()) == (False, True)
    shown.push(mode="difference", gain=4.0)
    settle(shown)
    assert left.text_content() == "|a − b| × 4"
    assert not right.is_visible()


def test_of_three_layers_any_two_can_be_compared(mount: Mount):
    view = PhotoView([Layer("a", A), Layer("b", B), Layer("c", np.uint8(255) - A)], divider=0.0, height_px=PANE_HEIGHT)
    shown = mount(view, PANE_WIDTH)
    shown.push(view=[30, 20, 1.0], divider=0.3)
    settle(shown)
    shown.element.get_by_label("Picture on the right").select_option("c")
    wait_for_saves(shown)
    assert (view.first, view.second) == (0, 2)
    assert np.array_equal(middle(canvas(shown)), 255 - A)


def test_view_of_one_layer_offers_nothing_to_compare(mount: Mount):
    shown = mount(PhotoView([Layer("alone", A)], view=[30, 20, 1.0], height_px=PANE_HEIGHT), PANE_WIDTH)
    assert np.array_equal(middle(canvas(shown)), A)
    assert not shown.element.get_by_role("radiogroup").is_visible()
    assert not shown.element.get_by_role("slider").first.is_visible()


def test_view_without_layers_is_empty_until_they_come(mount: Mount):
    shown = mount(PhotoView([], height_px=PANE_HEIGHT), PANE_WIDTH)
    assert not canvas(shown).any()
    shown.push(layers=[Layer("a", A)], view=[30, 20, 1.0])
    assert np.array_equal(middle(canvas(shown)), A)


def test_screen_readers_hear_what_is_shown_and_what_keys_did_but_not_the_mouse(mount: Mount):
    shown = mount(two(view=[30, 20, 8.0], label="A flower"), PANE_WIDTH)
    settle(shown)
    pane = shown.element.get_by_role("application")
    assert pane.get_attribute("aria-label") == "A flower, 60 × 40 px. Press ? for keys"
    status = shown.element.get_by_role("status")
    shown.page.mouse.move(*place(shown, 20, 20, zoom=8))
    shown.page.wait_for_timeout(800)
    assert status.text_content() == ""
    pane.press("+")
    pane.press("+")
    shown.page.wait_for_timeout(800)
    colours = [" ".join(map(str, picture[20, 30])) for picture in (A, B)]
    assert status.text_content() == f"Split, zoom 1600 %, column 30, row 20: a {colours[0]}, b {colours[1]}"
    names = shown.element.get_by_role("button").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert all(names)


def test_help_opens_and_closes_with_keys(mount: Mount):
    shown = mount(two(), PANE_WIDTH)
    settle(shown)
    focus(shown)
    shown.page.keyboard.press("?")
    panel = shown.element.get_by_role("region", name="Keys and gestures")
    assert panel.is_visible()
    shown.page.keyboard.press("Escape")
    assert not panel.is_visible()


def test_full_screen_has_the_keys_at_once_and_ends_with_the_same_button(mount: Mount):
    view = two()
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    button = shown.element.get_by_role("button", name="Full screen")
    button.click()
    shown.page.wait_for_function("() => document.fullscreenElement?.matches('.dcae-photo-view')")
    shown.page.keyboard.press("m")
    wait_for_saves(shown)
    assert view.mode == "side"
    button.click()
    shown.page.wait_for_function("() => !document.fullscreenElement")


def test_modes_are_chosen_in_the_toolbar_without_a_jump(mount: Mount):
    view = two()
    shown = mount(view, 800)
    settle(shown)
    stage = shown.element.locator(".dcae-stage")
    boxes = []
    for name in ["Side by side", "Flicker", "Difference", "Blend", "Split"]:
        shown.element.get_by_role("radio", name=name).check()
        settle(shown)
        boxes.append(stage.bounding_box())
    wait_for_saves(shown)
    assert boxes == [boxes[0]] * 5
    assert view.mode == "split"


def test_canvas_follows_width_and_height(mount: Mount):
    shown = mount(two(divider=1.0), PANE_WIDTH)
    assert canvas(shown).shape[:2] == (PANE_HEIGHT, PANE_WIDTH)
    shown.push(height_px=240)
    shown.element.evaluate("element => { element.style.width = '300px' }")
    assert np.array_equal(middle(canvas(shown)), A)
    assert canvas(shown).shape[:2] == (240, 300)


def test_fine_screen_is_used_to_its_last_pixel(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    page = browser.new_page(device_scale_factor=2)
    shown = WidgetPage(page, monkeypatch).mount(two(divider=1.0), PANE_WIDTH)
    drawn = canvas(shown)
    assert drawn.shape[:2] == (2 * PANE_HEIGHT, 2 * PANE_WIDTH)
    assert np.array_equal(middle(drawn, zoom=2), A.repeat(2, 0).repeat(2, 1))
    page.close()


def test_one_to_one_is_a_pixel_of_the_page_on_a_fine_screen_too(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    page = browser.new_page(device_scale_factor=2)
    shown = WidgetPage(page, monkeypatch).mount(two(divider=1.0, view=[0, 0, 0]), PANE_WIDTH)
    settle(shown)
    shown.element.get_by_role("button", name=ONE_TO_ONE).click()
    page.mouse.move(1, 1)
    assert np.array_equal(middle(canvas(shown), zoom=2), A.repeat(2, 0).repeat(2, 1))
    assert shown.element.locator(".dcae-zoom").text_content() == "100 %"
    page.close()


def test_colours_are_those_of_the_theme(mount: Mount, widget_page: WidgetPage):
    shown = mount(two(), PANE_WIDTH)
    settle(shown)
    script = "chip => [getComputedStyle(chip).color, getComputedStyle(chip).backgroundColor]"
    light = shown.element.locator(".dcae-chip").first.evaluate(script)
    widget_page.set_theme("dark")
    dark = shown.element.locator(".dcae-chip").first.evaluate(script)
    assert light == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert dark[0] == "rgb(255, 255, 255)"
    assert dark[1] == "rgb(17, 17, 17)"


def test_keys_of_the_notebook_are_not_pressed_by_those_of_the_view(mount: Mount):
    shown = mount(two(), PANE_WIDTH)
    shown.page.evaluate("() => { window.heard = []; document.addEventListener('keydown', e => heard.push(e.key)) }")
    focus(shown)
    for key in ["m", "0", "Enter", "Control+m", "x", "d"]:
        shown.page.keyboard.press(key)
    for place in (".dcae-handle", "[data-action=help]"):
        shown.element.locator(place).press("d")
    assert shown.page.evaluate("() => heard") == ["Control", "m"]


def test_second_view_shows_the_same_and_a_closed_one_leaves_nothing(mount: Mount, widget_page: WidgetPage):
    nothing = widget_page.held()
    view = two(mode="flicker", flicker_hz=8.0)
    shown = mount(view, PANE_WIDTH)
    wait_for_saves(shown)
    one = widget_page.held()
    assert one["observers"] - nothing["observers"] == 1
    shown.add_view()
    wait_for_saves(shown)
    assert widget_page.held()["models"] == 2 * one["models"]
    focus(shown)
    shown.page.keyboard.press("+")
    shown.close_view(0)
    wait_for_saves(shown)
    after = widget_page.held()
    counted = ["window", "document", "element", "other", "observers", "models"]
    assert {name: after[name] for name in counted} == {name: one[name] for name in counted}
    assert after["timers"] <= 1
    shown.push(mode="split", divider=1.0, view=[30, 20, 1.0], hover=[])
    assert np.array_equal(middle(canvas(shown, view=1)), A)
    shown.close_view(1)
    shown.page.wait_for_timeout(300)
    assert widget_page.held() == nothing


def test_view_that_is_closed_before_its_layers_came_leaves_nothing(mount: Mount, widget_page: WidgetPage):
    shown = mount(two(), PANE_WIDTH)
    shown.close_view(0)
    nothing = widget_page.held()
    shown.page.evaluate(
        """async id => {
            const index = await widgetPage.addView(id, 400);
            await widgetPage.closeView(index);
            await new Promise(done => setTimeout(done, 200));
        }""",
        shown.widget.model_id,
    )
    assert widget_page.held() == nothing


def test_what_was_not_yet_saved_is_saved_when_a_view_closes(mount: Mount):
    view = two()
    shown = mount(view, PANE_WIDTH)
    settle(shown)
    focus(shown)
    shown.page.keyboard.press("]")
    shown.close_view(0)
    assert view.divider == pytest.approx(0.52)


def test_nothing_is_saved_by_looking(mount: Mount):
    view = two()
    shown = mount(view, PANE_WIDTH)
    wait_for_saves(shown)
    names = {name for message in shown.saved for name in message}
    assert names == {"visible"}
    assert view.visible == [0, 0, 60, 40]
