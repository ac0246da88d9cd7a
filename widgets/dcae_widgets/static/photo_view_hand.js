// What a hand does to a view, by pointer, key or button alike: it becomes traits, which are drawn and which Python hears of.

/** The hand on a view. */
class Hand {
  #comparison;
  #project;
  #saved;
  #pointer = null; // where the mouse is on the canvas, if it is here and was used last
  #corner = null; // of a rectangle that the keyboard draws

  /** @param {Comparison} comparison @param {Listeners} listeners @param {() => Projection} project as it is now */
  constructor(comparison, listeners, project) {
    this.#comparison = comparison;
    this.#project = project;
    this.#saved = new SoonSaved(comparison.model);
    listeners.later(() => this.#saved.now());
  }

  /** Sets a trait for this page at once, and for Python soon; as of SoonSaved. */
  set(name, value, options) {
    this.#saved.set(name, value, options);
  }

  #get(name) {
    return this.#comparison.model.get(name);
  }

  /** Whether there is nothing to lay a hand on. */
  get isEmpty() {
    return this.#comparison.isEmpty;
  }

  get projection() {
    return this.#project();
  }

  /** @param {number} opacity of the layer on top */
  setOpacity(opacity) {
    const { model } = this.#comparison.pictures.at(-1);
    model.set("opacity", opacity);
    model.save_changes();
  }

  nextMode(direction) {
    const names = Object.keys(MODES);
    const index = names.indexOf(this.#get("mode"));
    if (this.#comparison.compared.length > 1) this.set("mode", names.at((index + direction) % names.length));
  }

  /** @param {boolean} held the second picture is held up */
  hold(held) {
    this.#comparison.hold(held);
  }

  moveDividerTo(share) {
    this.set("divider", clamp(share, 0, 1));
  }

  moveDividerBy(share) {
    this.moveDividerTo(this.#get("divider") + share);
  }

  showWhole() {
    this.set("view", this.projection.whole);
  }

  /** Another picture: the whole of it, and no rectangle that was begun on the one before. Call it while that is drawn anew. */
  beginAnew() {
    this.#corner = null;
    this.set("view", this.projection.whole, { silent: true }); // no event: jslink would carry it to views of other pictures
  }

  /** Zooms so that what is at a place of the canvas stays there. */
  zoomTo(zoom, place = this.projection.paneMiddle) {
    this.set("view", this.projection.zoomed(zoom, place));
  }

  zoomBy(factor, place) {
    this.zoomTo(this.projection.scale * factor, place);
  }

  /** To the next round zoom in a direction. */
  step(direction) {
    this.zoomTo(this.projection.nextZoom(direction));
  }

  /** Moves the view by so many picture pixels; the whole picture stays where it is. */
  move(across, down) {
    if (this.#get("view")[2] !== 0) this.set("view", this.projection.moved(across, down));
  }

  get pointer() {
    return this.#pointer;
  }

  /** The mouse is at a place of the canvas, or it is not what points. */
  pointAt(place) {
    this.#pointer = place;
    if (place) this.examine(this.projection.pixelAt(place));
  }

  /** @param {number[]} pixel column and row, or nothing */
  examine(pixel) {
    if (String(pixel) !== String(this.#get("hover"))) this.set("hover", pixel);
  }

  click(pixel) {
    if (pixel.length) this.set("clicked", [...pixel, (this.#get("clicked")[2] ?? 0) + 1]);
  }

  /** A rectangle is begun with the pointer: it replaces the one of the keyboard. */
  beginRectangle() {
    this.#corner = null;
  }

  /** The rectangle is drawn between two points of the picture; Python hears of it at its end. */
  drawRectangle(from, to) {
    this.#comparison.model.set("brush", this.projection.rectangleBetween(from, to));
  }

  endRectangle() {
    this.set("brush", this.#get("brush"));
  }

  /** A corner of the keyboard's rectangle is in the middle of the view: its first, or else its last. */
  markCorner() {
    this.#corner = this.#corner ? null : this.projection.middle;
  }

  /** The keyboard's rectangle, if one is begun, reaches to the middle of the view. */
  stretchRectangle() {
    if (!this.#corner) return;
    const [x, y] = this.projection.middle;
    const [left, top] = [Math.min(x, this.#corner[0]), Math.min(y, this.#corner[1])];
    const [right, bottom] = [Math.max(x, this.#corner[0]) + 1, Math.max(y, this.#corner[1]) + 1];
    this.set("brush", [left, top, right, bottom]);
  }

  removeRectangle() {
    this.#corner = null;
    if (this.#get("brush").length) this.set("brush", []);
  }
}
