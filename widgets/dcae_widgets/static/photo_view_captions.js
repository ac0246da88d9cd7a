// The words on and under a view: whose the pictures are, what is under the pointer, and the same for ears.

const ANNOUNCE_MS = 600;

/** The names of the pictures, and the line under them. */
class Captions {
  #parts;
  #comparison;
  #hand;

  /** @param {Record<string, any>} parts @param {Comparison} comparison @param {Hand} hand */
  constructor(parts, comparison, hand) {
    this.#parts = parts;
    this.#comparison = comparison;
    this.#hand = hand;
  }

  #get(name) {
    return this.#comparison.model.get(name);
  }

  /** @param {Projection} projection */
  draw(projection) {
    this.#parts.pane.setAttribute("aria-label", this.#label(projection));
    this.#drawChips(projection);
    this.#drawReadout(projection);
  }

  #label({ picture: [width, height] }) {
    const names = this.#comparison.compared.filter(Boolean).map((picture) => picture.name);
    const what = this.#get("label") || `Photo view: ${names.join(" and ") || "no picture"}`;
    return `${what}, ${width} × ${height} px. Press ? for keys`;
  }

  #drawChips({ size: [width] }) {
    const { alone, compared, held, mode, pictures } = this.#comparison;
    const [first, second] = compared;
    const [left, right] = this.#parts.chips;
    const boundary = held ? undefined : { split: this.#get("divider") * width, side: (width + PANE_GAP) / 2 }[mode];
    if (boundary === undefined) {
      const text = {
        difference: () => `|${first.name} − ${second.name}| × ${this.#get("gain")}`,
        blend: () => pictures.map((picture) => `${picture.name} ${percent(picture.model.get("opacity"))}`).join(" + "),
        flicker: () => alone?.name ?? "",
      }[held ? "flicker" : mode]();
      this.#drawChip(left, null, text, width - 16);
      this.#drawChip(right, null, "", 0);
      return;
    }
    this.#drawChip(left, "first", first.name, boundary - 16);
    this.#drawChip(right, "second", second.name, width - boundary - 16);
    right.classList.toggle("dcae-right", mode === "split");
    right.style.left = mode === "side" ? `${boundary + 8}px` : "";
  }

  /** The name of a side; with three layers or more it is where another one is chosen. */
  #drawChip(chip, trait, text, room) {
    chip.hidden = !text || room < 32;
    chip.style.maxWidth = `${Math.max(0, room)}px`;
    const { pictures } = this.#comparison;
    const choice = trait && pictures.length > 2;
    if (!choice) return write(chip, text);
    const names = pictures.map((picture) => picture.name);
    let select = chip.querySelector("select");
    if (!select || String([...select.options].map((option) => option.text)) !== String(names)) {
      select = element("select", { "aria-label": trait === "first" ? "Picture on the left" : "Picture on the right" });
      select.append(...names.map((name, index) => element("option", { value: index }, name)));
      select.onchange = () => this.#hand.set(trait, Number(select.value));
      chip.replaceChildren(select);
    }
    select.value = String(clamp(this.#get(trait), 0, names.length - 1));
  }

  #drawReadout(projection) {
    const { readout } = this.#parts;
    const [width, height] = projection.picture;
    const pixel = projection.ifInside(this.#get("hover"));
    if (!pixel.length) {
      const brush = this.#get("brush");
      const chosen = brush.length ? ` · rectangle ${brush[2] - brush[0]} × ${brush[3] - brush[1]} px at ${brush[0]}, ${brush[1]}` : "";
      return write(readout, width ? `${width} × ${height} px${chosen}` : "");
    }
    const colours = this.#comparison.compared.map((picture) => {
      const colour = this.#comparison.canShow(picture) ? picture.colour(...pixel) : null;
      const swatch = element("span", { class: "dcae-swatch", style: colour && `background: rgb(${colour})` });
      return element("span", {}, swatch, `${picture.name} `, element("b", {}, colour ? colour.join(" ") : "–"));
    });
    readout.replaceChildren(element("span", { class: "dcae-place" }, `x ${pixel[0]}  y ${pixel[1]}`), ...colours);
  }
}

/** What the readout says, for ears; only for what the keyboard did, and once it has stopped. */
class Announcement {
  #status;
  #comparison;
  #project;
  #timer = 0;

  /**
   * @param {Record<string, any>} parts
   * @param {Comparison} comparison
   * @param {() => Projection} project as it is now
   * @param {Listeners} listeners
   */
  constructor({ status }, comparison, project, listeners) {
    this.#status = status;
    this.#comparison = comparison;
    this.#project = project;
    listeners.later(() => clearTimeout(this.#timer));
  }

  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(), ANNOUNCE_MS);
  }

  #say() {
    const { compared, isEmpty, model } = this.#comparison;
    if (isEmpty) return;
    const { middle: pixel, scale } = this.#project();
    const colours = compared.filter((picture) => picture.whole).map((picture) => `${picture.name} ${picture.colour(...pixel).join(" ")}`);
    const where = `zoom ${percent(scale)}, column ${pixel[0]}, row ${pixel[1]}`;
    this.#status.textContent = `${MODES[model.get("mode")]}, ${where}: ${colours.join(", ")}`;
  }
}
