// What a view compares: its layers, which two of them, and how; so which pictures a pane shows.

/** Whether whoever looks has asked that nothing moves by itself. */
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The pictures of a model, as its mode shows them now. */
class Comparison {
  #changed;
  #loading = 0; // serial number of the latest list of layers
  #flickering = 0;
  #flipped = false; // flicker shows the second picture now
  #held = false; // F is held
  #difference = new DifferencePicture();
  /** @type {LayerPicture[]} */
  pictures = [];

  /** @param {any} model @param {Listeners} listeners @param {() => void} changed something else is to be drawn */
  constructor(model, listeners, changed) {
    this.model = model;
    this.#changed = changed;
    listeners.follow(model, ["layers"], () => this.#load());
    listeners.follow(model, ["mode", "flicker_hz"], () => this.#startFlicker());
    listeners.later(() => this.#close());
    this.#startFlicker();
    this.#load();
  }

  #close() {
    this.#loading += 1; // what is still on its way comes too late
    clearInterval(this.#flickering);
    for (const picture of [...this.pictures, this.#difference]) picture.release();
  }

  async #load() {
    const serial = ++this.#loading;
    const models = await Promise.all(this.model.get("layers").map((reference) => referredModel(this.model, reference)));
    if (serial !== this.#loading) return;
    const kept = new Map(this.pictures.map((picture) => [picture.model, picture]));
    this.pictures = models.map((model) => kept.get(model) ?? new LayerPicture(model, this.#changed));
    for (const picture of kept.values()) if (!this.pictures.includes(picture)) picture.release();
    this.#changed();
  }

  #startFlicker() {
    clearInterval(this.#flickering);
    this.#flickering = 0;
    this.#flipped = false;
    const hertz = this.model.get("flicker_hz");
    if (this.model.get("mode") === "flicker" && hertz && !isStill()) {
      this.#flickering = setInterval(() => {
        this.#flipped = !this.#flipped;
        this.#changed();
      }, 500 / hertz);
    }
    this.#changed();
  }

  get isEmpty() {
    return !this.pictures.length;
  }

  /** The two layers that are compared; the second is undefined in a view of one. */
  get compared() {
    const at = (name) => this.pictures[clamp(this.model.get(name), 0, this.pictures.length - 1)];
    const [first, second] = [at("first"), at("second")];
    return first === second ? [first] : [first, second];
  }

  /** @returns {string} the mode that can be drawn: a view of one layer compares nothing */
  get mode() {
    return this.compared.length < 2 ? "flicker" : this.model.get("mode");
  }

  /** Width and height of the pictures, in picture pixels. */
  get size() {
    const [first] = this.compared;
    return [first?.width ?? 0, first?.height ?? 0];
  }

  get paneCount() {
    return this.mode === "side" && !this.#held ? 2 : 1;
  }

  /** Whether the second picture is held up, alone. */
  get held() {
    return this.#held;
  }

  /** @param {boolean} held */
  hold(held) {
    if (this.#held === held) return;
    this.#held = held;
    this.#changed();
  }

  /** The picture that flicker shows now, and whoever holds F. */
  get alone() {
    const [first, second] = this.compared;
    return this.#held || this.#flipped ? second ?? first : first;
  }

  /** Whether all bytes of a picture are there, and it is of the size of the view's. */
  canShow(picture) {
    return Boolean(picture?.whole) && String([picture.width, picture.height]) === String(this.size);
  }

  /** What a pane shows, the lowest first: [canvas, opacity, from, to], from and to being shares of the pane's width. */
  shown(index) {
    const [first, second] = this.compared;
    const all = (picture) => (this.canShow(picture) ? [[picture.decoded(), 1, 0, 1]] : []);
    if (this.#held || this.mode === "flicker") return all(this.alone);
    if (this.mode === "side") return all(this.compared[index]);
    if (this.mode === "blend") {
      const pictures = this.pictures.filter((picture) => this.canShow(picture));
      return pictures.map((picture) => [picture.decoded(), picture.model.get("opacity"), 0, 1]);
    }
    if (this.mode === "difference") {
      if (!this.canShow(first) || !this.canShow(second)) return [];
      return [[this.#difference.of(first, second, this.model.get("gain")), 1, 0, 1]];
    }
    const divider = this.model.get("divider");
    const sides = [[first, 0, divider], [second, divider, 1]];
    return sides.filter(([picture]) => this.canShow(picture)).map(([picture, from, to]) => [picture.decoded(), 1, from, to]);
  }

  /** Gives the memory of the difference back unless it is shown. */
  releaseUnused() {
    if (this.mode !== "difference") this.#difference.release();
  }
}
