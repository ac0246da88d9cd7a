// Cells of few numbers. What is under the pointer, or where the arrow keys have led, is said in the line below them.

const TRAITS = ["title", "shape", "colours", "palette", "ticks", "unit", "texts", "marked", "hatched", "row_names", "column_names"];
const HINT = "Point at a cell, or press an arrow key here";

/** The i-th colour of a trait of bytes. @param {DataView} bytes @param {number} index */
const colourAt = (bytes, index) => `rgb(${[0, 1, 2].map((channel) => bytes.getUint8(3 * index + channel)).join(" ")})`;

/** A number with its sign, if there are negative ones. @param {number} value @param {boolean} isSigned */
const tickText = (value, isSigned) => (isSigned && value > 0 ? `+${value}` : String(value).replace("-", "−"));

/** One view of the model. */
class GridView {
  #model;
  #listeners = new Listeners();
  #examined = -1;
  #isDue = false;
  #title = element("div", { class: "dcae-cells-title" });
  #rowTitle = element("div", { class: "dcae-cells-row-title" });
  #rowNames = element("div", { class: "dcae-cells-row-names" });
  #grid = element("div", { class: "dcae-cells-grid", tabindex: "0", role: "application" });
  #columnNames = element("div", { class: "dcae-cells-column-names" });
  #columnTitle = element("div", { class: "dcae-cells-column-title" });
  #ramp = element("div", { class: "dcae-cells-ramp" });
  #ticks = element("div", { class: "dcae-cells-ticks" });
  #scale = element("div", { class: "dcae-cells-scale", role: "img" }, this.#ramp, this.#ticks);
  #unit = element("div", { class: "dcae-cells-unit", "aria-hidden": "true" });
  #text = element("div", { class: "dcae-cells-text", role: "status" });
  #root = element("div", { class: "dcae-widget dcae-cells" });

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    const body = element("div", { class: "dcae-cells-body" }, this.#rowTitle, this.#rowNames, this.#grid, this.#columnNames, this.#columnTitle);
    this.#root.append(this.#title, body, this.#text, this.#scale, this.#unit);
    el.append(this.#root);
    for (const type of ["pointermove", "click"]) this.#listeners.add(this.#grid, type, (event) => this.#point(event)); // a finger's tap does not move
    this.#listeners.add(this.#grid, "keydown", (event) => this.#press(event));
    keepPlainKeys(this.#listeners, this.#root);
    this.#listeners.follow(model, TRAITS, () => this.#drawSoon());
    this.#draw();
  }

  close() {
    this.#listeners.removeAll();
    this.#root.remove();
  }

  /** Once for all traits of a message. */
  #drawSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw() {
    const [rows, columns] = this.#model.get("shape");
    const texts = this.#model.get("texts");
    const colours = this.#model.get("colours");
    if (!texts.length) return;
    const hatched = new Set(this.#model.get("hatched"));
    const cells = texts.map((_, index) => {
      const cell = element("i", { "data-index": index, class: hatched.has(index) ? "dcae-cells-hatched" : null });
      cell.style.backgroundColor = colourAt(colours, index);
      return cell;
    });
    cells[this.#model.get("marked")]?.classList.add("dcae-cells-marked");
    this.#grid.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
    this.#grid.style.aspectRatio = `${columns} / ${rows}`;
    this.#grid.replaceChildren(...cells);
    this.#grid.setAttribute("aria-label", `${this.#model.get("title")}: ${rows} rows of ${columns} cells; arrow keys go from one to the next`);
    this.#drawNames();
    this.#drawScale();
    this.#examine(this.#examined < texts.length ? this.#examined : -1);
  }

  #drawNames() {
    const names = (trait) => this.#model.get(trait).map((name) => element("span", {}, name));
    this.#title.textContent = this.#model.get("title");
    this.#rowTitle.textContent = this.#model.get("row_title");
    this.#columnTitle.textContent = this.#model.get("column_title");
    this.#rowNames.replaceChildren(...names("row_names"));
    this.#columnNames.replaceChildren(...names("column_names"));
  }

  #drawScale() {
    const ticks = this.#model.get("ticks");
    const [first, last] = [ticks[0], ticks.at(-1)];
    const palette = this.#model.get("palette");
    const stops = Array.from({ length: 18 }, (_, stop) => colourAt(palette, 15 * stop));
    this.#ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    const marks = ticks.map((tick) => {
      const mark = element("span", {}, tickText(tick, first < 0));
      mark.style.left = `${(100 * (tick - first)) / (last - first)}%`;
      return mark;
    });
    this.#ticks.replaceChildren(...marks);
    this.#unit.textContent = this.#model.get("unit");
    this.#scale.setAttribute("aria-label", `Colours: ${this.#model.get("unit")}, from ${first} to ${last}`);
  }

  /** @param {PointerEvent} event */
  #point({ target }) {
    const index = /** @type {HTMLElement} */ (target).dataset.index;
    if (index !== undefined) this.#examine(Number(index));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [rows, columns] = this.#model.get("shape");
    const marked = this.#model.get("marked");
    const from = this.#examined < 0 ? (marked < 0 ? Math.floor((rows * columns) / 2) : marked) : this.#examined;
    const row = clamp(Math.floor(from / columns) + arrow[1], 0, rows - 1);
    const column = clamp((from % columns) + arrow[0], 0, columns - 1);
    this.#examine(row * columns + column);
  }

  /** @param {number} index of a cell, or -1 */
  #examine(index) {
    this.#grid.querySelector(".dcae-cells-examined")?.classList.remove("dcae-cells-examined");
    this.#grid.children[index]?.classList.add("dcae-cells-examined");
    this.#examined = index;
    this.#text.textContent = index < 0 ? HINT : this.#model.get("texts")[index];
  }
}

export default {
  /** @param {{model: any, el: HTMLElement}} context */
  render({ model, el }) {
    const view = new GridView(model, el);
    return () => view.close();
  },
};
