// Mouse, fingers and wheel on a view: their gestures. What these do to it is the hand's.

const CLICK_SLOP = 4; // CSS px that a hand may move while it clicks

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/** The pointers on a view's pane. */
class Pointers {
  #parts;
  #canvas;
  #hand;
  #down = new Map(); // where those are that are pressed
  #gesture = null;

  /** @param {Record<string, any>} parts @param {FittedCanvas} canvas @param {Hand} hand @param {Listeners} listeners */
  constructor(parts, canvas, hand, listeners) {
    this.#parts = parts;
    this.#canvas = canvas;
    this.#hand = hand;
    const { pane, handle } = parts;
    const add = (type, handler) => listeners.add(pane, type, handler);
    add("pointerdown", (event) => this.#press(event));
    add("pointermove", (event) => this.#drag(event));
    add("pointerup", (event) => this.#release(event, true));
    add("pointercancel", (event) => this.#release(event, false));
    add("pointerleave", (event) => {
      if (this.#gesture || event.pointerType === "touch") return; // a finger has gone, what it touched is still examined
      hand.pointAt(null);
      hand.examine([]);
    });
    add("dblclick", (event) => {
      if (!event.shiftKey && !hand.isEmpty) hand.zoomBy(event.altKey ? 1 / 2 : 2, canvas.placeOf(event));
    });
    for (const part of [pane, handle]) listeners.add(part, "wheel", (event) => this.#turn(event), { passive: false });
  }

  /** Another pixel may lie under a mouse that rests. */
  pointAgain() {
    if (!this.#gesture) this.#hand.pointAt(this.#hand.pointer);
  }

  #press(event) {
    if (event.button !== 0 || this.#hand.isEmpty) return;
    const place = this.#canvas.placeOf(event);
    this.#parts.pane.focus({ preventScroll: true });
    this.#parts.pane.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, place);
    if (this.#down.size > 1) this.#gesture = this.#pinch();
    else if (event.shiftKey) this.#gesture = this.#brush(place);
    else this.#gesture = { kind: "pan", start: place, last: place, moved: false };
  }

  #brush(place) {
    const { projection } = this.#hand;
    this.#hand.beginRectangle();
    return { kind: "brush", from: projection.inPicture(place), pane: projection.paneAt(place), start: place };
  }

  /** Two fingers: how far apart they are, and between which pixels. */
  #pinch() {
    const [a, b] = [...this.#down.values()];
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const { projection } = this.#hand;
    const pane = projection.paneAt(middle);
    return { kind: "pinch", apart: distance(a, b), point: projection.inPicture(middle, pane), scale: projection.scale, pane };
  }

  #drag(event) {
    if (this.#hand.isEmpty) return;
    const place = this.#canvas.placeOf(event);
    const gesture = this.#gesture;
    if (!gesture || !this.#down.has(event.pointerId)) return this.#hand.pointAt(place);
    this.#down.set(event.pointerId, place);
    if (gesture.kind === "pinch") this.#spread(gesture);
    if (gesture.kind === "brush") this.#brushTo(gesture, place);
    if (gesture.kind === "pan") this.#panTo(gesture, place);
  }

  #panTo(gesture, place) {
    gesture.moved ||= distance(place, gesture.start) > CLICK_SLOP;
    if (!gesture.moved) return;
    const { scale } = this.#hand.projection;
    this.#hand.move((gesture.last.x - place.x) / scale, (gesture.last.y - place.y) / scale);
    gesture.last = place;
    this.#parts.pane.classList.add("dcae-moving");
  }

  #spread({ apart, point, scale, pane }) {
    const [a, b] = [...this.#down.values()];
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const { projection } = this.#hand;
    const zoom = scale * (distance(a, b) / apart);
    if (zoom <= projection.fitZoom) this.#hand.showWhole();
    else this.#hand.set("view", projection.anchored(point, middle, Math.min(zoom, MAX_ZOOM), pane));
  }

  #brushTo({ from, pane, start }, place) {
    if (distance(place, start) > CLICK_SLOP) this.#hand.drawRectangle(from, this.#hand.projection.inPicture(place, pane));
  }

  #release(event, done) {
    if (!this.#down.delete(event.pointerId)) return;
    const gesture = this.#gesture;
    this.#parts.pane.classList.remove("dcae-moving");
    if (gesture.kind === "brush") this.#hand.endRectangle();
    if (gesture.kind === "pan" && !gesture.moved && done) {
      const pixel = this.#hand.projection.pixelAt(gesture.start);
      this.#hand.click(pixel);
      if (event.pointerType === "touch") this.#hand.examine(pixel);
    }
    const [rest] = this.#down.values();
    this.#gesture = rest ? { kind: "pan", start: rest, last: rest, moved: true } : null;
  }

  /** The wheel belongs to the page until the picture has the focus; a trackpad's pinch comes as Ctrl and wheel. */
  #turn(event) {
    const zooms = event.ctrlKey || event.metaKey || this.#parts.root.contains(document.activeElement);
    if (!zooms || this.#hand.isEmpty) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.002;
    this.#hand.zoomBy(Math.exp(clamp(-event.deltaY * lines * speed, -1, 1)), this.#canvas.placeOf(event));
  }
}
