// The viewer of photos: layers compared by divider, flicker, difference or blend, with zoom and pan down to single pixels.
// Drawing happens once an animation frame, from one canvas a layer. Python hears of it afterwards, through traits.
// Lengths: "CSS" pixels are the page's, "device" pixels the screen's and the canvas's, "picture" pixels those of the photo.

const MODES = { split: "Split", side: "Side by side", flicker: "Flicker", difference: "Difference", blend: "Blend" };
const MAX_ZOOM = 64;
const ZOOM_STEPS = [1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const GRID_ZOOM = 12; // from here on each pixel is framed
const PANE_GAP = 8; // CSS px between two panes
const CLICK_SLOP = 4; // CSS px that a hand may move while it clicks
const ANNOUNCE_MS = 600;
const ROWS_AT_ONCE = 256; // decoded in bands: ImageData of a whole 12 Mpx photo would take 48 MB more

const KEYS = [
  ["← → ↑ ↓", "move (with Shift: by a whole view)"],
  ["+ −", "zoom in, out"],
  ["0, 1", "the whole picture, 100 %"],
  ["[ ]", "move the divider"],
  ["M", "next mode"],
  ["F", "hold: the second picture alone"],
  ["Enter", "click the pixel in the middle"],
  ["B", "rectangle: one corner here, then the other"],
  ["Esc", "remove the rectangle"],
  ["Mouse", "drag moves, Shift and drag draws a rectangle, double click zooms in"],
  ["Wheel", "zooms once the picture is clicked, or with Ctrl"],
  ["Touch", "two fingers zoom, one moves"],
];

/** A DataView of a trait as bytes. @param {DataView|undefined} view @returns {Uint8Array} */
const bytesOf = (view) =>
  view?.byteLength ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();

/**
 * Fills a part of a canvas, row band by row band.
 * @param {CanvasRenderingContext2D} context
 * @param {{left: number, top: number, width: number, height: number}} part
 * @param {(words: Uint32Array, row: number, rows: number) => void} fill writes pixels as 0xAABBGGRR for rows from `row` on
 */
function putRows(context, { left, top, width, height }, fill) {
  for (let row = 0; row < height; row += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, height - row);
    const data = new ImageData(width, rows);
    fill(new Uint32Array(data.data.buffer), row, rows);
    context.putImageData(data, left, top + row);
  }
}

/** A canvas that is drawn from, never shown. */
class Picture {
  canvas = document.createElement("canvas");
  context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false }));

  resize(width, height) {
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
  }

  /** Gives its memory back. */
  release() {
    this.resize(0, 0);
  }
}

/** A layer: the pixels of its model, decoded once a change, when they are next drawn. */
class LayerPicture extends Picture {
  #listeners = new Listeners();
  #stale = true;
  #patched = null; // the part of the canvas that a patch covers now
  #decodedVersion = -1;
  version = 0; // grows with every change of pixels

  /** @param {any} model a Layer's @param {() => void} changed */
  constructor(model, changed) {
    super();
    this.model = model;
    this.#listeners.follow(model, ["pixels", "width", "height"], () => {
      this.#stale = true;
      this.version += 1;
      changed();
    });
    this.#listeners.follow(model, ["patch_pixels", "patch_rect"], () => {
      this.version += 1;
      changed();
    });
    this.#listeners.follow(model, ["name", "opacity"], changed);
  }

  get name() {
    return this.model.get("name");
  }

  get width() {
    return this.model.get("width");
  }

  get height() {
    return this.model.get("height");
  }

  /** Whether there are as many bytes as its size asks for. */
  get whole() {
    return this.width > 0 && (this.model.get("pixels")?.byteLength ?? 0) === this.width * this.height * 3;
  }

  /** The patch, if there is one and its bytes are all there. */
  get #patch() {
    const [left, top, width, height] = this.model.get("patch_rect");
    const pixels = bytesOf(this.model.get("patch_pixels"));
    return width && pixels.length === width * height * 3 ? { left, top, width, height, pixels } : null;
  }

  /** The canvas, up to date. */
  decoded() {
    if (this.#decodedVersion !== this.version) {
      this.#decodedVersion = this.version;
      this.resize(this.width, this.height);
      if (this.#stale) this.#decode({ left: 0, top: 0, width: this.width, height: this.height });
      else if (this.#patched) this.#decode(this.#patched);
      this.#stale = false;
      this.#patched = this.#patch;
      if (this.#patched) this.#copy(this.#patched.pixels, this.#patched.width, 0, 0, this.#patched);
    }
    return this.canvas;
  }

  #decode(part) {
    this.#copy(bytesOf(this.model.get("pixels")), this.width, part.left, part.top, part);
  }

  /** RGB bytes of rows `stride` pixels wide, from (x, y) on, to a part of the canvas. */
  #copy(bytes, stride, x, y, part) {
    putRows(this.context, part, (words, row, rows) => {
      for (let line = 0, to = 0; line < rows; line++) {
        let from = ((y + row + line) * stride + x) * 3;
        for (const end = to + part.width; to < end; from += 3) {
          words[to++] = 0xff000000 | (bytes[from + 2] << 16) | (bytes[from + 1] << 8) | bytes[from];
        }
      }
    });
  }

  /** Red, green and blue of the pixel in column x and row y, as bytes say, not as a canvas may round. */
  colour(x, y) {
    const patch = this.#patch;
    const inPatch =
      patch && x >= patch.left && x < patch.left + patch.width && y >= patch.top && y < patch.top + patch.height;
    const bytes = inPatch ? patch.pixels : bytesOf(this.model.get("pixels"));
    const index = inPatch ? (y - patch.top) * patch.width + x - patch.left : y * this.width + x;
    return [bytes[3 * index], bytes[3 * index + 1], bytes[3 * index + 2]];
  }

  /** RGB bytes of the whole picture, its patch in place; a copy if there is a patch. */
  pixels() {
    const patch = this.#patch;
    const base = bytesOf(this.model.get("pixels"));
    if (!patch) return base;
    const copy = base.slice();
    for (let row = 0; row < patch.height; row++) {
      const line = patch.pixels.subarray(row * patch.width * 3, (row + 1) * patch.width * 3);
      copy.set(line, ((patch.top + row) * this.width + patch.left) * 3);
    }
    return copy;
  }

  release() {
    this.#listeners.removeAll();
    super.release();
  }
}

