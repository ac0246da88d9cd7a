// One slice and one head of the dictionary: who wins, what is read at the place under the pointer, patches of an entry.
// The weights are read here, from bytes that have crossed once; Python hears of the entry and of the place afterwards.

const PLACE = 16; // px a side
const READ = 5; // entries that are listed at a place
const ANNOUNCE_MS = 600;

const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** The arrays of a slice and a head. */
class Use {
  /** @param {any} model */
  constructor(model) {
    [this.rows, this.columns, this.entries] = model.get("shape");
    this.weights = numbers(Float32Array, model.get("weights"));
    this.shares = numbers(Float32Array, model.get("shares"));
    this.colours = numbers(Uint8Array, model.get("colours"));
  }

  /** @param {number} entry */
  colourOf(entry) {
    return `rgb(${this.colours.slice(3 * entry, 3 * entry + 3).join(" ")})`;
  }

  /** What a place reads most: entries and weights, the heaviest first. @returns {[number, number][]} */
  readAt([column, row]) {
    const begin = (row * this.columns + column) * this.entries;
    const weights = this.weights.subarray(begin, begin + this.entries);
    return Array.from(weights, (weight, entry) => [entry, weight])
      .sort((a, b) => b[1] - a[1])
      .slice(0, READ);
  }
}

function buildElements() {
  const parts = {
    title: element("div", { class: "dcae-dictionary-title" }),
    named: element("div", { class: "dcae-dictionary-named", role: "group", "aria-label": "Entries that win most" }),
    others: element("div", { class: "dcae-dictionary-others" }),
    place: element("div", { class: "dcae-dictionary-place" }),
    patchesTitle: element("div", { class: "dcae-dictionary-title" }),
    patches: element("div", { class: "dcae-dictionary-patches" }),
    status: element("div", { class: "dcae-hidden", role: "status" }),
  };
  parts.read = Array.from({ length: READ }, () => {
    const line = { swatch: element("i"), name: element("span"), bar: element("b"), weight: element("span") };
    line.root = element("div", { class: "dcae-dictionary-read" }, ...Object.values(line));
    return line;
  });
  const label = "Place: arrow keys move by 16 px";
  const cursor = { class: "dcae-dictionary-cursor", tabindex: "0", role: "application", "aria-label": label };
  parts.cursor = element("div", cursor, parts.place, ...parts.read.map((line) => line.root));
  parts.examples = element("div", {}, parts.patchesTitle, parts.patches);
  parts.root = element(
    "div",
    { class: "dcae-widget dcae-dictionary" },
    element("div", {}, parts.title, parts.named, parts.others),
    parts.cursor,
    parts.examples,
    parts.status,
  );
  return parts;
}

/** One view of the model. */
class Panel {
  #listeners = new Listeners();
  #saved;
  #announcing = 0;
  #photo = null; // the viewer's model
  #hovered = []; // the place under the pointer
  #closed = false;

  constructor({ model, el }) {
    this.model = model;
    this.#saved = new SoonSaved(model);
    this.parts = buildElements();
    el.append(this.parts.root);
    this.#listeners.add(this.parts.named, "click", (event) => this.#choose(event.target.closest("button")));
    this.#listeners.add(this.parts.cursor, "keydown", (event) => this.#press(event));
    keepPlainKeys(this.#listeners, this.parts.root);
    this.#listeners.follow(model, ["shape", "weights", "shares", "colours", "named", "title"], () => this.#drawUse());
    this.#listeners.follow(model, ["entry"], () => this.#drawEntry());
    this.#listeners.follow(model, ["place"], () => this.#drawPlace());
    this.#listeners.follow(model, ["patches", "patch_px", "patch_texts"], () => this.#drawPatches());
    this.#drawUse();
    this.#drawPatches();
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
    this.#listeners.follow(photo, ["hover"], () => this.#hover(photo.get("hover")));
    this.#listeners.follow(photo, ["clicked"], () => this.#click(photo.get("clicked")));
    this.#drawPlace();
  }

  /** A linked viewer may show another photo than this one was read of. */
  #click(pixel) {
    const [column, row] = this.#placeOf(pixel);
    if (column < this.use.columns && row < this.use.rows) this.#saved.set("place", [column, row]);
  }

