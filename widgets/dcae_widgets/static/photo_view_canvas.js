// The canvas of a view: as large as what it lies in, to the last pixel of the screen, and what is drawn on it.

/** A canvas in whole device pixels. */
class FittedCanvas {
  #element;
  #around;
  #resized;
  #unwatchRatio = () => {};
  size = [0, 0]; // in CSS pixels

  /**
   * @param {HTMLCanvasElement} element
   * @param {HTMLElement} around what it fills
   * @param {Listeners} listeners
   * @param {() => void} resized it is empty, and has to be drawn before the page is
   */
  constructor(element, around, listeners, resized) {
    this.#element = element;
    this.#around = around;
    this.#resized = resized;
    this.context = element.getContext("2d");
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(around);
    listeners.later(() => observer.disconnect());
    this.#watchRatio();
    listeners.later(() => this.#unwatchRatio());
  }

  get ratio() {
    return window.devicePixelRatio || 1;
  }

  /** A place of the page in CSS pixels of the canvas. */
  placeOf(event) {
    const box = this.#element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  clear() {
    this.context.clearRect(0, 0, this.#element.width, this.#element.height);
  }

  #resize() {
    const box = this.#around.getBoundingClientRect();
    const device = [box.width, box.height].map((side) => Math.floor(side * this.ratio));
    const { width, height, style } = this.#element;
    if (!device[0] || !device[1] || (width === device[0] && height === device[1])) return;
    this.size = device.map((side) => side / this.ratio);
    [style.width, style.height] = this.size.map((side) => `${side}px`);
    [this.#element.width, this.#element.height] = device; // empties it
    this.#resized();
  }

  /** The screen's pixels may become finer or coarser, as the page is zoomed or moved to another screen. */
  #watchRatio() {
    const query = matchMedia(`(resolution: ${this.ratio}dppx)`); // tells only that it is no longer so
    const changed = () => {
      this.#unwatchRatio();
      this.#watchRatio();
      this.#resize();
    };
    query.addEventListener("change", changed);
    this.#unwatchRatio = () => query.removeEventListener("change", changed);
  }
}

/** One drawing of a view. */
class Drawing {
  #context;
  #projection;

  /** @param {CanvasRenderingContext2D} context @param {Projection} projection */
  constructor(context, projection) {
    this.#context = context;
    this.#projection = projection;
  }

  /**
   * @param {(index: number) => any[][]} shown what a pane shows, as of Comparison
   * @param {{outline: number[], brush: number[], hover: number[], pointed: object|null}} marks two rectangles, a pixel, and
   *   the pane that the mouse is in: there it points at that pixel itself
   */
  draw(shown, marks) {
    this.#projection.panes.forEach((pane, index) => this.#drawPane(pane, shown(index), marks));
  }

  #drawPane(pane, shown, marks) {
    const placed = this.#projection.placed(pane);
    for (const [picture, opacity, from, to] of shown) {
      this.#clipped(pane, from, to, (left, right) => {
        this.#context.globalAlpha = opacity;
        this.#drawPicture(picture, placed, left, right);
      });
    }
    this.#clipped(pane, 0, 1, () => this.#drawMarks(placed, marks, pane === marks.pointed));
  }

  /** Draws within a part of a pane; its sides lie on whole device pixels. */
  #clipped(pane, from, to, draw) {
    const [left, right] = [from, to].map((share) => Math.round((pane.left + share * pane.width) * this.#projection.ratio));
    if (right <= left) return;
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(left, 0, right - left, this.#context.canvas.height);
    this.#context.clip();
    draw(left, right);
    this.#context.restore();
  }

  /** Draws the part of a picture that can be seen, in whole picture pixels and a few around it. */
  #drawPicture(picture, { left, top, size }, from, to) {
    const x0 = Math.max(0, Math.floor((from - left) / size) - 2);
    const y0 = Math.max(0, Math.floor(-top / size) - 2);
    const x1 = Math.min(picture.width, Math.ceil((to - left) / size) + 2);
    const y1 = Math.min(picture.height, Math.ceil((this.#context.canvas.height - top) / size) + 2);
    if (x1 <= x0 || y1 <= y0) return;
    this.#context.imageSmoothingEnabled = size < 1;
    this.#context.imageSmoothingQuality = "medium";
    const [width, height] = [x1 - x0, y1 - y0];
    this.#context.drawImage(picture, x0, y0, width, height, left + x0 * size, top + y0 * size, width * size, height * size);
  }

  #drawMarks(placed, { outline, brush, hover: [x, y] }, isPointed) {
    if (this.#projection.isGridded) this.#drawGrid(placed);
    this.#drawRectangle(outline, placed, [6, 4]);
    this.#drawRectangle(brush, placed, []);
    if (x !== undefined && !isPointed) this.#drawCross(placed, x, y);
  }

  #drawGrid({ left, top, size }) {
    const [width, height] = this.#projection.picture;
    const { canvas } = this.#context;
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
    const side = Math.max(size, 9 * this.#projection.ratio);
    const path = new Path2D();
    path.rect(left + (x + 0.5) * size - side / 2, top + (y + 0.5) * size - side / 2, side, side);
    this.#stroke(path, "rgba(0, 0, 0, 0.7)", 3);
    this.#stroke(path, "#ffffff", 1);
  }

  #stroke(path, colour, width, dashes = []) {
    const { ratio } = this.#projection;
    this.#context.strokeStyle = colour;
    this.#context.lineWidth = width * ratio;
    this.#context.setLineDash(dashes.map((dash) => dash * ratio));
    this.#context.stroke(path);
  }
}
