// The keyboard on a view, and the panel that names its keys. What a key does to the view is the hand's.

const KEYS = [
  ["← → ↑ ↓", "move (with Shift: by a whole view)"],
  ["+ −", "zoom in, out"],
  ["0, 1", "the whole picture, 100 %"],
  ["[ ]", "move the divider"],
  ["M", "next mode"],
  ["F", "hold: the second picture alone"],
  ["Enter", "click the pixel in the middle"],
  ["B", "rectangle: one corner here, then the other"],
  ["Esc", "remove the rectangle"],
  ["Mouse", "drag moves, Shift and drag draws a rectangle, double click zooms in"],
  ["Wheel", "zooms once the picture is clicked, or with Ctrl"],
  ["Touch", "two fingers zoom, one moves"],
];

/** The panel of keys and gestures, and the button that opens it. */
class Help {
  #panel;
  #button;

  /** @param {Record<string, any>} parts */
  constructor({ help, zooming }) {
    this.#panel = help;
    this.#button = zooming.querySelector('[data-action="help"]');
    help.append(...KEYS.map(([key, what]) => element("div", {}, element("kbd", {}, key), element("span", {}, what))));
    this.toggle(false);
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  toggle(open = !this.isOpen) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
  }
}

/** The keys that a view's pane hears. */
class Keys {
  #hand;
  #help;
  #announcement;

  /**
   * @param {Record<string, any>} parts
   * @param {Hand} hand
   * @param {Help} help
   * @param {Announcement} announcement of what a key has done
   * @param {Listeners} listeners
   */
  constructor({ pane, root }, hand, help, announcement, listeners) {
    this.#hand = hand;
    this.#help = help;
    this.#announcement = announcement;
    listeners.add(pane, "keydown", (event) => this.#press(event));
    listeners.add(root, "keydown", (event) => {
      if (event.key === "Escape" && help.isOpen) help.toggle(false);
    });
    keepPlainKeys(listeners, root); // a letter beside the keys of the view: D D would delete the cell
    listeners.add(pane, "keyup", (event) => {
      if (event.key.toLowerCase() === "f") hand.hold(false);
    });
    listeners.add(pane, "blur", () => {
      hand.hold(false);
      if (!hand.pointer) hand.examine([]);
    });
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#hand.isEmpty) return;
    const action = this.#action(event.key, event.shiftKey, event.repeat);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
    this.#after(event.key);
  }

  #action(key, shift, repeat) {
    const hand = this.#hand;
    const [across, down] = this.#stride(shift);
    const actions = {
      ArrowLeft: () => hand.move(-across, 0),
      ArrowRight: () => hand.move(across, 0),
      ArrowUp: () => hand.move(0, -down),
      ArrowDown: () => hand.move(0, down),
      "+": () => hand.step(1),
      "=": () => hand.step(1),
      "-": () => hand.step(-1),
      0: () => hand.showWhole(),
      1: () => hand.zoomTo(1),
      "[": () => hand.moveDividerBy(-0.02),
      "]": () => hand.moveDividerBy(0.02),
      m: () => hand.nextMode(shift ? -1 : 1),
      f: () => repeat || hand.hold(true),
      b: () => hand.markCorner(),
      "?": () => this.#help.toggle(),
      Enter: () => hand.click(hand.projection.middle),
      Escape: () => (this.#help.isOpen ? this.#help.toggle(false) : hand.removeRectangle()),
    };
    return actions[key.length === 1 ? key.toLowerCase() : key];
  }

  /** How far an arrow moves, in picture pixels: by the whole view, else one where pixels are framed, else a tenth of it. */
  #stride(isWhole) {
    const { panes: [pane], scale, isGridded } = this.#hand.projection;
    const view = [pane.width / scale, pane.height / scale];
    if (isWhole) return view;
    return isGridded ? [1, 1] : view.map((side) => side / 10);
  }

  /** What has moved under the middle of the view is what the keyboard examines. */
  #after(key) {
    if (key.startsWith("Arrow") || "+=-01".includes(key)) {
      this.#hand.pointAt(null);
      this.#hand.examine(this.#hand.projection.middle);
    }
    this.#hand.stretchRectangle();
    this.#announcement.soon();
  }
}
