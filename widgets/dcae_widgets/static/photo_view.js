// The viewer of photos: layers compared by divider, flicker, difference or blend, with zoom and pan down to single pixels.
// Drawing happens once an animation frame, from one canvas a layer. Python hears of it afterwards, through traits.
// Lengths: "CSS" pixels are the page's, "device" pixels the screen's and the canvas's, "picture" pixels those of the photo.
// Its parts stand in the files photo_view_*.js. Pointers, keys, toolbar and divider tell the hand, and the hand sets traits; of
// traits, pictures and the size of the canvas a projection is made, and with it everything is drawn. So it goes round, one way.

/** One view of the model. */
class Viewer {
  #listeners = new Listeners();
  #frame = 0;
  #settling = 0;
  #seen = []; // the part of the picture that was drawn last, which Python hears of once it has settled
  #pictureSize = null; // what the view was last drawn for
  #model;
  #parts = buildElements();
  #comparison;
  #canvas;
  #hand;
  #pointers;
  #around; // the picture: what is drawn anew with it

  constructor({ model, el }) {
    const [parts, listeners] = [this.#parts, this.#listeners];
    this.#model = model;
    const traits = ["mode", "first", "second", "divider", "gain", "view", "brush", "outline", "hover", "label"];
    listeners.follow(model, traits, () => this.#requestFrame());
    listeners.follow(model, ["height_px"], () => this.#setHeight());
    this.#setHeight();
    el.append(parts.root);
    const project = () => this.#projection;
    this.#comparison = new Comparison(model, listeners, () => this.#requestFrame());
    this.#canvas = new FittedCanvas(parts.canvas, parts.pane, listeners, () => this.#draw());
    this.#hand = new Hand(this.#comparison, listeners, project);
    this.#pointers = new Pointers(parts, this.#canvas, this.#hand, listeners);
    const help = new Help(parts);
    new Keys(parts, this.#hand, help, new Announcement(parts, this.#comparison, project, listeners), listeners);
    this.#around = [
      new Toolbar(parts, this.#comparison, this.#hand, help, listeners),
      new Divider(parts, this.#comparison, this.#canvas, this.#hand, listeners),
      new Captions(parts, this.#comparison, this.#hand),
    ];
  }

  close() {
    this.#listeners.removeAll();
    clearTimeout(this.#settling);
    cancelAnimationFrame(this.#frame);
    this.#parts.root.remove();
  }

  get #projection() {
    const { size, ratio } = this.#canvas;
    const { size: picture, paneCount } = this.#comparison;
    return new Projection({ size, ratio, picture, paneCount, view: this.#model.get("view") });
  }

  #setHeight() {
    this.#parts.stage.style.setProperty("--dcae-stage-height", `${this.#model.get("height_px")}px`);
  }

  #requestFrame() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#canvas.clear();
    if (this.#canvas.size[0] && !this.#comparison.isEmpty) this.#drawPictures();
    this.#comparison.releaseUnused();
    const projection = this.#projection;
    for (const part of this.#around) part.draw(projection);
    this.#parts.pane.classList.toggle("dcae-movable", projection.view[2] !== 0);
  }

  #drawPictures() {
    this.#beginAnewOnNewSize();
    this.#pointers.pointAgain();
    const projection = this.#projection;
    const [outline, brush, hover] = ["outline", "brush", "hover"].map((name) => this.#model.get(name));
    const pointed = this.#hand.pointer && projection.paneAt(this.#hand.pointer);
    const drawing = new Drawing(this.#canvas.context, projection);
    drawing.draw((index) => this.#comparison.shown(index), { outline, brush, hover, pointed });
    this.#settle(projection.visible);
  }

  #beginAnewOnNewSize() {
    const { size } = this.#comparison;
    if (this.#pictureSize && String(size) !== String(this.#pictureSize)) this.#hand.beginAnew();
    this.#pictureSize = size;
  }

  /** Once the picture rests, Python hears which part of it is seen. */
  #settle(seen) {
    if (String(seen) === String(this.#seen)) return;
    this.#seen = seen;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#hand.set("visible", seen), SAVE_MS);
  }
}

export default {
  render({ model, el }) {
    const viewer = new Viewer({ model, el });
    return () => viewer.close();
  },
};
