// Figures of a rate map: the place under the pointer, a rectangle, the choice of a map. All is read and summed here, from
// bytes that have crossed once; Python hears of the choice and of the place afterwards.

const PLACE = 16; // px a side
const ANNOUNCE_MS = 600;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1, minimumFractionDigits: 1 });

/** Bits in words of about three digits. @param {number} bits */
const digits = (bits) => (bits < 1000 ? fine : grouped).format(bits);

/** How much of each of `count` places lies between two px, 0 to 1. @param {number} begin @param {number} end @param {number} count */
function shares(begin, end, count) {
  const within = (_, at) => clamp(Math.min(end, PLACE * (at + 1)) - Math.max(begin, PLACE * at), 0, PLACE) / PLACE;
  return Float64Array.from({ length: count }, within);
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);

/** The arrays of a panel, over places. */
class Maps {
  /** @param {any} model */
  constructor(model) {
    this.names = model.get("names");
    [this.count, this.rows, this.columns] = model.get("shape");
    this.bits = numbers(Float64Array, model.get("bits"));
    this.total = total(this.bits);
    this.sigma = numbers(Float32Array, model.get("sigma"));
    this.entries = numbers(Int32Array, model.get("entries"));
    this.weights = numbers(Float32Array, model.get("weights"));
  }

  /** An array's values at a place, one for each of its maps. @returns {number[]} */
  at(array, [column, row]) {
    const step = this.rows * this.columns;
    const values = [];
    for (let index = row * this.columns + column; index < array.length; index += step) values.push(array[index]);
    return values;
  }

  /** Bits of each map in a rectangle in px; places that are partly in it count partly. @returns {number[]} */
  within([left, top, right, bottom]) {
    const down = shares(top, bottom, this.rows);
    const across = shares(left, right, this.columns);
    return this.names.map((_, map) => {
      let sum = 0;
      for (let row = Math.floor(top / PLACE); row < this.rows && PLACE * row < bottom; row++) {
        const from = (map * this.rows + row) * this.columns;
        for (let column = Math.floor(left / PLACE); column < this.columns && PLACE * column < right; column++) {
          sum += this.bits[from + column] * down[row] * across[column];
        }
      }
      return sum;
    });
  }
}

/** @param {string} name */
function colourOf(name) {
  const slice = /^slice (\d+)$/.exec(name);
  if (slice) return `var(--dcae-slice-${Number(slice[1]) % 5})`;
  return name === "z" ? "var(--dcae-z)" : "transparent";
}

const HEADS = ["Part", "bits here", "σ here", "rectangle", "bits a px"];

/** A button for each choice. @param {string[]} names */
function choicesOf(names) {
  const group = `dcae-${Math.random().toString(36).slice(2)}`; // radio buttons of one name are one group in the whole page
  return ["total", ...names].map((choice) =>
    element("label", {}, element("input", { type: "radio", name: group, value: choice }), element("span", {}, choice)),
  );
}

/** A row for each part, and one for all. @param {string[]} names */
function rowsOf(names) {
  return [...names, "together"].map((name) => {
    const swatch = element("i", { "aria-hidden": "true" });
    swatch.style.background = colourOf(name);
    if (name === "together") swatch.style.boxShadow = "none";
    return element("tr", {}, element("th", { scope: "row" }, swatch, name), ...HEADS.slice(1).map(() => element("td")));
  });
}

/** The colours and what they stand for. @param {number[]} ticks @param {Uint8Array} palette */
function scaleOf(ticks, palette) {
  const top = ticks.at(-1);
  const marks = ticks.map((tick) => {
    const mark = element("span", {}, tick === top ? `${tick} +` : String(tick));
    mark.style.left = `${(100 * tick) / top}%`;
    return mark;
  });
  const ramp = element("div", { class: "dcae-rate-ramp" });
  const stops = Array.from({ length: 18 }, (_, stop) => `rgb(${palette.slice(45 * stop, 45 * stop + 3).join(" ")})`);
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return [ramp, element("div", { class: "dcae-rate-ticks" }, ...marks)];
}

