// The bar over a view: how its pictures are compared, the slider that this needs, and the zoom.

/** The slider that a mode needs: what it is called, its ends, and how its steps become the trait's value. */
const DIALS = {
  difference: {
    label: "Gain",
    range: [0, 6, 1],
    read: ({ model }) => Math.log2(model.get("gain")),
    write: (hand, step) => hand.set("gain", 2 ** step),
    text: ({ model }) => `× ${model.get("gain").toLocaleString("en", { maximumFractionDigits: 1 })}`,
  },
  flicker: {
    label: "Rate",
    range: [0, 4, 0.5],
    read: ({ model }) => model.get("flicker_hz"),
    write: (hand, hertz) => hand.set("flicker_hz", hertz),
    text: ({ model }) => (model.get("flicker_hz") && !isStill() ? `${model.get("flicker_hz")} Hz` : "hold F"),
  },
  blend: {
    label: "Opacity",
    range: [0, 1, 0.01],
    read: ({ pictures }) => pictures.at(-1).model.get("opacity"),
    write: (hand, opacity) => hand.setOpacity(opacity),
    text: ({ pictures }) => percent(pictures.at(-1).model.get("opacity")),
  },
};

/** What is in the bar, and what its controls ask for. */
class Toolbar {
  #parts;
  #comparison;

  /**
   * @param {Record<string, any>} parts
   * @param {Comparison} comparison
   * @param {Hand} hand
   * @param {Help} help
   * @param {Listeners} listeners
   */
  constructor(parts, comparison, hand, help, listeners) {
    this.#parts = parts;
    this.#comparison = comparison;
    const { modes, dial, zooming } = parts;
    listeners.add(modes, "change", (event) => hand.set("mode", event.target.value));
    listeners.add(dial, "input", () => DIALS[comparison.mode].write(hand, Number(dial.value)));
    const actions = {
      out: () => hand.step(-1),
      in: () => hand.step(1),
      fit: () => hand.showWhole(),
      whole: () => hand.zoomTo(1),
      help: () => help.toggle(),
      fullscreen: () => this.#toggleFullscreen(),
    };
    zooming.querySelector('[data-action="fullscreen"]').hidden = !document.fullscreenEnabled;
    listeners.add(zooming, "click", (event) => actions[event.target.closest("button")?.dataset.action]?.());
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) return document.exitFullscreen();
    this.#parts.pane.focus({ preventScroll: true }); // so that keys and wheel are the picture's at once
    return this.#parts.root.requestFullscreen();
  }

  /** @param {Projection} projection */
  draw({ scale }) {
    const { modes, zoom } = this.#parts;
    const { compared, mode, model } = this.#comparison;
    const [first, second] = compared;
    modes.hidden = !second;
    for (const input of modes.querySelectorAll("input")) input.checked = input.value === model.get("mode");
    this.#drawDial(second ? DIALS[mode] : undefined);
    if (first) write(zoom, percent(scale));
  }

  #drawDial(dial) {
    const { dialBox, dialLabel, dialText, dial: input } = this.#parts;
    dialBox.hidden = !dial;
    if (!dial) return;
    write(dialLabel, dial.label);
    write(dialText, dial.text(this.#comparison));
    input.setAttribute("aria-label", dial.label); // which is not seen where there is little room
    input.setAttribute("aria-valuetext", dial.text(this.#comparison));
    [input.min, input.max, input.step] = dial.range.map(String);
    input.value = String(dial.read(this.#comparison));
  }
}
