"""The page on which widgets are tested without Jupyter: what it delivers, counts and notices."""

import anywidget
import ipywidgets
import pytest
import traitlets
from playwright.sync_api import Page

from .widget_page import WidgetPage

pytestmark = pytest.mark.e2e

FRONT_END = """
export default {
  async render({ model, el }) {
    const child = await model.widget_manager.get_model(model.get("part").slice("IPY_MODEL_".length));
    const bytes = (view) => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)].join();
    const show = () => {
      el.textContent = `${model.get("number")} ${child.get("name")} ${bytes(child.get("data"))}`;
    };
    const press = () => {
      model.set("number", model.get("number") + 1);
      model.save_changes();
      model.send({ pressed: model.get("number") }, undefined, [new Uint8Array([0, 7, 8]).subarray(1)]);
    };
    const receive = (content, buffers) => { el.title = `${content.text} ${bytes(buffers[0])}`; };
    model.on("change:number change:other", show);
    child.on("change:name change:data", show);
    model.on("msg:custom", receive);
    window.addEventListener("keydown", press);
    const timer = setInterval(() => {}, 1000);
    const observer = new ResizeObserver(() => {});
    observer.observe(el);
    show();
    return () => {
      model.off("change:number change:other", show);
      child.off("change:name change:data", show);
      model.off("msg:custom", receive);
      window.removeEventListener("keydown", press);
      clearInterval(timer);
      observer.disconnect();
    };
  },
};
"""


class Part(ipywidgets.Widget):
    """A widget without a view of its own."""

    name = traitlets.Unicode("a").tag(sync=True)
    data = traitlets.Bytes(b"\x01\x02\xff").tag(sync=True)


class Whole(anywidget.AnyWidget):
    """A widget that holds one of everything."""

    _esm = FRONT_END
    _css = "div { color: var(--jp-ui-font-color0) }"
    number = traitlets.Int(3).tag(sync=True)
    other = traitlets.Int(0).tag(sync=True)
    part = traitlets.Instance(Part, ()).tag(sync=True, **ipywidgets.widget_serialization)


def test_state_of_a_widget_and_its_parts_arrives_with_binary_buffers(mount):
    assert mount(Whole()).element.text_content() == "3 a 1,2,255"


def test_changes_in_python_arrive_in_the_page(mount, widget_page):
    whole = Whole()
    shown = mount(whole)
    shown.push(number=5)
    whole.part.name, whole.part.data = "b", b"\x09"
    widget_page.exchange()
    assert shown.element.text_content() == "5 b 9"
    assert shown.get("number") == 5
    assert shown.saved == []


def test_what_the_page_saves_and_sends_arrives_in_python(mount):
    whole, heard = Whole(), []
    whole.on_msg(lambda widget, content, buffers: heard.append((content, bytes(buffers[0]))))
    shown = mount(whole)
    shown.page.keyboard.press("a")
    assert shown.saved == [{"number": 4}]
    assert shown.sent == [({"pressed": 4}, [b"\x07\x08"])]
    assert heard == [({"pressed": 4}, b"\x07\x08")]
    assert whole.number == 4


def test_messages_from_python_arrive_in_the_page(mount):
    shown = mount(Whole())
    shown.send({"text": "hello"}, [b"\x04\x05"])
    assert shown.element.get_attribute("title") == "hello 4,5"


def test_a_closed_view_is_seen_to_give_back_what_it_held(mount, widget_page):
    nothing = widget_page.held()
    shown = mount(Whole())
    one = widget_page.held()
    more = {name: one[name] - nothing[name] for name in one if one[name] != nothing[name]}
    assert more == {"window": 1, "models": 5, "observers": 1, "timers": 1}
    shown.add_view()
    assert widget_page.held()["models"] == 10
    shown.close_view(0)
    assert widget_page.held() == one
    shown.push(number=9)
    assert shown.view(1).text_content() == "9 a 1,2,255"
    shown.close_view(1)
    assert widget_page.held() == nothing


def test_themes_are_jupyterlabs_own(mount, widget_page):
    shown = mount(Whole())
    colour = "el => getComputedStyle(el).color"
    assert shown.element.evaluate(colour) == "rgb(0, 0, 0)"
    widget_page.set_theme("dark")
    assert shown.element.evaluate(colour) == "rgb(255, 255, 255)"


def test_a_reloaded_page_has_forgotten_everything_but_python_has_not(mount, widget_page):
    whole = Whole()
    shown = mount(whole)
    shown.page.keyboard.press("a")
    widget_page.reload()
    assert mount(whole).element.text_content() == "4 a 1,2,255"


def test_errors_of_the_page_are_noticed(page: Page, monkeypatch: pytest.MonkeyPatch):
    shown = WidgetPage(page, monkeypatch)
    page.evaluate("() => { setTimeout(() => { throw new Error('thrown') }); console.error('written') }")
    page.evaluate("() => { Promise.reject(new Error('rejected')) }")
    page.wait_for_timeout(50)
    assert sorted(shown.errors) == ["rejected", "thrown", "written"]
