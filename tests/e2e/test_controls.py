"""The panel in a real browser: the hand on λ, files picked, dropped and pasted, downloads, copying, restoring."""

import json
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from dcae_widgets.controls import Controls
from dcae_widgets.upload import PIECE_BYTES

from .widget_page import ORIGIN, MountedWidget, WidgetPage

pytestmark = pytest.mark.e2e

STOPS = [0.0018, 0.0035, 0.0067, 0.013, 0.025, 0.05]
STATE = {"photo": "china", "model": "small", "lmbda": 0.02}
FILES = """([name, size, count]) => {
    const transfer = new DataTransfer();
    for (let i = 0; i < count; i++) transfer.items.add(new File([new Uint8Array(size).fill(7)], name));
    return transfer;
}"""
Mount = Callable[..., MountedWidget]


def panel(**traits: Any) -> Controls:
    first: dict[str, Any] = {
        "photos": ["flower", "china", "hubble_deep_field"], "photo": "flower", "models": ["small", "tiny"],
        "model": "small", "python_code": "import dcae\n", "state": STATE, "downloads": ["dcae", "png"],
    }  # fmt: skip
    return Controls(**(first | traits))


def python(mounted: MountedWidget) -> Controls:
    """The Python side of what is shown."""
    assert isinstance(mounted.widget, Controls)
    return mounted.widget


def requests(mounted: MountedWidget) -> list[dict[str, Any]]:
    return [saved["request"] for saved in mounted.saved if "request" in saved]


def slider(mounted: MountedWidget) -> Locator:
    return mounted.element.get_by_role("slider")


def number(mounted: MountedWidget) -> Locator:
    return mounted.element.get_by_label("λ as a number")


def name(mounted: MountedWidget, label: str) -> Locator:
    return mounted.element.get_by_role("button", name=label, exact=True)


def at(mounted: MountedWidget, share: float) -> tuple[float, float]:
    """The point of the screen where the slider's thumb stands for a share of its way."""
    box = slider(mounted).bounding_box()
    assert box is not None
    return box["x"] + 9 + share * (box["width"] - 18), box["y"] + box["height"] / 2


def drag(mounted: MountedWidget, begin: float, *stations: float) -> None:
    mounted.page.mouse.move(*at(mounted, begin))
    mounted.page.mouse.down()
    for station in stations:
        mounted.page.mouse.move(*at(mounted, station), steps=6)


def wait_until(mounted: MountedWidget, condition: Callable[[], bool]) -> None:
    """Carries messages to and fro until something is true; a minute at most."""
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "still not true"
        mounted.on.exchange()


def wait_for_final(mounted: MountedWidget) -> None:
    wait_until(mounted, lambda: bool(requests(mounted)) and requests(mounted)[-1]["final"])


# --- lambda ---


def test_dragging_asks_for_estimates_and_release_for_the_file(mount: Mount):
    mounted = mount(panel())
    drag(mounted, 0.2, 0.5, 0.8)
    wait_until(mounted, lambda: len(requests(mounted)) > 2)
    assert not any(request["final"] for request in requests(mounted))
    mounted.page.mouse.up()
    asked = requests(mounted)
    assert [request["final"] for request in asked] == [False] * (len(asked) - 1) + [True]
    assert [request["serial"] for request in asked] == list(range(1, len(asked) + 1))
    lmbdas = [request["lmbda"] for request in asked]
    assert lmbdas == sorted(lmbdas)
    assert lmbdas[-1] == pytest.approx(0.0005 * 300**0.8, rel=0.02)
    assert python(mounted).lmbda == lmbdas[-1] == float(number(mounted).input_value())


def test_moves_within_one_frame_are_one_request(mount: Mount):
    mounted = mount(panel())
    slider(mounted).evaluate("""range => {
        for (let i = 1; i <= 50; i++) {
            range.value = i / 100;
            range.dispatchEvent(new Event("input", { bubbles: true }));
        }
    }""")
    wait_until(mounted, lambda: bool(requests(mounted)))
    asked = requests(mounted)
    assert len(asked) == 1
    assert asked[0]["lmbda"] == pytest.approx(0.0005 * 300**0.5, rel=0.001)


def test_release_within_the_frame_of_a_move_asks_once_for_the_file(mount: Mount):
    mounted = mount(panel())
    slider(mounted).evaluate("""range => {
        range.value = 0.5;
        for (const type of ["input", "change"]) range.dispatchEvent(new Event(type, { bubbles: true }));
    }""")
    mounted.page.wait_for_timeout(100)
    assert [request["final"] for request in requests(mounted)] == [True]


