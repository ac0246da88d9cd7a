// Where a picture lies on the panes of a canvas, and which view shows what where: geometry alone, without page and model.

const MAX_ZOOM = 64;
const ZOOM_STEPS = [1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const GRID_ZOOM = 12; // from here on each pixel is framed
const PANE_GAP = 8; // CSS px between two panes

/** How a view looks at a picture at a moment. It never changes: who moves the view asks it for the next one. */
class Projection {
  /**
   * @param {object} moment
   * @param {number[]} moment.size width and height of the canvas, in CSS pixels
   * @param {number} moment.ratio device pixels a CSS pixel
   * @param {number[]} moment.picture width and height, in picture pixels
   * @param {number} moment.paneCount 1, or 2 side by side
   * @param {number[]} moment.view column, row and zoom, as of the trait
   */
  constructor({ size, ratio, picture, paneCount, view }) {
    this.size = size;
    this.ratio = ratio;
    this.picture = picture;
    this.view = view;
    this.panes = this.#parted(paneCount);
  }

  /** The panes, in CSS pixels, on whole device pixels. All are of one size. */
  #parted(paneCount) {
    const [width, height] = this.size;
    if (paneCount === 1) return [{ left: 0, width, height }];
    const half = Math.floor(((width - PANE_GAP) / 2) * this.ratio) / this.ratio;
    return [{ left: 0, width: half, height }, { left: width - half, width: half, height }];
  }

  /** The zoom that shows the whole picture: enlarged only to whole screen pixels, which stay sharp. */
  get fitZoom() {
    const [pane] = this.panes;
    const [width, height] = this.picture;
    const device = Math.min(pane.width / width, pane.height / height) * this.ratio;
    return Math.min(device > 1 ? Math.floor(device) / this.ratio : device / this.ratio, MAX_ZOOM);
  }

  /** CSS pixels a picture pixel. */
  get scale() {
    return this.view[2] || this.fitZoom;
  }

  get isGridded() {
    return this.scale >= GRID_ZOOM;
  }

  /** The middle of the view in picture pixels; a picture that fits is in the middle. */
  get centre() {
    const { scale } = this;
    const [pane] = this.panes;
    // With some leave: a side that was divided by and multiplied with again may have grown by a rounding.
    const centre = (at, side, room) => (side * scale <= room + 1e-6 ? side / 2 : clamp(at, 0, side));
    return [centre(this.view[0], this.picture[0], pane.width), centre(this.view[1], this.picture[1], pane.height)];
  }

  /** Where the picture lies on the canvas: its corner and the size of its pixels, in device pixels. */
  placed(pane) {
    const [x, y] = this.centre;
    const size = this.scale * this.ratio;
    return {
      size,
      left: Math.round((pane.left + pane.width / 2) * this.ratio - x * size),
      top: Math.round((pane.height / 2) * this.ratio - y * size),
    };
  }

  paneAt({ x }) {
    return this.panes.findLast((pane) => x >= pane.left) ?? this.panes[0];
  }

  get paneMiddle() {
    const [pane] = this.panes;
    return { x: pane.left + pane.width / 2, y: pane.height / 2 };
  }

  /** A place of the canvas in picture pixels, with fractions, inside the picture or not. */
  inPicture(place, pane = this.paneAt(place)) {
    const { left, top, size } = this.placed(pane);
    return [(place.x * this.ratio - left) / size, (place.y * this.ratio - top) / size];
  }

  /** Column and row of the pixel at a place of the canvas, or nothing. */
  pixelAt(place) {
    const pane = this.paneAt(place);
    if (place.x < pane.left || place.x >= pane.left + pane.width) return [];
    return this.ifInside(this.inPicture(place, pane).map(Math.floor));
  }

  /** Column and row of a pixel that the picture has, or nothing. */
  ifInside([x, y]) {
    const [width, height] = this.picture;
    return x >= 0 && y >= 0 && x < width && y < height ? [x, y] : [];
  }

  /** Column and row of the pixel in the middle of the view. */
  get middle() {
    const [x, y] = this.centre;
    const [width, height] = this.picture;
    return [clamp(Math.floor(x), 0, width - 1), clamp(Math.floor(y), 0, height - 1)];
  }

  /** Left, top, right and bottom of the part that is seen, in whole picture pixels. */
  get visible() {
    const [pane] = this.panes;
    const { left, top, size } = this.placed(pane);
    const [width, height] = this.picture;
    const from = pane.left * this.ratio;
    const to = [from + pane.width * this.ratio, pane.height * this.ratio];
    return [
      clamp(Math.floor((from - left) / size), 0, width),
      clamp(Math.floor(-top / size), 0, height),
      clamp(Math.ceil((to[0] - left) / size), 0, width),
      clamp(Math.ceil((to[1] - top) / size), 0, height),
    ];
  }

  /** A rectangle between two points of the picture, in whole pixels, inside it. @returns {number[]} left, top, right, bottom */
  rectangleBetween([x0, y0], [x1, y1]) {
    const [width, height] = this.picture;
    const left = clamp(Math.floor(Math.min(x0, x1)), 0, width - 1);
    const top = clamp(Math.floor(Math.min(y0, y1)), 0, height - 1);
    const right = clamp(Math.ceil(Math.max(x0, x1)), left + 1, width);
    const bottom = clamp(Math.ceil(Math.max(y0, y1)), top + 1, height);
    return [left, top, right, bottom];
  }

  /** The view of the whole picture. */
  get whole() {
    const [width, height] = this.picture;
    return [width / 2, height / 2, 0];
  }

  /** The view of a point of the picture at a place of the canvas. */
  anchored(point, place, zoom, pane) {
    const [width, height] = this.picture;
    const x = point[0] - (place.x - pane.left - pane.width / 2) / zoom;
    const y = point[1] - (place.y - pane.height / 2) / zoom;
    return [clamp(x, 0, width), clamp(y, 0, height), zoom];
  }

  /** The view that is zoomed so that what is at a place of the canvas stays there. */
  zoomed(zoom, place) {
    const pane = this.paneAt(place);
    const fit = this.fitZoom;
    const lowest = Math.min(fit, 1);
    if (zoom <= lowest * 1.001 && lowest === fit) return this.whole;
    return this.anchored(this.inPicture(place, pane), place, clamp(zoom, lowest, MAX_ZOOM), pane);
  }

  /** The next round zoom in a direction. */
  nextZoom(direction) {
    const { scale } = this;
    const next =
      direction > 0
        ? ZOOM_STEPS.find((zoom) => zoom > scale * 1.001)
        : ZOOM_STEPS.findLast((zoom) => zoom < scale * 0.999);
    return next ?? scale;
  }

  /** The view that is moved by so many picture pixels. */
  moved(across, down) {
    const [width, height] = this.picture;
    const [x, y] = this.centre;
    return [clamp(x + across, 0, width), clamp(y + down, 0, height), this.scale];
  }
}