function buildElements() {
  const parts = {
    choices: element("div", { class: "dcae-rate-choices", role: "radiogroup", "aria-label": "Bits of" }),
    scale: element("div", { class: "dcae-rate-scale", role: "img" }),
    place: element("div", { class: "dcae-rate-place" }),
    cost: element("div", { class: "dcae-rate-cost" }),
    dictionary: element("div", { class: "dcae-rate-dictionary" }),
    rectangle: element("div", { class: "dcae-rate-rectangle" }),
    body: element("tbody"),
    status: element("div", { class: "dcae-hidden", role: "status" }),
  };
  parts.cursor = element("div", { class: "dcae-rate-cursor", tabindex: "0", role: "application" }, parts.place, parts.cost, parts.dictionary);
  parts.cursor.setAttribute("aria-label", "Place: arrow keys move by 16 px, with Shift they draw a rectangle, Escape removes it");
  const head = element("thead", {}, element("tr", {}, ...HEADS.map((name) => element("th", { scope: "col" }, name))));
  const caption = element("caption", { class: "dcae-hidden" }, "Bits of each part at the place and in the rectangle");
  parts.root = element(
    "div",
    { class: "dcae-widget dcae-rate-map" },
    parts.choices,
    parts.scale,
    element("div", { class: "dcae-rate-unit", "aria-hidden": "true" }, "bits a pixel, one scale for all"),
    parts.cursor,
    element("table", {}, caption, head, parts.body),
    parts.rectangle,
    parts.status,
  );
  return parts;
}

/** One view of the model. */
class Panel {
  #listeners = new Listeners();
  #saved;
  #announcing = 0;
  #anchor = null; // the place where a rectangle of the keyboard began
  #photo = null; // the viewer's model
  #closed = false;

  constructor({ model, el }) {
    this.model = model;
    this.#saved = new SoonSaved(model);
    this.parts = buildElements();
    el.append(this.parts.root);
    this.#listeners.add(this.parts.choices, "change", (event) => this.#saved.set("choice", event.target.value));
    this.#listeners.add(this.parts.cursor, "keydown", (event) => this.#press(event));
    keepPlainKeys(this.#listeners, this.parts.root);
    this.#listeners.follow(model, ["choice"], () => this.#drawChoice());
    this.#listeners.follow(model, ["place"], () => this.#drawPlace());
    this.#listeners.follow(model, ["bits"], () => this.#drawMaps()); // other maps come in one message
    this.#drawMaps();
    this.#followPhoto();
  }

  close() {
    this.#closed = true;
    this.#saved.now();
    clearTimeout(this.#announcing);
    this.#listeners.removeAll();
    this.parts.root.remove();
  }

  async #followPhoto() {
    const photo = await referredModel(this.model, this.model.get("photo_view"));
    if (this.#closed) return;
    this.#photo = photo;
    this.#listeners.follow(photo, ["hover"], () => this.#pointAt(photo.get("hover")));
    this.#listeners.follow(photo, ["brush"], () => this.#drawBrush());
    this.#drawPlace();
    this.#drawBrush();
  }

  /** A pixel under the pointer; when it leaves, the last place stays. A linked viewer may show another photo than these maps. */
  #pointAt([x, y]) {
    const [column, row] = [Math.floor(x / PLACE), Math.floor(y / PLACE)];
    if (column < this.maps.columns && row < this.maps.rows) this.#examine([column, row]);
  }

  #examine(place) {
    if (String(place) !== String(this.model.get("place"))) this.#saved.set("place", place);
  }