def test_python_does_not_move_the_thumb_under_the_hand(mount: Mount):
    mounted = mount(panel())
    drag(mounted, 0.2, 0.5)
    held = slider(mounted).input_value()
    mounted.push(lmbda=0.001)
    assert slider(mounted).input_value() == held
    mounted.page.mouse.up()
    wait_for_final(mounted)
    assert slider(mounted).input_value() == pytest.approx(held)
    assert python(mounted).lmbda == requests(mounted)[-1]["lmbda"] != 0.001


def test_what_python_sets_is_shown_and_asks_for_nothing(mount: Mount):
    mounted = mount(panel())
    mounted.push(lmbda=0.02)
    assert number(mounted).input_value() == "0.02"
    assert float(slider(mounted).input_value()) == pytest.approx(np.log(40) / np.log(300))
    mounted.push(lmbda_min=0.001, lmbda_max=0.1)
    assert float(slider(mounted).input_value()) == pytest.approx(np.log(20) / np.log(100))
    assert requests(mounted) == []


@pytest.mark.parametrize(("key", "factor"), [("ArrowRight", 0.01), ("ArrowDown", -0.01), ("PageUp", 0.1)])
def test_keys_step_on_the_logarithmic_scale(mount: Mount, key: str, factor: float):
    mounted = mount(panel(lmbda=0.01))
    slider(mounted).press(key)
    assert [request["final"] for request in requests(mounted)] == [False]
    assert python(mounted).lmbda == pytest.approx(0.01 * 300**factor, rel=0.001)
    wait_for_final(mounted)
    first, last = requests(mounted)
    assert first["lmbda"] == last["lmbda"]


def test_held_key_asks_for_one_file_after_it(mount: Mount):
    mounted = mount(panel(lmbda=0.01))
    for _ in range(5):
        slider(mounted).press("ArrowRight")
    wait_for_final(mounted)
    mounted.page.wait_for_timeout(400)
    assert [request["final"] for request in requests(mounted)] == [False] * 5 + [True]


def test_home_and_end_lead_to_the_ends(mount: Mount):
    mounted = mount(panel())
    slider(mounted).press("End")
    mounted.on.exchange()
    assert python(mounted).lmbda == 0.15
    slider(mounted).press("PageUp")
    slider(mounted).press("Home")
    mounted.on.exchange()
    assert python(mounted).lmbda == 0.0005


def test_wheel_changes_nothing(mount: Mount):
    mounted = mount(panel())
    for target in (slider(mounted), number(mounted)):
        target.focus()
        target.hover()
        for delta in (-300, 300, -300):
            mounted.page.mouse.wheel(0, delta)
    mounted.page.wait_for_timeout(100)
    assert requests(mounted) == []


def test_slider_snaps_to_stops(mount: Mount):
    controls = panel()
    controls.set_qualities(STOPS, 0.0018)
    mounted = mount(controls)
    assert mounted.element.locator(".dcae-controls-ticks span").all_inner_texts() == [str(stop) for stop in STOPS]
    drag(mounted, 0, 0.3, 0.55)
    mounted.page.mouse.up()
    wait_for_final(mounted)
    assert {request["lmbda"] for request in requests(mounted)} <= set(STOPS)
    assert controls.lmbda == 0.013
    assert float(slider(mounted).input_value()) == pytest.approx(np.log(0.013 / 0.0018) / np.log(0.05 / 0.0018))
    slider(mounted).press("ArrowRight")
    mounted.on.exchange()
    assert controls.lmbda == 0.025


@pytest.mark.parametrize("typed", ["0.0456", " 0,0456 ", "4.56e-2"])
def test_number_is_applied_by_enter_and_asks_for_the_file(mount: Mount, typed: str):
    mounted = mount(panel())
    number(mounted).fill(typed)
    assert requests(mounted) == []
    number(mounted).press("Enter")
    assert requests(mounted) == [{"serial": 1, "lmbda": 0.0456, "final": True}]
    assert number(mounted).input_value() == "0.0456"


@pytest.mark.parametrize("typed", ["7", "0", "-0.01", "", "lambda", "0.01 0.02"])
def test_number_that_is_not_legal_says_what_is(mount: Mount, typed: str):
    mounted = mount(panel(lmbda=0.01))
    number(mounted).fill(typed)
    number(mounted).press("Enter")
    alert = mounted.element.get_by_role("alert").filter(has_text="λ is")
    expect(alert).to_have_text(f"λ is {typed or 'empty'}; it must be a number from 0.0005 to 0.15.")
    assert requests(mounted) == []
    number(mounted).press("Escape")
    expect(alert).to_be_hidden()
    assert number(mounted).input_value() == "0.01"