  /** The place of a pixel. */
  #placeOf([x, y]) {
    return [Math.floor(x / PLACE), Math.floor(y / PLACE)];
  }

  /** A pixel under the pointer; when it leaves, the chosen place is shown again. */
  #hover(pixel) {
    const place = pixel.length ? this.#placeOf(pixel) : [];
    if (String(place) === String(this.#hovered)) return;
    this.#hovered = place;
    this.#drawPlace();
  }

  /** @param {HTMLButtonElement|null} button */
  #choose(button) {
    if (button) this.#saved.set("entry", Number(button.value));
  }

  #press(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const last = [this.use.columns - 1, this.use.rows - 1];
    this.#hovered = [];
    this.#saved.set("place", this.model.get("place").map((at, axis) => clamp(at + arrow[axis], 0, last[axis])));
    this.#drawPlace();
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => (this.parts.status.textContent = this.#placeInWords()), ANNOUNCE_MS);
  }

  #drawUse() {
    this.use = new Use(this.model);
    const { title, named, others } = this.parts;
    const shares = this.use.shares;
    title.textContent = this.model.get("title");
    const listed = this.model.get("named");
    const focused = named.contains(document.activeElement) ? document.activeElement.value : null;
    named.replaceChildren(
      ...listed.map((entry) => {
        const swatch = element("i", { "aria-hidden": "true" });
        swatch.style.background = this.use.colourOf(entry);
        const share = element("span", { class: "dcae-dictionary-share" }, percent(shares[entry]));
        return element("button", { type: "button", value: entry }, swatch, element("span", {}, `entry ${entry}`), share);
      }),
    );
    if (focused !== null) named.querySelector(`button[value="${focused}"]`)?.focus();
    const winning = shares.filter((share) => share > 0).length;
    const rest = shares.reduce((sum, share) => sum + share, 0) - listed.reduce((sum, entry) => sum + shares[entry], 0);
    const more = winning > listed.length ? `${winning - listed.length} others (grey) win in ${percent(rest)}; ` : "";
    others.textContent = `${more}${this.use.entries - winning} of ${this.use.entries} entries win nowhere`;
    this.#drawEntry();
    this.#drawPlace();
  }

  #drawEntry() {
    const entry = this.model.get("entry");
    for (const button of this.parts.named.children) button.setAttribute("aria-pressed", String(Number(button.value) === entry));
    this.parts.patchesTitle.textContent = `Entry ${entry}: the places that read most of it`;
  }

  get #shownPlace() {
    return this.#hovered.length ? this.#hovered : this.model.get("place");
  }

  #drawPlace() {
    const at = this.#shownPlace;
    const [column, row] = at;
    if (column >= this.use.columns || row >= this.use.rows) return; // the arrays have not come yet
    const [width, height] = this.model.get("size_px");
    const [left, top] = [PLACE * column, PLACE * row];
    const [right, bottom] = [Math.min(left + PLACE, width), Math.min(top + PLACE, height)];
    if (this.#photo) this.#photo.set("outline", [left, top, right, bottom]);
    this.parts.place.textContent = `x ${left} to ${right - 1}, y ${top} to ${bottom - 1} px reads`;
    const read = this.use.readAt(at);
    this.parts.read.forEach((line, index) => {
      const [entry, weight] = read[index] ?? [];
      line.root.style.visibility = entry === undefined ? "hidden" : "visible";
      if (entry === undefined) return;
      line.swatch.style.background = this.use.colourOf(entry);
      line.name.textContent = `entry ${entry}`;
      line.bar.style.width = `${100 * weight}%`;
      line.weight.textContent = percent(weight);
    });
  }

  #placeInWords() {
    const read = this.use.readAt(this.#shownPlace).map(([entry, weight]) => `${percent(weight)} of entry ${entry}`);
    return `${this.parts.place.textContent} ${read.join(", ")}`;
  }

  #drawPatches() {
    const side = this.model.get("patch_px");
    const pixels = numbers(Uint8Array, this.model.get("patches"));
    const texts = this.model.get("patch_texts");
    this.parts.examples.style.display = texts.length ? "" : "none";
    if (pixels.length !== 3 * side * side * texts.length) return; // the rest is still to come
    this.parts.patches.replaceChildren(
      ...texts.map(([photo, weight, where], index) => {
        const words = `${photo}, ${where}: ${weight}`;
        const canvas = element("canvas", { width: side, height: side, role: "img", "aria-label": words });
        const image = new ImageData(side, side);
        for (let pixel = 0, from = 3 * side * side * index; pixel < side * side; pixel++, from += 3) {
          image.data.set([pixels[from], pixels[from + 1], pixels[from + 2], 255], 4 * pixel);
        }
        canvas.getContext("2d").putImageData(image, 0, 0);
        const caption = [weight, photo].map((text) => element("div", {}, text));
        return element("figure", { title: words }, element("div", { class: "dcae-dictionary-patch" }, canvas), element("figcaption", {}, ...caption));
      }),
    );
  }
}

export default {
  render({ model, el }) {
    const panel = new Panel({ model, el });
    return () => panel.close();
  },
};