/** |a - b| times the gain, computed once for each pair of pictures and gain. */
class DifferencePicture extends Picture {
  #made = []; // what it was computed from

  /** @param {LayerPicture} a @param {LayerPicture} b @param {number} gain */
  of(a, b, gain) {
    const from = [a, b, a.version, b.version, gain];
    if (from.some((value, index) => value !== this.#made[index])) {
      this.#made = from;
      this.#compute(a, b, gain);
    }
    return this.canvas;
  }

  #compute(a, b, gain) {
    const scaled = Uint8Array.from({ length: 256 }, (_, distance) => Math.min(255, Math.floor(distance * gain + 0.5)));
    const [x, y] = [a.pixels(), b.pixels()];
    this.resize(a.width, a.height);
    putRows(this.context, { left: 0, top: 0, width: a.width, height: a.height }, (words, row) => {
      let from = row * a.width * 3;
      for (let to = 0; to < words.length; to++, from += 3) {
        const red = scaled[Math.abs(x[from] - y[from])];
        const green = scaled[Math.abs(x[from + 1] - y[from + 1])];
        words[to] = 0xff000000 | (scaled[Math.abs(x[from + 2] - y[from + 2])] << 16) | (green << 8) | red;
      }
    });
  }

  release() {
    this.#made = [];
    super.release();
  }
}

/** A rectangle between two points of a picture, in whole pixels, inside it. @returns {number[]} left, top, right, bottom */
function rectangleBetween([x0, y0], [x1, y1], width, height) {
  const left = clamp(Math.floor(Math.min(x0, x1)), 0, width - 1);
  const top = clamp(Math.floor(Math.min(y0, y1)), 0, height - 1);
  const right = clamp(Math.ceil(Math.max(x0, x1)), left + 1, width);
  const bottom = clamp(Math.ceil(Math.max(y0, y1)), top + 1, height);
  return [left, top, right, bottom];
}

/** Writes a text only where it is another one: the page is laid out anew for each. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const percent = (share) => `${Math.round(100 * share)} %`;

/** The slider that a mode needs: what it is called, its ends, and how its steps become the trait's value. */
const DIALS = {
  difference: {
    label: "Gain",
    range: [0, 6, 1],
    read: (viewer) => Math.log2(viewer.model.get("gain")),
    write: (viewer, step) => viewer.set("gain", 2 ** step),
    text: (viewer) => `× ${viewer.model.get("gain").toLocaleString("en", { maximumFractionDigits: 1 })}`,
  },
  flicker: {
    label: "Rate",
    range: [0, 4, 0.5],
    read: (viewer) => viewer.model.get("flicker_hz"),
    write: (viewer, hertz) => viewer.set("flicker_hz", hertz),
    text: (viewer) => (viewer.model.get("flicker_hz") && !isStill() ? `${viewer.model.get("flicker_hz")} Hz` : "hold F"),
  },
  blend: {
    label: "Opacity",
    range: [0, 1, 0.01],
    read: (viewer) => viewer.pictures.at(-1).model.get("opacity"),
    write: (viewer, opacity) => viewer.setOpacity(opacity),
    text: (viewer) => percent(viewer.pictures.at(-1).model.get("opacity")),
  },
};

/** Whether whoever looks has asked that nothing moves by itself. */
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Four corners: not every font has a sign for a full screen. */
function cornersIcon() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["width", 14], ["height", 14], ["viewBox", "0 0 14 14"]]) svg.setAttribute(name, String(value));
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", "M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9");
  svg.append(path);
  return svg;
}

/** The elements of a view. */
function buildElements() {
  const group = `dcae-${Math.random().toString(36).slice(2)}`; // radio buttons of one name are one group in the whole page
  const modes = Object.entries(MODES).map(([mode, text]) =>
    element("label", {}, element("input", { type: "radio", name: group, value: mode }), element("span", {}, text)),
  );
  const button = (name, text, label) =>
    element("button", { type: "button", "data-action": name, title: label, "aria-label": label }, text);
  const dial = element("input", { type: "range" });
  const dialText = element("span", { class: "dcae-value" });
  const dialLabel = element("span", {});
  const zoom = element("span", { class: "dcae-zoom" });
  const parts = {
    modes: element("div", { class: "dcae-modes", role: "radiogroup", "aria-label": "Compare by" }, ...modes),
    dial,
    dialText,
    dialLabel,
    dialBox: element("label", { class: "dcae-dial" }, dialLabel, dial, dialText),
    zoom,
    zooming: element(
      "div",
      { class: "dcae-zooming", role: "group", "aria-label": "Zoom" },
      button("out", "−", "Zoom out"),
      zoom,
      button("in", "+", "Zoom in"),
      button("fit", "Fit", "Show the whole picture"),
      button("whole", "1:1", "One picture pixel to one screen pixel: 100 %"),
      button("fullscreen", cornersIcon(), "Full screen"),
      button("help", "?", "Keys and gestures"),
    ),
    canvas: element("canvas", {}),
    chips: [element("div", { class: "dcae-chip" }), element("div", { class: "dcae-chip" })],
    handle: element(
      "div",
      { class: "dcae-handle", role: "slider", tabindex: "0", "aria-label": "Divider", "aria-valuemin": 0, "aria-valuemax": 100 },
      element("div", { class: "dcae-grip" }),
    ),
    help: element("div", { class: "dcae-help", role: "region", "aria-label": "Keys and gestures", hidden: true }),
    readout: element("div", { class: "dcae-readout" }),
    status: element("div", { class: "dcae-hidden", role: "status" }),
  };
  const keys = KEYS.map(([key, what]) => element("div", {}, element("kbd", {}, key), element("span", {}, what)));
  parts.help.append(...keys);
  parts.pane = element("div", { class: "dcae-pane", tabindex: "0", role: "application" }, parts.canvas);
  parts.stage = element("div", { class: "dcae-stage" }, parts.pane, ...parts.chips, parts.handle, parts.help);
  parts.toolbar = element("div", { class: "dcae-toolbar" }, parts.modes, parts.dialBox, parts.zooming);
  const rows = [parts.toolbar, parts.stage, parts.readout, parts.status];
  parts.root = element("div", { class: "dcae-widget dcae-photo-view" }, ...rows);
  return parts;
}