def test_number_between_stops_says_which_there_are(mount: Mount):
    controls = panel()
    controls.set_qualities(STOPS, 0.0018)
    mounted = mount(controls)
    number(mounted).fill("0.004")
    number(mounted).press("Enter")
    expect(mounted.element.get_by_text("it must be one of 0.0018, 0.0035, 0.0067, 0.013, 0.025, 0.05.")).to_be_visible()
    number(mounted).fill("0.0350")
    number(mounted).press("Enter")
    number(mounted).fill("0.0250")
    number(mounted).press("Enter")
    assert [request["lmbda"] for request in requests(mounted)] == [0.025]


def test_lambda_cannot_be_moved_where_it_is_not_enabled(mount: Mount):
    mounted = mount(panel(enabled=False))
    assert slider(mounted).is_disabled()
    assert number(mounted).is_disabled()
    drag(mounted, 0.2, 0.5)
    mounted.page.mouse.up()
    assert requests(mounted) == []
    mounted.push(enabled=True)
    assert slider(mounted).is_enabled()


# --- photo and model ---


def test_menus_choose_photo_and_model(mount: Mount):
    mounted = mount(panel())
    mounted.element.get_by_label("Photo", exact=True).select_option(label="hubble deep field")
    mounted.element.get_by_label("Model", exact=True).select_option("tiny")
    mounted.on.exchange()
    assert (python(mounted).photo, python(mounted).model) == ("hubble_deep_field", "tiny")


def test_photo_of_the_users_stands_in_the_menu_as_text(mount: Mount):
    mounted = mount(panel())
    mounted.push(photo="<img src=x onerror=alert(1)>.png")
    menu = mounted.element.get_by_label("Photo", exact=True)
    assert menu.locator("option:checked").inner_text() == "<img src=x onerror=alert(1)>.png"
    assert mounted.element.locator("img").count() == 0


def test_model_is_a_path_that_is_typed_in(mount: Mount):
    mounted = mount(panel())
    menu = mounted.element.get_by_label("Model", exact=True)
    menu.select_option(label="a path or folder…")
    path = mounted.element.get_by_label("Path of a checkpoint")
    expect(path).to_be_focused()
    path.press("Escape")
    expect(menu).to_be_focused()
    assert menu.input_value() == "small"
    menu.select_option(label="a path or folder…")
    path.fill(" /models/fixed ")
    path.press("Enter")
    mounted.on.exchange()
    assert python(mounted).model == "/models/fixed"
    assert menu.input_value() == "/models/fixed"


def test_no_path_is_offered_where_none_is_allowed(mount: Mount):
    mounted = mount(panel(paths=False))
    options = mounted.element.get_by_label("Model", exact=True).locator("option")
    assert options.all_text_contents() == ["small", "tiny"]
    mounted.push(models=["small", "tiny", "fixed"])
    assert options.all_text_contents() == ["small", "tiny", "fixed"]


# --- uploads ---


def test_thirty_megabytes_arrive_in_pieces_with_their_progress(mount: Mount, tmp_path: Path):
    data = np.random.default_rng(0).bytes(30_000_000)
    (tmp_path / "photo & more.png").write_bytes(data)
    taken: list[tuple[str, bytes]] = []
    mounted = mount(panel(on_upload=lambda *file: taken.append(file)))
    progress, shares = mounted.element.get_by_role("progressbar"), [0.0]
    mounted.element.locator("input[type=file]").set_input_files(tmp_path / "photo & more.png")

    def is_here() -> bool:
        if progress.is_visible():
            shares.append(progress.evaluate("bar => bar.value"))
        return bool(taken)

    expect(mounted.element.get_by_text("0.0 of 30.0 MB")).to_be_visible()
    wait_until(mounted, is_here)
    assert taken == [("photo & more.png", data)]
    pieces = [len(message.buffers[0]) for message in mounted.sent if message.content["type"] == "upload-piece"]
    assert len(pieces) == 29
    assert max(pieces) == PIECE_BYTES
    assert shares == sorted(shares)
    assert len(set(shares)) > 2
    expect(progress).to_be_hidden()


def test_cancelled_upload_ends(mount: Mount, tmp_path: Path):
    (tmp_path / "photo.png").write_bytes(bytes(3 * PIECE_BYTES))
    taken: list[str] = []
    mounted = mount(panel(on_upload=lambda name, data: taken.append(name)))
    mounted.element.locator("input[type=file]").set_input_files(tmp_path / "photo.png")
    name(mounted, "Cancel the upload").click()
    expect(mounted.element.get_by_role("progressbar")).to_be_hidden()
    mounted.page.wait_for_timeout(200)
    types = [message.content["type"] for message in mounted.sent]
    assert types[0] == "upload-begin"
    assert types[-1] == "upload-cancel"
    assert not taken
    assert python(mounted).error == ""


