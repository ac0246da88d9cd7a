// The divider between two pictures: its handle, for hand and keys.

/** What each key adds to the divider, as a share of the width. */
const DIVIDER_KEYS = {
  ArrowLeft: -0.01,
  ArrowDown: -0.01,
  ArrowRight: 0.01,
  ArrowUp: 0.01,
  PageDown: -0.1,
  PageUp: 0.1,
  Home: -1,
  End: 1,
};

/** The handle, where it is shown: in mode "split". */
class Divider {
  #handle;
  #comparison;
  #canvas;
  #hand;

  /**
   * @param {Record<string, any>} parts
   * @param {Comparison} comparison
   * @param {FittedCanvas} canvas
   * @param {Hand} hand
   * @param {Listeners} listeners
   */
  constructor({ handle }, comparison, canvas, hand, listeners) {
    this.#handle = handle;
    this.#comparison = comparison;
    this.#canvas = canvas;
    this.#hand = hand;
    listeners.add(handle, "pointerdown", (event) => {
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
    });
    listeners.add(handle, "pointermove", (event) => this.#drag(event));
    listeners.add(handle, "keydown", (event) => this.#press(event));
  }

  #drag(event) {
    if (!this.#handle.hasPointerCapture(event.pointerId)) return;
    this.#hand.moveDividerTo(this.#canvas.placeOf(event).x / this.#canvas.size[0]);
  }

  #press(event) {
    const step = DIVIDER_KEYS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#hand.moveDividerBy(step * (event.shiftKey ? 10 : 1));
  }

  draw() {
    const { compared, held, mode, model } = this.#comparison;
    const [first, second] = compared;
    const divider = model.get("divider");
    this.#handle.hidden = mode !== "split" || held;
    this.#handle.style.left = `${100 * divider}%`;
    this.#handle.setAttribute("aria-valuenow", String(Math.round(100 * divider)));
    this.#handle.setAttribute("aria-valuetext", second ? `${first.name} on the left ${percent(divider)}` : "");
  }
}