/** One view of the model. */
class Viewer {
  #listeners = new Listeners();
  #frame = 0;
  #saved;
  #settling = 0;
  #seen = []; // the part of the picture that was drawn last, which Python hears of once it has settled
  #announcing = 0;
  #flickering = 0;
  #closed = false;
  #loading = 0; // serial number of the latest list of layers
  #size = [0, 0]; // of the canvas, in CSS pixels
  #pictureSize = null; // what the view was last drawn for
  #flipped = false; // flicker shows the second picture now
  #held = false; // F is held
  #pointer = null; // where the mouse is, if it is here and was used last
  #pointers = new Map();
  #gesture = null;
  #corner = null; // of a rectangle that the keyboard draws
  #difference = new DifferencePicture();
  /** @type {LayerPicture[]} */
  pictures = [];

  constructor({ model, el }) {
    this.model = model;
    this.#saved = new SoonSaved(model);
    this.parts = buildElements();
    this.context = this.parts.canvas.getContext("2d");
    const traits = ["mode", "first", "second", "divider", "gain", "view", "brush", "outline", "hover", "label"];
    this.#listeners.follow(model, traits, () => this.requestFrame());
    this.#listeners.follow(model, ["layers"], () => this.#loadLayers());
    this.#listeners.follow(model, ["mode", "flicker_hz"], () => this.#startFlicker());
    this.#listeners.follow(model, ["height_px"], () => this.#setHeight());
    this.#setHeight();
    el.append(this.parts.root);
    this.#listenToToolbar();
    this.#listenToHandle();
    this.#listenToPointers();
    this.#listenToKeys();
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.parts.pane);
    this.#listeners.later(() => observer.disconnect());
    this.#watchRatio();
    this.#startFlicker();
    this.#loadLayers();
  }

  close() {
    this.#closed = true;
    this.#saved.now();
    for (const timer of [this.#settling, this.#announcing]) clearTimeout(timer);
    clearInterval(this.#flickering);
    cancelAnimationFrame(this.#frame);
    this.#unwatchRatio();
    this.#listeners.removeAll();
    for (const picture of [...this.pictures, this.#difference]) picture.release();
    this.parts.root.remove();
  }

  // Traits

  /** Sets a trait for this page at once, and for Python soon. */
  set(name, value) {
    this.#saved.set(name, value);
  }

  /** @param {number} opacity of the layer on top */
  setOpacity(opacity) {
    const { model } = this.pictures.at(-1);
    model.set("opacity", opacity);
    model.save_changes();
  }

  async #loadLayers() {
    const serial = ++this.#loading;
    const models = await Promise.all(this.model.get("layers").map((reference) => referredModel(this.model, reference)));
    if (this.#closed || serial !== this.#loading) return;
    const kept = new Map(this.pictures.map((picture) => [picture.model, picture]));
    this.pictures = models.map((model) => kept.get(model) ?? new LayerPicture(model, () => this.requestFrame()));
    for (const picture of kept.values()) if (!this.pictures.includes(picture)) picture.release();
    this.requestFrame();
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

  #setHeight() {
    this.parts.stage.style.setProperty("--dcae-stage-height", `${this.model.get("height_px")}px`);
  }

  #startFlicker() {
    clearInterval(this.#flickering);
    this.#flickering = 0;
    this.#flipped = false;
    const hertz = this.model.get("flicker_hz");
    if (this.model.get("mode") === "flicker" && hertz && !isStill()) {
      this.#flickering = setInterval(() => {
        this.#flipped = !this.#flipped;
        this.requestFrame();
      }, 500 / hertz);
    }
    this.requestFrame();
  }

  // Geometry

  get #ratio() {
    return window.devicePixelRatio || 1;
  }

  /** Width and height of the picture, in picture pixels. */
  get #picture() {
    const [first] = this.compared;
    return [first?.width ?? 0, first?.height ?? 0];
  }

  /** The panes, in CSS pixels, on whole device pixels. All are of one size. */
  get panes() {
    const [width, height] = this.#size;
    if (this.mode !== "side" || this.#held) return [{ left: 0, width, height }];
    const half = Math.floor(((width - PANE_GAP) / 2) * this.#ratio) / this.#ratio;
    return [{ left: 0, width: half, height }, { left: width - half, width: half, height }];
  }

  /** The zoom that shows the whole picture: enlarged only to whole screen pixels, which stay sharp. */
  #fitZoom(pane) {
    const [width, height] = this.#picture;
    const device = Math.min(pane.width / width, pane.height / height) * this.#ratio;
    return Math.min(device > 1 ? Math.floor(device) / this.#ratio : device / this.#ratio, MAX_ZOOM);
  }

  /** The middle of the view in picture pixels, and CSS pixels a picture pixel; a picture that fits is in the middle. */
  #resolved(pane) {
    const [width, height] = this.#picture;
    const [x, y, zoom] = this.model.get("view");
    const scale = zoom || this.#fitZoom(pane);
    // With some leave: a side that was divided by and multiplied with again may have grown by a rounding.
    const centre = (at, side, room) => (side * scale <= room + 1e-6 ? side / 2 : clamp(at, 0, side));
    return { x: centre(x, width, pane.width), y: centre(y, height, pane.height), scale };
  }

  /** Where the picture lies on the canvas: its corner and the size of its pixels, in device pixels. */
  #placed(pane) {
    const { x, y, scale } = this.#resolved(pane);
    const size = scale * this.#ratio;
    return {
      size,
      left: Math.round((pane.left + pane.width / 2) * this.#ratio - x * size),
      top: Math.round((pane.height / 2) * this.#ratio - y * size),
    };
  }

  /** A place of the page in CSS pixels of the canvas. */
  #onCanvas(event) {
    const box = this.parts.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #paneAt({ x }) {
    const panes = this.panes;
    return Math.max(0, panes.findLastIndex((pane) => x >= pane.left));
  }

  /** A place of the canvas in picture pixels, with fractions, inside the picture or not. */
  #inPicture(place, pane = this.panes[this.#paneAt(place)]) {
    const { left, top, size } = this.#placed(pane);
    return [(place.x * this.#ratio - left) / size, (place.y * this.#ratio - top) / size];
  }

  /** Column and row of the pixel at a place of the canvas, or nothing. */
  #pixelAt(place) {
    const pane = this.panes[this.#paneAt(place)];
    if (place.x < pane.left || place.x >= pane.left + pane.width) return [];
    return this.#ifInside(this.#inPicture(place, pane).map(Math.floor));
  }

  #ifInside([x, y]) {
    const [width, height] = this.#picture;
    return x >= 0 && y >= 0 && x < width && y < height ? [x, y] : [];
  }

  /** Column and row of the pixel in the middle of the view. */
  get #middle() {
    const { x, y } = this.#resolved(this.panes[0]);
    const [width, height] = this.#picture;
    return [clamp(Math.floor(x), 0, width - 1), clamp(Math.floor(y), 0, height - 1)];
  }

  // Zoom and pan

  #showWhole() {
    const [width, height] = this.#picture;
    this.set("view", [width / 2, height / 2, 0]);
  }

  /** Zooms so that what is at a place of the canvas stays there. */
  #zoomTo(zoom, place) {
    const pane = this.panes[this.#paneAt(place)];
    const fit = this.#fitZoom(pane);
    const lowest = Math.min(fit, 1);
    if (zoom <= lowest * 1.001 && lowest === fit) return this.#showWhole();
    this.#anchor(this.#inPicture(place, pane), place, clamp(zoom, lowest, MAX_ZOOM), pane);
  }

  /** Shows a point of the picture at a place of the canvas. */
  #anchor(point, place, zoom, pane) {
    const [width, height] = this.#picture;
    const x = point[0] - (place.x - pane.left - pane.width / 2) / zoom;
    const y = point[1] - (place.y - pane.height / 2) / zoom;
    this.set("view", [clamp(x, 0, width), clamp(y, 0, height), zoom]);
  }

  #zoomBy(factor, place) {
    this.#zoomTo(this.#resolved(this.panes[0]).scale * factor, place);
  }

  /** To the next round zoom in a direction, about a place or the middle. */
  #step(direction, place = this.#paneMiddle()) {
    const { scale } = this.#resolved(this.panes[0]);
    const next =
      direction > 0
        ? ZOOM_STEPS.find((zoom) => zoom > scale * 1.001)
        : ZOOM_STEPS.findLast((zoom) => zoom < scale * 0.999);
    this.#zoomTo(next ?? scale, place);
  }

  #paneMiddle() {
    const [pane] = this.panes;
    return { x: pane.left + pane.width / 2, y: pane.height / 2 };
  }

  /** Moves the picture by so many picture pixels. */
  #move(x, y) {
    const [width, height] = this.#picture;
    const now = this.#resolved(this.panes[0]);
    if (this.model.get("view")[2] === 0) return;
    this.set("view", [clamp(now.x + x, 0, width), clamp(now.y + y, 0, height), now.scale]);
  }

  // Drawing

  requestFrame() {
    if (!this.#closed) this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #resize() {
    const { canvas, pane } = this.parts;
    const box = pane.getBoundingClientRect();
    const device = [box.width, box.height].map((side) => Math.floor(side * this.#ratio));
    if (!device[0] || !device[1] || (canvas.width === device[0] && canvas.height === device[1])) return;
    this.#size = device.map((side) => side / this.#ratio);
    [canvas.style.width, canvas.style.height] = this.#size.map((side) => `${side}px`);
    [canvas.width, canvas.height] = device; // empties it, so it is drawn before the page is
    this.#draw();
  }

  #unwatchRatio = () => {};

  /** The screen's pixels may become finer or coarser, as the page is zoomed or moved to another screen. */
  #watchRatio() {
    const query = matchMedia(`(resolution: ${this.#ratio}dppx)`); // tells only that it is no longer so
    const changed = () => {
      this.#unwatchRatio();
      this.#watchRatio();
      this.#resize();
    };
    query.addEventListener("change", changed);
    this.#unwatchRatio = () => query.removeEventListener("change", changed);
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { canvas } = this.parts;
    this.context.clearRect(0, 0, canvas.width, canvas.height);
    if (this.#size[0] && this.pictures.length) {
      this.#resetOnNewSize();
      if (!this.#gesture) this.#pointAt(this.#pointer); // another pixel may lie under a mouse that rests
      const panes = this.panes;
      panes.forEach((pane, index) => this.#drawPane(pane, index));
    }
    if (this.mode !== "difference") this.#difference.release();
    this.#drawChrome();
    this.#settle();
  }

  #resetOnNewSize() {
    const size = this.#picture;
    if (this.#pictureSize && String(size) !== String(this.#pictureSize)) {
      this.#corner = null;
      this.#showWhole();
    }
    this.#pictureSize = size;
  }

  /** What a pane shows, the lowest first: [canvas, opacity, from, to], from and to being shares of the pane's width. */
  #shown(index) {
    const [first, second] = this.compared;
    const size = String(this.#picture);
    const can = (picture) => picture?.whole && String([picture.width, picture.height]) === size;
    const all = (picture) => (can(picture) ? [[picture.decoded(), 1, 0, 1]] : []);
    if (this.#held) return all(second ?? first);
    if (this.mode === "side") return all(this.compared[index]);
    if (this.mode === "flicker") return all(this.#flipped && second ? second : first);
    if (this.mode === "blend") {
      return this.pictures.filter(can).map((picture) => [picture.decoded(), picture.model.get("opacity"), 0, 1]);
    }
    if (this.mode === "difference") {
      return can(first) && can(second) ? [[this.#difference.of(first, second, this.model.get("gain")), 1, 0, 1]] : [];
    }
    const divider = this.model.get("divider");
    const sides = [[first, 0, divider], [second, divider, 1]];
    return sides.filter(([picture]) => can(picture)).map(([picture, from, to]) => [picture.decoded(), 1, from, to]);
  }

  #drawPane(pane, index) {
    const placed = this.#placed(pane);
    for (const [picture, opacity, from, to] of this.#shown(index)) {
      this.#clipped(pane, from, to, (left, right) => {
        this.context.globalAlpha = opacity;
        this.#drawPicture(picture, placed, left, right);
      });
    }
    this.#clipped(pane, 0, 1, () => this.#drawMarks(pane, index, placed));
  }

  /** Draws within a part of a pane; its sides lie on whole device pixels. */
  #clipped(pane, from, to, draw) {
    const [left, right] = [from, to].map((share) => Math.round((pane.left + share * pane.width) * this.#ratio));
    if (right <= left) return;
    this.context.save();
    this.context.beginPath();
    this.context.rect(left, 0, right - left, this.parts.canvas.height);
    this.context.clip();
    draw(left, right);
    this.context.restore();
  }

  /** Draws the part of a picture that can be seen, in whole picture pixels and a few around it. */
  #drawPicture(picture, { left, top, size }, from, to) {
    const x0 = Math.max(0, Math.floor((from - left) / size) - 2);
    const y0 = Math.max(0, Math.floor(-top / size) - 2);
    const x1 = Math.min(picture.width, Math.ceil((to - left) / size) + 2);
    const y1 = Math.min(picture.height, Math.ceil((this.parts.canvas.height - top) / size) + 2);
    if (x1 <= x0 || y1 <= y0) return;
    this.context.imageSmoothingEnabled = size < 1;
    this.context.imageSmoothingQuality = "medium";
    const [width, height] = [x1 - x0, y1 - y0];
    this.context.drawImage(picture, x0, y0, width, height, left + x0 * size, top + y0 * size, width * size, height * size);
  }

  #drawMarks(pane, index, placed) {
    if (this.#resolved(pane).scale >= GRID_ZOOM) this.#drawGrid(placed);
    this.#drawRectangle(this.model.get("outline"), placed, [6, 4]);
    this.#drawRectangle(this.model.get("brush"), placed, []);
    const [x, y] = this.model.get("hover");
    const under = this.#pointer && this.#paneAt(this.#pointer) === index;
    if (x !== undefined && !under) this.#drawCross(placed, x, y);
  }

  #drawGrid({ left, top, size }) {
    const [width, height] = this.#picture;
    const { canvas } = this.parts;
    const [right, bottom] = [left + width * size, top + height * size];
    const path = new Path2D();
    for (let x = Math.max(0, Math.ceil(-left / size)); x <= width && left + x * size <= canvas.width; x++) {
      const at = Math.round(left + x * size) + 0.5;
      path.moveTo(at, Math.max(0, top));
      path.lineTo(at, Math.min(canvas.height, bottom));
    }
    for (let y = Math.max(0, Math.ceil(-top / size)); y <= height && top + y * size <= canvas.height; y++) {
      const at = Math.round(top + y * size) + 0.5;
      path.moveTo(Math.max(0, left), at);
      path.lineTo(Math.min(canvas.width, right), at);
    }
    this.#stroke(path, "rgba(128, 128, 128, 0.45)", 1);
  }

  /** A rectangle that is seen on every ground: white in black. */
  #drawRectangle(sides, { left, top, size }, dashes) {
    if (!sides.length) return;
    const [x0, x1] = [sides[0], sides[2]].map((x) => Math.round(left + x * size));
    const [y0, y1] = [sides[1], sides[3]].map((y) => Math.round(top + y * size));
    const path = new Path2D();
    path.rect(x0, y0, x1 - x0, y1 - y0);
    this.#stroke(path, "rgba(0, 0, 0, 0.7)", 3.5);
    this.#stroke(path, "#ffffff", 1.5, dashes);
  }

  /** Marks a pixel that the pointer is not on: a frame around it, at least 9 CSS pixels wide. */
  #drawCross({ left, top, size }, x, y) {
    const side = Math.max(size, 9 * this.#ratio);
    const path = new Path2D();
    path.rect(left + (x + 0.5) * size - side / 2, top + (y + 0.5) * size - side / 2, side, side);
    this.#stroke(path, "rgba(0, 0, 0, 0.7)", 3);
    this.#stroke(path, "#ffffff", 1);
  }

  #stroke(path, colour, width, dashes = []) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = width * this.#ratio;
    this.context.setLineDash(dashes.map((dash) => dash * this.#ratio));
    this.context.stroke(path);
  }

  /** Once the picture rests, Python hears which part of it is seen. */
  #settle() {
    if (!this.#size[0] || !this.pictures.length) return;
    const [pane] = this.panes;
    const { left, top, size } = this.#placed(pane);
    const [width, height] = this.#picture;
    const from = pane.left * this.#ratio;
    const to = [from + pane.width * this.#ratio, pane.height * this.#ratio];
    const seen = [
      clamp(Math.floor((from - left) / size), 0, width),
      clamp(Math.floor(-top / size), 0, height),
      clamp(Math.ceil((to[0] - left) / size), 0, width),
      clamp(Math.ceil((to[1] - top) / size), 0, height),
    ];
    if (String(seen) === String(this.#seen)) return;
    this.#seen = seen;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.set("visible", seen), SAVE_MS);
  }

  // What stands around and over the picture

  #drawChrome() {
    const { parts, model } = this;
    const [first, second] = this.compared;
    const mode = this.mode;
    parts.modes.hidden = !second;
    for (const input of parts.modes.querySelectorAll("input")) input.checked = input.value === model.get("mode");
    this.#drawDial(second ? DIALS[mode] : undefined);
    this.#drawChips(mode);
    parts.handle.hidden = mode !== "split" || this.#held;
    const divider = model.get("divider");
    parts.handle.style.left = `${100 * divider}%`;
    parts.handle.setAttribute("aria-valuenow", String(Math.round(100 * divider)));
    parts.handle.setAttribute("aria-valuetext", second ? `${first.name} on the left ${percent(divider)}` : "");
    if (first) write(parts.zoom, percent(this.#resolved(this.panes[0]).scale));
    parts.pane.classList.toggle("dcae-movable", model.get("view")[2] !== 0);
    parts.pane.setAttribute("aria-label", this.#label());
    this.#drawReadout();
  }

  #label() {
    const names = this.compared.filter(Boolean).map((picture) => picture.name);
    const what = this.model.get("label") || `Photo view: ${names.join(" and ") || "no picture"}`;
    const [width, height] = this.#picture;
    return `${what}, ${width} × ${height} px. Press ? for keys`;
  }

  #drawDial(dial) {
    const { dialBox, dialLabel, dialText, dial: input } = this.parts;
    dialBox.hidden = !dial;
    if (!dial) return;
    write(dialLabel, dial.label);
    write(dialText, dial.text(this));
    input.setAttribute("aria-label", dial.label); // which is not seen where there is little room
    input.setAttribute("aria-valuetext", dial.text(this));
    [input.min, input.max, input.step] = dial.range.map(String);
    input.value = String(dial.read(this));
  }

  #drawChips(mode) {
    const [first, second] = this.compared;
    const [left, right] = this.parts.chips;
    const width = this.#size[0];
    const boundary = this.#held ? 0 : { split: this.model.get("divider") * width, side: (width + PANE_GAP) / 2 }[mode];
    const single = this.#held || (this.#flipped && second) ? second ?? first : first;
    if (boundary === undefined || this.#held) {
      const text = {
        difference: () => `|${first.name} − ${second.name}| × ${this.model.get("gain")}`,
        blend: () => this.pictures.map((picture) => `${picture.name} ${percent(picture.model.get("opacity"))}`).join(" + "),
        flicker: () => single?.name ?? "",
      }[this.#held ? "flicker" : mode]();
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
    const choice = trait && this.pictures.length > 2;
    if (!choice) return write(chip, text);
    const names = this.pictures.map((picture) => picture.name);
    let select = chip.querySelector("select");
    if (!select || String([...select.options].map((option) => option.text)) !== String(names)) {
      select = element("select", { "aria-label": trait === "first" ? "Picture on the left" : "Picture on the right" });
      select.append(...names.map((name, index) => element("option", { value: index }, name)));
      select.onchange = () => this.set(trait, Number(select.value));
      chip.replaceChildren(select);
    }
    select.value = String(clamp(this.model.get(trait), 0, names.length - 1));
  }

  #drawReadout() {
    const { readout } = this.parts;
    const [width, height] = this.#picture;
    const pixel = this.#ifInside(this.model.get("hover"));
    if (!pixel.length) {
      const brush = this.model.get("brush");
      const chosen = brush.length ? ` · rectangle ${brush[2] - brush[0]} × ${brush[3] - brush[1]} px at ${brush[0]}, ${brush[1]}` : "";
      return write(readout, width ? `${width} × ${height} px${chosen}` : "");
    }
    const colours = this.compared.map((picture) => {
      const colour = picture.whole && `${picture.width}x${picture.height}` === `${width}x${height}` ? picture.colour(...pixel) : null;
      const swatch = element("span", { class: "dcae-swatch", style: colour && `background: rgb(${colour})` });
      return element("span", {}, swatch, `${picture.name} `, element("b", {}, colour ? colour.join(" ") : "–"));
    });
    readout.replaceChildren(element("span", { class: "dcae-place" }, `x ${pixel[0]}  y ${pixel[1]}`), ...colours);
  }

  /** What the readout says, for ears; only for what the keyboard did, and once it has stopped. */
  #announce() {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => {
      this.#announcing = 0;
      if (!this.pictures.length) return;
      const pixel = this.#middle;
      const colours = this.compared.filter((picture) => picture.whole).map((picture) => `${picture.name} ${picture.colour(...pixel).join(" ")}`);
      const zoom = percent(this.#resolved(this.panes[0]).scale);
      this.parts.status.textContent = `${MODES[this.model.get("mode")]}, zoom ${zoom}, column ${pixel[0]}, row ${pixel[1]}: ${colours.join(", ")}`;
    }, ANNOUNCE_MS);
  }

  // What a hand does

  #listenToToolbar() {
    const { modes, dial, zooming } = this.parts;
    this.#listeners.add(modes, "change", (event) => this.set("mode", event.target.value));
    this.#listeners.add(dial, "input", () => DIALS[this.mode].write(this, Number(dial.value)));
    const actions = {
      out: () => this.#step(-1),
      in: () => this.#step(1),
      fit: () => this.#showWhole(),
      whole: () => this.#zoomTo(1, this.#paneMiddle()),
      help: () => this.#toggleHelp(),
      fullscreen: () => this.#toggleFullscreen(),
    };
    zooming.querySelector('[data-action="fullscreen"]').hidden = !document.fullscreenEnabled;
    this.#listeners.add(zooming, "click", (event) => actions[event.target.closest("button")?.dataset.action]?.());
    this.#toggleHelp(false);
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) return document.exitFullscreen();
    this.parts.pane.focus({ preventScroll: true }); // so that keys and wheel are the picture's at once
    return this.parts.root.requestFullscreen();
  }

  #toggleHelp(open = this.parts.help.hidden) {
    this.parts.help.hidden = !open;
    this.parts.zooming.querySelector('[data-action="help"]').setAttribute("aria-expanded", String(open));
  }

  #moveDivider(share) {
    this.set("divider", clamp(share, 0, 1));
  }

  #listenToHandle() {
    const { handle } = this.parts;
    this.#listeners.add(handle, "pointerdown", (event) => {
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
    });
    this.#listeners.add(handle, "pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) this.#moveDivider(this.#onCanvas(event).x / this.#size[0]);
    });
    this.#listeners.add(handle, "keydown", (event) => {
      const steps = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
      const step = steps[event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#moveDivider(this.model.get("divider") + step * (event.shiftKey ? 10 : 1));
    });
  }

  #listenToPointers() {
    const { pane, handle } = this.parts;
    const add = (type, handler, options) => this.#listeners.add(pane, type, handler, options);
    add("pointerdown", (event) => this.#press(event));
    add("pointermove", (event) => this.#drag(event));
    add("pointerup", (event) => this.#release(event, true));
    add("pointercancel", (event) => this.#release(event, false));
    add("pointerleave", (event) => {
      if (this.#gesture || event.pointerType === "touch") return; // a finger has gone, what it touched is still examined
      this.#pointAt(null);
      this.#examine([]);
    });
    add("dblclick", (event) => {
      if (!event.shiftKey && this.pictures.length) this.#zoomBy(event.altKey ? 1 / 2 : 2, this.#onCanvas(event));
    });
    for (const part of [pane, handle]) this.#listeners.add(part, "wheel", (event) => this.#turn(event), { passive: false });
  }

  /** The mouse is at a place of the canvas, or it is not what points. */
  #pointAt(place) {
    this.#pointer = place;
    if (place) this.#examine(this.#pixelAt(place));
  }

  #examine(pixel) {
    if (String(pixel) !== String(this.model.get("hover"))) this.set("hover", pixel);
  }

  #press(event) {
    if (event.button !== 0 || !this.pictures.length) return;
    const place = this.#onCanvas(event);
    this.parts.pane.focus({ preventScroll: true });
    this.parts.pane.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, place);
    if (this.#pointers.size > 1) this.#gesture = this.#pinch();
    else if (event.shiftKey) this.#brushFromHand(place);
    else this.#gesture = { kind: "pan", start: place, last: place, moved: false };
  }

  #brushFromHand(place) {
    this.#corner = null; // of the keyboard's rectangle, which this one replaces
    this.#gesture = { kind: "brush", from: this.#inPicture(place), pane: this.panes[this.#paneAt(place)], start: place };
  }

  /** Two fingers: how far apart they are, and between which pixels. */
  #pinch() {
    const [a, b] = [...this.#pointers.values()];
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const pane = this.panes[this.#paneAt(middle)];
    const { scale } = this.#resolved(pane);
    return { kind: "pinch", apart: Math.hypot(a.x - b.x, a.y - b.y), point: this.#inPicture(middle, pane), scale, pane };
  }

  #drag(event) {
    if (!this.pictures.length) return;
    const place = this.#onCanvas(event);
    const gesture = this.#gesture;
    if (!gesture || !this.#pointers.has(event.pointerId)) return this.#pointAt(place);
    this.#pointers.set(event.pointerId, place);
    if (gesture.kind === "pinch") this.#spread(gesture);
    if (gesture.kind === "brush") this.#brushTo(gesture, place);
    if (gesture.kind === "pan") this.#panTo(gesture, place);
  }

  #panTo(gesture, place) {
    gesture.moved ||= Math.hypot(place.x - gesture.start.x, place.y - gesture.start.y) > CLICK_SLOP;
    if (!gesture.moved) return;
    const { scale } = this.#resolved(this.panes[0]);
    this.#move((gesture.last.x - place.x) / scale, (gesture.last.y - place.y) / scale);
    gesture.last = place;
    this.parts.pane.classList.add("dcae-moving");
  }

  #spread({ apart, point, scale, pane }) {
    const [a, b] = [...this.#pointers.values()];
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const fit = this.#fitZoom(pane);
    const zoom = scale * (Math.hypot(a.x - b.x, a.y - b.y) / apart);
    if (zoom <= fit) this.#showWhole();
    else this.#anchor(point, middle, Math.min(zoom, MAX_ZOOM), pane);
  }

  #brushTo({ from, pane, start }, place) {
    if (Math.hypot(place.x - start.x, place.y - start.y) <= CLICK_SLOP) return;
    this.model.set("brush", rectangleBetween(from, this.#inPicture(place, pane), ...this.#picture));
  }

  #release(event, done) {
    if (!this.#pointers.delete(event.pointerId)) return;
    const gesture = this.#gesture;
    this.parts.pane.classList.remove("dcae-moving");
    if (gesture.kind === "brush") this.set("brush", this.model.get("brush"));
    if (gesture.kind === "pan" && !gesture.moved && done) {
      this.#click(this.#pixelAt(gesture.start));
      if (event.pointerType === "touch") this.#examine(this.#pixelAt(gesture.start));
    }
    const [rest] = this.#pointers.values();
    this.#gesture = rest ? { kind: "pan", start: rest, last: rest, moved: true } : null;
  }

  #click(pixel) {
    if (pixel.length) this.set("clicked", [...pixel, (this.model.get("clicked")[2] ?? 0) + 1]);
  }

  /** The wheel belongs to the page until the picture has the focus; a trackpad's pinch comes as Ctrl and wheel. */
  #turn(event) {
    const zooms = event.ctrlKey || event.metaKey || this.parts.root.contains(document.activeElement);
    if (!zooms || !this.pictures.length) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.002;
    this.#zoomBy(Math.exp(clamp(-event.deltaY * lines * speed, -1, 1)), this.#onCanvas(event));
  }

  // The keyboard

  #listenToKeys() {
    const { pane, root } = this.parts;
    this.#listeners.add(pane, "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.pictures.length) return;
      const action = this.#keyAction(event.key, event.shiftKey, event.repeat);
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      action();
      this.#afterKey(event.key);
    });
    this.#listeners.add(root, "keydown", (event) => {
      if (event.key === "Escape" && !this.parts.help.hidden) this.#toggleHelp(false);
    });
    keepPlainKeys(this.#listeners, root); // a letter beside the keys of the view: D D would delete the cell
    this.#listeners.add(pane, "keyup", (event) => {
      if (event.key.toLowerCase() === "f") this.#hold(false);
    });
    this.#listeners.add(pane, "blur", () => {
      this.#hold(false);
      if (!this.#pointer) this.#examine([]);
    });
  }

  #keyAction(key, shift, repeat) {
    const pane = this.panes[0];
    const { scale } = this.#resolved(pane);
    const [across, down] = shift ? [pane.width / scale, pane.height / scale] : this.#stride(pane, scale);
    const actions = {
      ArrowLeft: () => this.#move(-across, 0),
      ArrowRight: () => this.#move(across, 0),
      ArrowUp: () => this.#move(0, -down),
      ArrowDown: () => this.#move(0, down),
      "+": () => this.#step(1),
      "=": () => this.#step(1),
      "-": () => this.#step(-1),
      0: () => this.#showWhole(),
      1: () => this.#zoomTo(1, this.#paneMiddle()),
      "[": () => this.#moveDivider(this.model.get("divider") - 0.02),
      "]": () => this.#moveDivider(this.model.get("divider") + 0.02),
      m: () => this.#nextMode(shift ? -1 : 1),
      f: () => repeat || this.#hold(true),
      b: () => this.#brushFromKeys(),
      "?": () => this.#toggleHelp(),
      Enter: () => this.#click(this.#middle),
      Escape: () => this.#escape(),
    };
    return actions[key.length === 1 ? key.toLowerCase() : key];
  }

  /** How far an arrow moves, in picture pixels: one where pixels are framed, else a tenth of the view. */
  #stride(pane, scale) {
    return scale >= GRID_ZOOM ? [1, 1] : [pane.width / scale / 10, pane.height / scale / 10];
  }

  /** What has moved under the middle of the view is what the keyboard examines. */
  #afterKey(key) {
    if (key.startsWith("Arrow") || "+=-01".includes(key)) {
      this.#pointAt(null);
      this.#examine(this.#middle);
    }
    if (this.#corner) this.#brushToMiddle();
    this.#announce();
  }

  #nextMode(direction) {
    const names = Object.keys(MODES);
    const index = names.indexOf(this.model.get("mode"));
    if (this.compared.length > 1) this.set("mode", names.at((index + direction) % names.length));
  }

  #hold(held) {
    if (this.#held === held) return;
    this.#held = held;
    this.requestFrame();
  }

  #brushFromKeys() {
    const middle = this.#middle;
    this.#corner = this.#corner ? null : middle;
    if (this.#corner) this.#brushToMiddle();
  }

  #brushToMiddle() {
    const [x, y] = this.#middle;
    const [left, top] = [Math.min(x, this.#corner[0]), Math.min(y, this.#corner[1])];
    const [right, bottom] = [Math.max(x, this.#corner[0]) + 1, Math.max(y, this.#corner[1]) + 1];
    this.set("brush", [left, top, right, bottom]);
  }

  #escape() {
    if (!this.parts.help.hidden) return this.#toggleHelp(false);
    this.#corner = null;
    if (this.model.get("brush").length) this.set("brush", []);
  }
}

export default {
  render({ model, el }) {
    const viewer = new Viewer({ model, el });
    return () => viewer.close();
  },
};