def test_too_large_a_file_is_refused_in_words_before_it_is_sent(mount: Mount, tmp_path: Path):
    (tmp_path / "photo.png").write_bytes(bytes(2_000_000))
    mounted = mount(panel(max_upload_bytes=1_000_000))
    mounted.element.locator("input[type=file]").set_input_files(tmp_path / "photo.png")
    mounted.on.exchange()
    expect(mounted.element.get_by_role("alert").filter(has_text="photo.png has 2,000,000 bytes")).to_be_visible()
    expect(mounted.element.get_by_role("progressbar")).to_be_hidden()
    assert [message.content["type"] for message in mounted.sent] == ["upload-begin"]
    name(mounted, "Dismiss").click()
    mounted.on.exchange()
    assert python(mounted).error == ""
    expect(name(mounted, "Dismiss")).to_be_hidden()


def in_explorer(mounted: MountedWidget) -> Locator:
    """Puts the panel into an explorer after it was drawn, as ipywidgets does; returns what stands beside it."""
    mounted.element.evaluate("""el => {
        const explorer = document.createElement("div");
        explorer.className = "dcae-explorer";
        const picture = document.createElement("div");
        picture.className = "picture";
        picture.tabIndex = 0;
        picture.style.height = "200px";
        el.replaceWith(explorer);
        explorer.append(el, picture);
    }""")
    return mounted.page.locator(".picture")


def test_file_is_dropped_anywhere_on_the_explorer(mount: Mount):
    taken: list[tuple[str, bytes]] = []
    mounted = mount(panel(on_upload=lambda *file: taken.append(file)))
    picture = in_explorer(mounted)
    files = mounted.page.evaluate_handle(FILES, ["<b>x</b>.dcae", 5, 1])
    overlay = mounted.page.get_by_text("Drop a photo, or a .dcae file")
    mounted.page.locator("body").dispatch_event("dragover", {"dataTransfer": files})
    assert overlay.count() == 0
    picture.dispatch_event("dragover", {"dataTransfer": files})
    expect(overlay).to_be_visible()
    mounted.page.locator("body").dispatch_event("dragover", {"dataTransfer": files})
    assert overlay.count() == 0
    picture.dispatch_event("dragover", {"dataTransfer": files})
    picture.dispatch_event("drop", {"dataTransfer": files})
    assert overlay.count() == 0
    wait_until(mounted, lambda: bool(taken))
    assert taken == [("<b>x</b>.dcae", b"\x07" * 5)]


IS_PREVENTED = """([files, selector]) => ["dragover", "drop"].map((type) => {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files });
    document.querySelector(selector).dispatchEvent(event);
    return event.defaultPrevented;
})"""


@pytest.mark.parametrize("target", ["#beside", "body", "html"])
def test_on_a_page_of_voilas_a_file_is_dropped_beside_the_explorer_too(mount: Mount, target: str):
    taken: list[str] = []
    mounted = mount(panel(on_upload=lambda name, data: taken.append(name)))
    in_explorer(mounted)
    mounted.page.evaluate("() => document.body.append(Object.assign(document.createElement('p'), { id: 'beside' }))")
    files = mounted.page.evaluate_handle(FILES, ["mine.png", 5, 1])
    assert mounted.page.evaluate(IS_PREVENTED, [files, target]) == [False, False], "in a notebook it is another's"
    mounted.page.evaluate("() => { document.body.dataset.voila = 'voila'; }")
    assert mounted.page.evaluate(IS_PREVENTED, [files, target]) == [True, True]
    wait_until(mounted, lambda: bool(taken))
    assert taken == ["mine.png"]


def test_of_two_explorers_on_a_page_of_voilas_one_takes_what_is_dropped(mount: Mount):
    taken: list[str] = []
    first = mount(panel(on_upload=lambda name, data: taken.append(f"first {name}")))
    in_explorer(first)
    second = mount(panel(on_upload=lambda name, data: taken.append(f"second {name}")))
    second.element.evaluate("el => el.classList.add('dcae-explorer')")
    first.page.evaluate("() => { document.body.dataset.voila = 'voila'; }")
    for target in ("body", f'[data-view="{second.element.get_attribute("data-view")}"]'):
        files = first.page.evaluate_handle(FILES, ["mine.png", 5, 1])
        assert first.page.evaluate(IS_PREVENTED, [files, target]) == [True, True]
        count = len(taken)
        wait_until(first, lambda count=count: len(taken) > count)
    assert taken == ["first mine.png", "second mine.png"]


def test_dragged_text_is_not_taken(mount: Mount):
    mounted = mount(panel())
    picture = in_explorer(mounted)
    text = mounted.page.evaluate_handle("""() => {
        const transfer = new DataTransfer();
        transfer.setData("text/plain", "words");
        return transfer;
    }""")
    picture.dispatch_event("dragover", {"dataTransfer": text})
    assert mounted.page.get_by_text("Drop a photo").count() == 0
    picture.dispatch_event("drop", {"dataTransfer": text})
    assert mounted.sent == []