  /** The sides of a place in px, inside the image: left, top, right, bottom. */
  #sides([column, row]) {
    const [width, height] = this.model.get("size_px");
    return [PLACE * column, PLACE * row, Math.min(PLACE * (column + 1), width), Math.min(PLACE * (row + 1), height)];
  }

  #press(event) {
    const arrow = ARROWS[event.key];
    if ((!arrow && event.key !== "Escape") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (!arrow) {
      this.#anchor = null;
      this.#brush([]);
      return;
    }
    const [width, height] = this.model.get("size_px");
    const last = [Math.ceil(width / PLACE) - 1, Math.ceil(height / PLACE) - 1];
    const from = this.model.get("place");
    const place = from.length ? from.map((at, axis) => clamp(at + arrow[axis], 0, last[axis])) : last.map((at) => Math.floor(at / 2));
    this.#examine(place);
    this.#anchor = event.shiftKey ? this.#anchor ?? (from.length ? from : place) : null;
    if (this.#anchor) {
      const [a, b] = [this.#sides(this.#anchor), this.#sides(place)];
      this.#brush([Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]);
    }
    this.#announce();
  }

  #brush(sides) {
    if (!this.#photo || String(sides) === String(this.#photo.get("brush"))) return;
    this.#photo.set("brush", sides);
    this.#photo.save_changes();
  }

  #drawMaps() {
    const { model, parts } = this;
    const before = this.maps?.names;
    this.maps = new Maps(model);
    if (String(before) !== String(this.maps.names)) {
      parts.choices.replaceChildren(...choicesOf(this.maps.names));
      parts.body.replaceChildren(...rowsOf(this.maps.names));
      parts.rows = [...parts.body.children].map((row) => [...row.querySelectorAll("td")]);
    }
    const ticks = model.get("ticks");
    parts.scale.setAttribute("aria-label", `Colours: bits a pixel, from 0 in black to ${ticks.at(-1)} or more in pale yellow`);
    parts.scale.replaceChildren(...scaleOf(ticks, numbers(Uint8Array, model.get("palette"))));
    this.#drawChoice();
    this.#drawPlace();
    this.#drawBrush();
  }

  #drawChoice() {
    for (const input of this.parts.choices.querySelectorAll("input")) input.checked = input.value === this.model.get("choice");
  }

  #drawPlace() {
    const { place, cost, dictionary, rows } = this.parts;
    const at = this.model.get("place");
    if (!at.length) {
      place.textContent = "Point at the photo, or press an arrow key here";
      cost.textContent = dictionary.textContent = "";
      for (const [bits, sigma] of rows) bits.textContent = sigma.textContent = "";
      return;
    }
    const [left, top, right, bottom] = this.#sides(at);
    if (this.#photo) this.#photo.set("outline", [left, top, right, bottom]);
    place.textContent = `x ${left} to ${right - 1}, y ${top} to ${bottom - 1} px`;
    const bits = this.maps.at(this.maps.bits, at);
    const sigma = this.maps.at(this.maps.sigma, at);
    const mean = sigma.length ? ` · σ ${(total(sigma) / sigma.length).toFixed(2)}` : "";
    cost.textContent = `${digits(total(bits))} bits · ${(total(bits) / PLACE ** 2).toFixed(3)} bits a pixel${mean}`;
    const weights = this.maps.at(this.maps.weights, at);
    const read = this.maps.at(this.maps.entries, at).map((entry, index) => `${entry} (${(100 * weights[index]).toFixed(1)} %)`);
    dictionary.textContent = read.length ? `Dictionary entries ${read.join(", ")}` : "";
    [...bits, total(bits)].forEach((value, index) => {
      rows[index][0].textContent = digits(value);
      rows[index][1].textContent = index < sigma.length ? sigma[index].toFixed(2) : "";
    });
  }

  #drawBrush() {
    const { rectangle, rows } = this.parts;
    const sides = this.#photo?.get("brush") ?? [];
    const bits = sides.length ? this.maps.within(sides) : [];
    const all = total(bits);
    const pixels = (sides[2] - sides[0]) * (sides[3] - sides[1]);
    rows.forEach((cells, index) => {
      const value = index < bits.length ? bits[index] : all;
      cells[2].textContent = sides.length ? digits(value) : "–";
      cells[3].textContent = sides.length ? (value / pixels).toFixed(3) : "–";
    });
    const share = (100 * all) / this.maps.total;
    rectangle.textContent = sides.length
      ? `Rectangle of ${sides[2] - sides[0]} × ${sides[3] - sides[1]} px at ${sides[0]}, ${sides[1]}: ${digits(all)} bits = ${digits(all / 8)} bytes, ${share.toFixed(1)} % of all that is coded`
      : "Shift and drag in the photo, or Shift and arrows above, sums a rectangle";
  }

  /** What the panel says, for ears; only for what the keyboard did, and once it has stopped. */
  #announce() {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => {
      const { status, place, cost, dictionary, rectangle } = this.parts;
      const said = [place, cost, dictionary, ...(this.#anchor ? [rectangle] : [])].map((part) => part.textContent);
      status.textContent = said.filter(Boolean).join(". ");
    }, ANNOUNCE_MS);
  }
}

export default {
  render({ model, el }) {
    const panel = new Panel({ model, el });
    return () => panel.close();
  },
};
