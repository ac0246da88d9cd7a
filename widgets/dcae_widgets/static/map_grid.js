// Small multiples. The place under the pointer, or where the arrow keys have led, is framed and read in every map.

const TRAITS = ["shape", "colours", "values", "row_names", "row_units", "column_names", "captions", "label", "place_px"];
const HINT = "Point at a place in any map, or press an arrow key here: each map says what it has there";

/** A number of a map in few digits. @param {number} value */
function valueText(value) {
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return (Math.abs(value) < 0.0005 ? 0 : value).toLocaleString("en", digits).replace("-", "−");
}

/** Draws a map on a canvas, a pixel a place. @param {HTMLCanvasElement} canvas @param {DataView} colours @param {number} first index of its first place */
function paint(canvas, colours, first) {
  const { width, height } = canvas;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const data = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    for (let channel = 0; channel < 3; channel++) data.data[4 * place + channel] = colours.getUint8(3 * (first + place) + channel);
    data.data[4 * place + 3] = 255;
  }
  context.putImageData(data, 0, 0);
}

/** One view of the model. */
class MapGridView {
  #model;
  #listeners = new Listeners();
  #saved;
  /** @type {{caption: HTMLElement, frame: HTMLElement}[]} */
  #maps = [];
  #grid = element("div", { class: "dcae-maps-grid", tabindex: "0", role: "application" });
  #text = element("div", { class: "dcae-maps-text", role: "status" });
  #root = element("div", { class: "dcae-widget dcae-maps" });

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#saved = new SoonSaved(model);
    this.#root.append(this.#grid, this.#text);
    el.append(this.#root);
    for (const type of ["pointermove", "click"]) this.#listeners.add(this.#grid, type, (event) => this.#point(event)); // a finger's tap does not move
    this.#listeners.add(this.#grid, "keydown", (event) => this.#press(event));
    keepPlainKeys(this.#listeners, this.#root);
    this.#listeners.follow(model, TRAITS, () => this.#draw());
    this.#listeners.follow(model, ["place"], () => this.#read());
    this.#listeners.later(() => this.#saved.now());
    this.#draw();
  }

  close() {
    this.#listeners.removeAll();
    this.#root.remove();
  }

  /** Whether all traits of a message have come: they come one by one. */
  get #isWhole() {
    const [rows, columns, height, width] = this.#model.get("shape");
    const size = rows * columns * height * width;
    const counts = [["row_names", rows], ["row_units", rows], ["column_names", columns], ["captions", rows * columns]];
    const bytes = this.#model.get("colours").byteLength === 3 * size && this.#model.get("values").byteLength === 4 * size;
    return bytes && size > 0 && counts.every(([name, count]) => this.#model.get(name).length === count);
  }

  #draw() {
    if (!this.#isWhole) return;
    const [rows, columns, height, width] = this.#model.get("shape");
    const [names, units, heads] = ["row_names", "row_units", "column_names"].map((name) => this.#model.get(name));
    this.#maps = [];
    const cells = [element("div"), ...heads.map((name) => element("div", { class: "dcae-maps-column" }, name))];
    for (let row = 0; row < rows; row++) {
      cells.push(element("div", { class: "dcae-maps-row" }, element("b", {}, names[row]), element("span", {}, units[row])));
      for (let column = 0; column < columns; column++) {
        const index = row * columns + column;
        const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { width, height, role: "img", "aria-label": `${names[row]}, ${heads[column]}: ${this.#model.get("captions")[index]} ${units[row]}` }));
        paint(canvas, this.#model.get("colours"), index * height * width);
        const [caption, frame] = [element("div", { class: "dcae-maps-caption" }), element("i", { class: "dcae-maps-frame" })];
        this.#maps.push({ caption, frame });
        cells.push(element("div", { class: "dcae-maps-map" }, element("div", { class: "dcae-maps-picture" }, canvas, frame), caption));
      }
    }
    this.#grid.style.gridTemplateColumns = `auto repeat(${columns}, minmax(0, 1fr))`;
    this.#grid.replaceChildren(...cells);
    this.#grid.setAttribute("aria-label", `${this.#model.get("label")}: ${rows} rows of ${columns} maps; arrow keys go from place to place, Escape leaves it`);
    this.#read();
  }

  /** What every map has at the place that is read; without one, each map's scale. */
  #read() {
    if (!this.#isWhole) return;
    const [, , height, width] = this.#model.get("shape");
    const [column, row] = this.#model.get("place");
    const isRead = column !== undefined;
    const values = isRead ? numbers(Float32Array, this.#model.get("values")) : null;
    this.#maps.forEach(({ caption, frame }, index) => {
      caption.textContent = values ? valueText(values[(index * height + row) * width + column]) : this.#model.get("captions")[index];
      frame.hidden = !values;
      if (values) Object.assign(frame.style, { left: `${(100 * column) / width}%`, top: `${(100 * row) / height}%`, width: `${100 / width}%`, height: `${100 / height}%` });
    });
    this.#grid.classList.toggle("dcae-maps-reads", isRead);
    const side = this.#model.get("place_px");
    this.#text.textContent = isRead ? `x ${side * column} to ${side * (column + 1) - 1}, y ${side * row} to ${side * (row + 1) - 1} px: the numbers under the maps are of this place` : HINT;
  }

  /** @param {number[]} place */
  #go(place) {
    if (String(place) === String(this.#model.get("place"))) return;
    this.#saved.set("place", place);
  }

  /** @param {PointerEvent} event */
  #point({ target, clientX, clientY }) {
    if (!(target instanceof HTMLCanvasElement)) return;
    const { left, top, width, height } = target.getBoundingClientRect();
    const place = [((clientX - left) / width) * target.width, ((clientY - top) / height) * target.height];
    const last = [target.width - 1, target.height - 1];
    this.#go(place.map((each, axis) => Math.min(last[axis], Math.max(0, Math.floor(each)))));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.#go([]);
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const [, , height, width] = this.#model.get("shape");
    const place = this.#model.get("place");
    if (!place.length) return this.#go([Math.floor(width / 2), Math.floor(height / 2)]);
    this.#go([width, height].map((count, axis) => clamp(place[axis] + arrow[axis], 0, count - 1)));
  }
}

export default {
  /** @param {{model: any, el: HTMLElement}} context */
  render({ model, el }) {
    const view = new MapGridView(model, el);
    return () => view.close();
  },
};