def test_file_name_is_shown_as_text_while_it_is_sent(mount: Mount):
    mounted = mount(panel())
    files = mounted.page.evaluate_handle(FILES, ["<b>x</b>.png", 3 * PIECE_BYTES, 2])
    mounted.element.dispatch_event("drop", {"dataTransfer": files})
    expect(mounted.element.get_by_text("<b>x</b>.png", exact=True)).to_be_visible()
    assert mounted.element.locator("b").count() == 0


@pytest.mark.parametrize(("count", "words"), [(1, ""), (3, "Of 3 files the first is opened")])
def test_of_several_files_it_is_said_which_one_is_opened_once_it_is_here(mount: Mount, count: int, words: str):
    mounted = mount(panel())
    files = mounted.page.evaluate_handle(FILES, ["photo.png", 5, count])
    mounted.element.dispatch_event("drop", {"dataTransfer": files})
    wait_until(mounted, mounted.element.get_by_role("progressbar").is_hidden)
    assert mounted.element.get_by_role("status").text_content() == words


@pytest.mark.parametrize(("target", "count"), [(".picture", 1), ("body", 1), ("#elsewhere", 0)])
def test_file_is_pasted_where_the_focus_is_inside_or_nowhere(mount: Mount, target: str, count: int):
    taken: list[str] = []
    mounted = mount(panel(on_upload=lambda name, data: taken.append(name)))
    in_explorer(mounted)
    mounted.page.evaluate("() => document.body.append(Object.assign(document.createElement('p'), { id: 'elsewhere' }))")
    files = mounted.page.evaluate_handle(FILES, ["pasted.png", 5, 1])
    mounted.page.evaluate(
        """([files, target]) => document.querySelector(target).dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true }))""",
        [files, target],
    )
    mounted.page.wait_for_timeout(100)
    assert bool(mounted.sent) == bool(count)
    wait_until(mounted, lambda: len(taken) == count)
    assert taken == ["pasted.png"] * count


