// The pictures of a view: each layer on a canvas of its own, which is drawn from and never shown.

const ROWS_AT_ONCE = 256; // decoded in bands: ImageData of a whole 12 Mpx photo would take 48 MB more

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