def test_text_that_brings_a_picture_along_is_pasted_as_text(mount: Mount):
    mounted = mount(panel())
    in_explorer(mounted)
    number(mounted).evaluate(
        """field => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([new Uint8Array(5)], "cell.png"));
            clipboardData.setData("text/plain", "0.02");
            field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )
    mounted.page.wait_for_timeout(100)
    assert mounted.sent == []


# --- downloads, copying, the link ---


def test_download_saves_pythons_file_under_its_name(mount: Mount):
    data = np.random.default_rng(0).bytes(2_500_000)
    mounted = mount(panel(on_download=lambda what: (f"flower.{what}", "image/png", data)))
    mounted.add_view()
    with mounted.page.expect_download() as download:
        name(mounted, "Download PNG").click()
        mounted.on.exchange()
    assert download.value.suggested_filename == "flower.png"
    assert Path(download.value.path()).read_bytes() == data


def test_only_what_there_is_can_be_downloaded(mount: Mount):
    mounted = mount(panel(downloads=["dcae"]))
    assert name(mounted, "Download .dcae").is_enabled()
    assert name(mounted, "Download PNG").is_disabled()
    mounted.push(downloads=["png"])
    assert name(mounted, "Download .dcae").is_disabled()
    assert name(mounted, "Download PNG").is_enabled()


def clipboard(mounted: MountedWidget) -> str:
    return mounted.page.evaluate("() => navigator.clipboard.readText()")


def test_python_lines_and_link_are_copied(mount: Mount):
    mounted = mount(panel(python_code='import dcae\n\nmodel = dcae.load("<small>")\n'))
    mounted.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    name(mounted, "Copy as Python").click()
    expect(mounted.element.get_by_role("status")).to_have_text("Copied the Python lines")
    assert clipboard(mounted) == python(mounted).python_code
    name(mounted, "Copy link").click()
    expect(mounted.element.get_by_role("status")).to_have_text("Copied the link")
    link = urlsplit(clipboard(mounted))
    assert link._replace(query="").geturl() == ORIGIN
    assert json.loads(parse_qs(link.query)["explore"][0]) == STATE


NO_CLIPBOARD = "() => Object.defineProperty(navigator, 'clipboard', { value: undefined })"


def test_copying_works_outside_a_secure_context(mount: Mount):
    mounted = mount(panel())
    mounted.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mounted.page.evaluate("() => { window.kept = navigator.clipboard; }")
    mounted.page.evaluate(NO_CLIPBOARD)
    name(mounted, "Copy as Python").click()
    expect(mounted.element.get_by_role("status")).to_have_text("Copied the Python lines")
    assert mounted.page.evaluate("() => kept.readText()") == "import dcae\n"
    expect(name(mounted, "Copy as Python")).to_be_focused()


def test_text_that_cannot_be_copied_is_shown_and_selected(mount: Mount):
    mounted = mount(panel())
    mounted.page.evaluate(NO_CLIPBOARD)
    mounted.page.evaluate("() => { document.execCommand = () => false; }")
    name(mounted, "Copy link").click()
    expect(mounted.element.get_by_role("status")).to_contain_text("Ctrl+C")
    assert mounted.page.evaluate("() => String(getSelection())").startswith(f"{ORIGIN}?explore=%7B")
    name(mounted, "Copy as Python").click()
    mounted.page.wait_for_function("() => String(getSelection()).trim() === 'import dcae'")


def test_python_lines_can_be_unfolded_and_follow(mount: Mount):
    mounted = mount(panel())
    more = name(mounted, "Show the Python lines")
    assert more.get_attribute("aria-expanded") == "false"
    more.click()
    assert more.get_attribute("aria-expanded") == "true"
    mounted.push(python_code="model = dcae.load('<b>')\n")
    expect(mounted.element.locator("pre")).to_have_text("model = dcae.load('<b>')\n")
    more.click()
    expect(mounted.element.locator("pre")).to_be_hidden()


# --- a reload, a link ---


def fresh(states: list[Any], **traits: Any) -> Controls:
    return panel(on_restore=states.append, **traits)


def open_page(widget_page: WidgetPage, query: str) -> None:
    widget_page.page.goto("about:blank")
    widget_page.page.goto(ORIGIN + query)
    widget_page.page.wait_for_function("() => window.widgetPage")


def test_state_is_restored_after_a_reload_once(widget_page: WidgetPage):
    states: list[Any] = []
    widget_page.mount(fresh(states)).push(state=STATE | {"lmbda": 0.03})
    assert states == [], "nothing to restore"
    widget_page.reload()
    widget_page.mount(fresh(states))
    widget_page.exchange()
    assert states == [STATE | {"lmbda": 0.03}]
    widget_page.mount(fresh(states))
    widget_page.exchange()
    assert len(states) == 1, "a cell that is run again begins anew"
    widget_page.reload()
    widget_page.mount(fresh(states))
    widget_page.exchange()
    assert states[1:] == [STATE | {"lmbda": 0.03}]


def test_explorer_that_lives_on_in_the_kernel_is_not_overwritten(widget_page: WidgetPage):
    states: list[Any] = []
    controls = fresh(states)
    widget_page.mount(controls).push(state=STATE | {"lmbda": 0.03})
    assert not controls.fresh
    widget_page.reload()
    widget_page.mount(controls)
    widget_page.exchange()
    assert states == []


def test_page_that_is_opened_anew_begins_anew(widget_page: WidgetPage):
    states: list[Any] = []
    widget_page.mount(fresh(states)).push(state=STATE | {"lmbda": 0.03})
    open_page(widget_page, "")
    widget_page.mount(fresh(states))
    widget_page.exchange()
    assert states == []


def test_link_is_restored_though_the_page_rewrites_its_url(widget_page: WidgetPage):
    states: list[Any] = []
    open_page(widget_page, "?explore=" + quote(json.dumps(STATE)))
    widget_page.page.evaluate("() => history.replaceState(null, '', location.pathname)")
    widget_page.mount(fresh(states))
    widget_page.exchange()
    assert states == [STATE]


def test_reload_of_a_link_restores_what_was_shown_last(widget_page: WidgetPage):
    states: list[Any] = []
    open_page(widget_page, "?explore=" + quote(json.dumps(STATE)))
    widget_page.mount(fresh(states)).push(state=STATE | {"lmbda": 0.03})
    widget_page.reload()
    widget_page.mount(fresh(states))
    widget_page.exchange()
    assert states == [STATE, STATE | {"lmbda": 0.03}]


@pytest.mark.parametrize("query", ["?explore=%7Bbroken", "?explore=%FF", "?explore=", "?explore=null", "?other=1"])
def test_broken_link_opens_the_page_as_it_is(widget_page: WidgetPage, query: str):
    states: list[Any] = []
    open_page(widget_page, query)
    mounted = widget_page.mount(fresh(states))
    widget_page.exchange()
    assert states == []
    assert python(mounted).error == ""


# --- the panel as a whole ---


def test_nothing_moves_when_something_is_being_done(mount: Mount):
    mounted = mount(panel(), 900)
    controls = [slider(mounted), number(mounted), name(mounted, "Copy link"), name(mounted, "Download .dcae")]
    before = [control.bounding_box() for control in controls]
    mounted.push(busy="encoding 12.0 Mpx with a model whose name is longer than the place that there is for it")
    assert [control.bounding_box() for control in controls] == before
    mounted.push(busy="encoding 12.0 Mpx")
    words = mounted.element.get_by_text("encoding 12.0 Mpx")
    expect(words).to_be_visible()
    assert words.evaluate("words => words.scrollWidth <= words.clientWidth + 1"), "the words are cut"
    files = mounted.page.evaluate_handle(FILES, ["a photo with quite a long name.png", 3 * PIECE_BYTES, 1])
    mounted.element.dispatch_event("drop", {"dataTransfer": files})
    assert [control.bounding_box() for control in controls] == before


def test_every_control_has_a_name_and_a_target_of_28_px(mount: Mount):
    mounted = mount(panel(error="Words", page="ready"), 900)
    controls = mounted.element.locator("button:visible, select:visible, input:visible")
    assert controls.count() == 12
    for control in controls.all():
        assert control.get_attribute("aria-label")
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 28
        control.focus()
        expect(control).to_be_focused()


def test_nothing_is_cut_or_overlaps_from_900_to_1280_px(mount: Mount):
    for width_px in (900, 1001, 1100, 1248, 1400):
        page = "running" if width_px == 1400 else "ready"
        mounted = mount(panel(models=["small-01234567"], model="small-01234567", page=page, page_share=0.5), width_px)
        boxes = [
            box
            for box in (each.bounding_box() for each in mounted.element.locator("button:visible, select").all())
            if box
        ]
        for left, right in pairwise(boxes):
            assert left["x"] + left["width"] <= right["x"] + 1.5
        edge = mounted.element.bounding_box()
        assert edge is not None
        assert boxes[-1]["x"] + boxes[-1]["width"] == pytest.approx(edge["x"] + width_px)


ASTRAY = """panel => {
    const box = (part) => part.getBoundingClientRect(), edge = box(panel), isIn = (a, b) => a > b - 0.5;
    const seen = [...panel.querySelectorAll("*")].filter((part) => part.checkVisibility() && box(part).width);
    const isInside = (a) => isIn(a.left, edge.left) && isIn(edge.right, a.right) && isIn(edge.bottom, a.bottom);
    const isOver = (a, b) => Math.min(a.right - b.left, b.right - a.left, a.bottom - b.top, b.bottom - a.top) > 1.5;
    const controls = seen.filter((part) => part.matches("button, select, input"));
    const isCovered = (one) => controls.some((other) => other !== one && isOver(box(one), box(other)));
    const astray = [...seen.filter((part) => !isInside(box(part))), ...controls.filter(isCovered)];
    return astray.map((part) => part.outerHTML.slice(0, 120));
}"""
"""What of a panel is outside of it, and which controls cover each other."""


@pytest.mark.parametrize("others", [[], ["JPEG 4:2:0", "AVIF"]])
@pytest.mark.parametrize("width_px", [360, 480, 600, 700, 760, 800])
def test_in_a_narrow_panel_nothing_lies_outside_or_over_another(mount: Mount, width_px: int, others: list[str]):
    traits = {"models": ["small-01234567"], "model": "small-01234567", "polish": "ready", "error": "Words " * 30}
    mounted = mount(panel(others=others, page="ready", busy="encoding 12.0 Mpx", **traits), width_px)
    assert mounted.element.evaluate(ASTRAY) == []
    words = mounted.element.get_by_text("encoding 12.0 Mpx")
    assert words.evaluate("words => words.scrollWidth <= words.clientWidth + 1"), "the words are cut"
    name(mounted, "Show the Python lines").click()
    mounted.element.get_by_label("Model", exact=True).select_option(label="a path or folder…")
    files = mounted.page.evaluate_handle(FILES, ["a photo.png", 30 * PIECE_BYTES, 1])
    mounted.element.dispatch_event("drop", {"dataTransfer": files})
    expect(name(mounted, "Cancel the upload")).to_be_visible()
    assert mounted.element.evaluate(ASTRAY) == []
    mounted.push(polish="", page="", error="")
    assert mounted.element.evaluate(ASTRAY) == []


def test_plain_keys_stay_inside_and_commands_reach_the_notebook(mount: Mount):
    mounted = mount(panel())
    mounted.page.evaluate(
        """() => {
          window.keys = { lab: [], notebook: [] };
          const passedOver = "[data-lm-suppress-shortcuts]"; // by Notebook 7, which hears of keys before their target
          document.addEventListener("keydown", (e) => e.target.matches(passedOver) || keys.notebook.push(e.key), true);
          document.addEventListener("keydown", (e) => keys.lab.push(e.key));
        }"""
    )
    for key in ("ArrowRight", "d", "Enter", "Control+s", "Shift+Enter"):
        slider(mounted).press(key)
    for heard in ("keys.lab", "keys.notebook"):
        assert mounted.page.evaluate(f"() => {heard}") == ["Control", "s", "Enter"]


FOCUSED = "() => document.activeElement.getAttribute('aria-label')"
LMBDA = "λ: a larger one makes a larger and better file"


@pytest.mark.parametrize(
    ("control", "gone", "heir"),
    [
        ("Stop polishing; the plain file stays", {"polish": ""}, LMBDA),
        ("Stop making the page, 0 % done", {"page": ""}, "Download PNG"),
        ("Download PNG", {"downloads": []}, "Model"),
        (LMBDA, {"enabled": False, "polish": ""}, "Copy link"),
        ("Dismiss", {"error": ""}, "Stop polishing; the plain file stays"),
    ],
)
def test_focus_goes_from_what_vanishes_to_its_neighbour(mount: Mount, control: str, gone: dict[str, Any], heir: str):
    mounted = mount(panel(polish="running", page="running", error="Words"))
    mounted.element.get_by_label(control, exact=True).focus()
    mounted.push(lmbda=0.02)
    assert mounted.page.evaluate(FOCUSED) == control, "it is still there"
    mounted.push(**gone)
    assert mounted.page.evaluate(FOCUSED) == heir


def test_focus_stays_in_the_panel_when_an_upload_is_cancelled_or_ends(mount: Mount):
    mounted = mount(panel())
    for key in ("Enter", "Shift"):
        files = mounted.page.evaluate_handle(FILES, ["photo.png", 3 * PIECE_BYTES, 1])
        mounted.element.dispatch_event("drop", {"dataTransfer": files})
        name(mounted, "Cancel the upload").focus()
        mounted.page.keyboard.press(key)
        wait_until(mounted, mounted.element.get_by_role("progressbar").is_hidden)
        assert mounted.page.evaluate(FOCUSED) == "Model"
    assert [message.content["type"] for message in mounted.sent].count("upload-cancel") == 1


def test_second_view_shows_the_same_and_follows_the_first(mount: Mount):
    mounted = mount(panel(lmbda=0.01, busy="encoding"))
    second = mounted.add_view()
    expect(second.get_by_role("status")).to_have_text("encoding")
    slider(mounted).press("End")
    assert second.get_by_label("λ as a number").input_value() == "0.15"


def test_closed_views_leave_nothing_behind(mount: Mount, widget_page: WidgetPage):
    before = widget_page.held()
    mounted = mount(panel())
    shown = widget_page.held()
    mounted.add_view()
    mounted.close_view(1)
    assert widget_page.held() == shown
    slider(mounted).press("ArrowRight")
    mounted.close_view()
    assert widget_page.held() == before
    assert requests(mounted)[-1]["final"], "what the hand asked for last is asked for"


def test_lost_kernel_is_said_and_nothing_can_be_asked_of_it(mount: Mount):
    mounted = mount(panel(busy="encoding", polish="ready"))
    second = mounted.add_view()
    mounted.element.locator("input[type=file]").set_input_files(
        {"name": "large.png", "mimeType": "image/png", "buffer": b"7" * 2 * PIECE_BYTES}
    )
    wait_until(mounted, lambda: bool(mounted.sent))
    slider(mounted).focus()
    mounted.on.lose_kernel()
    for element in (mounted.element, second):
        pane = element.get_by_role("alert").filter(has_text="kernel has stopped")
        expect(pane).to_contain_text("run the cell again")
        expect(pane.get_by_role("button", include_hidden=True)).to_be_hidden()
        expect(element.locator(".dcae-controls-upload")).to_be_hidden()
        expect(element.locator(".dcae-controls-working")).to_have_count(0)
        parts = element.locator("input, select, button:visible")
        assert parts.count() > 8
        assert parts.evaluate_all("parts => parts.every(part => part.closest('[inert]'))")
    expect(mounted.element.locator(".dcae-controls-error")).to_be_focused()
    sent, saved = len(mounted.sent), len(mounted.saved)
    files = mounted.page.evaluate_handle(FILES, ["mine.png", 100, 1])
    mounted.element.dispatch_event("drop", {"dataTransfer": files})
    drag(mounted, 0.5, 0.9)
    mounted.page.mouse.up()
    mounted.page.keyboard.press("ArrowRight")
    mounted.close_view(1)
    third = mounted.add_view()
    expect(third.get_by_role("alert").filter(has_text="kernel has stopped")).to_be_visible()
    assert (len(mounted.sent), len(mounted.saved)) == (sent, saved)
    assert python(mounted).error == "", "the page alone knows"
